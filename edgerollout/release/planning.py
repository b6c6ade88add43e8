"""From the snapshot to the plan, stage by stage. Pure: no call is made, nothing is read.

1. What is live (`live.py`), and is the environment mixed?
2. What is desired: the policy never weakens what is enforced (`desired_release`).
3. Is that release there already: live, or published and not finished? Else it is to be published,
   unless it brings back what a rollback withdrew.
4. What the edge rules say (`edge_rules.py`).
5. What each distribution needs (`plan_distribution`): a swap, a wait, an invalidation, or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.errors import Conflict, Refused
from edgerollout.release import edge_rules
from edgerollout.release.bundle import code_sha256, file_digests, pack
from edgerollout.release.coverage import plan_distribution
from edgerollout.release.ledger import LedgerLine
from edgerollout.release.live import (
    brings_again,
    given_up,
    ledger_of,
    live_release,
    strays,
    unfinished,
    withdrawn,
)
from edgerollout.release.model import SHORT, HandlerFacts, Override, Release
from edgerollout.release.plan import (
    ConfigurationChange,
    CreateFunction,
    CreateRole,
    DistributionPlan,
    Finding,
    FunctionStep,
    LiveRelease,
    Plan,
    PublishVersion,
    Severity,
    SwapTriggers,
    UpdateCode,
    UpdateConfiguration,
)
from edgerollout.release.snapshot import Function, Snapshot, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.policy.policy import EnvironmentPolicy
    from edgerollout.release.environment import Environment


@dataclass(frozen=True)
class PublishRequest:
    """What a user asked `publish` or `plan` for. `files` are the handler's, by path inside the bundle."""

    environment: Environment
    policy: EnvironmentPolicy
    files: Mapping[str, bytes]
    commit: str | None = None
    create: bool = False
    again: bool = False
    from_config: bool = False
    accepted_headers: frozenset[str] = frozenset()
    overrides: tuple[Override, ...] = ()
    known_distributions: frozenset[str] = frozenset()
    """Ids of the distributions of every environment in the configuration, for telling strays."""

    @property
    def excluded(self) -> frozenset[str]:
        return frozenset(self.environment.exclude)


def function_arn(account: str, name: str) -> str:
    """The unqualified ARN of a function of ours; Lambda@Edge functions live in us-east-1."""
    return f"arn:aws:lambda:us-east-1:{account}:function:{name}"


def documents_needed(request: PublishRequest, snapshot: Snapshot) -> frozenset[int]:
    """The versions whose release.json planning has to know; none when the ledger says enough.

    The ledger holds digests only. It is enough to see that the live release is the desired one; a
    diff, a policy to carry over and the novelties of withdrawn releases need the documents.
    """
    function, live = snapshot.function, live_release(snapshot, request.excluded)
    if function is None:
        return frozenset()
    needed: set[int] = set()
    if live is not None and live.digest is not None:
        settled = not _carries(request, live) and live.digest == first_release(request).digest()[:SHORT]
        if not settled:
            needed.add(live.number)
    for number in withdrawn(function):
        line = ledger_of(function, number)
        if line is not None:
            needed.add(number)
            if line.previous is not None and ledger_of(function, line.previous) is not None:
                needed.add(line.previous)
    return frozenset(needed)


def plan_publish(request: PublishRequest, snapshot: Snapshot) -> Plan:
    """The plan of a publish.

    Raises Conflict for a mixed environment that this release would not finish, and Refused for a
    release that was rolled back, or when a live policy must be carried over and cannot be read.
    Everything else that stands in the way is a finding of the plan.
    """
    live = live_release(snapshot, request.excluded)
    release, notes = desired_release(request, live, snapshot)
    target = _target(request, snapshot, live, release)
    release = replace(
        release,
        previous=_previous(snapshot, live, target),
        repeats=_repeated(snapshot, release) if target is None else None,
    )
    bundle = b"" if target is not None else pack(request.files, release)
    arn = function_arn(request.environment.account, request.environment.function.name)
    event = request.environment.function.event
    live_document = None if live is None else live.release
    findings = edge_rules.check_all(
        snapshot,
        release,
        live_document,
        function_arn=arn,
        event=event,
        excluded=request.excluded,
        accepted=request.accepted_headers
        if live is None or live.digest != release.digest()[:SHORT]
        else frozenset(header.name for header in release.headers),
        create=request.create,
        publishes=target is None,
    )
    missing = _missing_function(request, snapshot)
    return Plan(
        environment=request.environment.name,
        account=request.environment.account,
        function_arn=arn,
        event=event,
        release=release,
        target=target,
        live=live,
        function_steps=() if target is not None else _function_steps(request, snapshot, release, bundle),
        distributions=tuple(
            plan_distribution(
                distribution,
                snapshot.invalidations.get(distribution.id),
                function_arn=arn,
                event=event,
                target=target,
                excluded=request.excluded,
                paths=request.environment.invalidate,
            )
            for distribution in snapshot.distributions
        ),
        before=live_document if live is not None and live.number != target else None,
        strays=strays(snapshot, request.known_distributions),
        findings=(*notes, *missing, *_unknown_live(live), *findings),
        excluded=request.environment.exclude,
        urls=request.environment.urls,
        bundle=bundle,
    )


