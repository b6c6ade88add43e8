"""Is the desired release there already: live, or published and unfinished? And may it be? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.errors import Conflict, Refused
from edgerollout.release.ledger import LedgerLine
from edgerollout.release.live import brings_again, given_up, ledger_of, unfinished, withdrawn
from edgerollout.release.model import SHORT, Release

if TYPE_CHECKING:
    from edgerollout.release.desired import PublishRequest
    from edgerollout.release.plan import LiveRelease
    from edgerollout.release.snapshot import Snapshot


def target_of(
    request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None, release: Release
) -> int | None:
    """The version to attach when the desired release exists; None: it has to be published."""
    digest = release.digest()
    if live is not None and live.digest == digest[:SHORT]:
        function = snapshot.function
        version = None if function is None else function.version(live.number)
        lost = () if version is None else given_up(snapshot, version, request.excluded)
        if not lost:
            return live.number
        begun = unfinished(snapshot, digest, live.number, request.excluded)
        if begun is not None and begun.resumable:
            return begun.version.number
        if not request.again:
            raise _rolled_back(live.number, f"{lost[0].name} was changed after it was published")
        return None
    if live is not None and live.mixed:
        counts = ", ".join(f"{count} on {number}" for number, count in live.counts)
        raise Conflict(
            f"{request.environment.name} is mixed: its behaviors carry different releases ({counts})",
            why="an earlier run stopped half-way, and this one would publish yet another release",
            hint=f"Finish {live.number} by running the command that published it from its own commit"
            f"{_commit(snapshot, live.number)}, or take it back with `edgerollout rollback`.",
        )
    found = unfinished(snapshot, digest, None if live is None else live.number, request.excluded)
    if found is not None and found.resumable:
        return found.version.number
    if not request.again:
        if found is not None:
            why = (
                "it is marked as withdrawn"
                if found.marked_withdrawn
                else f"{found.given_up[0].name} was changed after it was published"
            )
            raise _rolled_back(found.version.number, why)
        _refuse_withdrawn(snapshot, live, release)
    return None


def _refuse_withdrawn(snapshot: Snapshot, live: LiveRelease | None, release: Release) -> None:
    function = snapshot.function
    if function is None:
        return
    known: dict[int, tuple[Release, Release | None]] = {}
    for number in withdrawn(function):
        document = snapshot.documents.get(number)
        if isinstance(document, Release):
            before = snapshot.documents.get(document.previous) if document.previous is not None else None
            known[number] = (document, before if isinstance(before, Release) else None)
    again = brings_again(release, None if live is None else live.release, known)
    if again:
        number, facet = again[0]
        raise _rolled_back(number, f"this publish would bring back its {facet} part")


def _rolled_back(number: int, why: str) -> Refused:
    return Refused(
        f"release {number} counts as rolled back",
        why=why,
        hint="To publish it nevertheless, as a new release: --again",
    )


def _commit(snapshot: Snapshot, number: int) -> str:
    line = None if snapshot.function is None else ledger_of(snapshot.function, number)
    return "" if line is None or line.commit is None else f" ({line.commit})"


def previous_of(snapshot: Snapshot, live: LiveRelease | None, target: int | None) -> int | None:
    """What the release follows: the live one, or what an existing target says of itself."""
    if target is None:
        return None if live is None else live.number
    line = None if snapshot.function is None else ledger_of(snapshot.function, target)
    return None if line is None else line.previous


def repeated_by(snapshot: Snapshot, release: Release) -> int | None:
    """The newest version with the same content; Lambda would answer a repeat of its bytes with it."""
    digest = release.digest()[:SHORT]
    versions = () if snapshot.function is None else snapshot.function.versions
    for version in reversed(versions):
        line = LedgerLine.parse(version.description)
        if line is not None and line.release == digest:
            return version.number
    return None
