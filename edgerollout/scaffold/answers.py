"""What init needs before it can write: the environments, the runtime, the pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from edgerollout.release.facts.environment import DistributionSelector

Runtime = Literal["python3.13", "nodejs22.x"]
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)

Pipeline = Literal["github", "none"]
PIPELINES: tuple[Pipeline, ...] = get_args(Pipeline)

STAGES = ("testing", "staging", "production")
"""The environments of a usual project, in the order of promotion."""

EVENT: Literal["origin-response"] = "origin-response"
"""The event of a new project: error pages get the headers, too."""

_VISITED_BY_THE_PUBLIC = frozenset({"production", "prod", "live"})


@dataclass(frozen=True)
class EnvironmentAnswers:
    """One environment: its account (12 digits), its distributions, its pages. `urls` may be empty."""

    name: str
    account: str
    distributions: tuple[DistributionSelector, ...]
    urls: tuple[str, ...] = ()

    @property
    def public(self) -> bool:
        """Whether the name means that it has visitors: such an environment needs its name typed."""
        return self.name.lower() in _VISITED_BY_THE_PUBLIC


@dataclass(frozen=True)
class InitAnswers:
    """All answers. Policies are promoted through `environments` in their order."""

    environments: tuple[EnvironmentAnswers, ...]
    runtime: Runtime = "python3.13"
    pipeline: Pipeline = "github"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(environment.name for environment in self.environments)

    @property
    def handler(self) -> str:
        """The handler's folder, relative to the project's root."""
        return "handler/python" if self.runtime.startswith("python") else "handler/nodejs"

    def asks(self, environment: EnvironmentAnswers) -> bool:
        """Whether the environment needs a confirmation: the last of several, or a public one."""
        last = len(self.environments) > 1 and environment == self.environments[-1]
        return last or environment.public


def function_name(environment: str) -> str:
    """The name of an environment's Lambda function in a new project."""
    return f"security-headers-{environment}"
