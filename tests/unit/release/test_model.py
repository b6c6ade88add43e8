from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.headers import Header
from edgerollout.release.facts.fields import Fields, parse_json
from edgerollout.release.facts.release import GateResult, HandlerFacts, Override, Release, ReplacedTrigger
from tests.unit.release.builders import HEADERS, P1, P2, at, make_release
from tests.unit.release.policies import RELEASES

DUAL = make_release(enforced=P1, report_only=P2, previous=41, commit="abc1234")


def read_back(release: Release) -> Release:
    return Release.from_json(Fields(parse_json(release.to_bytes()), "release.json"))


@given(RELEASES)
def test_release_json_gives_the_same_release_back(release: Release) -> None:
    again = read_back(release)
    assert again.to_json() == release.to_json()
    assert again.digest() == release.digest()
    assert again.to_bytes() == release.to_bytes()


def test_release_json_keeps_base_and_overlay_apart() -> None:
    policy = LayeredCsp(Csp.of({"img-src": ["'self'"]}), Csp.of({"img-src": ["https://cdn.example"]}))
    again = read_back(make_release(enforced=policy))
    assert again.enforced == policy


def test_the_bytes_are_ascii_and_end_with_a_newline() -> None:
    content = replace(DUAL, overrides=(Override("tour", "über Nacht"),)).to_bytes()
    assert content.isascii()
    assert content.endswith(b"}\n")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("environment", 1),
        ("handler", []),
        ("headers", {"x": {"value": 1, "action": "set"}}),
        ("headers", {"x": {"value": "", "action": "shout"}}),
        ("enforced", []),
        ("previous", "41"),
        ("previous", True),
        ("gates", [{"name": "soak"}]),
        ("overrides", {}),
        ("replaced", [[]]),
        ("commit", 7),
        ("observed_since", "yesterday"),
        ("observed_since", "2026-03-01T12:00:00+01:00"),
    ],
)
def test_a_member_of_another_kind_is_no_release(member: str, value: object) -> None:
    document = {**DUAL.to_json(), member: value}
    with pytest.raises(ValueError, match=r"."):
        Release.from_json(Fields(document, "release.json"))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(DUAL, previous=None), id="what it follows"),
        pytest.param(replace(DUAL, commit="fffffff"), id="the commit"),
        pytest.param(replace(DUAL, repeats=40), id="what it repeats"),
        pytest.param(replace(DUAL, observed_since=at(1)), id="since when its policy is observed"),
        pytest.param(replace(DUAL, gates=(GateResult("soak", passed=True, detail="8 days"),)), id="gates"),
        pytest.param(replace(DUAL, overrides=(Override("tour", "because"),)), id="overrides"),
        pytest.param(
            replace(DUAL, replaced=(ReplacedTrigger("E1", "/a", "origin-response", "arn:x"),)),
            id="replaced triggers",
        ),
        pytest.param(replace(DUAL, headers=tuple(reversed(HEADERS))), id="the order of headers"),
        pytest.param(
            replace(
                DUAL,
                enforced=LayeredCsp(
                    Csp.of(
                        {
                            "SCRIPT-SRC": ["HTTPS://ONE.example", "'SELF'", "'self'"],
                            "default-src": ["'self'"],
                        }
                    )
                ),
            ),
            id="the order, case and repetition of sources",
        ),
        pytest.param(
            replace(
                DUAL,
                enforced=LayeredCsp(
                    Csp.of({"default-src": ["'self'"], "script-src": ["'self'"]}),
                    Csp.of({"script-src": ["https://one.example"]}),
                ),
            ),
            id="which layer a source is in",
        ),
    ],
)
def test_the_release_digest_does_not_change_with(other: Release) -> None:
    assert other.digest() == DUAL.digest()


HANDLER = DUAL.handler


def _on(handler: HandlerFacts) -> Release:
    return replace(DUAL, handler=handler)


REPORTING = LayeredCsp(P1.base, Csp.of({"report-to": ["csp"]}))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(DUAL, environment="staging"), id="the environment"),
        pytest.param(replace(DUAL, enforced=None), id="nothing enforced"),
        pytest.param(replace(DUAL, report_only=None), id="nothing observed"),
        pytest.param(replace(DUAL, enforced=P2, report_only=P1), id="the stages swapped"),
        pytest.param(replace(DUAL, enforced=REPORTING), id="where violations are reported to"),
        pytest.param(replace(DUAL, headers=()), id="no headers"),
        pytest.param(
            replace(DUAL, headers=(HEADERS[0], Header("x-content-type-options", "nosniff", "keep"))),
            id="a header giving way to the origin's",
        ),
        pytest.param(_on(replace(HANDLER, files={"index.py": "1" * 64})), id="the handler's files"),
        pytest.param(_on(replace(HANDLER, runtime="python3.14")), id="the runtime"),
        pytest.param(_on(replace(HANDLER, entry="main.handler")), id="the entry point"),
        pytest.param(_on(replace(HANDLER, memory=256)), id="the memory"),
        pytest.param(_on(replace(HANDLER, timeout=4)), id="the timeout"),
        pytest.param(_on(replace(HANDLER, role="another")), id="the role"),
    ],
)
def test_the_release_digest_changes_with(other: Release) -> None:
    assert other.digest() != DUAL.digest()


def test_the_policy_digest_leaves_the_reporting_out() -> None:
    assert make_release(enforced=REPORTING).enforced_digest == P1.digest


def test_every_release_has_new_bytes_because_it_names_the_one_before() -> None:
    assert replace(DUAL, previous=42).to_bytes() != DUAL.to_bytes()


def test_the_base_digest_is_the_enforced_policys_while_there_is_one() -> None:
    assert DUAL.base_digest == P1.base_digest
    assert replace(DUAL, enforced=None).base_digest == P2.base_digest
    assert make_release().base_digest is None


def test_a_dual_release_sends_both_headers_at_once() -> None:
    sent = DUAL.response().set
    assert sent["content-security-policy"] == ("Content-Security-Policy", P1.effective.header_value())
    assert sent["content-security-policy-report-only"] == (
        "Content-Security-Policy-Report-Only",
        P2.effective.header_value(),
    )


def test_what_changes_of_a_handler_is_told_file_by_file_and_setting_by_setting() -> None:
    facts = HandlerFacts({"a.py": "1", "b.py": "2", "c.py": "3"}, "python3.13", "a.handler", 128, 3, "role")
    other = HandlerFacts({"a.py": "1", "b.py": "x", "d.py": "4"}, "python3.14", "a.handler", 256, 3, "role")

    assert facts.changes_to(facts) == ()
    assert facts.changes_to(other) == (
        "b.py changed", "c.py gone", "d.py new", "runtime python3.13 to python3.14", "memory 128 to 256",
    )  # fmt: skip
