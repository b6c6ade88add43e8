"""The one place where errors become words and exit codes."""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.cli.options import Options


def run_command(options: Options, command: Callable[[], ExitCode]) -> None:
    """Run a command and end with its exit code; nothing a user can cause shows a traceback."""
    raise SystemExit(int(_code(options, command)))


def _code(options: Options, command: Callable[[], ExitCode]) -> ExitCode:
    try:
        return command()
    except EdgerolloutError as error:
        _tell(options, error)
        return error.exit_code
    except KeyboardInterrupt:
        _say("\ninterrupted; nothing was changed")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader left (`| head`); what it has seen was enough for it.
        return ExitCode.DONE
    except Exception as bug:
        if options.verbose:
            traceback.print_exc()
        what = f"a bug in edgerollout: {type(bug).__name__}: {bug}"
        _tell(options, EdgerolloutError(what, hint="run the command again with -v and report what it prints"))
        return ExitCode.FAILED


def _tell(options: Options, error: EdgerolloutError) -> None:
    from edgerollout.views.problems import problem_json, problem_lines
    from edgerollout.views.streams import Streams

    streams = Streams.from_environment(os.environ, no_color=bool(options.no_color))
    if options.output == "github":
        from edgerollout.views.github import Job, tell_error

        tell_error(error, streams, Job.from_environment(os.environ))
        return
    if options.output == "json":
        streams.write_data(json.dumps(problem_json(error)) + "\n")
    streams.print_aside(problem_lines(error))


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the boundary is where words are printed
