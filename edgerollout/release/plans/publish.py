"""From the snapshot to the plan of a publish, step by step. Pure: it asks for facts, and reads nothing
itself.

1. What is live (`live.py`), and is the environment mixed?
2. What is desired: the policy never weakens what is enforced (`desired_release`).
3. Does that release exist already: live, or published and not finished? Otherwise it is to be published,
   unless it restores what a rollback withdrew.
4. What the means finds (`delivery/means.py`), and the rules for every means.
5. What each distribution needs (`plan_distribution`): a swap, a wait, an invalidation, or nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import Refused
from edgerollout.policy.severity import Severity
from edgerollout.release.checks.unobserved import about_added_behaviors, added_unobserved, check_unobserved
from edgerollout.release.delivery.carrier import standing_invalidation
from edgerollout.release.delivery.choice import carrier_of, means_of
from edgerollout.release.delivery.coverage import plan_distribution
from edgerollout.release.delivery.deciding import about_means
from edgerollout.release.delivery.means import Proposal
from edgerollout.release.delivery.policy_config import quota_asked
from edgerollout.release.delivery.rules import check_excluded, check_lasting_headers
from edgerollout.release.delivery.steps import DistributionPlan, SwapTriggers
from edgerollout.release.facts.arn import function_arn
from edgerollout.release.facts.bundle import code_sha256, pack
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.headers_policies import SLOT
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.live import (
    ledger_of,
    live_or_dropped,
    marked_unfinished,
    strays,
    unfinished,
)
from edgerollout.release.facts.reads import (
    ReadSite,
    ReadTags,
    releases,
)
from edgerollout.release.facts.release import SHORT, Release
from edgerollout.release.facts.snapshot import Role
from edgerollout.release.facts.soak import gap_closed, soaked_since
from edgerollout.release.facts.tfvars import TellingCommand
from edgerollout.release.plans import adoption, carrying
from edgerollout.release.plans.coming_back import ComingBack, coming_back
from edgerollout.release.plans.desired import desired_release, documents_needed, released
from edgerollout.release.plans.detaching import after_detach
from edgerollout.release.plans.handing_over import hand_over
from edgerollout.release.plans.other_means import about_altered, check_change
from edgerollout.release.plans.plan import (
    ConfigurationChange,
    CreateFunction,
    CreateRole,
    FunctionStep,
    MarkReleases,
    Plan,
    PublishVersion,
    UpdateCode,
    UpdateConfiguration,
)
from edgerollout.release.plans.provision import about_room_for_policies, provided, room_asked
from edgerollout.release.plans.target import previous_of, repeated_by, target_of
from edgerollout.release.status.owner import MOST_TAGGED, check_owners
from edgerollout.release.status.reverted import check_lost, check_reverted
from edgerollout.release.status.status import altered_policy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from edgerollout.advice import Advice
    from edgerollout.release.checks.unobserved import Added
    from edgerollout.release.delivery.means import Means
    from edgerollout.release.facts.reads import Planning, Read
    from edgerollout.release.facts.snapshot import Function, Snapshot
    from edgerollout.release.facts.standing import LiveRelease
    from edgerollout.release.plans.desired import PublishRequest


def plan_publish(request: PublishRequest, snapshot: Snapshot) -> Planning[Plan]:
    """Plan a publish.

    Raises Conflict for a mixed environment that this release would not finish, and Refused for a release that
    was rolled back, or when a live policy must be kept and cannot be read. Every other problem is a finding
    of the plan.
    """
    snapshot = yield releases(documents_needed(request, snapshot))
    snapshot = yield carrying.reads(request, snapshot)
    live = _live(request, snapshot)
    if adoption.site_needed(request, snapshot, live):
        snapshot = yield frozenset({ReadSite()})
    named = adoption.check_named(request, snapshot, live)
    release, notes = _desired(request, live, snapshot)
    try:
        target = _target(request, snapshot, live, release)
    except Refused:
        # Another tool that manages the distributions may be the reason: read the tags, so that the refusal
        # names it.
        snapshot = yield _tags(
            request, (distribution.id for distribution in snapshot.distributions[:MOST_TAGGED])
        )
        target = _target(request, snapshot, live, release)
    replaceable = request.replace | {policy.id for policy in release.carried}
    means = means_of(request.environment, snapshot.policies, release.carried)
    means = means.among(snapshot.distributions, target)
    back = coming_back(request.environment, snapshot) if means.slot != SLOT else ComingBack()
    distributions = _distributions(request, snapshot, target, means, replaceable, back)
    of_means = means.reads(snapshot, request.excluded, publishes=target is None)
    if target is None and means.slot == SLOT:
        of_means |= quota_asked(release.headers, release.enforced, release.report_only)
    snapshot = yield _tags(request, _swapped(distributions)) | of_means
    added = _unobserved(request, snapshot, live, release, target)
    aside = (request.unobserved,) if added and request.unobserved is not None and target is None else ()
    release = replace(
        release,
        overrides=(*release.overrides, *aside),
        previous=previous_of(snapshot, live, target),
        repeats=repeated_by(snapshot, release) if target is None else None,
        distributions=tuple(distribution.id for distribution in snapshot.distributions),
        observed_since=_observed_since(request, snapshot, live, release) if target is None else None,
    )
    release, bundle = (release, b"") if target is not None else _packed(request, snapshot, release)
    arn = function_arn(request.environment.account, request.environment.function.name)
    proposal = Proposal(
        snapshot,
        release,
        arn,
        request.excluded,
        publishes=target is None,
        create=request.choices.create,
        replaceable=replaceable,
    )
    live_document = None if live is None else live.release
    accepted = (
        frozenset(name.lower() for name in request.choices.accepted_headers)
        if live is None or live.digest != release.digest()[:SHORT]
        else frozenset(header.name for header in release.headers)
    )
    missing = _missing_function(request, snapshot)
    owners = check_owners(snapshot, _swapped(distributions), request.environment, publishes=target is None)
    made = provided(means, snapshot, release, target, live, request.excluded)
    snapshot = yield room_asked(snapshot, (*made, *back.steps))
    remembered, room = adoption.keep_in_tags(request, snapshot, live, release, target)
    plan = Plan(
        environment=request.environment.name,
        account=request.environment.account,
        function_arn=arn,
        means=means,
        release=release,
        target=target,
        live=live,
        function_steps=(
            *(() if target is not None else _function_steps(request, snapshot, release, bundle)),
            *made,
            *back.steps,
            *remembered,
            *_soak_anew(request, snapshot, target),
        ),
        distributions=distributions,
        before=_before(snapshot, live, release, target),
        strays=strays(snapshot, request.known_distributions),
        findings=(
            *named,
            *notes,
            *check_unobserved(request.environment, added, request.unobserved, publishes=True),
            *about_added_behaviors(request.environment, snapshot, release, replaceable),
            *after_detach(snapshot, live, target),
            *missing,
            *_unknown_live(request, snapshot, live, arn),
            *check_change(request.environment, snapshot, live, release, back.policies),
            *back.findings,
            *about_altered(
                request.environment,
                snapshot,
                None if live is None else live.number,
                then="a new release with a policy of its own takes its place",
            ),
            *about_means(request.environment),
            *means.findings(proposal),
            *check_excluded(snapshot, request.excluded),
            *check_lasting_headers(release, live_document, accepted),
            *room,
            *about_room_for_policies(request.environment, snapshot, (*made, *back.steps)),
            *check_reverted(request.environment, snapshot),
            *check_lost(request.environment, snapshot, live, target),
            *owners,
        ),
        excluded=request.environment.exclude,
        urls=request.environment.urls,
        advice=request.environment.advice,
        bundle=bundle,
    )
    command = TellingCommand.PUBLISH if request.promotion is None else TellingCommand.PROMOTE
    return hand_over(plan, request.environment, snapshot, command)


def _packed(request: PublishRequest, snapshot: Snapshot, release: Release) -> tuple[Release, bytes]:
    """The release and its zip, with bytes that no version has.

    When a version with the same bytes exists, Lambda answers PublishVersion with that version. Somebody may
    have published by hand what a run had uploaded; that version has no ledger line.
    """
    bundle = pack(request.files, release)
    versions = () if snapshot.function is None else snapshot.function.versions
    same = [version.number for version in versions if version.code_sha256 == code_sha256(bundle)]
    if not same:
        return release, bundle
    release = replace(release, repeats=same[-1])
    return release, pack(request.files, release)


def _before(
    snapshot: Snapshot, live: LiveRelease | None, release: Release, target: int | None
) -> Release | None:
    """What was served before: the live release, or where this run finishes that, the one before it."""
    if live is None or live.number != target:
        return None if live is None else live.release
    earlier = None if release.previous is None else snapshot.documents.get(release.previous)
    return earlier if isinstance(earlier, Release) else None


def _observed_since(
    request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None, release: Release
) -> datetime | None:
    """Since when the live release observes, everywhere, what the new release also observes."""
    function, observed = snapshot.function, LedgerLine.of(release)
    line = None if live is None or function is None else ledger_of(function, live.number)
    if line is None or not observed.observes or not line.observes_all_of(observed):
        return None
    since = soaked_since(snapshot, request.excluded)
    return None if since is None else since.astimezone(UTC)


def _soak_anew(request: PublishRequest, snapshot: Snapshot, target: int | None) -> tuple[MarkReleases, ...]:
    """The step that records that the soak of an existing release restarts, where this run closes a gap."""
    observed = None if target is None else gap_closed(snapshot, target, request.excluded)
    return () if observed is None else (MarkReleases(observed=observed),)


def _tags(request: PublishRequest, distributions: Iterable[str]) -> frozenset[Read]:
    """The reads of these distributions' tags, to know who manages them; none where that is agreed."""
    if carrier_of(request.environment).agreed:
        return frozenset()
    return frozenset(ReadTags(distribution) for distribution in distributions)


