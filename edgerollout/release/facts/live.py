"""What is live, and what that means for the next step. Pure functions of a snapshot.

- the *live release* is the newest release attached anywhere in the environment;
- an environment is *mixed* when its behaviors carry different releases;
- a release is *unfinished* when it was published and is not yet attached everywhere;
- it is *withdrawn* when a rollback went back behind it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.release import SHORT, Release
from edgerollout.release.facts.standing import LiveRelease, Stray
from edgerollout.release.facts.swap_marks import Due, SwapMarks, free_tags, read_marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from edgerollout.release.facts.arn import VersionArn
    from edgerollout.release.facts.snapshot import (
        Behavior,
        Distribution,
        Function,
        Invalidation,
        Snapshot,
        Version,
    )

WITHDRAWN_TAG = "edgerollout:withdrawn:"
"""Tag on the function, one for each release that a rollback withdrew: `edgerollout:withdrawn:42`."""

DETACHED_TAG = "edgerollout:detached"
"""Tag on the function: the newest version at the time when `detach` removed its triggers."""

CALLER_REFERENCE = "edgerollout-"
"""How the caller reference of every invalidation of ours starts."""


_NEWEST = 3
_SOONEST = 6


def caller_reference(release: int, etag: str) -> str:
    """The reference of a release's invalidation of one distribution.

    CloudFront answers a repeated reference with the earlier invalidation, so a second run does not make a
    second one. The ETag distinguishes a later rollout of the same release.
    """
    return f"{reference_prefix(release)}{etag}"


def reference_prefix(release: int) -> str:
    """How the caller references of a release's invalidations start."""
    return f"{CALLER_REFERENCE}{release}-"


def attached(
    distributions: Iterable[Distribution], function_arn: str, excluded: frozenset[str] = frozenset()
) -> Iterator[tuple[Distribution, Behavior, str, VersionArn]]:
    """(distribution, behavior, event, version) for every trigger of the function, without excluded paths."""
    for distribution in distributions:
        for behavior in distribution.behaviors:
            if behavior.path in excluded:
                continue
            for trigger in behavior.triggers:
                version = trigger.version
                if version is not None and version.function_arn == function_arn:
                    yield distribution, behavior, trigger.event, version


def live_release(snapshot: Snapshot, excluded: frozenset[str] = frozenset()) -> LiveRelease | None:
    """The newest release attached anywhere in the environment, None when no release is attached."""
    function = snapshot.function
    if function is None:
        return None
    counts = Counter(
        version.version for _, _, _, version in attached(snapshot.distributions, function.arn, excluded)
    )
    return _released(snapshot, function, max(counts), counts) if counts else None


def live_or_dropped(snapshot: Snapshot, excluded: frozenset[str] = frozenset()) -> LiveRelease | None:
    """The live release. Where no release is attached: the release whose swap CloudFront accepted but did
    not keep.

    The mark of its unfinished swap names it. The next release must not weaken what that release enforces.
    """
    live, function = live_release(snapshot, excluded), snapshot.function
    if live is not None or function is None:
        return live
    begun = marks_of(function).among(distribution.id for distribution in snapshot.distributions)
    number = max((due.release for due in begun if not due.back), default=0)
    over = number in withdrawn(function) or number <= detached(function)
    if over or ledger_of(function, number) is None:
        return None
    return _released(snapshot, function, number, Counter())


def _released(snapshot: Snapshot, function: Function, number: int, counts: Counter[int]) -> LiveRelease:
    line = ledger_of(function, number)
    document = snapshot.documents.get(number)
    return LiveRelease(
        number=number,
        release=document if isinstance(document, Release) else None,
        digest=None if line is None else line.release,
        enforced=None if line is None else line.enforced,
        report_only=None if line is None else line.report_only,
        counts=tuple(sorted(counts.items())),
        observed=None if line is None else line.observed,
    )


def half_done(snapshot: Snapshot, live: LiveRelease | None, excluded: frozenset[str] = frozenset()) -> bool:
    """Whether a run stopped half-way, so that something which was to change has not changed.

    One update changes a whole distribution. So a run stopped where a distribution carries only older
    releases, or where a behavior carries two releases (a change of the event takes two updates). What came
    into the configuration later does not count: a path that is no longer excluded, a distribution that the
    live release was not made for.
    """
    function = snapshot.function
    if live is None or function is None or not live.mixed:
        return False
    for distribution in snapshot.distributions:
        carried: dict[str, set[int]] = {}
        for _, behavior, _, version in attached((distribution,), function.arn, excluded):
            carried.setdefault(behavior.path, set()).add(version.version)
        reached = any(live.number in numbers for numbers in carried.values())
        if reached and any(len(numbers) > 1 and live.number in numbers for numbers in carried.values()):
            return True
        if carried and not reached and _made_for(live.release, distribution.id):
            return True
    return False


