"""What a run does after its steps: how it checks the site, and what follows where the site is wrong."""

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
    """What a run does after its steps."""

    check_headers: bool = True
    """Whether the live headers are compared with the release."""
    always_check: bool = False
    """Whether they are compared even where nothing else was to do."""
    tour: Tour | None = None
    """Finds what a newly enforced policy blocks; None where that is not wanted, or there is no browser."""
    take_back: TakeBack | None = None
    """How the run is undone where the site is wrong; None: it is not undone."""
