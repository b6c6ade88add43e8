"""The last event of a run that ends before the engine could report it: programs always get one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.cli.boundary import bug
from edgerollout.errors import ConfigError, EdgerolloutError, Interrupted
from edgerollout.release.facts.events import Outcome
from edgerollout.rollout.results import result_of

if TYPE_CHECKING:
    from edgerollout.cli.acting.relay import Relay
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.release.facts.environment import Environment
    from edgerollout.rollout.session import Session


def tell_early_end(
    invocation: Invocation,
    relay: Relay,
    environment: Environment,
    session: Session | None,
    duration: float,
    error: BaseException,
) -> ExitCode:
    """Report to the program how the run ended. Returns the exit code. `session` is None without access to
    AWS.
    """
    from edgerollout.views.problems import problem_lines

    ended = _in_words(error, verbose=bool(invocation.options.verbose))
    if relay.github is not None and isinstance(ended, ConfigError):
        relay.github.problems(ended)
    relay(
        Outcome(
            result=result_of(ended),
            exit_code=ended.exit_code,
            environment=environment.name,
            release=None,
            previous=None,
            distributions=(),
            duration=duration,
            next_step=ended.hint,
            error=str(ended),
            endpoint=None if session is None else session.aws.endpoint,
            sandbox=session is not None and session.sandbox,
            aws_calls={} if session is None else session.aws.calls,
        )
    )
    if relay.name == "json":
        invocation.streams.print_aside(problem_lines(ended, invocation.spell))
    return ended.exit_code


def _in_words(error: BaseException, *, verbose: bool) -> EdgerolloutError:
    match error:
        case EdgerolloutError():
            return error
        case Exception():
            return bug(error, verbose=verbose)
        case _:
            return Interrupted("interrupted; nothing was changed")
