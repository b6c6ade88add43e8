"""Carriers: who changes the distributions, a run of ours or another tool that is told what to attach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.release.facts.snapshot import Distribution, Invalidation, Snapshot


class Carrier(Protocol):
    """Who carries a release to the behaviors."""

    @property
    def file(self) -> Path | None:
        """By what it is told; None where a run of ours changes the distributions itself."""
        ...

    @property
    def agreed(self) -> frozenset[str]:
        """The names of the tools that manage the distributions by agreement: no warning about them."""
        ...

    @property
    def brings_back(self) -> bool:
        """Whether a way back to nothing can put there what others had before us."""
        ...

    @property
    def first_step(self) -> str | None:
        """What to do where the function is missing, if this carrier most likely makes it."""
        ...

    def counts(self, invalidation: Invalidation, distribution: Distribution) -> bool:
        """Whether an invalidation of ours cleared the cache of what the distribution carries now."""
        ...

    def lost(self, snapshot: Snapshot) -> bool:
        """Whether it is not known any more what this carrier was told."""
        ...


def standing_invalidation(
    carrier: Carrier, snapshot: Snapshot, distribution: Distribution
) -> Invalidation | None:
    """The distribution's invalidation of ours, as far as it still counts."""
    found = snapshot.invalidations.get(distribution.id)
    return found if found is not None and carrier.counts(found, distribution) else None
