"""Which old versions may be deleted: those that nothing uses and no rollback needs. Pure.

The account's code storage is limited (75 GB for each region), and each release uses its bundle's size. These
versions are kept: those that run anywhere in the account, that an alias names, that `rollback` reaches, that
must not be published again, that the soak of the live policy needs, and the newest releases. Versions that
edgerollout did not publish are never deleted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edgerollout.errors import Refused
from edgerollout.release.delivery.choice import means_of
from edgerollout.release.facts.live import (
    attached,
    detached,
    given_up,
    handed_over,
    ledger_of,
    live_release,
    live_since,
    withdrawn,
)
from edgerollout.release.facts.soak import counted_since, same_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.headers_policies import StandingPolicy
    from edgerollout.release.facts.snapshot import Distribution, Function, Snapshot, Version

KEEP = 5
"""How many of the newest releases are kept by default."""

_COUNTED = "the soak counts from here"
_INTERRUPTS = "was published while the live policy was observed: it ends the soak's count"

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class PruneRequest:
    """What to prune. `keep`: how many of the newest releases always stay, 0 or more."""

    environment: Environment
    keep: int = KEEP


@dataclass(frozen=True)
class JudgedVersion:
    """A version, whether to delete it, and why or why not."""

    version: Version
    deletes: bool
    why: str


@dataclass(frozen=True)
class PrunePlan:
    """Every numbered version of the function, oldest first, with the decision about it.

    `live` is the live release's number, `withdrawn` are the releases that are marked as such.
    """

    environment: str
    account: str
    function: str
    function_arn: str
    keep: int
    live: int | None
    versions: tuple[JudgedVersion, ...]
    withdrawn: frozenset[int] = frozenset()
    policies: tuple[StandingPolicy, ...] = ()
    """The response headers policies of releases that are on no behavior and that no rollback goes to next."""

    @property
    def marks(self) -> tuple[int, ...]:
        """The withdrawn marks of versions that are gone already."""
        return tuple(sorted(self.withdrawn - {version.version.number for version in self.versions}))

    @property
    def deletions(self) -> tuple[JudgedVersion, ...]:
        return tuple(version for version in self.versions if version.deletes)

    @property
    def freed(self) -> int:
        """Bytes of everything that is to be deleted."""
        return sum(deletion.version.size for deletion in self.deletions)

    @property
    def changes(self) -> bool:
        """Whether the plan changes anything in AWS."""
        return bool(self.deletions or self.marks or self.policies)


def plan_prune(
    request: PruneRequest, snapshot: Snapshot, aliases: Mapping[str, frozenset[int]] | None
) -> PrunePlan:
    """Decide about every version of the environment's function.

    `aliases`: name → versions; None where the right to list them is missing (then Lambda itself refuses to
    delete a version that an alias names). Raises Refused when the function does not exist.
    """
    environment, function = request.environment, snapshot.function
    if function is None:
        raise Refused(
            f"there is no function {environment.function.name} in us-east-1 of account {snapshot.account}",
            hint="It has no versions that could be deleted.",
        )
    live_now = live_release(snapshot, frozenset(environment.exclude))
    live = None if live_now is None else live_now.number
    marked = withdrawn(function)
    reasons = _reasons(request, snapshot, function, live, aliases or {})
    return PrunePlan(
        environment=environment.name,
        account=snapshot.account,
        function=function.name,
        function_arn=function.arn,
        keep=request.keep,
        live=live,
        versions=tuple(
            JudgedVersion(version, deletes=False, why=reasons[version.number])
            if version.number in reasons
            else JudgedVersion(version, deletes=True, why=_no_reason(version.number in marked, request.keep))
            for version in function.versions
        ),
        withdrawn=marked,
        policies=_unneeded_policies(request, snapshot, function, live),
    )


def _unneeded_policies(
    request: PruneRequest, snapshot: Snapshot, function: Function, live: int | None
) -> tuple[StandingPolicy, ...]:
    """Of the releases' policies those that stand nowhere; a rollback further back makes its own again.

    Kept besides is where the next rollback goes, what Terraform is told, and what a publish that was cut off
    would go on with.
    """
    line = None if live is None else ledger_of(function, live)
    kept = {live, None if line is None else line.previous, handed_over(snapshot)}
    kept |= {
        version.number
        for version in function.versions
        if _resumable(request, snapshot, function, version, live)
    }
    means = means_of(request.environment, snapshot.policies)
    numbers = frozenset(number for number in kept if number is not None)
    ids = means.unneeded(numbers, (*snapshot.distributions, *snapshot.others))
    return tuple(policy for policy in snapshot.policies if policy.id in ids)


def in_use(distributions: Iterable[Distribution], function_arn: str) -> dict[int, str]:
    """Version → where it is attached, in words: any behavior, any event, also staging distributions."""
    names: dict[int, dict[str, None]] = {}
    for distribution, _, _, version in attached(distributions, function_arn):
        staging = " (staging)" if distribution.staging else ""
        names.setdefault(version.version, {})[f"{distribution.name}{staging}"] = None
    return {number: f"attached on {_listed(tuple(found))}" for number, found in names.items()}


def _reasons(
    request: PruneRequest,
    snapshot: Snapshot,
    function: Function,
    live: int | None,
    aliases: Mapping[str, frozenset[int]],
) -> dict[int, str]:
    """Version → why it is kept; of several reasons the most important."""
    ours = {
        version.number for version in function.versions if ledger_of(function, version.number) is not None
    }
    marked = withdrawn(function)
    reasons: dict[int, str] = {}
    # The most important reasons come last and replace the others.
    newest = sorted(ours - marked, reverse=True)[: request.keep]
    reasons |= dict.fromkeys(newest, f"one of the newest {request.keep}")
    barred = {number for number in ours & marked if live is None or number > live}
    reasons |= dict.fromkeys(barred, "withdrawn, and nothing newer is live: it must not be published again")
    reasons |= {
        version.number: "published but not attached yet"
        for version in function.versions
        if _resumable(request, snapshot, function, version, live)
    }
    reasons |= _reached_by_rollback(function, live, max(request.keep - 1, 1))
    handed = handed_over(snapshot)
    reasons |= {} if handed is None else {handed: "Terraform is told to attach it"}
    reasons |= {
        version.number: "not published by edgerollout"
        for version in function.versions
        if version.number not in ours
    }
    for name, targets in sorted(aliases.items()):
        reasons |= dict.fromkeys(targets, f"alias {name}")
    reasons |= in_use((*snapshot.distributions, *snapshot.others), function.arn)
    counted = {} if live is None else _counted(request, snapshot, function, live, frozenset(reasons))
    return {**counted, **reasons}


def _reached_by_rollback(function: Function, live: int | None, steps: int) -> dict[int, str]:
    """The releases that `steps` rollbacks in a row reach from the live one."""
    reached: dict[int, str] = {}
    number = live
    for step in range(1, steps + 1):
        line = None if number is None else ledger_of(function, number)
        number = None if line is None else line.previous
        if number is None or number in reached:
            break
        reached[number] = "rollback goes here" if step == 1 else f"{step} rollbacks go here"
    return reached


def _counted(
    request: PruneRequest, snapshot: Snapshot, function: Function, live: int, spared: frozenset[int]
) -> dict[int, str]:
    """Releases without which the soak of the live policy would be counted wrongly.

    Without them the time may be too long (a break is forgotten), or too short, so that the promotion has to
    wait. It keeps all releases from one of those that observe the policy on: from the newest that is enough.
    """
    now, soak, since = snapshot.taken_at, request.environment.gates.soak, live_since(snapshot, live)
    ours = {
        version.number for version in function.versions if ledger_of(function, version.number) is not None
    }
    members = same_policy(function, live)

    def counts(left: Function) -> tuple[datetime | None, ...]:
        # A prune does not read the release's own document: it may record no time, or any time.
        return tuple(counted_since(left, live, since, recorded) for recorded in (None, _LONG_AGO))

    def as_good(was: datetime | None, becomes: datetime | None) -> bool:
        if was is None or becomes is None:
            return was is becomes
        return becomes == was or (becomes > was and (not soak or becomes <= now - soak))

    def holds(kept: frozenset[int]) -> bool:
        left = tuple(
            version for version in function.versions if version.number in kept or version.number not in ours
        )
        return all(map(as_good, before, counts(replace(function, versions=left))))

    before = counts(function)
    more = (frozenset(number for number in ours if number >= first) for first in members)
    needed = next((extra for extra in (frozenset[int](), *more) if holds(spared | extra)), ours)
    return {number: _COUNTED if number in members else _INTERRUPTS for number in needed}


def _resumable(
    request: PruneRequest, snapshot: Snapshot, function: Function, version: Version, live: int | None
) -> bool:
    """Whether a publish that was interrupted before its swap would continue with this version."""
    line, environment = ledger_of(function, version.number), request.environment
    return (
        line is not None
        and line.previous == live
        and version.number > max(live or 0, detached(function))
        and version.number not in withdrawn(function)
        and bool(snapshot.distributions)
        and not given_up(
            snapshot, version, frozenset(environment.exclude), cached=means_of(environment).cached
        )
    )


def _no_reason(withdrawn_too: bool, keep: int) -> str:
    age = f"older than the newest {keep}" if keep else "not in use"
    return "withdrawn" if withdrawn_too else age


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
