"""Remove our triggers without attaching another release. Pure.

The steps are those of a rollback without a target: in place, and others' triggers stay. No release is marked
as withdrawn, because none is wrong. A tag records the newest version, so that a later publish of the same
content makes a new release and needs no `--again`. Without that tag (the right may be missing) the publish
asks for `--again`: it fails closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import advise
from edgerollout.errors import Refused
from edgerollout.policy.headers import cased
from edgerollout.policy.severity import Severity
from edgerollout.policy.staging import with_twins
from edgerollout.release.delivery.choice import means_of
from edgerollout.release.delivery.steps import SwapTriggers
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.live import attached, detached, ledger_of, live_release
from edgerollout.release.facts.reads import releases
from edgerollout.release.facts.release import Release
from edgerollout.release.facts.replaced_tags import keys_of, read_replaced, releases_told
from edgerollout.release.facts.standing import NOTHING
from edgerollout.release.facts.tfvars import TellingCommand
from edgerollout.release.facts.unreadable import UnreadableRelease, command_for, gone_without
from edgerollout.release.plans.coming_back import coming_back, records, untold
from edgerollout.release.plans.handing_over import hand_over
from edgerollout.release.plans.plan import MarkReleases, Plan
from edgerollout.release.plans.rollback_distribution import take_back
from edgerollout.release.plans.rollback_findings import what_browsers_keep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.delivery.steps import DistributionPlan
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.reads import Planning
    from edgerollout.release.facts.snapshot import Function, Snapshot
    from edgerollout.release.facts.standing import LiveRelease


def _documents(environment: Environment, snapshot: Snapshot) -> frozenset[int]:
    """The versions whose release.json is needed: the live one, and the first release of its chain."""
    function, live = snapshot.function, live_release(snapshot, frozenset(environment.exclude))
    if function is None or live is None or live.digest is None:
        return frozenset()
    return frozenset({live.number, _first(function, live.number)})


def plan_detach(environment: Environment, snapshot: Snapshot) -> Planning[Plan]:
    """Plan a detach; the plan changes nothing when no release is attached.

    Raises Refused when the function does not exist.
    """
    snapshot = yield releases(_documents(environment, snapshot)) | records(environment, snapshot)
    function = snapshot.function
    if function is None:
        raise Refused(
            f"there is no function {environment.function.name} in us-east-1 of account {snapshot.account}",
            hint="Nothing of it can be attached.",
        )
    live = live_release(snapshot, frozenset(environment.exclude))
    back, means = coming_back(environment, snapshot), means_of(environment, snapshot.policies)
    distributions = tuple(
        take_back(distribution, snapshot, function, NOTHING, environment, means, back.triggers)
        for distribution in snapshot.distributions
    )
    plan = Plan(
        environment=environment.name,
        account=snapshot.account,
        function_arn=function.arn,
        means=means,
        release=None,
        target=None,
        live=live,
        function_steps=(*back.steps, *_mark(function, distributions)),
        distributions=distributions,
        rolls_back=True,
        before=None if live is None else live.release,
        given_up=keys_of(function.tags or {}),
        findings=(
            *(() if live is None else _findings(environment, function, snapshot, live)),
            *back.findings,
            *_left_elsewhere(function, snapshot, frozenset(environment.exclude)),
        ),
        excluded=environment.exclude,
    )
    return hand_over(plan, environment, snapshot, TellingCommand.DETACH)


def after_detach(snapshot: Snapshot, live: LiveRelease | None, target: int | None) -> tuple[Finding, ...]:
    """The note of a publish after a detach: it makes a new release, whose policy starts again."""
    number = detached(snapshot.function)
    newer = snapshot.function is not None and any(
        version.number > number for version in snapshot.function.versions
    )
    if live is not None or target is not None or number == 0 or newer:
        return ()
    return (
        Finding(
            Severity.NOTE,
            "detached",
            f"`detach` took everything of ours off at release {number}: a new release is published, and"
            " nothing is enforced before it is promoted",
        ),
    )


def _mark(function: Function, distributions: tuple[DistributionPlan, ...]) -> Iterator[MarkReleases]:
    """The step that records the detach, before the first swap: so an interrupted run leaves the reason."""
    newest = max((version.number for version in function.versions), default=0)
    swaps = any(
        isinstance(step, SwapTriggers) for distribution in distributions for step in distribution.steps
    )
    if swaps and detached(function) != newest:
        yield MarkReleases(detached=newest)


def _first(function: Function, number: int) -> int:
    """The oldest existing release in the chain of releases before `number`."""
    while (line := ledger_of(function, number)) is not None and line.previous is not None:
        if ledger_of(function, line.previous) is None or line.previous >= number:
            break
        number = line.previous
    return number


def _findings(
    environment: Environment, function: Function, snapshot: Snapshot, live: LiveRelease
) -> Iterator[Finding]:
    if live.release is None:
        lost = f"the headers of version {live.number}"
    else:
        lost = ", ".join(_sent(live.release)) or "no header of ours"
    line = ledger_of(function, live.number)
    yield Finding(
        Severity.WARNING,
        "headers-go",
        f"visitors will no longer get: {lost}",
        None
        if line is None or line.previous is None
        else advise(
            "To go to an earlier release instead: ",
            command_for(environment, "rollback", "--from", str(live.number)),
        ),
    )
    unread = snapshot.documents.get(live.number)
    if isinstance(unread, UnreadableRelease):
        yield gone_without(unread, "which of its headers browsers keep is unknown")
    record = snapshot.documents.get(untold(environment, snapshot) or NOTHING)
    if isinstance(record, UnreadableRelease):
        yield gone_without(record, "policies of others that went along (CORS, say) do not come back")
    first = _first(function, live.number)
    yield from _stays_off(environment, function, snapshot, first, is_live=first == live.number)
    yield from what_browsers_keep(live.release, None)


def _stays_off(
    environment: Environment, function: Function, snapshot: Snapshot, number: int, *, is_live: bool
) -> Iterator[Finding]:
    """Warn about what our first release, `number`, took over, according to its release.json and the tags."""
    tags, first = function.tags or {}, snapshot.documents.get(number)
    told = [read_replaced(tags, number) or () for number in releases_told(tags)]
    replaced = (
        *(first.replaced if isinstance(first, Release) else ()),
        *(trigger for triggers in told for trigger in triggers),
    )
    if replaced:
        brings = f"Rolling back release {number}, the first one, restores it"
        theirs = ", ".join(sorted({trigger.arn.rpartition(":function:")[2] for trigger in replaced}))
        yield Finding(
            Severity.WARNING,
            "replaced-stays-off",
            f"what our first release took over does not come back: {theirs}",
            advise(f"{brings}: ", command_for(environment, "rollback", "--from", str(number)))
            if is_live
            else brings,
        )
    elif isinstance(first, UnreadableRelease):
        yield Finding(
            Severity.WARNING,
            "replaced-unknown",
            f"whether {first.subject} took over other functions is unknown: they would stay detached",
            "Ask the owner of the site what ran there before.",
        )


def _left_elsewhere(function: Function, snapshot: Snapshot, excluded: frozenset[str]) -> Iterator[Finding]:
    """Note where the function stays attached: outside this environment nothing is changed."""
    here = {
        f"{distribution.name} {behavior.path}"
        for distribution, behavior, _, _ in attached(snapshot.distributions, function.arn)
        if behavior.path in excluded
    }
    places = sorted(
        here | {distribution.name for distribution, _, _, _ in attached(snapshot.others, function.arn)}
    )
    if places:
        yield Finding(
            Severity.NOTE,
            "attached-elsewhere",
            f"{function.name} stays attached on {', '.join(places)}",
            "The function can be deleted only some hours after it is detached there, too.",
        )


def _sent(release: Release) -> Iterator[str]:
    """The headers that a release sends, spelled as usual."""
    if release.enforced is not None:
        yield "Content-Security-Policy"
    if release.report_only is not None:
        yield "Content-Security-Policy-Report-Only"
    sent = with_twins(release.headers, release.observed)
    yield from (cased(header.name) for header in sent if header.action != "remove")
