"""By which means an environment's releases go, what either one costs, and what it cannot do there."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class ChosenBy(enum.StrEnum):
    """Who chose the means."""

    AUTO = "auto"
    """edgerollout, since the configuration says `auto`."""
    CONFIGURATION = "configuration"
    """The configuration names it."""
    DEFAULT = "default"
    """Nobody: the configuration does not say `deliver`."""


@dataclass(frozen=True)
class MeansOption:
    """A means, as it would be for this environment.

    `month`: US dollars a month for `prices.REQUESTS` requests. `cannot`: what it cannot do here, the most
    weighty first.
    """

    deliver: str
    month: float
    cannot: tuple[str, ...] = ()


@dataclass(frozen=True)
class MeansAdvice:
    """The means of an environment: that of what is live, else that of the next release.

    `why` is why, in one line. `options` has both means; it is empty where only the means was asked for.
    `proposes`: the means that would be better, to be written as `deliver`; None where there is none.
    """

    deliver: str
    chosen_by: ChosenBy
    why: str
    options: tuple[MeansOption, ...] = ()
    proposes: str | None = None
    changes_to: str | None = None
    """The means to which the next publish changes what is live, since the configuration says so."""

    def option(self, deliver: str) -> MeansOption | None:
        """What is known of one means."""
        return next((option for option in self.options if option.deliver == deliver), None)
