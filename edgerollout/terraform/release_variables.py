"""The three variables by which a release reaches Terraform: edgerollout.auto.tfvars.json sets them."""

from __future__ import annotations

from edgerollout.release.tfvars import ARN_VARIABLE, RELEASE_VARIABLE, STAGE_VARIABLE
from edgerollout.terraform.hcl import Block, Expression

FILE = "edgerollout.auto.tfvars.json"


def release_variables() -> tuple[Block, ...]:
    """Their declarations. Without a release they are null, and nothing is attached."""
    return (
        _variable(
            ARN_VARIABLE,
            "string",
            "The version to attach to the behaviors, by its ARN with the number; null for none.",
        ),
        _variable(RELEASE_VARIABLE, "number", "The release that this version is; null for none."),
        _variable(STAGE_VARIABLE, "string", "The stage of its policy: report-only or enforced."),
    )


def _variable(name: str, kind: str, description: str) -> Block:
    return Block(
        "variable",
        (name,),
        ({"description": description, "type": Expression(kind), "default": Expression("null")},),
    )
