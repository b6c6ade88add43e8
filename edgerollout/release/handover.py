"""Where Terraform owns the triggers: a release is handed over by tfvars instead of being swapped in. Pure.

The run publishes the version and writes the tfvars; `terraform apply` attaches what they name; `wait` does
the rest: Deployed, the invalidation, the check.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from edgerollout.errors import Refused
from edgerollout.policy.wording import listed
from edgerollout.release.live import ledger_of, withdrawn
from edgerollout.release.model import SHORT, Stage
from edgerollout.release.plan import WRITES, Finding, Severity, SwapTriggers
from edgerollout.release.tfvars import Tfvars, handed_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.environment import Environment
    from edgerollout.release.model import Release
    from edgerollout.release.plan import DistributionPlan, LiveRelease, Plan
    from edgerollout.release.snapshot import Distribution, Function, Snapshot

PARTLY_ATTACHED = "partly-attached"
"""The finding that Terraform leaves behaviors out."""


@dataclass(frozen=True)
class Handover:
    """What Terraform is given. `file` is the tfvars file, `before` what it says now (None: not there).

    `release` None with `new`: the run publishes it. `attaches`: Terraform has triggers to change;
    `finishes`: what is attached still has to be waited for or invalidated.
    """

    file: str
    before: Tfvars | None
    after: Tfvars
    new: bool = False
    attaches: bool = False
    finishes: bool = False

    @property
    def changes(self) -> bool:
        """Whether the file is to be written."""
        return self.new or self.after != self.before

    @property
    def folder(self) -> str:
        """Where `terraform apply` is run."""
        return str(PurePath(self.file).parent)

    def tfvars(self, qualified_arn: str | None) -> Tfvars:
        """What is written, given the version it has come to."""
        if qualified_arn is None:
            return Tfvars()
        return Tfvars(qualified_arn, int(qualified_arn.rpartition(":")[2]), self.after.stage)


def hand_over(plan: Plan, environment: Environment, snapshot: Snapshot) -> Plan:
    """The plan as it is carried out where Terraform owns the triggers: nothing is done to distributions.

    Elsewhere the plan as it is. Raises Refused where it would undo a rollback that waits for Terraform.
    """
    if environment.triggers != "terraform":
        return plan
    if not plan.rolls_back:
        _check_taken_back(plan, environment, snapshot)
    steps = [step for one in plan.distributions for step in one.steps]
    number = plan.target
    if number is None and not plan.publishes:
        after = Tfvars()
    else:
        arn = None if number is None else plan.version_arn(number)
        after = Tfvars(arn, number, _stage(plan, snapshot))
    return replace(
        plan,
        distributions=tuple(replace(one, steps=()) for one in plan.distributions),
        urls=(),
        handover=Handover(
            file=str(environment.tfvars),
            before=snapshot.tfvars,
            after=after,
            new=plan.publishes,
            attaches=any(attaches(one) for one in plan.distributions),
            finishes=any(not isinstance(step, SwapTriggers) for step in steps),
        ),
        findings=(*plan.findings, *partly_attached(environment, snapshot, plan.function_arn)),
    )


def _check_taken_back(plan: Plan, environment: Environment, snapshot: Snapshot) -> None:
    """Raise Refused for what is live only until Terraform is run, as it was rolled back."""
    tfvars, function, live = snapshot.tfvars, snapshot.function, plan.live
    if function is None or live is None or live.number not in withdrawn(function):
        return
    back = handed_over(snapshot)
    # Where the file was lost, the mark on the release is all that is known of the rollback.
    going = tfvars is None or (tfvars.qualified_arn is None if back is None else back < live.number)
    if not going or plan.target not in (None, live.number):
        return
    if plan.publishes and not _policies(plan.release) & _going(live, function, back):
        return
    if tfvars is None:
        raise Refused(
            f"release {live.number} counts as rolled back",
            why=f"it is marked as withdrawn, and {environment.tfvars} does not say what comes instead",
            hint=f"Write that file anew: edgerollout rollback -e {environment.name}",
        )
    told = "take it off" if back is None else f"attach release {back} instead"
    raise Refused(
        f"release {live.number} counts as rolled back",
        why=f"{environment.tfvars} tells Terraform to {told}, which it has not done yet",
        hint=f"Finish that: `terraform apply` in {_folder(environment)}, then edgerollout wait -e"
        f" {environment.name}. Only then can --again publish it nevertheless, as a new release.",
    )


def _folder(environment: Environment) -> str:
    return "its folder" if environment.tfvars is None else str(environment.tfvars.parent)


def _going(live: LiveRelease, function: Function, back: int | None) -> set[str]:
    """The policies that go with the rollback; one that is observed again is no longer enforced."""
    line = None if back is None else ledger_of(function, back)
    enforced, observed = (None, None) if line is None else (line.enforced, line.report_only)
    pairs = ((live.enforced, enforced), (live.report_only, observed))
    return {policy for policy, kept in pairs if policy is not None and policy != kept}


def _policies(release: Release | None) -> set[str]:
    """Its policies, by 16 hex digits as in the ledger."""
    digests = (None, None) if release is None else (release.enforced_digest, release.report_only_digest)
    return {digest[:SHORT] for digest in digests if digest is not None}


def partly_attached(environment: Environment, snapshot: Snapshot, function_arn: str) -> Iterator[Finding]:
    """A warning for each distribution whose behaviors differ although Terraform owns the triggers.

    An apply changes a distribution in one update. So a behavior that stays behind the others is one whose
    block in Terraform does not name the variable.
    """
    if environment.triggers != "terraform":
        return
    for one in snapshot.distributions:
        by_version = _by_version(environment, one, function_arn)
        newest = max((number for number in by_version if number is not None), default=None)
        if newest is None or len(by_version) == 1:
            continue
        has = by_version.pop(newest)
        count = len(has) + sum(len(paths) for paths in by_version.values())
        behind = listed(
            f"{', '.join(paths)} {'none' if number is None else f'release {number}'}"
            for number, paths in sorted(by_version.items(), key=lambda item: item[0] or 0)
        )
        yield Finding(
            Severity.WARNING,
            PARTLY_ATTACHED,
            f"{one.name} has release {newest} on {len(has)} of {count} behaviors, and {behind}",
            "Where `terraform apply` does not change that, these behaviors lack the association in Terraform:"
            f" `edgerollout terraform --snippet -e {environment.name}` prints it. To leave a behavior alone"
            f" for good, name it in exclude of environments.{environment.name}.",
            one.id,
        )


def _by_version(
    environment: Environment, distribution: Distribution, function_arn: str
) -> dict[int | None, list[str]]:
    """Release → the behaviors that carry it; None: those that have no function there at all."""
    found: dict[int | None, list[str]] = {}
    for behavior in distribution.behaviors:
        trigger = behavior.at(environment.function.event)
        version = None if trigger is None else trigger.version
        ours = version is not None and version.function_arn == function_arn
        if behavior.path not in environment.exclude and (ours or trigger is None):
            found.setdefault(None if version is None else version.version, []).append(behavior.path)
    return found


def attaches(distribution: DistributionPlan) -> bool:
    """Whether a trigger of the distribution has to change."""
    return any(row.action in WRITES for row in distribution.behaviors)


def _stage(plan: Plan, snapshot: Snapshot) -> Stage | None:
    """Where the newest policy of the release stands; by the ledger where its release.json is not known."""
    if plan.release is not None:
        enforced, observed = plan.release.enforced_digest, plan.release.report_only_digest
    else:
        function, number = snapshot.function, plan.target
        line = None if function is None or number is None else ledger_of(function, number)
        enforced, observed = (None, None) if line is None else (line.enforced, line.report_only)
    if observed is not None:
        return Stage.REPORT_ONLY
    return None if enforced is None else Stage.ENFORCED
