"""A plan: the release as a diff, the change to each behavior, findings, and a summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import Typed
from edgerollout.policy.wording import listed
from edgerollout.release.delivery.steps import WRITES, Action, AwaitDeployed, Invalidate, SwapTriggers
from edgerollout.release.delivery.terraform import attaches
from edgerollout.release.facts.headers_policies import PolicyKey
from edgerollout.release.plans.plan import (
    CreateFunction,
    CreateHeadersPolicy,
    CreateRole,
    MarkReleases,
    PublishVersion,
    RecreateHeadersPolicy,
    UpdateCode,
    UpdateConfiguration,
)
from edgerollout.views.document import (
    Advised,
    Code,
    Diff,
    DiffRow,
    Doc,
    Item,
    List,
    Marker,
    Table,
    TableRow,
    Title,
    Verdict,
)
from edgerollout.views.findings import findings_list, gates_list
from edgerollout.views.ink import Style
from edgerollout.views.means import means_details, means_note
from edgerollout.views.release_rows import release_rows, release_title
from edgerollout.views.wording import count_words, slot_words, trigger_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Hint
    from edgerollout.release.delivery.means import ToldValue
    from edgerollout.release.delivery.steps import BehaviorPlan, DistributionPlan
    from edgerollout.release.delivery.terraform import Handover
    from edgerollout.release.facts.standing import Stray
    from edgerollout.release.plans.plan import FunctionStep, Plan
    from edgerollout.views.document import Passage, Phrase


def plan_document(
    plan: Plan,
    *,
    against: str | None = None,
    next_step: Hint | None = None,
    advice: bool = False,
    details: bool = False,
) -> Doc:
    """The plan. `against` names the endpoint, if it is not AWS (`wording.against_words`).

    `advice`: with a line about the means, and with `details` all advice about them.
    """
    where = f"account {plan.account}" + ("" if against is None else f", {against}")
    hints = () if next_step is None else (Advised("next", next_step),)
    verdict = Verdict(summary(plan), Marker.FAILED if plan.refused else Marker.NONE)
    told: tuple[Passage, ...] = ()
    if advice:
        every = tuple(means_details(plan.advice, plan.environment)) if details else ()
        told = every or (means_note(plan.advice, plan.environment),)
    return Doc(f"Plan for {plan.environment} ({where})", (*_parts(plan), *told), verdict, hints)


def names_of(plan: Plan) -> dict[str, str]:
    """The names of the plan's distributions, by id."""
    return {distribution.id: distribution.name for distribution in plan.distributions}


def _parts(plan: Plan) -> Iterator[Passage]:
    if plan.direction is not None:
        yield Title(f"Promotion: {plan.direction}")
        yield gates_list(plan.gates)
    yield Title(release_title(plan))
    yield Diff(release_rows(plan))
    for distribution in plan.distributions:
        yield Title(f"{distribution.name} ({distribution.id})")
        yield _coverage(distribution, plan)
    if plan.handover is not None:
        yield Title(f"Terraform attaches the releases: {plan.handover.file}")
        yield Diff(tuple(_handover(plan.handover, plan.function_arn)))
    if plan.strays:
        yield Title("Strays: older versions of this function outside every environment")
        yield List(tuple(Item(_stray(stray, plan.function_arn), Marker.WARNING) for stray in plan.strays))
    if plan.findings:
        yield Title("Findings")
        yield findings_list(plan.findings, names_of(plan))


def _stray(stray: Stray, function_arn: str) -> str:
    version = trigger_words(stray.arn, function_arn)
    return f"{stray.name} ({stray.distribution}) {stray.path} {stray.event} {version}"


def _coverage(distribution: DistributionPlan, plan: Plan) -> Table:
    """The rows of the distribution, in the order in which CloudFront matches behaviors."""
    rows = tuple(_row(row, plan.function_arn) for row in distribution.behaviors)
    # Five hundred unchanged behaviors do not each need a line.
    idle = all(row.action is Action.KEEP for row in distribution.behaviors)
    return Table(
        ("behavior", "event", "change"),
        rows,
        fold="behavior" if idle else None,
        note=_distribution_words(distribution, plan),
    )


def _row(row: BehaviorPlan, function_arn: str) -> TableRow:
    before = "" if row.before is None else trigger_words(row.before, function_arn)
    after = "new" if row.after is None else trigger_words(row.after, function_arn)
    style = None
    match row.action:
        case Action.ATTACH:
            mark, words = Marker.ADDED, f"attach {after}"
        case Action.REPLACE:
            mark, words = Marker.CHANGED, f"detach {before}, attach {after}"
        case Action.DETACH:
            mark, words = Marker.REMOVED, f"detach {before}"
        case Action.KEEP:
            mark, words, style = Marker.NONE, f"unchanged {before}", Style.MUTED
        case Action.SKIP:
            mark, words, style = Marker.NONE, f"skipped {before}".rstrip(), Style.MUTED
        case Action.FOREIGN:
            mark, words = Marker.WARNING, f"foreign {before}"
        case _:
            assert_never(row.action)
    why = "" if row.why is None else f" ({row.why})"
    return TableRow((Code(row.path), row.event, words + why), mark, style)


