"""The variables that tell Terraform about a release: attached or not, version, number, stage, command. Pure.

Where Terraform owns the triggers, they also record what is intended. Terraform changes a distribution for
many reasons, so a change after the publishing does not mean a rollback there.
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
"""The default name of the file. Terraform reads every file whose name ends with `.auto.tfvars.json`."""

ATTACHED_VARIABLE = "edgerollout_attached"
ARN_VARIABLE = "edgerollout_function_qualified_arn"
RELEASE_VARIABLE = "edgerollout_release"
STAGE_VARIABLE = "edgerollout_stage"
COMMAND_VARIABLE = "edgerollout_command"


class TellingCommand(enum.StrEnum):
    """The command that wrote the variables."""

    PUBLISH = "publish"
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    DETACH = "detach"


@dataclass(frozen=True)
class Tfvars:
    """The values in the tfvars. Without `qualified_arn` no release is to be attached.

    `stage` is None, too, for a release without a CSP. `command` is None where an earlier version, or no
    command of ours, wrote the file. It does not change what Terraform does, so it is not compared. `explicit`
    is False for a file of an earlier version, which does not say whether a release is attached.
    """

    qualified_arn: str | None = None
    release: int | None = None
    stage: Stage | None = None
    command: TellingCommand | None = field(default=None, compare=False)
    explicit: bool = True

    @classmethod
    def parse(cls, variables: Mapping[str, object]) -> Tfvars | None:
        """Our variables among those of a file; None where it has none of them.

        Raises ValueError for values that we do not write.
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
        """The content of the file: our variables, and the other variables that were in it."""
        return json.dumps({**(others or {}), **self.variables()}, indent=2) + "\n"
