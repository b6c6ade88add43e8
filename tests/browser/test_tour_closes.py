"""What is suggested is enough and not too much: enforced, it blocks nothing; less one source, it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.policy.csp import Csp
from edgerollout.tour.gather import gather
from edgerollout.tour.insertion import apply
from edgerollout.tour.judgement import judge
from edgerollout.tour.model import Candidate
from edgerollout.tour.steps import Click
from edgerollout.tour.suggestion import SuggestionChoices
from tests.browser.kinds.pages import APP, KINDS, POLICY
from tests.browser.kinds.site import running_site

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from edgerollout.tour.judgement import TourVerdict
    from tests.browser.kinds.site import Site

START = Csp.parse(POLICY)
NAMES = {
    "inline-script",
    "inline-event-handler",
    "javascript-url",
    "style-attr",
    "third-script",
    "redirect-script",
    "redirect-img",
    "data-img",
    "form-redirect",
    "iframe-srcdoc-inline",
    "worker-blob",
}
"""Of the kinds of violation those whose suggestion is most easily wrong."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("authority")) as running:
        running.policy_header = None
        yield running


def tour(site: Site, policy: Csp, *, enforced: bool, names: Collection[str] = NAMES) -> TourVerdict:
    """The judgement of `policy`, put into the pages of these kinds."""
    kinds = [kind for kind in KINDS if kind.name in names]
    assert len(kinds) == len(names)
    url = f"https://{APP}/{{}}".format
    request = site.request(
        tuple(url(kind.name) for kind in kinds),
        mode="candidate",
        candidate=Candidate(policy, enforced=enforced),
        loads=1,
        screenshots=False,
        settle_quiet=0.2,
        steps={url(kind.name): (Click("#go"),) for kind in kinds if kind.click},
    )
    gathered = gather(request, clock=SystemClock())
    return judge(
        gathered,
        policy if enforced else policy.for_report_only(),
        disposition="enforce" if enforced else "report",
        before=policy,
        choices=SuggestionChoices(most_hashes=100),
    )


def test_the_suggestions_enforced_block_nothing_and_with_one_less_something_is_blocked(site: Site) -> None:
    first = tour(site, START, enforced=False)
    assert first.complete, first.partial
    assert first.rows
    assert first.open == ()

    again = tour(site, first.after, enforced=True)
    assert again.passed, [row.cause for row in again.rows]

    # That holds of each by the matcher (test_minimal); a browser is asked about the one it judges itself.
    left_out = ("script-src", "'unsafe-hashes'")
    fewer = apply(START, [item for item in first.wanted if item != left_out])
    less = tour(site, fewer, enforced=False, names={"inline-event-handler"})
    assert not less.clean
    assert left_out in less.wanted
