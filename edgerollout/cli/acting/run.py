"""One run of a command that acts: read, plan, show, ask, carry out, report the end.

    with acting(invocation, "wait", chosen, timeout) as run:
        planned = ...            # AWS is read through `run.session`, and a plan made
        run.agree(planned.plan)  # shown, refused where a finding forbids it, and asked about
        return run.carry_out(planned, ways, Afterwards(...))

Its parts: who gets the events (`relay`), what Ctrl-C does (`signals`), what is shown and confirmed
(`showing`, `confirmation`), and the report of a run that ends without an outcome (`early_end`).
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.advice import settled
from edgerollout.cli.acting.confirmation import confirm
from edgerollout.cli.acting.early_end import tell_early_end
from edgerollout.cli.acting.relay import relay_for
from edgerollout.cli.acting.showing import refuse, show
from edgerollout.cli.acting.signals import WakingClock, stopping
from edgerollout.cli.durations import seconds
from edgerollout.cli.grading import grade_line
from edgerollout.cli.handing_over import tfvars_writer
from edgerollout.errors import EdgerolloutError
from edgerollout.rollout.stopping import Deadline, Stop
from edgerollout.views.heading import Heading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import CommandLine
    from edgerollout.cli.acting.relay import Relay
    from edgerollout.cli.invocation import Invocation
    from edgerollout.config import ChosenEnvironment
    from edgerollout.errors import ExitCode
    from edgerollout.release.plans.plan import Plan
    from edgerollout.rollout.afterwards import Afterwards
    from edgerollout.rollout.next_step import Ways
    from edgerollout.rollout.reading import Planned
    from edgerollout.rollout.session import Session


@dataclass
class Run:
    """A run of a command, from its first call on. `timeout`: seconds, None for as long as it takes."""

    command: str
    invocation: Invocation
    chosen: ChosenEnvironment
    session: Session
    relay: Relay
    timeout: float | None
    _at_the_end: contextlib.ExitStack

    def agree(self, plan: Plan, again: CommandLine | None = None, *, asks: bool = True) -> None:
        """Show the plan and ask. Raises Refused, UnmetGates; Interrupted when the answer is no.

        `again` is this command, where options of it can lift a refusal.
        """
        asked = asks and plan.changes and not self.invocation.options.yes
        seen = show(plan, self._heading(plan), self.invocation, self.relay, asked=asked)
        refuse(plan, again, seen=seen)
        if asked:
            confirm(self.invocation, self.chosen)
        if self.relay.github is not None and (grades := grade_line(plan, self.session.probe)) is not None:
            self.relay.github.graded(grades)

    def carry_out(self, planned: Planned, ways: Ways, afterwards: Afterwards) -> ExitCode:
        """Let the engine carry out the plan. Returns the outcome's exit code."""
        from edgerollout.rollout.engine import Engine

        self.begin(self._heading(planned.plan))
        settings = self.chosen.environment.function
        return Engine(self.session, planned, settings, ways, afterwards).run().exit_code

    def begin(self, heading: Heading) -> None:
        """From now on the run changes things: people see it, Ctrl-C stops at a safe point, the timeout runs.

        The time for reading and answering does not count.
        """
        self.session = replace(self.session, deadline=Deadline(self.session.clock, self.timeout))
        self.relay.open_for_people(heading)
        self._at_the_end.enter_context(stopping(self.session.stop, self.relay))
        self._at_the_end.callback(self.relay.close)

    def _heading(self, plan: Plan) -> Heading:
        return Heading.of(
            plan, self.command, endpoint=self.session.aws.endpoint, sandbox=self.session.sandbox
        )


@contextlib.contextmanager
def acting(
    invocation: Invocation, command: str, chosen: ChosenEnvironment, timeout: str | None = None
) -> Iterator[Run]:
    """A run of the command. A program always gets a report of its end; then it raises SystemExit.

    `timeout` is the user's text. Raises UsageError where that is not a time.
    """
    limit = None if timeout is None else seconds(timeout, "--timeout")
    stop = Stop()
    clock = WakingClock(stop)
    began = clock.monotonic()
    session: Session | None = None
    environment = chosen.environment
    relay = relay_for(invocation, command, clock)
    with contextlib.ExitStack() as at_the_end:
        try:
            session = invocation.session(environment, clock, relay, stop)
            session = replace(session, write_tfvars=tfvars_writer(environment))
            yield Run(command, invocation, chosen, session, relay, limit, at_the_end)
        except BrokenPipeError:
            raise
        except (Exception, KeyboardInterrupt) as error:
            if isinstance(error, EdgerolloutError):
                # Only here the options of a saved plan are known.
                error.hint = settled(error.hint, invocation.spell)
            if not relay.for_machines or relay.ended:
                raise
            code = tell_early_end(invocation, relay, environment, session, clock.monotonic() - began, error)
            raise SystemExit(int(code)) from None
