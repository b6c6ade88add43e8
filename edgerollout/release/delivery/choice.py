"""Which means and which carrier an environment has: the one place that asks its configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.release.delivery.direct import Direct
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.response_headers_policy import ResponseHeadersPolicies
from edgerollout.release.delivery.terraform import Terraform
from edgerollout.release.facts.arn import function_arn
from edgerollout.release.facts.environment import LAMBDA_EDGE, RESPONSE_HEADERS_POLICY
from edgerollout.release.facts.headers_policies import own_policies
from edgerollout.release.facts.tfvars import FILE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.release.delivery.carrier import Carrier
    from edgerollout.release.delivery.means import Means
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.headers_policies import StandingPolicy


def means_of(environment: Environment, policies: Iterable[StandingPolicy] = ()) -> Means:
    """By what its releases reach visitors. `policies`: the account's own response headers policies.

    Raises KeyError for a name that no means has.
    """
    if environment.deliver == LAMBDA_EDGE:
        return LambdaEdge(environment.function.event)
    if environment.deliver != RESPONSE_HEADERS_POLICY:
        raise KeyError(environment.deliver)
    function = environment.function.name
    ids = {number: own_policy.id for number, own_policy in own_policies(policies, function).items()}
    return ResponseHeadersPolicies(function_arn(environment.account, function), ids)


def needs_policies(environment: Environment) -> bool:
    """Whether its means has to know the account's response headers policies."""
    return environment.deliver == RESPONSE_HEADERS_POLICY


def carrier_of(environment: Environment) -> Carrier:
    """Who changes its distributions."""
    if environment.triggers == "terraform":
        return Terraform(environment.tfvars or Path(FILE))
    return Direct()
