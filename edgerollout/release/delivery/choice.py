"""The means and the carrier of an environment: only this module asks the configuration for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.release.delivery.direct import Direct
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.response_headers_policy import ResponseHeadersPolicies
from edgerollout.release.delivery.terraform import Terraform
from edgerollout.release.facts.arn import function_arn
from edgerollout.release.facts.environment import AUTO, LAMBDA_EDGE, RESPONSE_HEADERS_POLICY
from edgerollout.release.facts.headers_policies import own_policies
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.tfvars import FILE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.release.delivery.carrier import Carrier
    from edgerollout.release.delivery.means import Means
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.headers_policies import CarriedPolicy, StandingPolicy
    from edgerollout.release.facts.snapshot import Distribution, Function


def means_of(
    environment: Environment,
    policies: Iterable[StandingPolicy] = (),
    carried: tuple[CarriedPolicy, ...] = (),
) -> Means:
    """The means by which its releases reach visitors.

    `policies`: the account's own response headers policies; `carried`: those of others whose content goes
    along.

    Raises KeyError for an unknown name of a means.
    """
    if environment.deliver not in {LAMBDA_EDGE, RESPONSE_HEADERS_POLICY}:
        raise KeyError(environment.deliver)
    function = environment.function.name
    ids = {key: own_policy.id for key, own_policy in own_policies(policies, function).items()}
    by_policy = ResponseHeadersPolicies(
        function_arn(environment.account, function), ids, carried, told=environment.triggers == "terraform"
    )
    if environment.deliver == LAMBDA_EDGE:
        return LambdaEdge(environment.function.event, by_policy if ids else None)
    return by_policy


def as_delivered(environment: Environment, function: Function | None, release: int | None) -> Environment:
    """The environment with the means by which a release went, whatever the configuration says by now."""
    version = None if function is None or release is None else function.version(release)
    line = None if version is None else LedgerLine.parse(version.description)
    return environment if line is None else replace(environment, deliver=line.deliver)


def knows_policies(
    environment: Environment, function: Function | None, distributions: Iterable[Distribution]
) -> bool:
    """Whether the account's response headers policies have to be known to see what of ours stands where.

    By the function's ledger, and by whether there is a policy at all: who never had releases by policies
    needs no right to list them.
    """
    if needs_policies(environment):
        return True
    return went_by_policy(function) and any(
        behavior.response_headers_policy
        for distribution in distributions
        for behavior in distribution.behaviors
    )


def went_by_policy(function: Function | None) -> bool:
    """Whether a release of the function, live or not, is a response headers policy."""
    lines = () if function is None else (LedgerLine.parse(item.description) for item in function.versions)
    return any(line is not None and line.deliver == RESPONSE_HEADERS_POLICY for line in lines)


def needs_policies(environment: Environment) -> bool:
    """Whether its means has to know the account's response headers policies."""
    return environment.deliver == RESPONSE_HEADERS_POLICY


def may_need_policies(environment: Environment) -> bool:
    """Whether it needs rights on them: where the means is decided by values, it may come to that."""
    return environment.deliver in (RESPONSE_HEADERS_POLICY, AUTO)


def carrier_of(environment: Environment) -> Carrier:
    """Who changes its distributions."""
    if environment.triggers == "terraform":
        return Terraform(environment.tfvars or Path(FILE))
    return Direct()
