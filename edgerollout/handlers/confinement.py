"""Protects the user's files, processes and network from a handler, which may be unknown code.

Linux has namespaces for that (`confined.py`). Where they are not available the handler still runs,
with an empty environment and home, and `why_unconfined` says why. That is tested only if
a worker ended without output: the test takes as long as a worker.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).resolve().parent
_LAUNCHER = _HERE / "confined.py"
_PATIENCE = 30.0
"""Seconds for a program to print its version; a busy machine needs one."""


_known: dict[str, str | None] = {}
"""The results of `why_unconfined`, by program."""


def confined(command: tuple[str, ...], folder: Path, home: Path) -> tuple[str, ...]:
    """The command that runs `command` confined to `folder` and an empty `home`; `command` itself if
    confinement is known to fail.
    """
    if _impossible(command[0]) or _known.get(command[0]):
        return command
    return _launched(command, (str(folder),), home)


def why_unconfined(program: str = sys.executable) -> str | None:
    """Why this interpreter cannot be confined on this machine; None if it can. Tested once per run."""
    if program not in _known:
        _known[program] = _impossible(program) or _tried(program)
    return _known[program]


def known_unconfined() -> str | None:
    """Why a handler that ran was not confined, as far as known; None if it was."""
    return _impossible(sys.executable) or next(filter(None, _known.values()), None)


def _impossible(program: str) -> str | None:
    if sys.platform != "linux":
        return "only Linux has the namespaces to confine it"
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  # Path.home() raises for a user without one
    if holding := [path for path in _programs(program) if home.is_relative_to(path)]:
        return f"{holding[0]}, which it needs, holds the home folder"
    return None


def _tried(program: str) -> str | None:
    asked = _launched((program, "--version"), (), Path("/home/none"))
    try:
        done = subprocess.run(asked, capture_output=True, cwd="/", env={}, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it cannot be tested: {error}"
    if done.returncode == 0:
        return None
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"{program} ended with exit status {done.returncode} there"


def _launched(command: tuple[str, ...], shown: tuple[str, ...], home: Path) -> tuple[str, ...]:
    document = {"shown": [*_programs(command[0]), *shown], "home": str(home)}
    return (sys.executable, "-I", "-S", "-B", str(_LAUNCHER), json.dumps(document), *command)


def _programs(program: str) -> list[str]:
    """The folders of the interpreter and of the worker, without those of every root."""
    is_python = program == sys.executable
    own = (sys.prefix, sys.base_prefix) if is_python else (str(Path(program).resolve().parent),)
    found = (str(Path(path).absolute()) for path in (*own, str(_HERE)))
    folders = [path for path in dict.fromkeys(found) if not Path(path).is_relative_to("/usr")]
    known = ("/usr", *folders)
    return [*folders, *(link for link in _links(program) if not any(map(Path(link).is_relative_to, known)))]


def _links(program: str) -> Iterator[str]:
    """The links by which a program is reached, such as /etc/alternatives/python3: they are needed, too."""
    path = os.path.abspath(program)  # noqa: PTH100  # resolves no link, and needs no `..` later
    while os.path.islink(path):  # noqa: PTH114
        yield path
        path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))  # noqa: PTH115, PTH118, PTH120
