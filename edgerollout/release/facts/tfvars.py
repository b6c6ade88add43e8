"""What Terraform is told of a release, in variables: attached or not, version, number, stage, command. Pure.

They are also the record of what is intended where Terraform owns the triggers: it changes a distribution
for reasons of its own, so that there a change after the publishing says nothing about a rollback.
"""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.policy.stage import Stage
from edgerollout.release.facts.arn import VersionArn

if TYPE_CHECKING:
    from collections.abc import Mapping


FILE = "edgerollout.auto.tfvars.json"
"""Its name where nobody gave it another one. Terraform reads every file that ends so."""

ATTACHED_VARIABLE = "edgerollout_attached"
ARN_VARIABLE = "edgerollout_function_qualified_arn"
RELEASE_VARIABLE = "edgerollout_release"
STAGE_VARIABLE = "edgerollout_stage"
COMMAND_VARIABLE = "edgerollout_command"


class TellingCommand(enum.StrEnum):
    """The command that told Terraform."""

    PUBLISH = "publish"
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    DETACH = "detach"


@dataclass(frozen=True)
class Tfvars:
    """What the tfvars say. Without `qualified_arn` nothing of ours is to be attached.

    `stage` is None as well for a release without a CSP. `command` is None where no command of ours wrote
    the file, or an earlier version did; it says why Terraform is told, not what, so it is not compared.
    `explicit` is False for a file of an earlier version, which does not say whether a release is attached.
    """

    qualified_arn: str | None = None
    release: int | None = None
    stage: Stage | None = None
    command: TellingCommand | None = field(default=None, compare=False)
    explicit: bool = True

    @classmethod
    def parse(cls, variables: Mapping[str, object]) -> Tfvars | None:
        """Our variables among those of a file; None where they are not there.

        Raises ValueError for values that are not ours.
        """
        if ATTACHED_VARIABLE not in variables and ARN_VARIABLE not in variables:
            return None
        explicit = ATTACHED_VARIABLE in variables
        attached = variables.get(ATTACHED_VARIABLE, variables.get(ARN_VARIABLE) is not None)
        if not isinstance(attached, bool):
            raise ValueError(f"{ATTACHED_VARIABLE} is neither true nor false")
        said = variables.get(COMMAND_VARIABLE)
        command = None if said is None else TellingCommand(str(said))
        arn, release, stage = (
            variables.get(name) for name in (ARN_VARIABLE, RELEASE_VARIABLE, STAGE_VARIABLE)
        )
        if not attached and (explicit or release is None):
            # `false` removes the function, whatever version is named.
            return cls(command=command, explicit=explicit)
        version = VersionArn.parse(arn) if isinstance(arn, str) else None
        if version is None:
            raise ValueError(f"{ARN_VARIABLE} is not the ARN of a numbered version")
        if release != version.version:
            raise ValueError(f"{RELEASE_VARIABLE} is not the version that {ARN_VARIABLE} names")
        return cls(
            str(version),
            version.version,
            None if stage is None else Stage(str(stage)),
            command,
            explicit,
        )

    def variables(self) -> dict[str, str | int | bool | None]:
        """The variables of the file, by name."""
        return {
            ATTACHED_VARIABLE: self.qualified_arn is not None,
            ARN_VARIABLE: self.qualified_arn,
            RELEASE_VARIABLE: self.release,
            STAGE_VARIABLE: None if self.stage is None else self.stage.value,
            COMMAND_VARIABLE: None if self.command is None else self.command.value,
        }

    def text(self, others: Mapping[str, object] | None = None) -> str:
        """The file: our variables, and those of somebody else's that were in it."""
        return json.dumps({**(others or {}), **self.variables()}, indent=2) + "\n"