def _made_for(release: Release | None, distribution: str) -> bool:
    """Whether a release was to reach the distribution. True where that is unknown."""
    return release is None or release.distributions is None or distribution in release.distributions


def ledger_of(function: Function, number: int) -> LedgerLine | None:
    """The ledger line of a version; None for a version that edgerollout did not publish, or that is gone."""
    version = function.version(number)
    return None if version is None else LedgerLine.parse(version.description)


def withdrawn(function: Function) -> frozenset[int]:
    """The releases marked as withdrawn. Empty as well where the tags cannot be read."""
    return frozenset(
        int(number)
        for key in (function.tags or {})
        if (number := key.removeprefix(WITHDRAWN_TAG)) != key and number.isdecimal()
    )


def detached(function: Function | None) -> int:
    """The newest version at the time of the last `detach`; 0 without a `detach`, or where tags cannot be
    read.

    Releases up to that version are over: they must not be resumed or rolled back.
    """
    value = "" if function is None else (function.tags or {}).get(DETACHED_TAG, "")
    return int(value) if value.isdecimal() else 0


def marks_of(function: Function | None) -> SwapMarks:
    """The marks of unfinished swaps; nothing where the tags cannot be read."""
    return read_marks(None if function is None else function.tags)


def marked_unfinished(snapshot: Snapshot, distribution: Distribution) -> bool:
    """Whether a swap on the distribution may still wait for its invalidation, according to its mark.

    Where the function has no room for another mark, a mark may be missing. Then any change after our last
    invalidation there counts as such a swap.
    """
    function, marks = snapshot.function, marks_of(snapshot.function)
    if function is None or marks.may_wait(distribution.id):
        return function is not None
    if marks.keys or free_tags(function.tags) or not any(attached((distribution,), function.arn)):
        return False
    made = snapshot.invalidations.get(distribution.id)
    return made is None or made.created_at < distribution.last_modified


def _begun(function: Function, distribution: str, release: int) -> bool:
    """Whether the mark of a swap to the release says that it is unfinished there."""
    return marks_of(function).surely(distribution, Due(release))


def introduced(release: Release, previous: Release | None) -> frozenset[tuple[str, str]]:
    """What is new in a release, compared with the one before: (enforced | report-only | headers | handler,
    digest), and each observed header.
    """
    return _facets(release) - (frozenset() if previous is None else _facets(previous))


def brings_again(
    desired: Release,
    live: Release | None,
    withdrawn_releases: Mapping[int, tuple[Release, Release | None]],
) -> tuple[tuple[int, str], ...]:
    """(number, facet) of every withdrawn change that `desired` would bring back, compared with what is live.

    `withdrawn_releases` maps a withdrawn number to its release and the release before it.
    """
    novel = introduced(desired, live)
    return tuple(
        (number, facet)
        for number, (release, previous) in sorted(withdrawn_releases.items())
        for facet, _ in sorted(introduced(release, previous) & novel)
    )


@dataclass(frozen=True)
class Unfinished:
    """A published release with the wanted content that is not live everywhere.

    `given_up` are the distributions that were changed after it was published and do not carry it. A rollback
    and an unrelated edit look the same there, so it counts as rolled back.
    """

    version: Version
    given_up: tuple[Distribution, ...]
    marked_withdrawn: bool

    @property
    def resumable(self) -> bool:
        return not self.given_up and not self.marked_withdrawn


def unfinished(
    snapshot: Snapshot,
    digest: str,
    previous: int | None,
    excluded: frozenset[str] = frozenset(),
    *,
    cached: Callable[[str], bool],
) -> Unfinished | None:
    """The newest published release of that digest that follows `previous` and is attached nowhere yet.

    Where a swap to it is known to be unfinished, the release that it followed may be gone already. Releases
    from before a `detach` do not count: they were finished, and removed on purpose.
    """
    function = snapshot.function
    if function is None:
        return None
    for version in reversed(function.versions):
        if version.number <= max(previous or 0, detached(function)):
            return None
        line = LedgerLine.parse(version.description)
        begun = any(
            _begun(function, distribution.id, version.number) for distribution in snapshot.distributions
        )
        follows = line is not None and (line.previous == previous or begun)
        if line is not None and line.release == digest[:SHORT] and follows:
            return Unfinished(
                version,
                given_up=given_up(snapshot, version, excluded, cached=cached),
                marked_withdrawn=version.number in withdrawn(function),
            )
    return None