def plan_wait(environment: Environment, snapshot: Snapshot) -> Plan:
    """The plan of `wait`: what is left of the live release. It never publishes or swaps.

    Raises Refused when nothing of ours is live.
    """
    excluded = frozenset(environment.exclude)
    live = live_release(snapshot, excluded)
    arn = function_arn(environment.account, environment.function.name)
    if live is None:
        raise Refused(
            f"nothing of {environment.function.name} is attached in {environment.name}",
            hint=f"Publish first: edgerollout publish -e {environment.name}",
        )
    uncovered: list[Finding] = []
    distributions: list[DistributionPlan] = []
    for distribution in snapshot.distributions:
        planned = plan_distribution(
            distribution,
            snapshot.invalidations.get(distribution.id),
            function_arn=arn,
            event=environment.function.event,
            target=live.number,
            excluded=excluded,
            paths=environment.invalidate,
        )
        if any(isinstance(step, SwapTriggers) for step in planned.steps):
            uncovered.append(
                Finding(
                    Severity.WARNING,
                    "not-everywhere",
                    f"release {live.number} is not on every behavior of {distribution.name}; wait changes no"
                    " triggers",
                    f"Finish it: edgerollout publish -e {environment.name}",
                    distribution.id,
                )
            )
            planned = replace(planned, steps=())
        distributions.append(planned)
    before = None if live.release is None or live.release.previous is None else live.release.previous
    document = None if before is None else snapshot.documents.get(before)
    return Plan(
        environment=environment.name,
        account=environment.account,
        function_arn=arn,
        event=environment.function.event,
        release=live.release,
        target=live.number,
        live=live,
        function_steps=(),
        distributions=tuple(distributions),
        before=document if isinstance(document, Release) else None,
        findings=tuple(uncovered),
        excluded=environment.exclude,
        urls=environment.urls,
    )


def will_publish(request: PublishRequest, snapshot: Snapshot) -> bool:
    """Whether the plan would publish a version; the role matters only then."""
    live = live_release(snapshot, request.excluded)
    try:
        release, _ = desired_release(request, live, snapshot)
        return _target(request, snapshot, live, release) is None
    except (Conflict, Refused):
        return False


def desired_release(
    request: PublishRequest, live: LiveRelease | None, snapshot: Snapshot
) -> tuple[Release, tuple[Finding, ...]]:
    """What the environment shall serve, `previous` not yet set, and what there is to say about it.

    publish never weakens what is enforced: nothing enforced, the policy is observed; another policy
    enforced, that one stays enforced and the new one is observed beside it. In an environment with
    `after` the live policies stay, whatever the configuration says: policies travel by promotion.
    """
    release = first_release(request)
    if live is None or live.digest is None:
        if request.environment.after is not None and not request.from_config:
            after = request.environment.after
            return release, (
                Finding(
                    Severity.NOTE,
                    "no-policy-yet",
                    f"no CSP yet: {request.environment.name} gets its policy from {after}, by promotion",
                    "Publish from config/policy.toml all the same with --from-config.",
                ),
            )
        return release, ()
    if not _carries(request, live):
        return release, ()
    document = snapshot.documents.get(live.number)
    if isinstance(document, Unreadable) or document is None:
        why = document.why if isinstance(document, Unreadable) else None
        raise Refused(
            f"the live release {live.number} has a policy to carry over, and its release.json cannot be read",
            why=why,
            hint="Allow lambda:GetFunction on the function's versions.",
        )
    wanted = _none_if_empty(request.policy.csp)
    if request.environment.after is not None and not request.from_config:
        notes = _policy_waits(request, document, wanted)
        return replace(release, enforced=document.enforced, report_only=document.report_only), notes
    if wanted is not None and wanted.digest == document.enforced_digest:
        # The same policy; its reporting directives may be newer.
        return replace(release, enforced=wanted, report_only=None), ()
    return replace(release, enforced=document.enforced, report_only=wanted), ()


