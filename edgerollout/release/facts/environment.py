"""An environment as planning needs it: its account, function and distributions, and its settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.policy.header_rules import ResponseEvent
    from edgerollout.release.facts.means_advice import MeansAdvice

OnFailure = Literal["rollback", "stop"]
"""What a run does when the live headers turn out wrong."""


TriggerOwner = Literal["edgerollout", "terraform"]
"""Who changes the triggers of the distributions."""

LAMBDA_EDGE = "lambda-edge"
RESPONSE_HEADERS_POLICY = "response-headers-policy"
AUTO = "auto"
"""The means by which releases reach visitors: the values of `deliver`. `auto` is decided before anything is
planned."""


@dataclass(frozen=True)
class FunctionSettings:
    """The Lambda function of an environment. Names have `{environment}` already filled in.

    `handler` is the absolute path of the folder with the handler's source, `memory` is in MB and
    `timeout` in seconds.
    """

    name: str
    runtime: str
    handler: Path
    role: str
    event: ResponseEvent = "origin-response"
    entry: str = "index.handler"
    memory: int = 128
    timeout: int = 3


@dataclass(frozen=True)
class DistributionSelector:
    """One distribution, by id or by one of its aliases; exactly one of the two is given."""

    id: str | None = None
    alias: str | None = None

    def __str__(self) -> str:
        return self.id or self.alias or "(no distribution)"


@dataclass(frozen=True)
class Gates:
    """What must hold before a report-only policy may be enforced."""

    soak: timedelta = timedelta(0)
    tour: bool = True
    evidence_max_age: timedelta = timedelta(days=1)


@dataclass(frozen=True)
class Environment:
    """One [environments.NAME] table.

    `urls` are the pages that verify and tour look at; `exclude` are path patterns that edgerollout leaves
    alone. `profile` and `role_arn` say how to reach the account. With `confirm` the user must type the
    environment's name. Where Terraform owns the `triggers`, `tfvars` is the file that tells it what to
    attach.
    """

    name: str
    account: str
    function: FunctionSettings
    distributions: tuple[DistributionSelector, ...]
    urls: tuple[str, ...] = ()
    after: str | None = None
    confirm: bool = False
    exclude: tuple[str, ...] = ()
    profile: str | None = None
    role_arn: str | None = None
    gates: Gates = field(default_factory=Gates)
    invalidate: tuple[str, ...] = ("/*",)
    on_failure: OnFailure = "rollback"
    triggers: TriggerOwner = "edgerollout"
    tfvars: Path | None = None
    deliver: str = LAMBDA_EDGE
    """The means by which its releases reach visitors."""
    deliver_named: bool = False
    """Whether the configuration says `deliver`."""
    advice: MeansAdvice | None = None
    """Why it is this means, and what the other one would be. Set where that was asked for."""
