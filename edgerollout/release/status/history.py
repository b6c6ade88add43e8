"""The releases of an environment's function, newest first, from the ledger lines of its versions. Pure.

Only the versions' Descriptions are read: no code, and no call for each version.
"""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.errors import Refused
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.live import attached, withdrawn

if TYPE_CHECKING:
    from datetime import datetime

    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Function, Snapshot, Version


class Publisher(enum.StrEnum):
    """Who published a version, by its Description."""

    US = "edgerollout"
    LATER = "later-edgerollout"
    """An edgerollout newer than this one: its line cannot be read."""
    OTHER = "other"


@dataclass(frozen=True)
class CarriedBy:
    """A distribution that carries a version, and on how many behaviors. `own`: it is the environment's."""

    distribution: str
    name: str
    behaviors: int
    own: bool


@dataclass(frozen=True)
class PastRelease:
    """One version. `line` is None unless this edgerollout can read who published it."""

    version: int
    published_at: datetime
    publisher: Publisher
    line: LedgerLine | None
    withdrawn: bool = False
    places: tuple[CarriedBy, ...] = ()

    @property
    def live(self) -> bool:
        """Whether a distribution of the environment carries it."""
        return any(place.own for place in self.places)


@dataclass(frozen=True)
class History:
    """The releases of an environment's function. `older`: how many releases were left out.

    `marks_known` is False where the function's tags could not be read: then any release may be withdrawn.
    """

    environment: str
    account: str
    function: str
    exists: bool
    releases: tuple[PastRelease, ...]
    older: int
    marks_known: bool


def history_of(environment: Environment, snapshot: Snapshot, limit: int | None = None) -> History:
    """The newest `limit` releases (None: all of them) from a snapshot, which needs no invalidations."""
    function = snapshot.function
    versions = () if function is None else function.versions[::-1]
    shown = versions if limit is None else versions[:limit]
    places = {} if function is None else _places(snapshot, function)
    marks = frozenset() if function is None else withdrawn(function)
    return History(
        environment=environment.name,
        account=snapshot.account,
        function=environment.function.name,
        exists=function is not None,
        releases=tuple(
            _release(version, places.get(version.number, ()), marked=version.number in marks)
            for version in shown
        ),
        older=len(versions) - len(shown),
        marks_known=function is None or function.tags is not None,
    )


def _release(version: Version, places: tuple[CarriedBy, ...], *, marked: bool) -> PastRelease:
    try:
        line = LedgerLine.parse(version.description)
        publisher = Publisher.OTHER if line is None else Publisher.US
    except Refused:
        # One line of a later schema must not hide all the others.
        line, publisher = None, Publisher.LATER
    return PastRelease(version.number, version.published_at, publisher, line, withdrawn=marked, places=places)


def _places(snapshot: Snapshot, function: Function) -> dict[int, tuple[CarriedBy, ...]]:
    """Version → where it is attached in the whole account, the environment's distributions first."""
    found: dict[int, tuple[CarriedBy, ...]] = {}
    for own, distributions in ((True, snapshot.distributions), (False, snapshot.others)):
        for distribution in distributions:
            carried = {
                (version.version, behavior.path)
                for _, behavior, _, version in attached((distribution,), function.arn)
            }
            for number, behaviors in sorted(Counter(number for number, _ in carried).items()):
                place = CarriedBy(distribution.id, distribution.name, behaviors, own)
                found[number] = (*found.get(number, ()), place)
    return found
