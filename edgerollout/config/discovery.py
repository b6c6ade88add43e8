"""Finds the project a command runs in: in its folder, or in one above, as git does."""

from __future__ import annotations

import os
from pathlib import Path

from edgerollout.config.project import POLICY_FILE, SETTINGS_FILE, WITHOUT_FILES
from edgerollout.errors import ConfigError, Place, Problem, UsageError

CONFIG = Path("config")
"""The configuration folder's name in a project; any other name needs -C."""


def find_config(start: Path = Path()) -> Path | None:
    """The configuration folder of the project that `start` is in, relative as `start` is; None without one.

    Raises UsageError for a project above that belongs to another user: its handler would run with your
    rights.
    """
    if any(os.path.lexists(start / CONFIG / name) for name in (SETTINGS_FILE, POLICY_FILE)):
        return start / CONFIG
    try:
        here = start.resolve()
    except OSError:
        return None
    for steps, folder in enumerate(here.parents, start=1):
        if os.path.lexists(folder / CONFIG / SETTINGS_FILE):
            _check_owner(folder / CONFIG)
            return folder / CONFIG if start.is_absolute() else start.joinpath(*[".."] * steps, CONFIG)
    return None


def no_project() -> ConfigError:
    """The error: neither this folder nor one above it has a project."""
    problem = Problem(Place(str(CONFIG / SETTINGS_FILE)), "there is no such file, here or in a folder above")
    return ConfigError((problem,), hint=WITHOUT_FILES)


def _check_owner(config: Path) -> None:
    if not hasattr(os, "geteuid"):
        return
    trusted = {os.geteuid(), int(os.environ.get("SUDO_UID", "") or os.geteuid())}
    try:
        owners = {path.stat().st_uid for path in (config.parent, config, config / SETTINGS_FILE)}
    except OSError:
        return
    if not owners <= trusted:
        raise UsageError(
            f"the project in {config.parent}, above this folder, is another user's",
            why="a project has code that commands run",
            hint=f"If you trust it: -C {config}",
        )