def given_up(
    snapshot: Snapshot,
    version: Version,
    excluded: frozenset[str] = frozenset(),
    *,
    cached: Callable[[str], bool],
) -> tuple[Distribution, ...]:
    """The distributions on which an unfinished release must not be resumed (without any tag: fail closed).

    A distribution that carries the release only has to be completed. A distribution that does not carry it,
    and was changed after the release was published, counts as rolled back. There are three exceptions:

    The distribution is new in the configuration: no release was ever there (no trigger, no invalidation
    of ours), and the release is live elsewhere. Where the means makes no invalidations (nothing is `cached`),
    this cannot be known, so the exception does not hold.

    The release was not made for the distribution, or the mark of an unfinished swap names it there.

    The tfvars name the release. Terraform is to attach it, and Terraform's other changes do not take it back.
    """
    function = snapshot.function
    if function is None or handed_over(snapshot) == version.number:
        return ()
    everywhere = tuple(attached(snapshot.distributions, function.arn, excluded))
    carriers = {
        distribution.id for distribution, _, _, found in everywhere if found.version == version.number
    }
    touched = {distribution.id for distribution, _, _, _ in everywhere}
    document = snapshot.documents.get(version.number)
    release = document if isinstance(document, Release) else None
    invalidates = any(cached(slot) for _, _, slot, _ in everywhere)
    return tuple(
        distribution
        for distribution in snapshot.distributions
        if distribution.id not in carriers
        and _made_for(release, distribution.id)
        and not _begun(function, distribution.id, version.number)
        and distribution.last_modified > version.published_at
        and not (
            carriers
            and invalidates
            and distribution.id not in touched
            and not snapshot.invalidations.get(distribution.id)
        )
    )


def invalidated_for(invalidation: Invalidation | None, release: int) -> bool:
    """Whether an invalidation is the one that `release` needs."""
    return invalidation is not None and invalidation.caller_reference.startswith(reference_prefix(release))


def likeliest(made_at: Sequence[datetime], since: Sequence[datetime]) -> tuple[int, ...]:
    """The order in which to look for an invalidation of ours: indexes into `made_at`, which may have any
    order.

    A site that deploys often makes hundreds of invalidations after ours. Ours is among the newest, or among
    the first after one of the moments in `since` (when the distribution was last changed, when the release
    was published). Invalidations older than all of these moments do not count.
    """
    if not since:
        return ()
    # CloudFront's times have milliseconds: an invalidation made at exactly that moment must not look older.
    moments = [moment.replace(microsecond=moment.microsecond // 1000 * 1000) for moment in since]
    ascending = sorted(range(len(made_at)), key=lambda index: made_at[index])
    ascending = [index for index in ascending if made_at[index] >= min(moments)]
    order = dict.fromkeys(ascending[: -_NEWEST - 1 : -1])
    for moment in moments:
        first = [index for index in ascending if made_at[index] >= moment][:_SOONEST]
        order |= dict.fromkeys(first)
    return tuple(order)


def outlived(made_at: datetime, of_others: Iterable[datetime]) -> bool:
    """Whether a release's invalidation no longer counts, because a later one belongs to another release of
    ours.

    When somebody puts an older release back by hand, the caches still hold responses of the other release.
    """
    return any(other > made_at for other in of_others)


def live_since(snapshot: Snapshot, release: int) -> datetime | None:
    """The time since when the whole environment serves the release: the latest time of its distributions.

    The time of a distribution is the creation of the release's own invalidation. Where there is none (viewer
    events), or a swap still waits for it, it is the distribution's last modification. None without
    distributions.
    """
    moments = []
    for distribution in snapshot.distributions:
        invalidation = snapshot.invalidations.get(distribution.id)
        waits = marked_unfinished(snapshot, distribution)
        if invalidation is not None and invalidated_for(invalidation, release) and not waits:
            moments.append(invalidation.created_at)
        else:
            moments.append(distribution.last_modified)
    return max(moments, default=None)


def strays(snapshot: Snapshot, known: frozenset[str]) -> tuple[Stray, ...]:
    """Versions of ours on distributions that belong to no environment (`known`: ids that do)."""
    function = snapshot.function
    if function is None:
        return ()
    others = tuple(other for other in snapshot.others if other.id not in known)
    return tuple(
        Stray(distribution.id, distribution.name, behavior.path, event, str(version))
        for distribution, behavior, event, version in attached(others, function.arn)
    )


def _facets(release: Release) -> frozenset[tuple[str, str]]:
    facets = {("headers", release.headers_digest()), ("handler", release.handler.digest())}
    if release.enforced_digest is not None:
        facets.add(("enforced", release.enforced_digest))
    if release.report_only_digest is not None:
        facets.add(("report-only", release.report_only_digest))
    facets |= {("observed headers", f"{header.name} {header.value}") for header in release.observed}
    return frozenset(facets)


def handed_over(snapshot: Snapshot) -> int | None:
    """The release of the environment's function that the tfvars name; None where they name none."""
    tfvars, function = snapshot.tfvars, snapshot.function
    if tfvars is None or tfvars.qualified_arn is None or function is None:
        return None
    return tfvars.release if tfvars.qualified_arn.rpartition(":")[0] == function.arn else None


def pending(snapshot: Snapshot, live: LiveRelease | None) -> int | None:
    """The release that was handed over but not applied yet: it is newer than the live one. None: there is
    none.
    """
    handed = handed_over(snapshot)
    return handed if handed is not None and (live is None or handed > live.number) else None
