"""The state before a run: the live release, and versions of ours outside every environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.release.facts.release import Release

NOTHING = 0
"""Stands for "no release" where a number is wanted; Lambda counts from 1."""


@dataclass(frozen=True)
class LiveRelease:
    """What is live before the run. `counts`: version number → number of behaviors that carry it (several
    versions: mixed).
    """

    number: int
    release: Release | None
    """None when its release.json could not be read, or was not needed."""
    digest: str | None
    """First 16 hex of the release digest, from the ledger; None for a version edgerollout did not publish."""
    enforced: str | None
    report_only: str | None
    counts: tuple[tuple[int, int], ...]
    observed: str | None = None
    """The observed headers, by the first 16 hex of their digest."""

    @property
    def mixed(self) -> bool:
        return len(self.counts) > 1


@dataclass(frozen=True)
class Stray:
    """An older version of ours on a distribution that belongs to no environment."""

    distribution: str
    name: str
    path: str
    event: str
    arn: str
