"""The stage of the demo: its own project folder, the real commands, lines for people."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edgerollout.advice import CommandLine
from edgerollout.errors import EdgerolloutError, ExitCode
from edgerollout.waiting import Working, waits_for

if TYPE_CHECKING:
    from edgerollout.advice import Spell
    from edgerollout.clock import Clock

_LONGEST = 150
"""The most characters of a shown line."""
_REPORT = "Please report this, with what is printed above."


class DemoFailed(EdgerolloutError):
    """A step of the demo had a wrong result: this is a bug, never the user's mistake."""


class Say(Protocol):
    """Prints a line for people."""

    def __call__(self, text: str, *, strong: bool = False) -> None: ...


class DemoStage:
    """The folder, and the commands that run in it as a user runs them."""

    def __init__(self, samples: Path, clock: Clock, say: Say, spell: Spell) -> None:
        self.say = say
        self._spell = spell
        self._clock = clock
        self._step = 0
        self._began = clock.monotonic()
        self._variables = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.root = Path(tempfile.mkdtemp(prefix="edgerollout-demo-"))
        for name in ("config", "handler"):
            shutil.copytree(samples / name, self.root / name)
        self.policy = self.root / "config" / "policy.toml"
        self.handler = self.root / "handler" / "python" / "index.py"

    def set_variable(self, name: str, value: str) -> None:
        """Set an environment variable for all commands from now on."""
        self._variables[name] = value

    def heading(self, text: str) -> None:
        self._step += 1
        self.say("")
        self.say(f"{self._step}. {text}", strong=True)

    def seconds(self) -> float:
        """The seconds since the demo began."""
        return self._clock.monotonic() - self._began

    def run(self, *arguments: str, expected: ExitCode = ExitCode.DONE, shows: str | None = None) -> None:
        """Run `edgerollout ARGUMENTS`. Raises DemoFailed when it ends with another code than expected.

        `shows`: print only the lines with this pattern, and how many were left out.
        """
        self.say(f"$ edgerollout {shlex.join(arguments)}")
        command = (sys.executable, "-m", "edgerollout", *arguments)
        # A command with the terminal shows what it waits for by itself.
        waits_for(None if shows is None else Working(f"edgerollout {arguments[0]}"))
        if shows is None:
            code = subprocess.run(command, cwd=self.root, env=self._variables, check=False).returncode
        else:
            code = self._shortened(command, re.compile(shows), expected)
        if code != expected:
            raise DemoFailed(
                f"`edgerollout {shlex.join(arguments)}` ended with exit code {code}, not {expected}",
                hint=_REPORT,
            )
        if expected != ExitCode.DONE:
            self.say(f"  exit code {code}")

    def expect(self, holds: object, otherwise: str) -> None:
        """Raise DemoFailed unless `holds` is true."""
        if not holds:
            raise DemoFailed(otherwise, hint=_REPORT)

    def leave(self, *, keep: bool) -> None:
        """Stop the sandbox and remove the folder, or say where they are kept."""
        if keep:
            self.say("")
            self.say(f"The sandbox keeps running; its project is in {self.root}")
            self.say(f"Stop it with: cd {self.root} && {self._spell(CommandLine('sandbox', None, 'down'))}")
            return
        subprocess.run(
            (sys.executable, "-m", "edgerollout", "sandbox", "down"),
            cwd=self.root,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        shutil.rmtree(self.root, ignore_errors=True)

    def _shortened(self, command: tuple[str, ...], shown: re.Pattern[str], expected: ExitCode) -> int:
        left_out: list[str] = []
        with subprocess.Popen(
            command,
            cwd=self.root,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as running:
            assert running.stdout is not None
            for line in running.stdout:
                text = line.rstrip()
                if shown.search(text):
                    self.say(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
                elif text:
                    left_out.append(text)
        if running.returncode != expected:
            for text in left_out[-20:]:
                self.say(text)
        elif left_out:
            self.say(f"  (and {len(left_out)} lines more)")
        return running.returncode
