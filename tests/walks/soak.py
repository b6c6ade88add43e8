"""Since when each behavior has observed its policy, as visitors got it: what a soak may claim at most.

Gaps that others open and close between two runs cannot be seen, so they are granted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ground import Ground
    from .truth import Slot, Truth

Carried = dict["Slot", frozenset[str | None]]
EVER = datetime.min.replace(tzinfo=UTC)


class Observation:
    """What one environment's behaviors observe, and since when."""

    def __init__(self, ground: Ground, environment: str) -> None:
        self._ground = ground
        self._environment = environment
        self._since: dict[Slot, tuple[str | None, datetime]] = {}
        self._changes: list[tuple[datetime, Carried]] = []
        self._granted: dict[Slot, tuple[str | None, datetime]] = {}

    def begins(self, truth: Truth) -> None:
        """A run begins: it sees the gaps that there are now, and none that were closed before."""
        self._granted = {}
        for slot in truth.slots:
            observed, known = truth.observing(slot), self._since.get(slot)
            if known is None:
                self._since[slot] = (observed, EVER)
            elif known[0] != observed:
                self._granted[slot] = known
                self._since[slot] = (observed, EVER)
        self._changes = []
        self._ground.edge.changed = self._note

    def _note(self) -> None:
        edge = self._ground.edge
        self._changes.append(
            (
                self._ground.server.plane.schedule.now(),
                {
                    (text, path): frozenset(seen)
                    for text in self._ground.may_have(self._environment)
                    for path, seen in edge.sees(text).items()
                },
            )
        )

    def ended(self, before: Truth, after: Truth, *, done: bool) -> None:
        """The run is over; `done`: it wrote, and came to its end."""
        self._ground.edge.changed = lambda: None
        for moment, carried in self._changes:
            for slot, seen in carried.items():
                observed = _observed(seen, before, after)
                if self._since.get(slot, (None, EVER))[0] != observed or slot not in self._since:
                    self._since[slot] = (observed, moment)
                    self._granted.pop(slot, None)
        if not done:
            # It left the gap open and no trace of it: where others close it, nobody knows.
            self._since |= self._granted

    def since(self, truth: Truth) -> datetime | None:
        """Since when every wanted behavior observes one and the same policy; None where that is not so."""
        found = [self._since.get(slot, (None, EVER)) for slot in truth.wanted]
        policies = {truth.observing(slot) for slot in truth.wanted}
        if len(policies) != 1 or None in policies or {text for text, _ in found} != policies:
            return None
        return max(moment for _, moment in found)


def _observed(seen: frozenset[str | None], before: Truth, after: Truth) -> str | None:
    found = set()
    for version in seen:
        name, _, number = (version or "").rpartition(":")
        known = None
        if name == after.function:
            known = after.versions.get(int(number)) or before.versions.get(int(number))
        found.add(None if known is None else known.report_only)
    return next(iter(found)) if len(found) == 1 else None


def floor(moment: datetime) -> datetime:
    """As commands show it, to the minute."""
    return moment.replace(second=0, microsecond=0)


def claimed(plan: Mapping[str, object]) -> datetime | None:
    """Since when the soak gate of a plan says that the policy is observed."""
    gates = plan.get("gates")
    for gate in gates if isinstance(gates, list) else []:
        words = str(gate["detail"])
        if gate["name"] == "soak" and " since " in words:
            told = words.partition(" since ")[2][: len("2026-03-01 10:12")]
            return datetime.strptime(told, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return None
