"""Promotion: a policy moves to the next environment, or to the next stage in one environment. Pure.

- *carry*: the base policy that the environment before enforces is observed here, with this
  environment's own overlay;
- *flip*: exactly the policy and the headers that are observed here become the enforced ones.

Handler and other headers come with it, as in a publish. A release that is live somewhere is finished without
evaluating the gates again: their results are in the release. For a release that was published but is attached
nowhere yet, they are evaluated again: what held then may no longer hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import Refused
from edgerollout.policy.csp import LayeredCsp
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.arn import function_arn
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.live import ledger_of, live_release
from edgerollout.release.facts.reads import ReadBefore, releases
from edgerollout.release.facts.release import Release
from edgerollout.release.facts.unreadable import cannot_do_without, command_for
from edgerollout.release.plans.desired import Promotion, PublishRequest, documents_needed
from edgerollout.release.plans.finishing import plan_finish
from edgerollout.release.plans.publish import plan_publish
from edgerollout.release.status.other_status import give_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.advice import Advice
    from edgerollout.release.checks.gates import Gate
    from edgerollout.release.facts.environment_before import Before
    from edgerollout.release.facts.reads import Planning, Read
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.plan import Plan


Judge: TypeAlias = "Callable[[Snapshot, Release | None, Release], Planning[tuple[Gate, ...]]]"
"""Evaluates the gates for the live release and the one to be published; asks for the facts that they need."""


@dataclass(frozen=True)
class Move:
    """The result of planning a promotion. `promotion` is None if there is nothing to move."""

    direction: str
    promotion: Promotion | None
    notes: tuple[Finding, ...] = ()


def plan_promotion(request: PublishRequest, snapshot: Snapshot, judge: Judge) -> Planning[Plan]:
    """Plan a promotion. Without `enforce`, the policy of the environment before is to be observed here.

    The request also has the handler and headers of a publish. Raises Refused where nothing can move, and
    everything that `plan_publish` raises.
    """
    before: frozenset[Read] = frozenset(() if request.choices.enforce else {ReadBefore()})
    snapshot = yield before | releases(documents_of(request, snapshot))
    move = move_of(request, snapshot)
    if move.promotion is None:
        plan = plan_finish(request.environment, snapshot)
        return replace(plan, direction=move.direction, findings=(*move.notes, *plan.findings))
    publish = _with(request, move.promotion)
    plan = yield from plan_publish(publish, snapshot)
    if plan.target is None and plan.release is not None:
        untried = _untried(request, snapshot, plan.release)
        gates = yield from judge(snapshot, _live_document(request, snapshot), plan.release)
        promotion = replace(move.promotion, gates=tuple(gate.result for gate in gates))
        overrides = tuple(gate.override for gate in gates if gate.override is not None)
        overrides = (*publish.overrides, *overrides)
        plan = yield from plan_publish(replace(_with(request, promotion), overrides=overrides), snapshot)
        plan = replace(plan, gates=gates, findings=(*untried, *plan.findings))
    elif plan.target is not None and plan.release is not None and not _attached(plan):
        gates = yield from judge(snapshot, _live_document(request, snapshot), plan.release)
        plan = replace(plan, gates=tuple(_as_recorded(gate, plan.target, snapshot) for gate in gates))
    return replace(plan, direction=move.direction, findings=(*move.notes, *plan.findings))


def documents_of(request: PublishRequest, snapshot: Snapshot) -> frozenset[int]:
    """The versions whose release.json planning has to read: always the live one, and those of a publish."""
    live = live_release(snapshot, request.excluded)
    own = frozenset() if live is None or live.digest is None else frozenset({live.number})
    return own | documents_needed(request, snapshot)


def move_of(request: PublishRequest, snapshot: Snapshot) -> Move:
    """What moves. Raises Refused when nothing can move, or the live release is unknown."""
    live = _live_document(request, snapshot)
    if snapshot.before is None or request.choices.enforce:
        return _flip(request, snapshot, live)
    return _carry(request, snapshot.before, live)


def _flip(request: PublishRequest, snapshot: Snapshot, live: Release | None) -> Move:
    name = request.environment.name
    if live is None:
        raise Refused(
            f"nothing is live in {name}, so there is no policy to enforce",
            hint=_how_to_observe(request),
        )
    number = _live_number(request, snapshot)
    direction = f"{name} {number} report-only → enforced"
    if live.report_only is not None or live.observed:
        return Move(direction, Promotion(live.report_only or live.enforced, None))
    if live.enforced is None:
        raise Refused(
            f"{name} observes nothing that could be enforced (release {number} carries no CSP)",
            hint=_how_to_observe(request),
        )
    return Move(direction, None, (_note("enforced-already", f"{name} enforces its policy already"),))


def _how_to_observe(request: PublishRequest) -> Advice:
    environment = request.environment
    if environment.after is None:
        return advise(
            "Publish one, with a [csp] in config/policy.toml: ", CommandLine("publish", environment.name)
        )
    return advise(
        f"Publish the policy that {environment.after} enforces: ", CommandLine("promote", environment.name)
    )


def _carry(request: PublishRequest, before: Before, live: Release | None) -> Move:
    name = request.environment.name
    where = before.name if before.release is None else f"{before.name} {before.release}"
    direction = f"{where} → {name} report-only"
    if before.base is None:
        raise Refused(
            f"{before.name} enforces no policy that could be carried to {name}",
            hint=advise("Enforce it there first: ", CommandLine("promote", before.name, "--enforce")),
        )
    if before.policy is None:
        if before.unread is not None:
            problem = f"the policy that {before.name} enforces cannot be read"
            raise cannot_do_without(problem, before.unread, CommandLine("rollback", before.name))
        raise Refused(
            f"the policy that {before.name} enforces cannot be read",
            hint=give_status("Allow lambda:GetFunction on the versions of its function", before.name),
        )
    wanted = LayeredCsp(before.policy.base, request.policy.csp.overlay)
    notes = (
        () if before.unsettled is None else (Finding(Severity.WARNING, "before-unsettled", before.unsettled),)
    )
    if live is None:
        return Move(direction, Promotion(None, wanted), notes)
    if _same(live.report_only, wanted):
        return Move(direction, None, (_note("observed-already", f"{name} observes this policy already"),))
    if _same(live.enforced, wanted):
        return Move(direction, None, (_note("enforced-already", f"{name} enforces this policy already"),))
    if live.enforced_digest == wanted.digest:
        # The same policy, but its reporting directives are newer.
        return Move(direction, Promotion(wanted, live.report_only), notes)
    if _soaks(request, live, wanted):
        return Move(direction, None, (_waits(request),))
    return Move(direction, Promotion(live.enforced, wanted), notes)


def _same(csp: LayeredCsp | None, other: LayeredCsp) -> bool:
    return csp is not None and csp.effective.canonical() == other.effective.canonical()


def _soaks(request: PublishRequest, live: Release, wanted: LayeredCsp) -> bool:
    """Whether another policy is being observed, so that a new one would restart the soak."""
    soak = request.environment.gates.soak
    return (
        bool(soak)
        and not request.choices.restart_soak
        and live.report_only is not None
        and live.report_only_digest != wanted.digest
    )


def _waits(request: PublishRequest) -> Finding:
    name = request.environment.name
    return Finding(
        Severity.NOTE,
        "promotion-waits",
        f"{name} is observing another policy: the next one waits until that is enforced, so that its soak"
        " does not start over",
        advise(
            "Enforce it when its gates are met: ",
            CommandLine("promote", name, "--enforce"),
            ". Or give it up for the new one: --restart-soak",
        ),
    )


def _note(rule: str, message: str) -> Finding:
    return Finding(Severity.NOTE, rule, message)


def _attached(plan: Plan) -> bool:
    return plan.live is not None and plan.live.number == plan.target


def _as_recorded(gate: Gate, target: int, snapshot: Snapshot) -> Gate:
    """The gate for a release that exists already: it cannot get a new override."""
    line = None if snapshot.function is None else ledger_of(snapshot.function, target)
    if gate.overridden is None or (line is not None and gate.name in line.overrides):
        return gate
    remedy = f"Meet the gate: release {target} is published already, so it cannot record this override."
    return replace(gate, overridden=None, remedy=remedy)


def _untried(request: PublishRequest, snapshot: Snapshot, release: Release) -> tuple[Finding, ...]:
    """A warning where a promotion would enforce a policy with another handler than it was observed with."""
    live = _live_document(request, snapshot)
    if live is None or not request.choices.enforce:
        return ()
    changes = live.handler.changes_to(release.handler)
    if not changes:
        return ()
    return (
        Finding(
            Severity.WARNING,
            "handler-untried",
            "the policy was observed with another handler than the one that would enforce it:"
            f" {', '.join(changes)}",
            advise("To observe it with this one first: ", CommandLine("publish", request.environment.name)),
        ),
    )


def _with(request: PublishRequest, promotion: Promotion) -> PublishRequest:
    return replace(request, promotion=promotion)


def _live_number(request: PublishRequest, snapshot: Snapshot) -> int | None:
    live = live_release(snapshot, request.excluded)
    return None if live is None else live.number


def _live_document(request: PublishRequest, snapshot: Snapshot) -> Release | None:
    """The live release itself. Raises Refused when something is live that cannot be read."""
    live = live_release(snapshot, request.excluded)
    if live is None:
        return None
    document = snapshot.documents.get(live.number)
    if isinstance(document, Release):
        return document
    environment = request.environment
    if live.digest is None:
        arn = function_arn(environment.account, environment.function.name)
        raise Refused(
            f"version {live.number} is attached in {request.environment.name}, but was not published by"
            " edgerollout: what it enforces is unknown",
            hint=advise("Take it over first: ", CommandLine("publish", environment.name, "--replace", arn)),
        )
    problem = f"the live release {live.number} cannot be read: what it enforces and observes is unknown"
    raise cannot_do_without(problem, document, command_for(environment, "rollback"))
