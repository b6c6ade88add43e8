"""What init has to know before it can write anything: the environments, the runtime, the pipeline."""

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
"""The environments of a whole train, in the order in which policies travel."""

EVENT: Literal["origin-response"] = "origin-response"
"""What a new project begins with: error pages get the headers too."""

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
        """Whether the name says that visitors are there: such an environment wants its name typed."""
        return self.name.lower() in _VISITED_BY_THE_PUBLIC


@dataclass(frozen=True)
class InitAnswers:
    """All of it. Policies travel through `environments` in their order."""

    environments: tuple[EnvironmentAnswers, ...]
    runtime: Runtime = "python3.13"
    pipeline: Pipeline = "github"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(environment.name for environment in self.environments)

    @property
    def handler(self) -> str:
        """The handler's folder, seen from the project's root."""
        return "handler/python" if self.runtime.startswith("python") else "handler/nodejs"

    def asks(self, environment: EnvironmentAnswers) -> bool:
        """Whether the environment wants to be confirmed: the last of several, or a public one."""
        last = len(self.environments) > 1 and environment == self.environments[-1]
        return last or environment.public


def function_name(environment: str) -> str:
    """The Lambda function that a new project gives an environment."""
    return f"security-headers-{environment}"