def first_release(request: PublishRequest) -> Release:
    """The configuration's release as it is while nothing has to be carried over from a live one."""
    settings = request.environment.function
    from_config = request.environment.after is None or request.from_config
    policy = _none_if_empty(request.policy.csp) if from_config else None
    return Release(
        environment=request.environment.name,
        handler=HandlerFacts(
            files=file_digests(request.files),
            runtime=settings.runtime,
            entry=settings.entry,
            memory=settings.memory,
            timeout=settings.timeout,
            role=settings.role,
        ),
        headers=request.policy.headers,
        report_only=policy,
        overrides=request.overrides,
        commit=request.commit,
    )


def _carries(request: PublishRequest, live: LiveRelease) -> bool:
    """Whether a policy of the live release goes into the new one."""
    if live.enforced is not None:
        return True
    waits = request.environment.after is not None and not request.from_config
    return waits and live.report_only is not None


def _policy_waits(request: PublishRequest, live: Release, wanted: LayeredCsp | None) -> tuple[Finding, ...]:
    digest = None if wanted is None else wanted.digest
    if digest in (live.enforced_digest, live.report_only_digest):
        return ()
    return (
        Finding(
            Severity.NOTE,
            "policy-waits",
            f"config/policy.toml differs from the CSP that is live in {request.environment.name};"
            " publish keeps the live one",
            f"It arrives by `edgerollout promote -e {request.environment.name}`, or now (the soak restarts)"
            " with --from-config.",
        ),
    )


def _target(
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


def _previous(snapshot: Snapshot, live: LiveRelease | None, target: int | None) -> int | None:
    """What the release follows: the live one, or what an existing target says of itself."""
    if target is None:
        return None if live is None else live.number
    line = None if snapshot.function is None else ledger_of(snapshot.function, target)
    return None if line is None else line.previous


def _repeated(snapshot: Snapshot, release: Release) -> int | None:
    """The newest version with the same content; Lambda would answer a repeat of its bytes with it."""
    digest = release.digest()[:SHORT]
    versions = () if snapshot.function is None else snapshot.function.versions
    for version in reversed(versions):
        line = LedgerLine.parse(version.description)
        if line is not None and line.release == digest:
            return version.number
    return None


def _missing_function(request: PublishRequest, snapshot: Snapshot) -> tuple[Finding, ...]:
    name = request.environment.function.name
    function = snapshot.function
    if function is None:
        if request.create:
            return ()
        return (
            Finding(
                Severity.ERROR,
                "function-missing",
                f"there is no function {name} in us-east-1 of account {request.environment.account}",
                "Create it, and its role, with `publish --create`, or name another under function.name.",
            ),
        )
    if function.versions and not any(LedgerLine.parse(version.description) for version in function.versions):
        return (
            Finding(
                Severity.WARNING,
                "function-by-hand",
                f"function {name} was published by other means so far; its $LATEST code will be replaced"
                " (its numbered versions stay)",
            ),
        )
    return ()


def _unknown_live(live: LiveRelease | None) -> tuple[Finding, ...]:
    if live is None or live.digest is not None:
        return ()
    return (
        Finding(
            Severity.ERROR,
            "live-unknown",
            f"version {live.number} is attached and was not published by edgerollout: what it enforces is"
            " unknown, and publishing over it could weaken that",
            "Give edgerollout a function of its own under function.name and detach this one.",
        ),
    )


def _function_steps(
    request: PublishRequest, snapshot: Snapshot, release: Release, bundle: bytes
) -> tuple[FunctionStep, ...]:
    settings = request.environment.function
    sha = code_sha256(bundle)
    publish = PublishVersion(str(LedgerLine.of(release)), sha)
    create = CreateFunction(
        settings.name, settings.role, settings.runtime, settings.entry, settings.memory, settings.timeout
    )
    if snapshot.function is None:
        role = (CreateRole(settings.role),) if snapshot.role is None else ()
        return (*role, create, publish)
    changes = _configuration_changes(snapshot.function, create)
    role = (CreateRole(settings.role),) if snapshot.role is None and changes else ()
    configuration = (UpdateConfiguration(changes),) if changes else ()
    code = () if snapshot.function.code_sha256 == sha else (UpdateCode(sha),)
    return (*role, *configuration, *code, publish)


def _configuration_changes(function: Function, wanted: CreateFunction) -> tuple[ConfigurationChange, ...]:
    pairs = (
        ("runtime", function.runtime, wanted.runtime),
        ("entry", function.entry, wanted.entry),
        ("memory", str(function.memory), str(wanted.memory)),
        ("timeout", str(function.timeout), str(wanted.timeout)),
        ("role", function.role_arn.rpartition("/")[2], wanted.role),
    )
    return tuple(ConfigurationChange(name, before, after) for name, before, after in pairs if before != after)


def _none_if_empty(csp: LayeredCsp) -> LayeredCsp | None:
    return None if csp.is_empty else csp