def _distributions(
    request: PublishRequest,
    snapshot: Snapshot,
    target: int | None,
    means: Means,
    replaceable: frozenset[str],
    back: ComingBack,
) -> tuple[DistributionPlan, ...]:
    environment = request.environment
    return tuple(
        plan_distribution(
            distribution,
            standing_invalidation(carrier_of(environment), snapshot, distribution),
            means=means,
            function_arn=function_arn(environment.account, environment.function.name),
            target=target,
            excluded=request.excluded,
            paths=environment.invalidate,
            marked=marked_unfinished(snapshot, distribution),
            replaceable=replaceable,
            restore=back.triggers,
        )
        for distribution in snapshot.distributions
    )


def _swapped(distributions: tuple[DistributionPlan, ...]) -> frozenset[str]:
    return frozenset(
        distribution.id
        for distribution in distributions
        if any(isinstance(step, SwapTriggers) for step in distribution.steps)
    )


def _live(request: PublishRequest, snapshot: Snapshot) -> LiveRelease | None:
    """The live release; None, too, where everything attached was made by hand and is taken over now."""
    if adoption.takes_over_by_hand(request, snapshot):
        return None
    return live_or_dropped(snapshot, request.excluded)


def _desired(
    request: PublishRequest, live: LiveRelease | None, snapshot: Snapshot
) -> tuple[Release, tuple[Finding, ...]]:
    release, notes = desired_release(request, live, snapshot)
    release, along = carrying.carried_along(request, snapshot, live, release)
    adopted = adoption.adopt(request, snapshot, live, release)
    return adopted.release, (*notes, *along, *adopted.findings)


