"""All environments together: the policy of each, compared with the environment before it. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.release.facts.live import ledger_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edgerollout.advice import Hint
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.status.status import Status


class Standing(enum.StrEnum):
    """How an environment's policy compares with that of the environment before (`after`).

    It compares the digests of the base policies in the ledger lines: of the enforced policy or, while nothing
    is enforced, of the report-only policy.
    """

    SAME = "same"
    OLDER = "older"
    """The environment before had it earlier."""
    OTHER = "other"
    """The environment before never had it, as far as its versions show."""
    NONE = "none"
    """No policy yet."""
    UNKNOWN = "unknown"
    """One of the two could not be read, or edgerollout did not publish the live version."""


@dataclass(frozen=True)
class Seen:
    """An environment that was read. `earlier`: base digests of its releases before the live one."""

    status: Status
    earlier: frozenset[str]


@dataclass(frozen=True)
class Unseen:
    """An environment that could not be read: why, and what to do about it."""

    error: str
    hint: Hint | None


@dataclass(frozen=True)
class OverviewRow:
    """One environment. `standing` is None where there is nothing to compare."""

    environment: str
    after: str | None
    found: Seen | Unseen
    standing: Standing | None


@dataclass(frozen=True)
class Overview:
    """Every environment, in the order of the configuration."""

    rows: tuple[OverviewRow, ...]

    @property
    def unseen(self) -> tuple[OverviewRow, ...]:
        """The environments that could not be read."""
        return tuple(row for row in self.rows if isinstance(row.found, Unseen))

    @property
    def drift(self) -> bool:
        """Whether some environment that was read drifts."""
        return any(isinstance(row.found, Seen) and row.found.status.drift for row in self.rows)


def seen(status: Status, snapshot: Snapshot) -> Seen:
    """An environment's part of the overview."""
    function, live = snapshot.function, status.live
    if function is None or live is None:
        return Seen(status, frozenset())
    lines = (
        ledger_of(function, version.number) for version in function.versions if version.number < live.number
    )
    return Seen(status, frozenset(line.base for line in lines if line is not None and line.base is not None))


def overview_of(environments: Iterable[Environment], found: Mapping[str, Seen | Unseen]) -> Overview:
    """The overview of environments; `found` has an entry for each name."""
    return Overview(
        tuple(
            OverviewRow(
                environment=environment.name,
                after=environment.after,
                found=found[environment.name],
                standing=None
                if environment.after is None
                else _standing(found[environment.name], found.get(environment.after)),
            )
            for environment in environments
        )
    )


def _standing(own: Seen | Unseen, before: Seen | Unseen | None) -> Standing | None:
    if not isinstance(own, Seen) or own.status.live is None:
        return None
    if own.status.live.digest is None or not isinstance(before, Seen):
        return Standing.UNKNOWN
    other = before.status.live
    if other is None:
        return None
    if own.status.base is None:
        return Standing.NONE
    if other.digest is None:
        return Standing.UNKNOWN
    if own.status.base == before.status.base:
        return Standing.SAME
    return Standing.OLDER if own.status.base in before.earlier else Standing.OTHER
