"""What the views of a tour need beside the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.advice import Advice
    from edgerollout.tour.gains import Gain, Loss
    from edgerollout.tour.next_step import Circumstances, Looked


@dataclass(frozen=True)
class TourHeading:
    """What was toured, and how. `release` is the number of the deployed release.

    `gains` says where the suggestions go. `next_step` is None if there is none.
    """

    now: Circumstances
    release: int | None = None
    gains: tuple[Gain, ...] = ()
    next_step: Advice | None = None
    losses: tuple[Loss, ...] = ()
    """Sources in policy.toml that no page used."""
    pruned: bool = False
    """Whether they are already removed."""

    @property
    def environment(self) -> str | None:
        return self.now.environment

    @property
    def mode(self) -> Looked:
        return self.now.mode

    def whose(self, directive: str, source: str) -> str | None:
        """The environment with the list to which a suggested source goes; None: the list for all."""
        found = (gain for gain in self.gains if gain.directive == directive and source in gain.sources)
        return next((item.environment for item in found), None)

    @property
    def written(self) -> bool:
        """Whether policy.toml already has the suggestions."""
        return self.now.written

    @property
    def fixed_by(self) -> str:
        """What has the suggestions, or would have them: somebody else's policy.toml is not at hand."""
        if self.environment is None:
            return "by what the policy would gain"
        return "in policy.toml" if self.written else "by --write"
