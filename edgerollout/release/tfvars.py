"""What Terraform is told of a release, in three variables: version, number, stage. Pure.

They are also the record of what is intended where Terraform owns the triggers: it changes a distribution
for reasons of its own, so that there a change after the publishing says nothing about a rollback.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.release.arn import VersionArn
from edgerollout.release.model import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.release.plan import LiveRelease
    from edgerollout.release.snapshot import Snapshot

ARN_VARIABLE = "edgerollout_function_qualified_arn"
RELEASE_VARIABLE = "edgerollout_release"
STAGE_VARIABLE = "edgerollout_stage"


@dataclass(frozen=True)
class Tfvars:
    """What the tfvars say. All None: nothing of ours is to be attached.

    `stage` is None as well for a release without a CSP.
    """

    qualified_arn: str | None = None
    release: int | None = None
    stage: Stage | None = None

    @classmethod
    def parse(cls, variables: Mapping[str, object]) -> Tfvars | None:
        """Our variables among those of a file; None where they are not there.

        Raises ValueError for values that are not ours.
        """
        if ARN_VARIABLE not in variables:
            return None
        arn, release, stage = (
            variables.get(name) for name in (ARN_VARIABLE, RELEASE_VARIABLE, STAGE_VARIABLE)
        )
        version = VersionArn.parse(arn) if isinstance(arn, str) else None
        if arn is not None and version is None:
            raise ValueError(f"{ARN_VARIABLE} is no ARN of a numbered version")
        if release != (None if version is None else version.version):
            raise ValueError(f"{RELEASE_VARIABLE} is not the version that {ARN_VARIABLE} names")
        return cls(
            None if version is None else str(version),
            None if version is None else version.version,
            None if stage is None else Stage(str(stage)),
        )

    def variables(self) -> dict[str, str | int | None]:
        """The variables of the file, by name."""
        return {
            ARN_VARIABLE: self.qualified_arn,
            RELEASE_VARIABLE: self.release,
            STAGE_VARIABLE: None if self.stage is None else self.stage.value,
        }

    def text(self, others: Mapping[str, object] | None = None) -> str:
        """The file: our variables, and those of somebody else's that were in it."""
        return json.dumps({**(others or {}), **self.variables()}, indent=2) + "\n"


def handed_over(snapshot: Snapshot) -> int | None:
    """The release of the environment's function that the tfvars name; None where there are none."""
    tfvars, function = snapshot.tfvars, snapshot.function
    if tfvars is None or tfvars.qualified_arn is None or function is None:
        return None
    return tfvars.release if tfvars.qualified_arn.rpartition(":")[0] == function.arn else None


def pending(snapshot: Snapshot, live: LiveRelease | None) -> int | None:
    """The release that was handed over and not applied yet: newer than what is live. None: there is none."""
    handed = handed_over(snapshot)
    return handed if handed is not None and (live is None or handed > live.number) else None