def _target(
    request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None, release: Release
) -> int | None:
    """The version to attach; None: a new one is to be published.

    The digest covers neither the replaced triggers nor the overrides of a release. An existing release
    without the record of a replaced trigger could not restore it, and one without the override would hide it.
    So in both cases a new release is published.
    """
    target = target_of(request, snapshot, live, release)
    if target is not None and altered_policy(request.environment, snapshot, target) is not None:
        # An edited policy is never repaired in place: that would reach every distribution at once.
        return None
    if target is None or _tells_all(request, snapshot, live, release, target):
        return target
    followed, cached = None if live is None else live.number, means_of(request.environment).cached
    begun = unfinished(snapshot, release.digest(), followed, request.excluded, cached=cached)
    if begun is not None and begun.resumable:
        number = begun.version.number
        return number if _tells_all(request, snapshot, live, release, number) else None
    return None


def _tells_all(
    request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None, release: Release, number: int
) -> bool:
    """Whether an existing release records the slots that are taken over and the override of now."""
    document, taken = snapshot.documents.get(number), adoption.slots(request, snapshot)
    if taken and not adoption.remembers(document if isinstance(document, Release) else None, taken):
        return False
    return request.unobserved is None or not _unobserved(request, snapshot, live, release, number)


def _unobserved(
    request: PublishRequest,
    snapshot: Snapshot,
    live: LiveRelease | None,
    release: Release,
    target: int | None,
) -> tuple[Added, ...]:
    added = added_unobserved(
        request.environment,
        snapshot,
        release,
        earlier=(target, None if live is None else live.number),
        replaceable=request.replace | {policy.id for policy in release.carried},
        tried=request.tried,
    )
    return tuple(item for item in added if not carrying.enforced_there(release, item.distribution.id))


