"""A change of means that is half done: how many behaviors have the old one, the new one, both. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.release.facts.live import attached, ledger_of, withdrawn

if TYPE_CHECKING:
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.facts.standing import LiveRelease


@dataclass(frozen=True)
class Changing:
    """Release `old` goes, `new` comes by another means; then how many behaviors carry which of the two."""

    old: int
    new: int
    old_means: str
    new_means: str
    both: int
    old_alone: int
    new_alone: int
    back: bool = False
    """A rollback does it."""

    @property
    def told(self) -> str:
        """In a sentence without its end."""
        gone = ", which was taken back" if self.back else ""
        return (
            f"release {self.new} by {self.new_means} takes the place of release {self.old} by"
            f" {self.old_means}{gone}, and is half-way: {self.old_alone} behaviors have the old one,"
            f" {self.both} have both, {self.new_alone} have the new one"
        )


def changing(snapshot: Snapshot, live: LiveRelease | None, excluded: frozenset[str]) -> Changing | None:
    """The change under way; None where all that is live went by one means."""
    function = snapshot.function
    if live is None or function is None or not live.mixed:
        return None
    line = ledger_of(function, live.number)
    found: dict[tuple[str, str], set[int]] = {}
    for distribution, behavior, _, version in attached(snapshot.distributions, function.arn, excluded):
        found.setdefault((distribution.id, behavior.path), set()).add(version.version)
    lines = {number: ledger_of(function, number) for number, _ in live.counts}
    others = [
        (number, before.deliver)
        for number, before in lines.items()
        if line is not None and before is not None and before.deliver != line.deliver
    ]
    if line is None or not others:
        return None
    back = live.number in withdrawn(function)
    gone, came = max(others), (live.number, line.deliver)
    (old, old_means), (new, new_means) = (came, gone) if back else (gone, came)
    has_new = [new in numbers for numbers in found.values()]
    both = sum(new in numbers and len(numbers) > 1 for numbers in found.values())
    old_alone, new_alone = has_new.count(False), has_new.count(True) - both
    return Changing(old, new, old_means, new_means, both, old_alone, new_alone, back)