def _distribution_words(distribution: DistributionPlan, plan: Plan) -> Phrase:
    """What happens to the whole distribution, in words."""
    if plan.handover is not None and attaches(distribution):
        return "left to ", Typed("terraform apply")
    pieces: list[str] = []
    for step in distribution.steps:
        match step:
            case SwapTriggers():
                pieces.append("one update")
            case AwaitDeployed():
                pieces.append(
                    "await `terraform apply` and Deployed" if step.attached_elsewhere else "await Deployed"
                )
            case Invalidate():
                pieces.append(f"invalidate {' '.join(step.paths)}")
            case _:
                assert_never(step)
    return ", ".join(pieces) if pieces else "nothing to do"


def summary(plan: Plan) -> str:
    """The last line: what will happen, in words."""
    if plan.refused:
        reasons = [count_words(len(plan.unmet), "gate") + " not met"] if plan.unmet else []
        reasons += [count_words(len(plan.errors), "error")] if plan.errors else []
        return f"Refused: {' and '.join(reasons)}, see above. Nothing is written until this is resolved."
    if not plan.changes:
        if plan.handover is not None and plan.handover.attaches:
            return "Nothing to write; `terraform apply` is still to come."
        return "Nothing to do."
    pieces = list(_will(plan))
    sentence = pieces[0] if len(pieces) == 1 else f"{', '.join(pieces[:-1])} and {pieces[-1]}"
    return f"Will {sentence}."


def _will(plan: Plan) -> Iterator[str]:
    name = plan.function_arn.rpartition(":")[2]
    for step in plan.function_steps:
        yield _function_words(step, name)
    acting = [distribution for distribution in plan.distributions if distribution.steps]
    swapping = [
        distribution
        for distribution in acting
        if any(isinstance(step, SwapTriggers) for step in distribution.steps)
    ]
    if swapping:
        rows = [
            (distribution.id, row)
            for distribution in swapping
            for row in distribution.behaviors
            if row.action in WRITES
        ]
        behaviors = {(distribution, row.path) for distribution, row in rows}
        moved = listed(sorted({slot_words(row.event) for _, row in rows}, reverse=True))
        yield (
            f"swap {moved or slot_words(plan.event)} on {count_words(len(behaviors), 'behavior')}"
            f" of {count_words(len(swapping), 'distribution')}"
        )
    if any(isinstance(step, AwaitDeployed) for distribution in acting for step in distribution.steps):
        yield "wait until Deployed"
    paths = {
        path
        for distribution in acting
        for step in distribution.steps
        if isinstance(step, Invalidate)
        for path in step.paths
    }
    if paths:
        yield f"invalidate {' '.join(sorted(paths))}"
    if plan.handover is not None and plan.handover.changes:
        yield f"write {plan.handover.file}"


def _handover(handover: Handover, function_arn: str) -> Iterator[DiffRow]:
    """The tfvars, before and after: each variable with its value, or with the change."""
    known = {} if handover.before is None else handover.before.variables()
    for name, after in handover.variables.items():
        wanted = _shown(after, function_arn)
        before = _shown(known[name], function_arn) if name in known else None
        mark = Marker.ADDED if before is None else Marker.NONE if before == wanted else Marker.CHANGED
        change = wanted if before is None or before == wanted else f"{before} to {wanted}"
        yield DiffRow(mark, 0, f"{name}  {change}")


def _shown(value: ToldValue | int | bool, function_arn: str) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{instead} for {theirs}" for theirs, instead in value.items())
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return trigger_words(str(value), function_arn)


def _mark_words(step: MarkReleases) -> str:
    numbers = ", ".join(map(str, step.withdrawn))
    parts = (
        [f"mark {count_words(len(step.withdrawn), 'release')} as withdrawn ({numbers})"] if numbers else []
    )
    parts += [f"clear the mark of {number}" for number in step.cleared]
    parts += [] if step.detached is None else ["record that it was detached"]
    parts += [f"record {count_words(len(step.replaced), 'trigger')} it takes over"] if step.replaced else []
    if step.observed is not None and step.observed.since is None:
        parts.append(f"restart the soak of {step.observed.release}")
    return " and ".join(parts)


def _function_words(step: FunctionStep, name: str) -> str:
    match step:
        case CreateRole():
            return f"create role {step.name}"
        case CreateFunction():
            return f"create function {step.name}"
        case UpdateConfiguration():
            changes = ", ".join(f"{change.name} {change.before} to {change.after}" for change in step.changes)
            return f"change {name} ({changes})"
        case UpdateCode():
            return "upload new code"
        case PublishVersion():
            return f"publish a new version of {name}"
        case CreateHeadersPolicy():
            room = count_words(len(step.unneeded), "unneeded policy", "unneeded policies")
            first = f"delete {room} and " if step.unneeded else ""
            key = PolicyKey(0, step.variant)
            along = " for what goes along" if key.along else ""
            along += f", copy {key.copy}" if key.copy > 1 else ""
            return f"{first}create a response headers policy{along}"
        case RecreateHeadersPolicy():
            return f"make {step.policy.name} again, to be given back"
        case MarkReleases():
            return _mark_words(step)
        case _:
            assert_never(step)
