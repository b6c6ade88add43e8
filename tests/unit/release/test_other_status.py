from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.errors import Refused
from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.headers import Header
from edgerollout.release.facts.environment_before import Before
from edgerollout.release.facts.evidence import AWS
from edgerollout.release.status.before import before_of
from edgerollout.release.status.other_status import read_other_status
from edgerollout.release.status.status import status_of
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.status import status_json
from tests.spelling import spell

from .builders import (
    ACCOUNT,
    HEADERS,
    P1,
    P2,
    at,
    make_behavior,
    make_distribution,
    make_environment,
    make_invalidation,
    make_release,
    make_snapshot,
)
from .policies import RELEASES

if TYPE_CHECKING:
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Snapshot

_MADE = at(600)
_OVERLAID = LayeredCsp(P1.base, Csp.of({"img-src": ["https://i.example"]}))
_LIVE = make_release(enforced=_OVERLAID, report_only=P2)


def _snapshot(release: Release = _LIVE, *, read: bool = True, status: str = "Deployed") -> Snapshot:
    return make_snapshot(
        make_distribution("E1", make_behavior(version=17), status=status),
        releases={17: release},
        invalidations={"E1": make_invalidation(17)},
        documents=None if read else {},
    )


def _document(snapshot: Snapshot | None = None) -> bytes:
    status = status_of(make_environment(), snapshot or _snapshot())
    return json_text(status_json(status, _MADE, AWS, spell)).encode()


def _read(
    content: bytes, *, environment: str = "testing", account: str = ACCOUNT, minute: float = 610
) -> Before:
    return read_other_status(
        content,
        environment=environment,
        account=account,
        endpoint=AWS,
        now=at(minute),
        max_age=timedelta(days=1),
    )


def _changed(**values: object) -> bytes:
    return json.dumps({**json.loads(_document()), **values}).encode()


def _carrying(base: dict[str, list[str]]) -> bytes:
    """A document with digests that fit a policy that nobody could have published."""
    policy = LayeredCsp(Csp.of(base))
    return _changed(
        enforced=policy.digest[:16],
        base=policy.base_digest[:16],
        policy={"enforced": policy.to_json(), "headers": {}},
    )


def test_a_status_document_tells_the_same_as_aws_itself() -> None:
    before = _read(_document())

    assert before == replace(before_of(status_of(make_environment(), _snapshot())), base=P1.base_digest[:16])
    assert (before.policy, before.headers, before.unsettled) == (_OVERLAID, HEADERS, None)


@given(RELEASES)
def test_whatever_a_release_carries_its_status_document_brings(release: Release) -> None:
    before = _read(_document(_snapshot(release)))

    assert before.policy == release.enforced
    assert before.headers == release.headers
    assert before.base == (None if release.enforced is None else release.enforced.base_digest[:16])


def test_a_document_without_the_policy_still_names_its_base() -> None:
    before = _read(_document(_snapshot(read=False)))

    assert (before.base, before.policy, before.headers) == (P1.base_digest[:16], None, None)


def test_an_environment_that_only_observes_enforces_nothing() -> None:
    before = _read(_document(_snapshot(make_release(report_only=P1))))

    assert (before.base, before.policy, before.headers) == (None, None, HEADERS)


def test_an_environment_where_nothing_is_live_is_no_error() -> None:
    before = _read(_document(make_snapshot()))

    assert before == Before("testing", ACCOUNT, None, None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_document(_snapshot(status="InProgress")), "release 17 of testing is still on its way"),
        (_changed(withdrawn=True), "release 17 of testing is withdrawn"),
        (_changed(drift=True), "testing drifts: not every behavior carries release 17"),
        (
            _changed(release=None, releases={"16": 1, "17": 2}, policy=None),
            "testing is mixed: its behaviors carry different releases",
        ),
    ],
    ids=["in progress", "withdrawn", "drift", "mixed"],
)
def test_an_unsettled_environment_is_read_and_said_to_be_unsettled(content: bytes, words: str) -> None:
    assert _read(content).unsettled == words


def test_a_later_document_with_more_fields_is_read() -> None:
    assert _read(_changed(schema="1.7", owner={"kind": "terraform"})) == _read(_document())


_REFUSED = [
    (b"", "not a status document"),
    (b"[]", "not a status document"),
    (b"{}", "not a status document: status has no field 'schema'"),
    (b'{"schema": 1}', "not a status document"),
    (b'{"schema": "2.0"}', "has schema 2.0, but this edgerollout knows 1.x"),
    (b'{"schema": "1.0"}', "damaged"),
    (_changed(environment="staging"), "is about staging, not about testing"),
    (_changed(account="999999999999"), "is about account 999999999999, but testing is in 123456789012"),
    (
        _changed(generated_at=at(613).isoformat()),
        "from the future: it was made at 2026-03-01 22:13:00 UTC",
    ),
    (
        _changed(generated_at=at(610 - 1441).isoformat()),
        "stale: it was made at 2026-02-28 22:09:00 UTC, 1d ago; the limit is 1d",
    ),
    (_changed(generated_at="yesterday"), "damaged: status.generated_at must be a time"),
    (_changed(release="17"), "damaged: status.release must be a number"),
    (_changed(drift=None), "damaged: status.drift must be true or false"),
    (_changed(distributions=[{}]), "damaged: status.distributions[0] has no field"),
    (_changed(policy={"enforced": None}), "damaged: status.policy has no field 'headers'"),
    (_changed(policy={"enforced": 7, "headers": {}}), "damaged: a layered policy must be an object"),
    (
        _changed(policy={"enforced": None, "headers": {"x": {"value": "1", "action": "add"}}}),
        "damaged: status.policy.headers.x.action must be one of set, keep, remove",
    ),
    (_changed(endpoint="sandbox"), "was made on the sandbox, but this run is on AWS"),
    (_changed(endpoint=None), "damaged: status.endpoint must be a text"),
    (_carrying({"img-src": ["'self'\r\nset-cookie: a=b"]}), "contradicts itself: the source"),
    (_carrying({"img-srk": ["'self'"]}), "img-srk"),
    (_changed(enforced=P2.digest[:16]), "contradicts itself: enforced is"),
    (_changed(enforced=None), "contradicts itself: enforced is null"),
    (_changed(base=P2.base_digest[:16]), "contradicts itself: base is"),
    (_changed(policy={"enforced": P2.to_json(), "headers": {}}), "contradicts itself: enforced is"),
]


@pytest.mark.parametrize("case", range(len(_REFUSED)))
def test_a_document_that_does_not_do_is_refused_with_the_reason(case: int) -> None:
    content, words = _REFUSED[case]

    with pytest.raises(Refused, match="status document") as caught:
        _read(content)
    assert words in str(caught.value)
    assert caught.value.hint


def test_a_clock_that_is_a_minute_ahead_is_no_future() -> None:
    assert _read(_changed(generated_at=at(611).isoformat())).release == 17


@given(st.binary(max_size=100))
def test_whatever_is_no_status_document_is_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        _read(content)


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from(sorted(json.loads(_document()))), _JSON)
def test_a_field_of_any_other_shape_is_read_or_refused_and_never_crashes(name: str, value: object) -> None:
    try:
        before = _read(_changed(**{name: value}))
    except Refused:
        return
    assert before.name == "testing"


def test_header_names_are_compared_in_lower_case() -> None:
    policy = {
        "enforced": _OVERLAID.to_json(),
        "headers": {"X-Frame-Options": {"value": "DENY", "action": "set"}},
    }

    assert _read(_changed(policy=policy)).headers == (Header("x-frame-options", "DENY"),)
