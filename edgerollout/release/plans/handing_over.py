"""A plan that Terraform carries out: the tfvars name the release, unless another one waits there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import Refused
from edgerollout.policy.stage import Stage
from edgerollout.release.delivery.choice import carrier_of
from edgerollout.release.delivery.steps import SwapTriggers
from edgerollout.release.delivery.tag_room import about_room
from edgerollout.release.delivery.terraform import Handover, attaches, partly_attached
from edgerollout.release.facts.live import detached, handed_over, ledger_of, withdrawn
from edgerollout.release.facts.tfvars import TellingCommand, Tfvars

if TYPE_CHECKING:
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Function, Snapshot
    from edgerollout.release.facts.standing import LiveRelease
    from edgerollout.release.plans.plan import Plan


def hand_over(plan: Plan, environment: Environment, snapshot: Snapshot, command: TellingCommand) -> Plan:
    """The plan for an environment where Terraform owns the triggers: it does not change distributions.

    Elsewhere it is the same plan, with a warning where tags lack room. `command` is the command that makes
    the plan. Raises Refused where the plan would replace a promotion, a rollback or a detach that waits for
    Terraform.
    """
    file = carrier_of(environment).file
    if file is None:
        return replace(plan, findings=(*plan.findings, *about_room(snapshot.function, plan.distributions)))
    waits = None if plan.rolls_back else _waiting(snapshot, plan.live)
    after = _told(plan, snapshot, command)
    left = False
    if waits is not None and (plan.publishes or plan.target != waits.release):
        left = _leaves(plan, waits, command)
        if left and snapshot.tfvars is not None:
            after = snapshot.tfvars
        elif not waits.replaceable:
            raise _waits(plan, waits, environment, snapshot, command)
    steps = [step for distribution in plan.distributions for step in distribution.steps]
    return replace(
        plan,
        distributions=tuple(replace(distribution, steps=()) for distribution in plan.distributions),
        urls=(),
        handover=Handover(
            file=str(file),
            before=snapshot.tfvars,
            after=after,
            means=plan.means,
            new=plan.publishes,
            attaches=left or any(attaches(distribution) for distribution in plan.distributions),
            finishes=any(not isinstance(step, SwapTriggers) for step in steps),
        ),
        findings=(*plan.findings, *partly_attached(environment, snapshot, plan.function_arn, plan.event)),
    )


def _told(plan: Plan, snapshot: Snapshot, command: TellingCommand) -> Tfvars:
    """The new content of the file. A file with that content keeps the command that wrote it."""
    number = plan.target
    if number is None and not plan.publishes:
        told = Tfvars(command=command)
    else:
        arn = None if number is None else plan.version_arn(number)
        told = Tfvars(arn, number, _stage(plan, snapshot), command)
    said = snapshot.tfvars
    return said if said == told else told


@dataclass(frozen=True)
class _Waiting:
    """What Terraform still has to do: attach `release`, or remove everything of ours (None).

    `command` is the command that wrote it; None where that is unknown: the file is lost, or from an earlier
    version.
    """

    release: int | None
    command: TellingCommand | None
    forward: bool
    """Whether it is newer than the live release."""

    @property
    def replaceable(self) -> bool:
        """Whether another plan may replace it: the next publish supersedes a publish."""
        return self.forward and self.command is TellingCommand.PUBLISH


def _waiting(snapshot: Snapshot, live: LiveRelease | None) -> _Waiting | None:
    """What waits for Terraform; None where nothing waits, or where it cannot be wanted any more."""
    tfvars, function = snapshot.tfvars, snapshot.function
    if function is None:
        return None
    marked = withdrawn(function)
    if tfvars is None:
        return None if live is None else _lost(function, live, marked)
    number = handed_over(snapshot)
    if number is None and tfvars.qualified_arn is not None:
        # Another function's version.
        return None
    if number == (None if live is None else live.number):
        return None
    if number is not None and (function.version(number) is None or number in marked):
        return None
    if live is None or (number is not None and number > live.number):
        return _Waiting(number, tfvars.command, forward=True)
    back = tfvars.command in (TellingCommand.ROLLBACK, TellingCommand.DETACH) or live.number in marked
    # An older release without a rollback to it: the file is stale.
    off = number is None and detached(function) >= live.number
    return _Waiting(number, tfvars.command, forward=False) if back or off else None


def _lost(function: Function, live: LiveRelease, marked: frozenset[int]) -> _Waiting | None:
    """What may have waited when the file was lost, according to the versions and marks in AWS."""
    if live.number in marked:
        return _Waiting(None, TellingCommand.ROLLBACK, forward=False)
    over = detached(function)
    newest = max((version.number for version in function.versions if version.number not in marked), default=0)
    line = ledger_of(function, newest)
    if newest > max(live.number, over) and line is not None and line.previous == live.number:
        return _Waiting(newest, None, forward=True)
    return _Waiting(None, TellingCommand.DETACH, forward=False) if over >= live.number else None


def _leaves(plan: Plan, waits: _Waiting, command: TellingCommand) -> bool:
    """Whether the plan adds nothing to the live release, so that the waiting release stays for Terraform."""
    live = None if plan.live is None else plan.live.number
    nothing_new = not plan.publishes and live is not None and plan.target == live
    return nothing_new and waits.forward and not (waits.replaceable and command is TellingCommand.PUBLISH)


def _waits(
    plan: Plan, waits: _Waiting, environment: Environment, snapshot: Snapshot, command: TellingCommand
) -> Refused:
    """The refusal of a plan that would replace what waits for Terraform."""
    name, file, live = environment.name, environment.tfvars, plan.live
    now = 0 if live is None else live.number
    finish = advise(
        f"Finish that: `terraform apply` in {_folder(environment)}, then ", CommandLine("wait", name), "."
    )
    stay = CommandLine("rollback", name, "--to", str(now))
    withdrawn_now = snapshot.function is not None and now in withdrawn(snapshot.function)
    lost = snapshot.tfvars is None
    if withdrawn_now and lost:
        return Refused(
            f"release {now} counts as rolled back",
            why=f"it is marked as withdrawn, but {file} does not say what replaces it",
            hint=advise("Write that file again: ", CommandLine("rollback", name, "--from", str(now))),
        )
    would = f"this {command.value} would have it attach {_target_words(plan)}"
    if lost and waits.release is None:
        return Refused(
            f"`detach` may wait for `terraform apply` in {name}: {file} is lost",
            why=f"a tag on the function says so, and {would}",
            hint=advise(
                "Write that file again: ",
                CommandLine("detach", name),
                f". To keep release {now}: ",
                stay,
            ),
        )
    if lost:
        return Refused(
            f"release {waits.release} may wait for `terraform apply` in {name}: {file} is lost",
            why=f"it is published but attached nowhere, and {would}",
            hint=advise(
                "Restore the file, or write it again: ",
                CommandLine("rollback", name, "--to", str(waits.release)),
                f" for that release, --to {now} for the live one.",
            ),
        )
    if waits.forward:
        return Refused(
            f"release {waits.release} waits for `terraform apply` in {name}",
            why=f"{file} tells Terraform to attach it{_by(waits)}, which it has not done yet, and {would}",
            hint=advise(
                finish,
                " Or take it back: ",
                CommandLine("rollback", name, "--from", str(waits.release)),
                ". Then run this again.",
            ),
        )
    told = "take it off" if waits.release is None else f"attach release {waits.release} instead"
    why = f"{file} tells Terraform to {told}{_by(waits)}, which it has not done yet"
    if withdrawn_now:
        return Refused(
            f"release {now} counts as rolled back",
            why=why,
            hint=advise(
                finish, f" Only then publish again; what release {now} brought comes back with --again."
            ),
        )
    return Refused(
        f"release {now} is being removed from {name}",
        why=f"{why}, and {would}",
        hint=advise(finish, f" To keep release {now}: ", stay),
    )


def _by(waits: _Waiting) -> str:
    return "" if waits.command is None else f" (by `{waits.command.value}`)"


def _target_words(plan: Plan) -> str:
    return "a new release" if plan.target is None else f"release {plan.target}"


def _folder(environment: Environment) -> str:
    return "its folder" if environment.tfvars is None else str(environment.tfvars.parent)


def _stage(plan: Plan, snapshot: Snapshot) -> Stage | None:
    """The stage of the release's newest policy; from the ledger where its release.json is unknown."""
    if plan.release is not None:
        enforced, observed = plan.release.enforced_digest, plan.release.report_only_digest
    else:
        function, number = snapshot.function, plan.target
        line = None if function is None or number is None else ledger_of(function, number)
        enforced, observed = (None, None) if line is None else (line.enforced, line.report_only)
    if observed is not None:
        return Stage.REPORT_ONLY
    return None if enforced is None else Stage.ENFORCED
