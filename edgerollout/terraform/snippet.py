"""The text for a distribution that is already in Terraform, for either owner of the triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR
from edgerollout.terraform.hcl import Block, Expression, document
from edgerollout.terraform.modules import HANDS_OFF
from edgerollout.terraform.ownership import WhoAttaches
from edgerollout.terraform.release_variables import (
    ATTACHED_ARN,
    ATTACHED_POLICY,
    ATTACHED_VARIANT,
    release_variables,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.advice import Spell

_INTO_THE_RESOURCE = """\
# Into the aws_cloudfront_distribution resource. edgerollout attaches the function, so no behavior has a
# lambda_function_association of it.
"""
_INTO_THE_RESOURCE_BY_POLICY = """\
# Into the aws_cloudfront_distribution resource. edgerollout attaches the response headers policy, so no
# behavior has a response_headers_policy_id of it.
"""


def snippet(
    owner: WhoAttaches,
    spell: Spell,
    *,
    environment: str,
    event: str | None,
    exclude: Sequence[str] = (),
) -> str:
    """The text to put into an `aws_cloudfront_distribution` resource and next to it.

    `event` is where the function runs; None: releases are response headers policies.
    """
    match owner:
        case WhoAttaches.TERRAFORM:
            return _association(environment, event, exclude, spell)
        case WhoAttaches.EDGEROLLOUT:
            hands_off = "\n".join(line.removeprefix("  ") for line in HANDS_OFF.splitlines())
            heading = _INTO_THE_RESOURCE_BY_POLICY if event is None else _INTO_THE_RESOURCE
            return f"{heading}\n{hands_off}\n"
        case _:
            assert_never(owner)


def _association(environment: str, event: str | None, exclude: Sequence[str], spell: Spell) -> str:
    where = "default_cache_behavior and into every ordered_cache_behavior"
    ordered = [path for path in exclude if path != DEFAULT_BEHAVIOR]
    if DEFAULT_BEHAVIOR in exclude:
        where = "every ordered_cache_behavior, not into default_cache_behavior"
    if ordered:
        where += f"; not into that of {', '.join(ordered)}"
    about = (
        "edgerollout writes the values of these variables into edgerollout.auto.tfvars.json next to them;\n"
    )
    variables = release_variables(environment, spell, by_policy=event is None)
    if event is None:
        attribute = (
            f"# Into {where}:\n# response_headers_policy_id = {ATTACHED_POLICY}\n"
            "# Where a behavior has a policy of your own, OWN being its id, instead:\n"
            f"# response_headers_policy_id = {ATTACHED_VARIANT}\n\n"
        )
        return attribute + document(variables, f"{about}terraform apply attaches the policy.")
    association = Block(
        "dynamic",
        ("lambda_function_association",),
        ({"for_each": Expression(f"({ATTACHED_ARN})[*]")},),
        (
            Block(
                "content",
                groups=(
                    {
                        "event_type": event,
                        "lambda_arn": Expression("lambda_function_association.value"),
                        "include_body": False,
                    },
                ),
            ),
        ),
        comment=f"Into {where}.",
    )
    return document(
        (association, *variables),
        f"{about}terraform apply attaches the version.",
    )
