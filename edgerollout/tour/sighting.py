"""One violation on one page, while the reports of all channels about it are collected."""

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
"""The most places and documents of a cause."""


@dataclass
class Sighting:
    """Records of one page that are one violation, from all channels."""

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
        """How often it happened in one load, according to the channel that saw it most often."""
        return max(Counter((record.channel, record.load) for record in self.records).values())

    @property
    def confirmed(self) -> bool:
        return any(record.channel != "dom" for record in self.records)

    def spots(self) -> tuple[Spot, ...]:
        known = (
            Spot(without_query(record.source), record.line, record.column)
            for record in self.records
            if record.source
        )
        # For the same line, the spot with a column is more precise.
        by_line = {str(spot): spot for spot in sorted(known, key=lambda spot: (spot.line, spot.column))}
        return tuple(by_line.values())[:SHOWN]
