"""`init --add`: adds an environment to an existing project, and keeps every line of the project."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine
from edgerollout.cli.asking import asker_of
from edgerollout.cli.init_answers import InitFlags, Interview, answers_of, sure_host
from edgerollout.config.discovery import CONFIG, find_config, no_project
from edgerollout.config.environments import is_environment_name
from edgerollout.config.project import POLICY_FILE, SETTINGS_FILE
from edgerollout.errors import UsageError
from edgerollout.policy.severity import Severity
from edgerollout.policy.wording import printable
from edgerollout.release.facts.finding import Finding
from edgerollout.scaffold.files import WORKFLOW_FILE
from edgerollout.scaffold.settings_text import environment_text
from edgerollout.scaffold.workflow_text import with_environment
from edgerollout.scaffold.writing import present, write_all
from edgerollout.views.init_report import InitReport

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.config import Project
    from edgerollout.scaffold.answers import EnvironmentAnswers

_BESIDE = ("aliases", "distributions", "accounts", "urls")
"""The flags that may describe the new environment."""


def add_environment(invocation: Invocation, folder: Path, flags: InitFlags, name: str) -> InitReport:
    """Write the environment to edgerollout.toml and the workflow, after the existing ones.

    Raises UsageError, ConfigError and Interrupted; then nothing is written.
    """
    if flags != InitFlags(**{item: getattr(flags, item) for item in _BESIDE}):
        raise UsageError(
            "--add works only with --alias, --distribution, --account and --url",
            hint="To make a new project, leave --add out.",
        )
    config = _config_of(invocation, folder)
    project = _load(config)
    if not is_environment_name(name):
        raise UsageError(
            f"--add {printable(name)}: not an environment's name",
            hint="Letters, digits, - and _, at most 32.",
        )
    if name in project.environments:
        raise UsageError(f"--add {name}: {config / SETTINGS_FILE} has it already", hint="Take another name.")
    answers = _ask(invocation, flags, project, name)
    known = tuple(project.environments)
    settings = config / SETTINGS_FILE
    wanted = {settings: _appended(present(settings) or b"", environment_text(answers, after=known[-1]))}
    _check(config, wanted[settings])
    root = config.parent
    workflow, findings = root / WORKFLOW_FILE, []
    there = present(workflow)
    if there is not None:
        extended = with_environment(there.decode("utf-8", "replace"), known, name, config=_option(invocation))
        if extended is None:
            findings.append(_not_extended(workflow))
        else:
            wanted[workflow] = extended.encode()
            findings.append(_by_hand(name))
    if (asker := asker_of(invocation)) is not None:
        asker.agree_to_write([str(path) for path in wanted])
    write_all(wanted)
    # At a terminal both commands offer to make role and function.
    create = () if invocation.streams.stdin_is_terminal else ("--create",)
    return InitReport(
        environments=(name,),
        policy=None,
        surveys=(),
        findings=tuple(findings),
        files=tuple((str(path), "extended") for path in wanted),
        next=(
            invocation.spell(CommandLine("doctor", name)),
            invocation.spell(CommandLine("plan", name, *create)),
            invocation.spell(CommandLine("publish", name, *create)),
        ),
    )


def _config_of(invocation: Invocation, folder: Path) -> Path:
    said = invocation.options.config
    if said is not None:
        return folder / said
    if os.path.lexists(folder / CONFIG / SETTINGS_FILE):
        return folder / CONFIG
    found = find_config(folder)
    if found is None:
        raise no_project()
    return found


def _option(invocation: Invocation) -> str:
    """The configuration folder as the workflow names it."""
    said = invocation.options.config
    return str(CONFIG) if said is None else PurePosixPath(said.as_posix()).as_posix()


def _load(config: Path) -> Project:
    from edgerollout.config import load

    return load(config)


def _ask(invocation: Invocation, flags: InitFlags, project: Project, name: str) -> EnvironmentAnswers:
    interview = Interview(flags, asker_of(invocation), sandbox=invocation.sandbox, say=invocation.say_aside)
    names = (name,)
    selectors = interview.selectors(names)
    before = tuple(project.environments.values())[-1]
    accounts = interview.accounts(names, None, offered=before.account)
    urls = interview.urls(names, {name: sure_host(selectors[name])})
    return answers_of(names, accounts, selectors, urls, "python3.13", "none").environments[0]


def _appended(there: bytes, text: str) -> bytes:
    """The file with another paragraph, with the file's own line endings."""
    end = b"\r\n" if b"\r\n" in there else b"\n"
    gap = b"" if there.endswith((b"\n", b"\r")) else end
    return there + gap + end + text.encode().replace(b"\n", end)


def _check(config: Path, settings: bytes) -> None:
    """Raise ConfigError where the project would become invalid."""
    from edgerollout.config import load

    # The draft is next to the folder, because paths in it start from the parent folder.
    with tempfile.TemporaryDirectory(prefix=".edgerollout-add-", dir=config.parent) as draft:
        (Path(draft) / SETTINGS_FILE).write_bytes(settings)
        (Path(draft) / POLICY_FILE).write_bytes(present(config / POLICY_FILE) or b"")
        load(Path(draft))


def _not_extended(workflow: Path) -> Finding:
    return Finding(
        Severity.WARNING,
        "workflow-changed",
        f"{workflow} was changed since init wrote it: the environment was not added there",
        "Add it by hand: to `matrix.environment`, and a job like the last one.",
    )


def _by_hand(name: str) -> Finding:
    return Finding(
        Severity.NOTE,
        "github-environment",
        f"GitHub needs an environment {name} with the variable EDGEROLLOUT_ROLE: the workflow says how",
    )
