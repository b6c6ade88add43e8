"""Which environment a command is about, and what chose it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edgerollout.errors import UsageError
from edgerollout.policy.wording import did_you_mean, printable, there_are

if TYPE_CHECKING:
    from edgerollout.config.project import Project
    from edgerollout.release.facts.environment import Environment

VARIABLE = "EDGEROLLOUT_ENV"


@dataclass(frozen=True)
class ChosenEnvironment:
    """An environment and what chose it: -e, the variable, `default`, or being the only one.

    Commands that act on a `confirm` environment accept the flag only: a variable set in some
    shell long ago is not a decision to touch production.
    """

    environment: Environment
    source: Literal["flag", "variable", "default", "only"]

    @property
    def by_flag(self) -> bool:
        return self.source == "flag"


def choose_environment(project: Project, flag: str | None, variable: str | None) -> ChosenEnvironment:
    """The environment named by -e, else by EDGEROLLOUT_ENV, else the only or the `default` one.

    An empty variable counts as unset. Raises UsageError when the name is unknown or none was given.
    """
    if flag is not None:
        return ChosenEnvironment(_named(project, flag, "-e"), "flag")
    if variable:
        return ChosenEnvironment(_named(project, variable, VARIABLE), "variable")
    if len(project.environments) == 1:
        return ChosenEnvironment(next(iter(project.environments.values())), "only")
    if project.default is not None:
        return ChosenEnvironment(project.environments[project.default], "default")
    raise UsageError("no environment chosen", hint=f"name one with -e: {', '.join(project.environments)}")


def _named(project: Project, name: str, said_by: str) -> Environment:
    known = tuple(project.environments)
    if name in project.environments:
        return project.environments[name]
    nearest = did_you_mean(name, known)
    there = there_are(known)
    raise UsageError(
        f'there is no environment "{printable(name)}" ({said_by})',
        hint=there if nearest is None else f"{nearest} {there}",
    )
