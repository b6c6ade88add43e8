"""What follows a publish or a promotion: check the headers, a short tour, take the run back where it is
wrong.
"""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from edgerollout.cli.reading import planned_by
from edgerollout.release.plans.taking_back import plan_take_back
from edgerollout.rollout.afterwards import Afterwards
from edgerollout.rollout.touring import Blocked

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.release import Release
    from edgerollout.release.plans.taking_back import Carried
    from edgerollout.rollout.reading import Planned
    from edgerollout.rollout.session import Session
    from edgerollout.rollout.stopping import Stop
    from edgerollout.rollout.touring import Tour

_PAGES = 5
"""The most `urls` to visit: the release is live meanwhile, and the gate already had a long tour."""


def afterwards(
    invocation: Invocation, environment: Environment, *, verify: bool, tours: bool = True
) -> Afterwards:
    """What follows, according to the options and the environment's `on_failure`."""

    def take_back(session: Session, carried: Carried) -> Planned:
        planner = partial(plan_take_back, environment, carried)
        return planned_by(planner, session, environment, invocation.siblings(environment))

    return Afterwards(
        check_headers=verify,
        tour=_short_tour(invocation, environment) if verify and tours else None,
        take_back=take_back if environment.on_failure == "rollback" else None,
    )


def _short_tour(invocation: Invocation, environment: Environment) -> Tour | None:
    """How to visit the environment's pages, once.

    None where the `tour` extra is not installed, or no page is configured.
    """
    if not environment.urls or find_spec("playwright") is None:
        return None

    def look(release: Release, before: Release | None, stop: Stop) -> Blocked:
        from edgerollout.cli.touring import request_for_pages
        from edgerollout.tour.gather import gather
        from edgerollout.tour.judgement import judge
        from edgerollout.tour.model import TourRequest
        from edgerollout.tour.since import blocked_already

        stop.check()
        endless = invocation.project.tour.endless
        wanted = TourRequest((), crawl=False, sitemap=False, loads=1, screenshots=False, endless=endless)
        pages = environment.urls[:_PAGES]
        request = request_for_pages(invocation, wanted, pages)
        gathered = gather(request, clock=invocation.clock)
        stop.check()
        if release.enforced is None:
            return Blocked(len(pages))
        verdict = judge(gathered, release.enforced.effective, own=environment.urls, disposition="enforce")
        policy = release.enforced.effective
        earlier = None if before is None or before.enforced is None else before.enforced.effective
        words: dict[bool, dict[str, None]] = {True: {}, False: {}}
        for row in verdict.rows:
            already = earlier is not None and blocked_already(row.cause, policy, earlier)
            words[already][f"{row.cause.directive}: {row.cause.name} on {row.cause.pages[0]}"] = None
        return Blocked(len(pages), newly=tuple(words[False]), already=tuple(words[True]))

    return look
