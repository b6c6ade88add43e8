"""The only place where errors become messages and exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError, ExitCode, own_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from edgerollout.cli.options import Options


_FRAMES = 3


def run_command(options: Options, command: Callable[[], ExitCode], *, shows_waiting: bool = True) -> None:
    """Run a command and exit with its code; an error that a user can cause shows no traceback.

    At a terminal it shows what it waits for, unless the command serves until it is stopped.
    """
    try:
        with _shown_while_waiting(options) if shows_waiting else contextlib.nullcontext():
            code = command()
    except EdgerolloutError as error:
        _tell(options, error)
        code = error.exit_code
    except KeyboardInterrupt:
        _say("\ninterrupted; nothing was changed")
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader has closed the pipe (`| head`): it needs no more.
        code = ExitCode.DONE
    except Exception as error:
        _tell(options, bug(error, verbose=bool(options.verbose)))
        code = ExitCode.FAILED
    raise SystemExit(int(code))


def _shown_while_waiting(options: Options) -> contextlib.AbstractContextManager[None]:
    if options.quiet or sys.stderr is None or not sys.stderr.isatty():
        return contextlib.nullcontext()
    from edgerollout.views.streams import Streams
    from edgerollout.views.waiting_line import shown_while_waiting

    streams = Streams.from_environment(os.environ, no_color=bool(options.no_color))
    return shown_while_waiting(streams, "starting")


def bug(error: Exception, *, verbose: bool) -> EdgerolloutError:
    """The message for an unexpected exception: its type, and its path through our own files.

    It never has the exception's text or the libraries' frames: both may quote AWS's answers. `verbose`: the
    whole path from the command on.
    """
    frames = own_frames(error)[::-1]
    return EdgerolloutError(
        f"a bug in edgerollout: {type(error).__name__}",
        why=f"at {' < '.join(frames if verbose else frames[:_FRAMES]) or 'an unknown place'}",
        hint="report the two lines above. If AWS was being changed, the same command continues there.",
    )


def _tell(options: Options, error: EdgerolloutError) -> None:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.views.problems import problem_lines
    from edgerollout.views.streams import Streams, write

    streams = Streams.from_environment(os.environ, no_color=bool(options.no_color))
    # The project was already named.
    spell = Invocation(replace(options, quiet=True)).spell
    if options.output == "github":
        from edgerollout.views.github import Job, tell_error

        tell_error(error, spell, streams, Job.from_environment(os.environ))
        return
    if options.output == "json":
        from edgerollout.views.output.encoder import json_line
        from edgerollout.views.output.events import error_json

        write(streams.stdout, json_line(error_json(error, spell)))
    streams.print_aside(problem_lines(error, spell, streams.columns, streams.stderr_glyphs))


def _say(text: str) -> None:
    from edgerollout.views.ink import Line
    from edgerollout.views.streams import Streams

    Streams.from_environment(os.environ).print_aside(Line(part) for part in text.split("\n"))


@contextlib.contextmanager
def settled_streams() -> Iterator[None]:
    """Surrounds the whole command line: a stream that cannot be written is reported without a traceback.

    typer itself prints help, version and usage errors, and the interpreter flushes again at its end. On a
    full disk both would end in a traceback.
    """
    try:
        yield
    except OSError as error:
        _say(f"error: the output could not be written\nwhy:   {error.strerror or error}")
        raise SystemExit(int(ExitCode.FAILED)) from None
    finally:
        for stream in (sys.stdout, sys.stderr):
            _flush(stream)


def _flush(stream: TextIO | None) -> None:
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        from edgerollout.views.streams import mute

        mute(stream)
