"""The variables that give a release to Terraform: edgerollout.auto.tfvars.json sets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine
from edgerollout.release.delivery.response_headers_policy import VARIABLE as POLICY_VARIABLE
from edgerollout.release.delivery.response_headers_policy import VARIANTS as VARIANTS_VARIABLE
from edgerollout.release.facts.tfvars import (
    ARN_VARIABLE,
    ATTACHED_VARIABLE,
    COMMAND_VARIABLE,
    FILE,
    RELEASE_VARIABLE,
    STAGE_VARIABLE,
)
from edgerollout.terraform.hcl import Block, Expression

if TYPE_CHECKING:
    from edgerollout.advice import Spell
    from edgerollout.terraform.hcl import Value

ATTACHED_ARN = f"var.{ATTACHED_VARIABLE} ? coalesce(var.{ARN_VARIABLE}) : null"
"""The version to attach; null for none. Terraform fails if one should be attached and none is named."""

VARIANTS_OF_RELEASE = f"var.{VARIANTS_VARIABLE}"

ATTACHED_POLICY = f"var.{ATTACHED_VARIABLE} ? coalesce(var.{POLICY_VARIABLE}) : null"
"""The same for a response headers policy, by its id."""


ATTACHED_VARIANT = f"var.{ATTACHED_VARIABLE} ? {VARIANTS_OF_RELEASE}[OWN] : OWN"
"""The same where a behavior has a policy of the site's own, by its id `OWN`, which comes back."""


def release_variables(environment: str, spell: Spell, *, by_policy: bool) -> tuple[Block, ...]:
    """The declarations of the variables. Without the file Terraform fails, and says how to write it again.

    The commands leave the triggers to Terraform, even if the configuration says otherwise. `by_policy`:
    releases are response headers policies.
    """
    what = "response headers policy" if by_policy else "function"
    policy = _variable(
        POLICY_VARIABLE, "string", "The response headers policy of the release, by its id; null for none."
    )
    version = (
        "The version that stores the release, by its ARN with the number; null for none."
        if by_policy
        else "The version to attach to the behaviors, by its ARN with the number; null for none."
    )
    publish = spell(CommandLine("publish", environment, "--no-swap"))
    detach = spell(CommandLine("detach", environment, "--no-swap"))
    return (
        Block(
            "variable",
            (ATTACHED_VARIABLE,),
            (
                {
                    "description": "Whether a release is attached to the behaviors; false removes the"
                    f" {what} from all of them.",
                    "type": Expression("bool"),
                    "default": Expression("null"),
                },
            ),
            (
                Block(
                    "validation",
                    groups=(
                        {
                            "condition": Expression(f"var.{ATTACHED_VARIABLE} != null"),
                            "error_message": f"{FILE} is not in this folder, or does not set"
                            f" {ATTACHED_VARIABLE}. Restore it, or write it again:"
                            f" {publish}. To remove the {what} from every behavior"
                            f" on purpose: {detach}, or"
                            f" {ATTACHED_VARIABLE} = false.",
                        },
                    ),
                ),
            ),
        ),
        _variable(ARN_VARIABLE, "string", version),
        *((policy, _variants()) if by_policy else ()),
        _variable(RELEASE_VARIABLE, "number", "The release that this version is; null for none."),
        _variable(STAGE_VARIABLE, "string", "The stage of its policy: report-only or enforced."),
        _variable(
            COMMAND_VARIABLE, "string", "The command that wrote this: publish, promote, rollback or detach."
        ),
    )


def _variants() -> Block:
    says: dict[str, Value | None] = {
        "description": "For each policy of your own on a behavior, by its id: the release's policy that says"
        " what it says, too.",
        "type": Expression("map(string)"),
        "default": {},
    }
    return Block("variable", (VARIANTS_VARIABLE,), (says,))


def _variable(name: str, kind: str, description: str) -> Block:
    return Block(
        "variable",
        (name,),
        ({"description": description, "type": Expression(kind), "default": Expression("null")},),
    )
