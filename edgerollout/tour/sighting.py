"""One violation on one page, while what each channel told of it is put together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.tour.cause import Spot, without_query

if TYPE_CHECKING:
    from edgerollout.release.facts.evidence import Disposition
    from edgerollout.tour.cause import ViolationKind
    from edgerollout.tour.model import Record

SHOWN = 5
"""Places and documents kept of a cause at most."""


@dataclass
class Sighting:
    """Records of one page that are one violation: what each channel told of it."""

    directive: str
    kind: ViolationKind
    blocked: str
    disposition: Disposition
    origin: str
    target: str
    hash: str
    records: list[Record] = field(default_factory=list)
    unstable: bool = False

    @property
    def count(self) -> int:
        """How often it happened in one load, by the channel that saw the most of it."""
        return max(Counter((one.channel, one.load) for one in self.records).values())

    @property
    def confirmed(self) -> bool:
        return any(one.channel != "dom" for one in self.records)

    def spots(self) -> tuple[Spot, ...]:
        known = (Spot(without_query(one.source), one.line, one.column) for one in self.records if one.source)
        # Of the same line the spot with a column says more.
        by_line = {str(one): one for one in sorted(known, key=lambda one: (one.line, one.column))}
        return tuple(by_line.values())[:SHOWN]
