"""Which means and which carrier an environment has: the one place that asks its configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.release.delivery.direct import Direct
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.terraform import Terraform
from edgerollout.release.facts.tfvars import FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.release.delivery.carrier import Carrier
    from edgerollout.release.delivery.means import Means
    from edgerollout.release.facts.environment import Environment

MEANS: dict[str, Callable[[Environment], Means]] = {
    "lambda-edge": lambda environment: LambdaEdge(environment.function.event)
}
"""Each means by the name that `deliver` gives it."""


def means_of(environment: Environment) -> Means:
    """By what its releases reach visitors. Raises KeyError for a name that is none."""
    return MEANS[environment.deliver](environment)


def carrier_of(environment: Environment) -> Carrier:
    """Who changes its distributions."""
    if environment.triggers == "terraform":
        return Terraform(environment.tfvars or Path(FILE))
    return Direct()
