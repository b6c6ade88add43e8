"""The configuration folder: both files read and checked together, all problems reported at once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.config.environments import (
    DISTRIBUTION_KEYS,
    ENVIRONMENT_KEYS,
    GATES_KEYS,
    TOP_KEYS,
    Environments,
    read_environments,
)
from edgerollout.config.function import FUNCTION_KEYS
from edgerollout.config.lint_settings import IGNORE_KEYS, LINT_KEYS, Ignore, read_ignores
from edgerollout.config.policy_file import read_policy
from edgerollout.config.section import Section
from edgerollout.config.toml_file import TomlFile
from edgerollout.config.tour_settings import TOUR_KEYS, TourSettings, read_tour_settings
from edgerollout.errors import ConfigError, Place, Problem
from edgerollout.policy.refusals import PolicyProblem, check_environments, check_policy
from edgerollout.policy.severity import Severity

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from edgerollout.config.locate import TomlPath
    from edgerollout.policy.policy import EnvironmentPolicy, Policy
    from edgerollout.release.facts.environment import Environment

SETTINGS_FILE = "edgerollout.toml"
POLICY_FILE = "policy.toml"

WITHOUT_FILES = advise("`", CommandLine("init"), "` makes a new project; -C DIR names another folder")
"""What to do if a file is missing."""


SETTINGS_KEYS = frozenset(
    (
        *TOP_KEYS,
        *FUNCTION_KEYS,
        *ENVIRONMENT_KEYS,
        *DISTRIBUTION_KEYS,
        *GATES_KEYS,
        *LINT_KEYS,
        *IGNORE_KEYS,
        *TOUR_KEYS,
    )
)
"""Every key of edgerollout.toml, in any table."""


@dataclass(frozen=True)
class Project:
    """The content of the configuration folder. `root` is its parent, where handler paths start.

    `files` are the files read; `warnings` do not stop a publish, the user should see them; `ignores` are the
    lint findings to ignore, `tour` settings for every tour.
    """

    root: Path
    directory: Path
    environments: Mapping[str, Environment]
    default: str | None
    policy: Policy
    files: tuple[Path, ...]
    rules: TomlFile
    warnings: tuple[Problem, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    tour: TourSettings = field(default_factory=TourSettings)

    def policy_of(self, environment: Environment) -> EnvironmentPolicy:
        """The policy of one of the project's environments."""
        return self.policy.for_environment(environment.name)

    def place_in_policy(self, path: TomlPath) -> Place:
        """The place of `path` in policy.toml, or of its nearest parent."""
        return self.rules.place(path)


def load(directory: Path, today: dt.date | None = None) -> Project:
    """Read the configuration in `directory`; with `today`, runtimes near their end get a warning.

    Raises ConfigError with every problem of both files when there is any.
    """
    files = (directory / SETTINGS_FILE, directory / POLICY_FILE)
    root = root_of(directory)
    settings, rules = TomlFile.read(files[0], SETTINGS_KEYS), TomlFile.read(files[1])
    problems: list[Problem] = []
    environments: Environments | None = None
    ignores: tuple[Ignore, ...] = ()
    tour = TourSettings()
    if isinstance(settings, TomlFile):
        top = Section.top(settings)
        environments = read_environments(top, root, today)
        ignores = read_ignores(top)
        tour = read_tour_settings(top)
        problems += settings.problems
    else:
        problems.append(settings)
    if not isinstance(rules, TomlFile):
        raise _config_error((*problems, rules), files)
    policy = read_policy(Section.top(rules), None if environments is None else environments.names)
    _note_policy(rules, policy, environments)
    problems += rules.problems
    if problems or environments is None or not isinstance(settings, TomlFile):
        raise _config_error(tuple(problems), files)
    return Project(
        root=root,
        directory=directory,
        environments=environments.by_name,
        default=environments.default,
        policy=policy,
        files=files,
        rules=rules,
        warnings=(*settings.warnings, *rules.warnings),
        ignores=ignores,
        tour=tour,
    )


def _note_policy(file: TomlFile, policy: Policy, environments: Environments | None) -> None:
    """Give the policy's own problems and warnings their places."""
    by_name = {} if environments is None else environments.by_name
    events = {name: environment.function.event for name, environment in by_name.items()}
    _place(file, check_policy(policy, events))
    if not file.problems:
        _place(file, check_environments(policy, events))


def _place(file: TomlFile, problems: Iterable[PolicyProblem]) -> None:
    for problem in problems:
        note = file.note if problem.severity is Severity.ERROR else file.warn
        note(problem.path, problem.message, problem.suggestion, "value" if problem.of_value else "key")


def root_of(directory: Path) -> Path:
    """The project's root: the folder above its configuration, which may be empty.

    Raises ConfigError if the current folder was removed.
    """
    try:
        return directory.resolve().parent
    except OSError as error:
        problem = Problem(Place(str(directory)), f"cannot be found: {error.strerror or error}")
        raise ConfigError((problem,), hint="Does the folder you are in still exist?") from error


def _config_error(problems: tuple[Problem, ...], files: tuple[Path, ...]) -> ConfigError:
    missing = any(not os.path.lexists(file) for file in files)
    return ConfigError(problems, hint=WITHOUT_FILES if missing else None)
