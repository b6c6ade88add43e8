"""What a run does once its steps are through: who looks at the site, and what follows where it is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from edgerollout.release.plans.taking_back import Carried
    from edgerollout.rollout.reading import Planned
    from edgerollout.rollout.session import Session
    from edgerollout.rollout.touring import Tour


class TakeBack(Protocol):
    """Reads AWS again and plans how to undo a run."""

    def __call__(self, session: Session, carried: Carried, /) -> Planned: ...


@dataclass(frozen=True)
class Afterwards:
    """What a run does once its steps are through."""

    check_headers: bool = True
    """Whether the live headers are compared with the release."""
    always_check: bool = False
    """Whether they are compared even where there was nothing else to do."""
    tour: Tour | None = None
    """Looks what a newly enforced policy blocks; None where that is not asked for, or nothing can look."""
    take_back: TakeBack | None = None
    """How the run is undone where the site turns out wrong; None: it is left standing."""
