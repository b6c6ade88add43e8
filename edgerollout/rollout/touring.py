"""After an enforcing swap: what does the policy block in a real browser? What is blocked twice counts as
wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError, Interrupted
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.events import Noticed, StepKind, TouredPages
from edgerollout.release.facts.release import Release
from edgerollout.rollout.session import Step
from edgerollout.rollout.stopping import Stop

if TYPE_CHECKING:
    from edgerollout.rollout.session import Session


@dataclass(frozen=True)
class Blocked:
    """What the enforced policy blocked, in words that are the same in every visit.

    `newly`: what was not blocked before. `already`: what the policy before blocks, too; there a rollback
    would not help. `pages`: how many were visited.
    """

    pages: int = 0
    newly: tuple[str, ...] = ()
    already: tuple[str, ...] = ()


Tour = Callable[[Release, Release | None, Stop], Blocked]
"""Visits the site with the release's enforced policy; the second release is the one before. Raises
EdgerolloutError when the visit is not possible.
"""

_NAMED = 3


def blocked_by(
    session: Session, tour: Tour, release: Release, before: Release | None, number: int | None
) -> tuple[str | None, TouredPages | None]:
    """Why the release is wrong, and what was seen.

    The first is None when nothing more is blocked than before; both are None when the tour was not possible.
    At that point the release is live with the right headers, so a missing browser does not undo it.
    """
    step = Step(session, StepKind.TOUR, f"release {number}")
    try:
        session.stop.check()
        seen = tour(release, before, session.stop)
        blocked = seen.newly
        if blocked:
            step.progress("something is blocked: checking again")
            again = frozenset(tour(release, before, session.stop).newly)
            blocked = tuple(name for name in blocked if name in again)
    except Interrupted:
        raise
    except EdgerolloutError as error:
        step.finish("not possible", good=False)
        session.emit(Noticed(Severity.WARNING, f"the site was not toured: {error}"))
        return None, None
    step.finish(f"{len(blocked)} blocked" if blocked else "nothing blocked", good=not blocked)
    if seen.already:
        message = f"blocked as it was before this release: {_listed(seen.already)}"
        session.emit(Noticed(Severity.WARNING, message))
    why = f"the enforced policy blocks {_listed(blocked)}" if blocked else None
    return why, TouredPages(seen.pages, len(blocked), len(seen.already))


def _listed(blocked: tuple[str, ...]) -> str:
    more = f"; and {len(blocked) - _NAMED} more" if len(blocked) > _NAMED else ""
    return f"{'; '.join(blocked[:_NAMED])}{more}"
