"""The next step of an environment: publish, carry, enforce, or wait. Pure.

The step is chosen from the plans that `publish` and `promote` would make from the same facts. Unfinished work
of an earlier run comes first, because those plans finish it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.release.checks.gates import MetBy
from edgerollout.release.facts.events import AdvanceStep
from edgerollout.release.facts.live import live_release
from edgerollout.release.facts.reads import ReadBefore, releases
from edgerollout.release.plans.promotion import documents_of, move_of, plan_promotion
from edgerollout.release.plans.publish import plan_publish

if TYPE_CHECKING:
    from datetime import datetime

    from edgerollout.advice import Hint
    from edgerollout.release.checks.gates import Gate
    from edgerollout.release.facts.reads import Planning
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.desired import PublishRequest
    from edgerollout.release.plans.plan import Plan
    from edgerollout.release.plans.promotion import Judge


@dataclass(frozen=True)
class Advance:
    """The next step, the reason for it, and its plan.

    Where nothing can be done yet, `waits_for` are the gates that are not met, and `until` is the time when
    waiting alone will have met them (None: unknown). Then the plan changes nothing.
    """

    step: AdvanceStep
    why: str
    plan: Plan
    waits_for: tuple[Gate, ...] = ()
    until: datetime | None = None
    hint: Hint | None = None
    """For a step that waits: what ends the wait."""

    @property
    def wants_tour(self) -> bool:
        """Whether a tour of the site is missing, and nothing else but time."""
        unmet = self.waits_for or self.plan.unmet
        return any(gate.needs_tour for gate in unmet) and all(
            gate.needs_tour or gate.met_by is MetBy.TIME for gate in unmet
        )


def plan_advance(
    request: PublishRequest, snapshot: Snapshot, carries: Judge, enforces: Judge
) -> Planning[Advance]:
    """Plan the next step. The choices of `request` leave out `enforce`: this function decides that.

    Raises Refused and Conflict as `plan_publish` and `plan_promotion` do.
    """
    name, after = request.environment.name, request.environment.after
    snapshot = yield releases(documents_of(request, snapshot)) | frozenset({ReadBefore()} if after else ())
    live = live_release(snapshot, request.excluded)
    before = snapshot.before
    unproven = before is not None and before.base is None
    if before is not None and not unproven and move_of(request, snapshot).promotion is not None:
        plan = yield from plan_promotion(request, snapshot, carries)
        return Advance(AdvanceStep.CARRY, f"{before.name} enforces a policy that {name} does not have", plan)

    plan = yield from plan_publish(request, snapshot)
    if live is None and unproven:
        return _awaiting(after, _nothing_of(plan))
    handover = plan.handover
    if plan.unsettled or plan.refused or (handover is not None and (handover.attaches or handover.finishes)):
        if handover is not None and handover.attaches and not handover.changes:
            why = f"release {handover.after.release} waits for `terraform apply`"
            return Advance(AdvanceStep.FINISH, why, plan)
        if plan.target is None:
            return Advance(AdvanceStep.PUBLISH, "the configuration differs from the live release", plan)
        return Advance(AdvanceStep.FINISH, f"release {plan.target} is not live everywhere yet", plan)

    if live is None or (live.report_only is None and live.observed is None):
        if unproven:
            return _awaiting(after, plan)
        return Advance(AdvanceStep.NONE, f"everything that was asked for is live in {name}", plan)
    enforcing = replace(request, choices=replace(request.choices, enforce=True))
    flip = yield from plan_promotion(enforcing, snapshot, enforces)
    if not flip.errors and only_time_is_missing(flip.unmet):
        last = max((gate for gate in flip.unmet if gate.until is not None), key=lambda gate: str(gate.until))
        why = "; ".join(f"{gate.name}: {gate.detail}" for gate in flip.unmet)
        return Advance(AdvanceStep.WAIT, why, plan, flip.unmet, last.until, last.remedy)
    return Advance(AdvanceStep.ENFORCE, f"release {live.number} was observed", flip)


def only_time_is_missing(unmet: tuple[Gate, ...]) -> bool:
    """Whether nobody has to do anything about these gates now.

    A missing tour is due only when the time has passed: evidence from now would be too old then.
    """
    return any(gate.met_by is MetBy.TIME for gate in unmet) and all(
        gate.met_by in (MetBy.TIME, MetBy.TOUR) for gate in unmet
    )


def _awaiting(after: str | None, plan: Plan) -> Advance:
    """The wait of an environment that has no policy yet, because the one before it enforces none."""
    hint = None if after is None else advise("Continue there: ", CommandLine("advance", after))
    return Advance(
        AdvanceStep.WAIT, f"it gets its policy from {after}, which enforces none yet", plan, hint=hint
    )


def _nothing_of(plan: Plan) -> Plan:
    """The plan without its steps."""
    idle = tuple(replace(distribution, steps=()) for distribution in plan.distributions)
    return replace(plan, function_steps=(), distributions=idle, handover=None, findings=())
