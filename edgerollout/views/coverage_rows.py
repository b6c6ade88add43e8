"""The coverage part of a plan in words: a row per behavior and event, and what will happen at the end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.steps import WRITES, Action, AwaitDeployed, Invalidate, SwapTriggers
from edgerollout.release.delivery.terraform import attaches
from edgerollout.release.plans.plan import (
    CreateFunction,
    CreateRole,
    MarkReleases,
    PublishVersion,
    UpdateCode,
    UpdateConfiguration,
)
from edgerollout.views.ink import Style, visible
from edgerollout.views.wording import count_words, trigger_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgerollout.release.delivery.steps import BehaviorPlan, DistributionPlan
    from edgerollout.release.delivery.terraform import Handover
    from edgerollout.release.facts.finding import Finding
    from edgerollout.release.plans.plan import FunctionStep, Plan


@dataclass(frozen=True)
class CoverageRow:
    """One cell of behavior × event: `+`, `-`, `~`, `!` or nothing, and the change in words."""

    mark: str
    path: str
    event: str
    change: str
    style: Style


def coverage_rows(distribution: DistributionPlan, plan: Plan) -> tuple[CoverageRow, ...]:
    """The distribution's rows, in the order CloudFront matches its behaviors."""
    return tuple(_row(row, plan.function_arn) for row in distribution.behaviors)


def _row(row: BehaviorPlan, function_arn: str) -> CoverageRow:
    before = "" if row.before is None else visible(trigger_words(row.before, function_arn))
    after = "new" if row.after is None else visible(trigger_words(row.after, function_arn))
    match row.action:
        case Action.ATTACH:
            mark, words, style = "+", f"attach {after}", Style.ADDED
        case Action.REPLACE:
            mark, words, style = "~", f"detach {before}, attach {after}", Style.PLAIN
        case Action.DETACH:
            mark, words, style = "-", f"detach {before}", Style.REMOVED
        case Action.KEEP:
            mark, words, style = " ", f"unchanged {before}", Style.MUTED
        case Action.SKIP:
            mark, words, style = " ", f"skipped {before}".rstrip(), Style.MUTED
        case Action.FOREIGN:
            mark, words, style = "!", f"foreign {before}", Style.WARNING
        case _:
            assert_never(row.action)
    why = "" if row.why is None else f" ({visible(row.why)})"
    return CoverageRow(mark, visible(row.path), row.event, words + why, style)


def distribution_note(distribution: DistributionPlan, plan: Plan) -> str:
    """What happens to the distribution as a whole, in words."""
    if plan.handover is not None and attaches(distribution):
        return "left to `terraform apply`"
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
                pieces.append(f"invalidate {visible(' '.join(step.paths))}")
            case _:
                assert_never(step)
    return ", ".join(pieces) if pieces else "nothing to do"


def by_severity(findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings, errors first, else as they came."""
    order = tuple(Severity)
    return sorted(findings, key=lambda finding: order.index(finding.severity))


def finding_place(finding: Finding, plan: Plan) -> str:
    """`www.example.com: ` where the finding is about one distribution, else nothing."""
    if finding.distribution is None:
        return ""
    names = {one.id: one.name for one in plan.distributions}
    name = names.get(finding.distribution, finding.distribution)
    return "" if name in finding.message else f"{visible(name)}: "


def summary(plan: Plan) -> str:
    """The last line: what will happen, in words; or that nothing will."""
    if plan.refused:
        reasons = [count_words(len(plan.unmet), "gate") + " not met"] if plan.unmet else []
        reasons += [count_words(len(plan.errors), "error")] if plan.errors else []
        return (
            f"Refused as it stands: {' and '.join(reasons)}, see above."
            " Nothing is written before that is resolved."
        )
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
    acting = [one for one in plan.distributions if one.steps]
    swapping = [one for one in acting if any(isinstance(step, SwapTriggers) for step in one.steps)]
    if swapping:
        behaviors = {(one.id, row.path) for one in swapping for row in one.behaviors if row.action in WRITES}
        yield (
            f"swap triggers on {count_words(len(behaviors), 'behavior')}"
            f" of {count_words(len(swapping), 'distribution')}"
        )
    if any(isinstance(step, AwaitDeployed) for one in acting for step in one.steps):
        yield "wait until Deployed"
    paths = {
        path for one in acting for step in one.steps if isinstance(step, Invalidate) for path in step.paths
    }
    if paths:
        yield f"invalidate {visible(' '.join(sorted(paths)))}"
    if plan.handover is not None and plan.handover.changes:
        yield f"write {visible(plan.handover.file)}"


def handover_rows(handover: Handover, function_arn: str) -> tuple[tuple[str, str, str], ...]:
    """The tfvars, before and after: a mark, the variable, its value or the change of it."""
    known = {} if handover.before is None else handover.before.variables()
    rows = []
    for name, after in handover.variables.items():
        wanted = _shown(after, function_arn)
        before = _shown(known[name], function_arn) if name in known else None
        mark = "+" if before is None else " " if before == wanted else "~"
        change = wanted if before is None or before == wanted else f"{before} to {wanted}"
        rows.append((mark, name, change))
    return tuple(rows)


def _shown(value: str | int | bool | None, function_arn: str) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return visible(trigger_words(str(value), function_arn))


def _mark_words(step: MarkReleases) -> str:
    numbers = ", ".join(map(str, step.withdrawn))
    parts = (
        [f"mark {count_words(len(step.withdrawn), 'release')} as withdrawn ({numbers})"] if numbers else []
    )
    parts += [f"clear the mark of {number}" for number in step.cleared]
    parts += [] if step.detached is None else ["note that it was detached"]
    parts += [f"note {count_words(len(step.replaced), 'trigger')} it takes over"] if step.replaced else []
    if step.observed is not None and step.observed.since is None:
        parts.append(f"start the soak of {step.observed.release} over")
    return " and ".join(parts)


def _function_words(step: FunctionStep, name: str) -> str:
    match step:
        case CreateRole():
            return f"create role {step.name}"
        case CreateFunction():
            return f"create function {step.name}"
        case UpdateConfiguration():
            changes = ", ".join(f"{one.name} {one.before} to {one.after}" for one in step.changes)
            return f"change {name} ({changes})"
        case UpdateCode():
            return "upload new code"
        case PublishVersion():
            return f"publish a new version of {name}"
        case MarkReleases():
            return _mark_words(step)
        case _:
            assert_never(step)
