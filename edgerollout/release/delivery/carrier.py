"""Carriers: who changes the distributions. It is our own run, or another tool that reads what to attach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.release.facts.snapshot import Distribution, Invalidation, Snapshot


class Carrier(Protocol):
    """Who attaches a release to the behaviors."""

    @property
    def file(self) -> Path | None:
        """The file that tells it what to attach; None where our own run changes the distributions."""
        ...

    @property
    def agreed(self) -> frozenset[str]:
        """The names of the tools that manage the distributions by agreement, so that nobody is warned about
        them.
        """
        ...

    @property
    def brings_back(self) -> bool:
        """Whether a rollback to no release can put back the triggers that others had before us."""
        ...

    @property
    def first_step(self) -> str | None:
        """What to do where the function is missing, if this carrier probably creates it."""
        ...

    def counts(self, invalidation: Invalidation, distribution: Distribution) -> bool:
        """Whether our invalidation cleared the cache after the distribution got what it carries now."""
        ...

    def lost(self, snapshot: Snapshot) -> bool:
        """Whether the record of what this carrier was told is lost."""
        ...


def standing_invalidation(
    carrier: Carrier, snapshot: Snapshot, distribution: Distribution
) -> Invalidation | None:
    """Our invalidation of the distribution; None where there is none, or it no longer counts."""
    found = snapshot.invalidations.get(distribution.id)
    return found if found is not None and carrier.counts(found, distribution) else None
