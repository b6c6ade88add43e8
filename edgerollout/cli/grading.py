"""What a release does to the site's grades: one line for the job summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.release.plans.plan import Plan
    from edgerollout.rollout.ports import Probe


def grade_line(plan: Plan, probe: Probe | None) -> str | None:
    """Grades before → after, from what the first URL sends now; None where they are unknown."""
    from edgerollout.policy.grade.grades import change_of
    from edgerollout.policy.grade.observation import assumed_site
    from edgerollout.views.scan import grade_change_words

    if probe is None or plan.release is None or plan.refused or not plan.changes or not plan.urls:
        return None
    seen = probe.headers(plan.urls[0])
    if seen.status is None:
        return None
    site = assumed_site(plan.urls[0], seen.headers, status=seen.status)
    if site.page.no_page is not None:
        return None
    live = None if plan.live is None or plan.live.release is None else plan.live.release.response()
    return grade_change_words(change_of(site, plan.release.response(), live))
