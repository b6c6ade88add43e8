"""The three standard streams and what they can do, as a value that is made once, at start.

stdout is for data, stderr for everything else. If the reader goes away (`| head`), the output ends, but
never a rollout.
"""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from edgerollout.errors import EdgerolloutError, UsageError
from edgerollout.views.glyphs import Glyphs, glyphs_for
from edgerollout.views.ink import Line, painted, wrapped
from edgerollout.views.workflow_commands import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

ViewName = Literal["live", "log", "json", "github"]

PIPE_WIDTH = 100
"""Width of output to a file or a pipe, in columns, so that a CI log looks the same everywhere."""


@dataclass(frozen=True)
class Streams:
    """The standard streams. Each stream has color or not; `width` is None if there is no terminal.

    A `dumb` terminal cannot redraw a line. `ci`: the output is a log, even if the stream says that it is a
    terminal. `workflow`: GitHub Actions looks for commands in the log, so no other line may look like one.
    """

    stdout: TextIO
    stderr: TextIO
    stdin_is_terminal: bool = False
    stdout_is_terminal: bool = False
    stderr_is_terminal: bool = False
    stdout_colour: bool = False
    stderr_colour: bool = False
    width: int | None = None
    dumb: bool = False
    ci: bool = False
    workflow: bool = False

    @classmethod
    def from_environment(
        cls,
        variables: Mapping[str, str],
        *,
        no_color: bool = False,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> Streams:
        """The streams of this process, according to NO_COLOR, FORCE_COLOR, TERM, CI and COLUMNS.

        NO_COLOR counts if it is not empty (no-color.org), and wins over FORCE_COLOR; `--no-color` wins over
        both. A stream that the process does not have is replaced by a stream that drops everything.
        """
        out = stdout or sys.stdout or _nowhere()
        err = stderr or sys.stderr or _nowhere()
        inp = stdin or sys.stdin
        dumb = variables.get("TERM") == "dumb"
        never = no_color or bool(variables.get("NO_COLOR"))
        always = variables.get("FORCE_COLOR", "0") not in ("", "0")
        out_terminal, err_terminal = _is_terminal(out), _is_terminal(err)
        return cls(
            stdout=out,
            stderr=err,
            stdin_is_terminal=inp is not None and _is_terminal(inp),
            stdout_is_terminal=out_terminal,
            stderr_is_terminal=err_terminal,
            stdout_colour=not never and (always or (out_terminal and not dumb)),
            stderr_colour=not never and (always or (err_terminal and not dumb)),
            width=_width(variables, out if out_terminal else err if err_terminal else None),
            dumb=dumb,
            ci=variables.get("CI", "").lower() not in ("", "0", "false"),
            workflow=variables.get("GITHUB_ACTIONS") == "true",
        )

    @property
    def stdout_glyphs(self) -> Glyphs:
        return glyphs_for(self.stdout.encoding)

    @property
    def stderr_glyphs(self) -> Glyphs:
        return glyphs_for(self.stderr.encoding)

    @property
    def columns(self) -> int:
        """The width to draw for, in columns."""
        return self.width or PIPE_WIDTH

    def print_data(self, lines: Iterable[Line]) -> None:
        """Write lines to stdout, wrapped to the width of the terminal, if it is a terminal.

        Raises EdgerolloutError if they cannot be written, unless the reader has gone.
        """
        width = self.columns if self.stdout_is_terminal else None
        if text := self._text(lines, width, colour=self.stdout_colour):
            _deliver(self.stdout, text)

    def print_aside(self, lines: Iterable[Line]) -> None:
        """Write lines to stderr, wrapped to the width of the terminal, if it is a terminal."""
        width = self.columns if self.stderr_is_terminal else None
        if text := self._text(lines, width, colour=self.stderr_colour):
            write(self.stderr, text)

    def write_data(self, text: str) -> None:
        """Write a document to stdout. In a workflow's log nothing in it becomes a command.

        Raises EdgerolloutError if it cannot be written, unless the reader has gone.
        """
        lines = (harmless(line) for line in text.split("\n")) if self.workflow else (text,)
        _deliver(self.stdout, "\n".join(lines))

    def write_commands(self, lines: Iterable[str]) -> None:
        """Write workflow commands to stdout unchanged, each on its own line.

        Raises EdgerolloutError if they cannot be written, unless the reader has gone.
        """
        _deliver(self.stdout, "".join(f"{line}\n" for line in lines))

    def _text(self, lines: Iterable[Line], width: int | None, *, colour: bool) -> str:
        texts = (
            painted(replace(line, text=harmless(line.text)) if self.workflow else line, colour=colour)
            for line in wrapped(lines, width)
        )
        return "".join(f"{text}\n" for text in texts)


def choose_view(requested: str, streams: Streams) -> ViewName:
    """Choose the view for an acting run.

    `auto` is `live` on a terminal that is neither dumb nor of a CI system, otherwise `log`; never `json` or
    `github`. `live` becomes `log` if the terminal cannot redraw. Raises UsageError for a view that does
    not exist.
    """
    redraws = streams.stderr_is_terminal and not streams.dumb
    match requested:
        case "auto":
            return "live" if redraws and not streams.ci else "log"
        case "live":
            return "live" if redraws else "log"
        case "log":
            return "log"
        case "json":
            return "json"
        case "github":
            return "github"
        case _:
            raise UsageError(
                f"there is no output {requested!r} for this command",
                hint="Choose one of auto, live, log, json, github.",
            )


def write(stream: TextIO, text: str) -> None:
    """Write and flush. Characters that the encoding lacks are escaped.

    If the reader has gone, the disk is full or the terminal is closed, that is no error: a rollout goes on.
    Then nothing more is written to this stream.
    """
    try:
        _put(stream, text)
    except OSError:
        mute(stream)


def _deliver(stream: TextIO, text: str) -> None:
    """Write the result of a command. Raises EdgerolloutError if it is lost and somebody still reads."""
    try:
        _put(stream, text)
    except BrokenPipeError:
        mute(stream)
    except OSError as error:
        mute(stream)
        raise EdgerolloutError("the output could not be written", why=error.strerror) from error


def _put(stream: TextIO, text: str) -> None:
    encoding = stream.encoding or "utf-8"
    with _clear():
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()


def _nothing() -> None:
    """Do nothing: there is no waiting line to clear."""


_clear: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
_clear_for_good: Callable[[], None] = _nothing


@contextlib.contextmanager
def clearing(
    clear: Callable[[], AbstractContextManager[None]], for_good: Callable[[], None]
) -> Iterator[None]:
    """Inside, all output is written within `clear()`; `for_good()` removes the waiting line until the end."""
    global _clear, _clear_for_good
    before = _clear, _clear_for_good
    _clear, _clear_for_good = clear, for_good
    try:
        yield
    finally:
        _clear, _clear_for_good = before


def leave_terminal() -> None:
    """Remove the waiting line from the terminal, until the end."""
    _clear_for_good()


def mute(stream: TextIO) -> None:
    """Drop everything that is written to `stream` from now on, also when the process ends."""
    with contextlib.suppress(OSError, ValueError):  # a stream in memory has no descriptor
        descriptor = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(descriptor, stream.fileno())
        finally:
            os.close(descriptor)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def _width(variables: Mapping[str, str], terminal: TextIO | None) -> int | None:
    columns = variables.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    if terminal is None:
        return None
    try:
        return os.get_terminal_size(terminal.fileno()).columns or None
    except (OSError, ValueError):
        return None


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
