"""What an environment is to serve: the configuration, and what is kept from the live release. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.policy.severity import Severity
from edgerollout.policy.staging import STAGED, StagedHeaders, promoted, stage_headers
from edgerollout.release.facts.bundle import file_digests
from edgerollout.release.facts.choices import Choices
from edgerollout.release.facts.environment import AUTO, LAMBDA_EDGE
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.live import attached, ledger_of, live_or_dropped, withdrawn
from edgerollout.release.facts.release import SHORT, GateResult, HandlerFacts, Override, Release
from edgerollout.release.facts.unreadable import UnreadableRelease, cannot_do_without, command_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.errors import Refused
    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.policy.policy import EnvironmentPolicy
    from edgerollout.release.checks.unobserved import Tried
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Function, Snapshot
    from edgerollout.release.facts.standing import LiveRelease


@dataclass(frozen=True)
class Promotion:
    """The policies of a promotion, instead of the configuration's, and the results of its gates."""

    enforced: LayeredCsp | None
    report_only: LayeredCsp | None
    gates: tuple[GateResult, ...] = ()


@dataclass(frozen=True)
class PublishRequest:
    """The request of a `publish` or `plan`. `files` are the handler's files, by path inside the bundle."""

    environment: Environment
    policy: EnvironmentPolicy
    files: Mapping[str, bytes]
    commit: str | None = None
    choices: Choices = field(default_factory=Choices)
    overrides: tuple[Override, ...] = ()
    replace: frozenset[str] = frozenset()
    """Unqualified ARNs of functions whose slots are taken over (`adoption.functions_named`)."""
    promotion: Promotion | None = None
    tried: Tried | None = None
    """Evidence of a candidate tour, for distributions where no policy was observed yet."""
    unobserved: Override | None = None
    """The override of the check of such distributions, used only where the check finds something."""
    known_distributions: frozenset[str] = frozenset()
    """Ids of the distributions of every environment in the configuration, to find strays."""

    @property
    def excluded(self) -> frozenset[str]:
        return frozenset(self.environment.exclude)


def documents_needed(request: PublishRequest, snapshot: Snapshot) -> frozenset[int]:
    """The versions whose release.json planning has to read; none when the ledger is enough.

    The ledger has only digests. They show whether the live release is the desired one. A diff, a policy to
    carry over, and the changes of withdrawn releases need the documents.
    """
    function, live = snapshot.function, live_or_dropped(snapshot, request.excluded)
    if function is None:
        return frozenset()
    needed: set[int] = set()
    if request.replace:
        # What was taken over already, by the live release and by one that is not swapped in yet.
        needed |= {*released(function)[-1:], *({live.number} if live is not None and live.digest else ())}
    if live is not None and live.digest is not None:
        settled = not _carries(request, live) and live.digest == first_release(request).digest()[:SHORT]
        if not settled or not _everywhere(request, snapshot, live.number):
            # This tells which distributions it was made for, and what it followed.
            needed.add(live.number)
            if request.unobserved is not None:
                # A release with the override may have been published but not swapped in.
                needed |= {*released(function)[-1:]}
            line = ledger_of(function, live.number)
            if settled and line is not None and line.previous is not None:
                needed |= {line.previous} if ledger_of(function, line.previous) is not None else set()
    for number in withdrawn(function):
        line = ledger_of(function, number)
        if line is not None:
            needed.add(number)
            if line.previous is not None and ledger_of(function, line.previous) is not None:
                needed.add(line.previous)
    return frozenset(needed)


def released(function: Function) -> list[int]:
    """The versions that are releases, oldest first."""
    return [
        version.number for version in function.versions if ledger_of(function, version.number) is not None
    ]


def _everywhere(request: PublishRequest, snapshot: Snapshot, number: int) -> bool:
    """Whether every distribution of the environment carries this release, and no other of ours."""
    function = snapshot.function
    if function is None:
        return False
    carried = [
        (distribution.id, version.version)
        for distribution, _, _, version in attached(snapshot.distributions, function.arn, request.excluded)
    ]
    return {identity for identity, _ in carried} == {
        distribution.id for distribution in snapshot.distributions
    } and {version for _, version in carried} == {number}


