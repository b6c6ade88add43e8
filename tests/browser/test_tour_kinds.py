"""The tour sees every kind of violation, in a real Chromium, by a policy deployed or injected.

Each kind, and each page that breaks nothing, is tried in one of the two ways, and in both by `make thorough`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.policy.csp import Csp
from edgerollout.tour.gather import gather
from edgerollout.tour.model import Candidate
from edgerollout.tour.steps import Click
from tests.browser.kinds.pages import APP, CLEAN, KINDS, POLICY, TRUSTED_TYPES
from tests.browser.kinds.site import running_site
from tests.samples import shared_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.tour.model import Gathered, Record, Visit
    from tests.browser.kinds.pages import Kind
    from tests.browser.kinds.site import Site

MODES = ("deployed", "candidate")
MISSED: dict[str, dict[str, str]] = {"deployed": {}, "candidate": {}}
"""Kinds that are not seen, with the reason; at most 3 of the 72 by a candidate, 5 by a deployed policy."""

_OF_TRUSTED_TYPES = ("require-trusted-types-for", "trusted-types")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("authority")) as running:
        yield running


def _url(kind: Kind) -> str:
    return f"https://{APP}/{kind.name}"


def _tour(site: Site, pages: tuple[str, ...], **changes: object) -> Gathered:
    """Short stays: each page does at once what it does, or says by a timer that it is not done."""
    request = site.request(
        pages,
        loads=1,
        screenshots=False,
        settle_quiet=0.15,
        steps={_url(kind): (Click("#go"),) for kind in KINDS if kind.click},
        **changes,
    )
    return gather(request, clock=SystemClock())


def _shows(kind: Kind, record: Record) -> bool:
    return record.directive == kind.directive and (
        kind.blocked in record.blocked or kind.blocked in record.redirect_target
    )


@pytest.mark.parametrize("mode", MODES)
def test_every_kind_of_violation_is_seen_and_nothing_else(site: Site, mode: str) -> None:
    kinds, clean = (shared_out(item, MODES, to=mode) for item in (KINDS, CLEAN))
    pages = tuple(_url(kind) for kind in (*kinds, *clean))
    if mode == "deployed":
        site.policy_header = "content-security-policy-report-only"
        found = _tour(site, pages)
    else:
        site.policy_header = None
        candidate = Candidate(Csp.parse(POLICY + TRUSTED_TYPES))
        found = _tour(site, pages, mode="candidate", candidate=candidate)

    assert found.self_test.passed
    visits: dict[str, Visit] = {visit.url: visit for visit in found.visits}
    missed = {
        kind.name for kind in kinds if not any(_shows(kind, record) for record in visits[_url(kind)].records)
    }
    assert missed == {kind.name for kind in kinds if kind.name in MISSED[mode]}
    assert len(missed) <= (5 if mode == "deployed" else 3)
    # Trusted Types are asked of every page by the candidate; a worker's script is one of its sinks.
    said_of_clean = [
        record
        for kind in clean
        for record in visits[_url(kind)].records
        if record.directive not in _OF_TRUSTED_TYPES
    ]
    assert said_of_clean == []
    assert {visit.url: visit.incomplete for visit in found.visits if visit.incomplete} == {}
    assert all(record.disposition == "report" for visit in found.visits for record in visit.records)
