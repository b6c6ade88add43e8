"""After an enforcing swap: what does the policy block in a real browser? Seen twice, it counts as wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError, Interrupted
from edgerollout.release.events import Noticed, StepKind
from edgerollout.release.model import Release
from edgerollout.rollout.session import Step
from edgerollout.rollout.stopping import Stop

if TYPE_CHECKING:
    from edgerollout.rollout.session import Session

Tour = Callable[[Release, Stop], tuple[str, ...]]
"""Visits the site and says what the release's enforced policy blocks, in words that stay the same from look
to look. Raises EdgerolloutError when it cannot look."""

_NAMED = 3


def blocked_by(session: Session, tour: Tour, release: Release, number: int | None) -> str | None:
    """Why the release is wrong; None when nothing is blocked, or nobody could look.

    The release is rolled out and its headers are right by then: that no browser is there undoes nothing.
    """
    step = Step(session, StepKind.TOUR, f"release {number}")
    try:
        session.stop.check()
        blocked = tour(release, session.stop)
        if blocked:
            step.progress("something is blocked: looking again")
            again = frozenset(tour(release, session.stop))
            blocked = tuple(one for one in blocked if one in again)
    except Interrupted:
        raise
    except EdgerolloutError as error:
        step.finish("not possible")
        session.emit(Noticed("warning", f"the site was not toured: {error}"))
        return None
    step.finish(f"{len(blocked)} blocked" if blocked else "nothing blocked")
    if not blocked:
        return None
    more = f"; and {len(blocked) - _NAMED} more" if len(blocked) > _NAMED else ""
    return f"the enforced policy blocks {'; '.join(blocked[:_NAMED])}{more}"
