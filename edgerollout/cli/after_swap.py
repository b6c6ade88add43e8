"""The short tour after an enforcing swap: the environment's pages, once, for what its policy blocks."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.release.environment import Environment
    from edgerollout.release.model import Release
    from edgerollout.rollout.stopping import Stop
    from edgerollout.rollout.touring import Tour

_PAGES = 5
"""Of `urls`, at most: the release is live meanwhile, and the long tour was the gate's."""


def short_tour(invocation: Invocation, environment: Environment) -> Tour | None:
    """How to look; None where the `tour` extra is not installed, or no page is configured."""
    if not environment.urls or find_spec("playwright") is None:
        return None

    def look(release: Release, stop: Stop) -> tuple[str, ...]:
        from edgerollout.cli.touring import request_for_pages
        from edgerollout.tour.gather import gather
        from edgerollout.tour.judgement import judge
        from edgerollout.tour.model import TourRequest

        stop.check()
        wanted = TourRequest((), crawl=False, sitemap=False, loads=1, screenshots=False)
        request = request_for_pages(invocation, wanted, environment.urls[:_PAGES])
        gathered = gather(request, clock=invocation.clock)
        stop.check()
        if release.enforced is None:
            return ()
        verdict = judge(gathered, release.enforced.effective, own=environment.urls, disposition="enforce")
        causes = (row.cause for row in verdict.rows)
        return tuple(dict.fromkeys(f"{one.directive}: {one.what} on {one.pages[0]}" for one in causes))

    return look