def desired_release(
    request: PublishRequest, live: LiveRelease | None, snapshot: Snapshot
) -> tuple[Release, tuple[Finding, ...]]:
    """The release that the environment is to serve, without `previous`, and the findings about it.

    publish never weakens what is enforced. Where nothing is enforced, the policy is observed. Where another
    policy is enforced, it stays enforced and the new one is observed beside it. In an environment with
    `after` the live policies stay, whatever the configuration says: policies get there by promotion.

    The same holds for each header that has stages: see `policy/staging.py`. A promotion to enforced makes
    exactly what is observed the enforced headers, whatever the configuration says.
    """
    release = first_release(request)
    if live is None or live.digest is None:
        return release, _no_policy_yet(request)
    flips = request.promotion is not None and request.choices.enforce
    if live.digest == release.digest()[:SHORT] and not flips:
        return release, ()
    document = snapshot.documents.get(live.number)
    if isinstance(document, Release):
        staged = (
            _promoted(request, document) if flips else stage_headers(request.policy.headers, document.headers)
        )
        release = replace(release, headers=staged.enforced, observed=staged.observed)
    elif any(header.name in STAGED and header.staged for header in request.policy.headers):
        raise _unknown_live(request, live, document, "headers to carry over")
    if request.promotion is not None:
        return release, ()
    if not _carries(request, live):
        return release, _no_policy_yet(request)
    if not isinstance(document, Release):
        raise _unknown_live(request, live, document, "a policy to carry over")
    policy = request.policy.csp_or_none
    if request.environment.after is not None and not request.choices.from_config:
        notes = _policy_waits(request, document, policy)
        return replace(release, enforced=document.enforced, report_only=document.report_only), notes
    if policy is not None and policy.digest == document.enforced_digest:
        # The same policy; its reporting directives may be newer.
        return replace(release, enforced=policy, report_only=None), ()
    return replace(release, enforced=document.enforced, report_only=policy), ()


def _unknown_live(
    request: PublishRequest, live: LiveRelease, document: UnreadableRelease | None, has: str
) -> Refused:
    problem = f"the live release {live.number} has {has}, and cannot be read"
    return cannot_do_without(problem, document, command_for(request.environment, "rollback"))


def _promoted(request: PublishRequest, live: Release) -> StagedHeaders:
    """The configured headers, with those that have stages exactly as they are enforced and observed live."""
    others = (header for header in request.policy.headers if header.name not in STAGED)
    exactly = (*others, *promoted(live.headers, live.observed))
    return StagedHeaders(tuple(sorted(exactly, key=lambda header: header.name)))


def first_release(request: PublishRequest) -> Release:
    """The release, with nothing kept from a live one.

    Its policies are those of the promotion, if there is one, otherwise those of the configuration.
    """
    settings, promotion = request.environment.function, request.promotion
    if promotion is None:
        from_config = request.environment.after is None or request.choices.from_config
        promotion = Promotion(None, request.policy.csp_or_none if from_config else None)
    staged = stage_headers(request.policy.headers, ())
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
        headers=staged.enforced,
        observed=staged.observed,
        enforced=promotion.enforced,
        report_only=promotion.report_only,
        gates=promotion.gates,
        overrides=request.overrides,
        commit=request.commit,
        # Where AWS is not asked, as by `build`, the means is not decided.
        deliver=LAMBDA_EDGE if request.environment.deliver == AUTO else request.environment.deliver,
    )


def _carries(request: PublishRequest, live: LiveRelease) -> bool:
    """Whether the new release keeps a policy of the live one."""
    if live.enforced is not None:
        return True
    waits = request.environment.after is not None and not request.choices.from_config
    return waits and live.report_only is not None


def _no_policy_yet(request: PublishRequest) -> tuple[Finding, ...]:
    """A warning that the release is published without the CSP in the configuration."""
    name, after = request.environment.name, request.environment.after
    if after is None or request.choices.from_config or request.policy.csp_or_none is None:
        return ()
    return (
        Finding(
            Severity.WARNING,
            "no-policy-yet",
            f"{name} sends no CSP: it gets its policy from {after} by promotion, and has none so far",
            advise(
                f"Publish the policy that {after} enforces: ",
                CommandLine("promote", name),
                "   Or take config/policy.toml now: ",
                CommandLine("publish", name, "--from-config"),
            ),
        ),
    )


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
            "It arrives by promotion, or now (the soak restarts) with --from-config.",
        ),
    )
