"""A plan as a JSON document. It holds what is intended, never a DistributionConfig and no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import spelled
from edgerollout.release.delivery.steps import AwaitDeployed, Invalidate, SwapTriggers
from edgerollout.release.delivery.terraform import NEW
from edgerollout.release.facts.events import SCHEMA
from edgerollout.release.plans.plan import (
    CreateFunction,
    CreateRole,
    MarkReleases,
    PublishVersion,
    UpdateCode,
    UpdateConfiguration,
    kind_of,
)
from edgerollout.views.json_text import json_text

if TYPE_CHECKING:
    from edgerollout.advice import Spell
    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.release.checks.gates import Gate
    from edgerollout.release.delivery.steps import BehaviorPlan, DistributionPlan, DistributionStep
    from edgerollout.release.delivery.terraform import Handover
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.standing import LiveRelease
    from edgerollout.release.plans.plan import FunctionStep, Plan


def plan_json_text(plan: Plan, spell: Spell) -> str:
    """The document as indented ASCII, ending in a line end."""
    return json_text(plan_json(plan, spell))


def plan_json(plan: Plan, spell: Spell) -> dict[str, object]:
    """The document docs/output.md describes. ARNs are full; `to` is `new` for a version yet to come."""
    return {
        "schema": SCHEMA,
        "environment": plan.environment,
        "changes": plan.changes,
        "release": None if plan.release is None else _release(plan.release),
        "live": None if plan.live is None else _live(plan.live),
        "steps": [
            *(_function_step(step) for step in plan.function_steps),
            *(_distribution_step(step, one) for one in plan.distributions for step in one.steps),
        ],
        "distributions": [
            {"id": one.id, "alias": one.name, "behaviors": [_behavior(row) for row in one.behaviors]}
            for one in plan.distributions
        ],
        "handover": None if plan.handover is None else _handover(plan.handover),
        "direction": plan.direction,
        "gates": [_gate(gate, spell) for gate in plan.gates],
        "strays": [
            {
                "distribution": stray.distribution,
                "alias": stray.name,
                "path": stray.path,
                "event": stray.event,
                "arn": stray.arn,
            }
            for stray in plan.strays
        ],
        "findings": [
            {
                "severity": finding.severity.value,
                "rule": finding.rule,
                "message": finding.message,
                "hint": spelled(finding.hint, spell),
                "distribution": finding.distribution,
                "override": finding.override,
            }
            for finding in plan.findings
        ],
    }


def _handover(handover: Handover) -> dict[str, object]:
    return {
        "file": handover.file,
        "before": None if handover.before is None else handover.before.variables(),
        "after": handover.variables,
    }


def _release(release: Release) -> dict[str, object]:
    return {
        "enforced": _policy(release.enforced),
        "report_only": _policy(release.report_only),
        "headers": {
            header.name: {"value": header.value, "action": header.action} for header in release.headers
        },
    }


def _policy(policy: LayeredCsp | None) -> dict[str, object] | None:
    if policy is None:
        return None
    return {"digest": policy.digest, "directives": policy.effective.to_json()}


def _live(live: LiveRelease) -> dict[str, object]:
    return {
        "release": live.number,
        "digest": live.digest,
        "enforced": live.enforced,
        "report_only": live.report_only,
        "releases": {str(number): count for number, count in live.counts},
    }


def _behavior(row: BehaviorPlan) -> dict[str, object]:
    return {
        "path": row.path,
        "event": row.event,
        "from": row.before,
        "to": NEW if row.to_new else row.after,
        "action": row.action.value,
        "why": row.why,
    }


def _function_step(step: FunctionStep) -> dict[str, object]:
    kind: dict[str, object] = {"type": kind_of(step).value}
    match step:
        case CreateRole():
            return {**kind, "name": step.name}
        case CreateFunction():
            return {
                **kind,
                "name": step.name,
                "role": step.role,
                "runtime": step.runtime,
                "entry": step.entry,
                "memory": step.memory,
                "timeout": step.timeout,
            }
        case UpdateConfiguration():
            changes = [{"name": one.name, "before": one.before, "after": one.after} for one in step.changes]
            return {**kind, "changes": changes}
        case UpdateCode():
            return {**kind, "code_sha256": step.code_sha256}
        case PublishVersion():
            return {**kind, "description": step.description, "code_sha256": step.code_sha256}
        case MarkReleases():
            marked = {"withdrawn": list(step.withdrawn), "cleared": list(step.cleared)}
            replaced = [
                {"distribution": one.distribution, "path": one.path, "event": one.event, "arn": one.arn}
                for one in step.replaced
            ]
            since = None if step.observed is None else step.observed.since
            observed = step.observed and {
                "release": step.observed.release,
                "since": None if since is None else since.isoformat(),
            }
            return {
                **kind, **marked, "detached": step.detached, "replaced": replaced, "observed": observed,
            }  # fmt: skip
        case _:
            assert_never(step)


def _distribution_step(step: DistributionStep, distribution: DistributionPlan) -> dict[str, object]:
    kind: dict[str, object] = {"type": kind_of(step).value, "distribution": distribution.id}
    match step:
        case SwapTriggers():
            intent = step.intent
            target = NEW if intent.target is None and intent.event is not None else intent.target
            return {**kind, "event": intent.event, "target": target}
        case AwaitDeployed():
            return kind
        case Invalidate():
            return {**kind, "paths": list(step.paths)}
        case _:
            assert_never(step)


def _gate(gate: Gate, spell: Spell) -> dict[str, object]:
    return {
        "name": gate.name,
        "passed": gate.passed,
        "detail": gate.detail,
        "remedy": spelled(gate.remedy, spell),
        "overridden": gate.overridden,
    }