def _missing_function(request: PublishRequest, snapshot: Snapshot) -> tuple[Finding, ...]:
    name = request.environment.function.name
    function = snapshot.function
    if function is None:
        if request.choices.create:
            return ()
        elsewhere = carrier_of(request.environment).first_step
        return (
            Finding(
                Severity.ERROR,
                "function-missing",
                f"there is no function {name} in us-east-1 of account {request.environment.account}",
                elsewhere
                or "Add --create, which makes it and its role; or name another under function.name.",
                lifted_by=("--create",) if elsewhere is None else (),
            ),
        )
    if function.versions and not any(LedgerLine.parse(version.description) for version in function.versions):
        return (
            Finding(
                Severity.WARNING,
                "function-by-hand",
                f"function {name} was published by other tools until now; its $LATEST code will be replaced"
                " (its numbered versions stay)",
            ),
        )
    return ()


def _unknown_live(
    request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None, arn: str
) -> tuple[Finding, ...]:
    """An error where a version made by hand is attached, with the possible next steps."""
    function = snapshot.function
    if live is None or live.digest is not None or function is None:
        return ()
    attached_releases = [number for number, _ in live.counts if ledger_of(function, number) is not None]
    releases = released(function)
    ways: list[Advice] = []
    if releases:
        back = max(attached_releases or releases)
        ways.append(
            advise(
                f"Go back to release {back}: ",
                CommandLine("rollback", request.environment.name, "--to", str(back)),
                "." if attached_releases else ". Or ",
            )
        )
    if not attached_releases:
        ways.append(
            advise(
                "t" if ways else "T",
                f"ake it over with --replace {arn}, which carries over what the site enforces today; or give"
                " edgerollout a function of its own under function.name.",
            )
        )
    return (
        Finding(
            Severity.ERROR,
            "live-unknown",
            f"version {live.number} is attached, but was not published by edgerollout: what it enforces is"
            " unknown, and publishing over it could weaken that",
            advise(*ways),
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
        # Our role exists without a function: a run was interrupted, maybe before the role had its policy.
        missing = snapshot.role is None or (isinstance(snapshot.role, Role) and snapshot.role.ours)
        role = (CreateRole(settings.role),) if missing else ()
        return (*role, create, publish)
    changes = configuration_changes(snapshot.function, create)
    role = (CreateRole(settings.role),) if snapshot.role is None and changes else ()
    configuration = (UpdateConfiguration(changes),) if changes else ()
    code = () if snapshot.function.code_sha256 == sha else (UpdateCode(sha),)
    return (*role, *configuration, *code, publish)


def configuration_changes(function: Function, wanted: CreateFunction) -> tuple[ConfigurationChange, ...]:
    pairs = (
        ("runtime", function.runtime, wanted.runtime),
        ("entry", function.entry, wanted.entry),
        ("memory", str(function.memory), str(wanted.memory)),
        ("timeout", str(function.timeout), str(wanted.timeout)),
        ("role", function.role_arn.rpartition("/")[2], wanted.role),
    )
    return tuple(ConfigurationChange(name, before, after) for name, before, after in pairs if before != after)
