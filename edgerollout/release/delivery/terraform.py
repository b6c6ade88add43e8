"""Where Terraform owns the triggers, a release is handed over by tfvars; our run does not swap it in. Pure.

The run publishes the version and writes the tfvars. `terraform apply` attaches what they name. `wait` does
the rest: it waits until Deployed, invalidates and verifies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.policy.severity import Severity
from edgerollout.policy.wording import listed
from edgerollout.release.delivery.means import NEW
from edgerollout.release.delivery.steps import WRITES
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.tfvars import (
    ARN_VARIABLE,
    ATTACHED_VARIABLE,
    RELEASE_VARIABLE,
    Tfvars,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.delivery.means import Means, ToldValue
    from edgerollout.release.delivery.steps import DistributionPlan
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Distribution, Invalidation, Snapshot

OWNERS = frozenset({"Terraform", "OpenTofu"})
"""The tools that read these files, as tags name them."""

PARTLY_ATTACHED = "partly-attached"
"""The rule of the finding that Terraform leaves behaviors out."""


@dataclass(frozen=True)
class Terraform:
    """Terraform attaches the release in the tfvars `file` when somebody applies it.

    It may attach a release that was live, and had its invalidation, before: because of a rollback, or by its
    own history. So an invalidation older than the distribution's last change proves nothing.
    """

    file: Path
    agreed: frozenset[str] = OWNERS
    brings_back: bool = False

    @property
    def first_step(self) -> str:
        return (
            f"If your Terraform creates it: run `terraform apply` in {self.file.parent} first. Otherwise add"
            " --create, which makes it and its role."
        )

    def counts(self, invalidation: Invalidation, distribution: Distribution) -> bool:
        return invalidation.created_at >= distribution.last_modified

    def lost(self, snapshot: Snapshot) -> bool:
        return snapshot.tfvars is None


@dataclass(frozen=True)
class Handover:
    """The change of the tfvars. `file` is their path, `before` what they say now (None: there are none).

    `new`: they name the release that the run publishes. `attaches`: Terraform has triggers to change.
    `finishes`: what is attached still has to be waited for or invalidated.
    """

    file: str
    before: Tfvars | None
    after: Tfvars
    means: Means
    new: bool = False
    attaches: bool = False
    finishes: bool = False

    @property
    def changes(self) -> bool:
        """Whether the file has to be written."""
        return self.new or self.after != self.before

    @property
    def variables(self) -> dict[str, ToldValue | int | bool]:
        """The values of the file, by variable; `new` for the version that is still to be published."""
        said = self.after.variables()
        if not self.new:
            return {**said, **self.means.variables(self.after.qualified_arn)}
        new: dict[str, ToldValue | int | bool] = {
            ATTACHED_VARIABLE: True,
            ARN_VARIABLE: NEW,
            RELEASE_VARIABLE: NEW,
        }
        return {**said, **new, **self.means.variables(NEW)}

    @property
    def folder(self) -> str:
        """The folder in which to run `terraform apply`."""
        return str(PurePath(self.file).parent)

    def tfvars(self, qualified_arn: str | None) -> Tfvars:
        """The values to write, once the version is known."""
        if not self.new or qualified_arn is None:
            return self.after
        number = int(qualified_arn.rpartition(":")[2])
        return replace(self.after, qualified_arn=qualified_arn, release=number)


def partly_attached(
    environment: Environment, snapshot: Snapshot, function_arn: str, slot: str
) -> Iterator[Finding]:
    """A warning for each distribution whose behaviors differ although Terraform owns the triggers.

    An apply changes a distribution in one update. So when a behavior stays behind the others, its block in
    Terraform does not use the variable.
    """
    for distribution in snapshot.distributions:
        by_version = _by_version(environment, distribution, function_arn, slot)
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
            f"{distribution.name} has release {newest} on {len(has)} of {count} behaviors, and {behind}",
            advise(
                "Where `terraform apply` does not change that, these behaviors lack the association in"
                " Terraform: `",
                CommandLine("terraform", environment.name, "--snippet"),
                "` prints it. To leave a behavior alone for good, name it in exclude of"
                f" environments.{environment.name}.",
            ),
            distribution.id,
        )


def _by_version(
    environment: Environment, distribution: Distribution, function_arn: str, slot: str
) -> dict[int | None, list[str]]:
    """Release → the behaviors that carry it; None: the behaviors without a function."""
    found: dict[int | None, list[str]] = {}
    for behavior in distribution.behaviors:
        trigger = behavior.at(slot)
        version = None if trigger is None else trigger.version
        ours = version is not None and version.function_arn == function_arn
        if behavior.path not in environment.exclude and (ours or trigger is None):
            found.setdefault(None if version is None else version.version, []).append(behavior.path)
    return found


def attaches(distribution: DistributionPlan) -> bool:
    """Whether a trigger of the distribution has to change."""
    return any(row.action in WRITES for row in distribution.behaviors)
