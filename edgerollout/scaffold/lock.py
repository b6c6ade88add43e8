"""tools/ of a new project: edgerollout's wheel and the packages that it needs on the runner, locked by
hashes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from edgerollout import __version__
from edgerollout.errors import EdgerolloutError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.scaffold.own_wheel import Wheel

PYTHON = "3.13"
"""The Python that the workflow sets up, on GitHub's Linux runner for x86_64."""

TOOLS = PurePosixPath("tools")
LOCK_FILE = TOOLS / "edgerollout.txt"

_PROGRAM = Path(__file__).with_name("pip_for_runner.py")
# ubuntu-24.04 has glibc 2.39. pip matches each of these names exactly.
_PLATFORMS = (*(f"manylinux_2_{minor}_x86_64" for minor in range(39, 16, -1)), "manylinux2014_x86_64")
# https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers
_MARKERS = {
    "implementation_name": "cpython",
    "implementation_version": f"{PYTHON}.0",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": f"{PYTHON}.0",
    "python_version": PYTHON,
    "sys_platform": "linux",
}


class NotLocked(EdgerolloutError):
    """It could not be found out what edgerollout needs on the runner."""


def locks(lock: bytes | None, wheel: Wheel) -> bool:
    """Whether an existing lock is for exactly this wheel."""
    return lock is not None and _own_line(wheel).encode() in lock.splitlines()


def lock_text(wheel: Wheel, variables: Mapping[str, str]) -> str:
    """The lock: the wheel in tools/, and each package that it needs, with its sha256.

    pip finds the packages, with its own settings (`variables` is its environment); the lock has no address of
    an index. edgerollout itself comes from the wheel, even if an index has a package of that name. Raises
    NotLocked.
    """
    with tempfile.TemporaryDirectory(prefix="edgerollout-lock-") as name:
        folder = Path(name)
        (folder / wheel.name).write_bytes(wheel.content)
        report = _report(_python_with_pip(folder, variables), folder, wheel.name, variables)
    return "\n".join((*_head(), _own_line(wheel), *_lines(report), ""))


def _head() -> Iterator[str]:
    yield f"# edgerollout {__version__}, and what it and its tour need: Python {PYTHON} on Linux x86_64."
    yield "# `edgerollout init --lock --force` writes it anew: newer packages, and the edgerollout of then."


def _own_line(wheel: Wheel) -> str:
    return f"./{TOOLS / wheel.name} --hash=sha256:{wheel.sha256}"


def _python_with_pip(folder: Path, variables: Mapping[str, str]) -> str:
    """This Python where it has pip, else that of a temporary virtual environment in `folder`."""
    if importlib.util.find_spec("pip") is not None:
        return sys.executable
    made = _run((sys.executable, "-m", "venv", str(folder / "venv")), variables)
    if made.returncode:
        raise NotLocked(
            "there is no pip",
            why=f"{sys.executable} has none and cannot make a virtual environment with it",
            hint="Install it: `python -m ensurepip`; on Debian and Ubuntu python3-venv.",
        )
    where = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return str(folder.joinpath("venv", *where))


def _report(python: str, folder: Path, wheel: str, variables: Mapping[str, str]) -> Mapping[str, Any]:
    """pip's installation report: https://pip.pypa.io/en/stable/reference/installation-report/"""
    report = folder / "report.json"
    done = _run(
        (
            *(python, "-P", str(_PROGRAM), json.dumps(_MARKERS)),
            *("install", "--dry-run", "--ignore-installed", "--quiet", "--no-input", "--retries", "1"),
            *("--disable-pip-version-check", "--report", str(report), "--target", str(folder / "none")),
            *("--only-binary", ":all:", "--implementation", "cp", "--python-version", PYTHON),
            *(word for platform in _PLATFORMS for word in ("--platform", platform)),
            f"{folder / wheel}[tour]",
        ),
        variables,
    )
    if done.returncode:
        raise NotLocked("pip did not find what the workflow installs", why=_reason(done.stderr))
    found: Mapping[str, Any] = json.loads(report.read_bytes())
    if found["environment"] != _MARKERS:
        raise NotLocked(
            "pip did not use the runner's environment",
            why=f"pip {found['pip_version']} used another machine's markers",
            hint="Make the lock on Linux with another version of pip.",
        )
    return found


def _run(words: tuple[str, ...], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            words,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise NotLocked(f"{words[0]} cannot be run", why=error.strerror) from error


def _reason(said: str) -> str | None:
    """pip's first error, without names and passwords in addresses."""
    errors = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR: ")]
    lines = errors or said.splitlines()[-1:]
    return re.sub(r"://[^/@\s]*@", "://", lines[0]) if lines else None


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    packages = {}
    for package in report["install"]:
        name = re.sub(r"[-_.]+", "-", package["metadata"]["name"]).lower()
        if name != "edgerollout":
            packages[name] = (package["metadata"]["version"], package["download_info"])
    for name, (version, download) in sorted(packages.items()):
        # pip before 23.1 knows no hash of a package in a folder.
        sha256 = download.get("archive_info", {}).get("hashes", {}).get("sha256") or _sha256(download["url"])
        if sha256 is None:
            raise NotLocked(
                "the lock needs SHA-256",
                why=f"pip knows none of {name} {version}",
                hint="pip 23.1 and newer know it: `python -m pip install --upgrade pip`, then again.",
            )
        yield f"{name}=={version} --hash=sha256:{sha256}"


def _sha256(url: str) -> str | None:
    """The hash of a package in a folder; None for any other."""
    place = urlsplit(url)
    if place.scheme != "file":
        return None
    try:
        return hashlib.sha256(Path(url2pathname(place.path)).read_bytes()).hexdigest()
    except OSError:
        return None
