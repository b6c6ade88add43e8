"""What the views of a tour are told beside its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.advice import Advice
    from edgerollout.tour.gains import Gain, Loss
    from edgerollout.tour.next_step import Circumstances, Looked


@dataclass(frozen=True)
class TourHeading:
    """What was judged under which circumstances; `release` is the deployed one's number.

    `gains` is where the suggestions go to. `next_step` is None where there is none.
    """

    now: Circumstances
    release: int | None = None
    gains: tuple[Gain, ...] = ()
    next_step: Advice | None = None
    losses: tuple[Loss, ...] = ()
    """What policy.toml has and no page used."""
    pruned: bool = False
    """Whether that is out of it by now."""

    @property
    def environment(self) -> str | None:
        return self.now.environment

    @property
    def mode(self) -> Looked:
        return self.now.mode

    def whose(self, directive: str, source: str) -> str | None:
        """The environment whose own list a suggested source goes to; None: the list of all."""
        found = (gain for gain in self.gains if gain.directive == directive and source in gain.sources)
        return next((item.environment for item in found), None)

    @property
    def written(self) -> bool:
        """Whether policy.toml has the suggestions by now."""
        return self.now.written

    @property
    def mended_by(self) -> str:
        """What has the suggestions, or would have them: somebody else's policy.toml is not at hand."""
        if self.environment is None:
            return "by what the policy would gain"
        return "in policy.toml" if self.written else "by --write"
