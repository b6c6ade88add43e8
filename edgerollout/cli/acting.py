"""The way of every acting command: read, plan, show, ask, carry out, say how it ended.

1. A view is chosen and events are told to it; what comes before the first step is read quietly.
2. The plan is made (`make_plan`), shown, and refused where a finding forbids it.
3. The user is asked, by the environment's rules (`confirmation`).
4. The engine carries it out; the first Ctrl-C stops it at a safe point, the second leaves at once.
5. The exit code is the outcome's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar, assert_never

from edgerollout.cli.boundary import bug
from edgerollout.cli.reading import retries_aside
from edgerollout.clock import SystemClock
from edgerollout.errors import (
    ConfigError,
    EdgerolloutError,
    ExitCode,
    Interrupted,
    Refused,
    UnmetGates,
)
from edgerollout.release.facts.events import CallRetried, GateJudged, Noticed, Outcome
from edgerollout.rollout.session import Session
from edgerollout.rollout.stopping import Deadline, Stop
from edgerollout.views.acting import open_view
from edgerollout.views.heading import Heading
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.problems import problem_lines
from edgerollout.views.streams import choose_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from edgerollout.cli.invocation import Invocation, Reach
    from edgerollout.config import ChosenEnvironment
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.events import Emit, Event
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.plan import Plan
    from edgerollout.release.plans.taking_back import Carried
    from edgerollout.rollout.next_step import Wording
    from edgerollout.rollout.touring import Tour
    from edgerollout.views.acting import ActingView
    from edgerollout.views.github import GithubView
    from edgerollout.views.streams import ViewName

T = TypeVar("T")
"""What a command's plan is."""

_STOPPING = Noticed(
    "warning",
    "stopping at the next safe point; CloudFront goes on with what it was told. Ctrl-C again leaves at once",
)

_BRIEFLY = 0.5
"""Seconds."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class WakingClock(SystemClock):
    """The machine's time; its sleep ends early when the user asks to stop."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def sleep(self, seconds: float) -> None:
        if self._stop.asked:
            # Already told: a call that is being repeated still keeps its distance from AWS.
            super().sleep(seconds)
        else:
            self._stop.wait(seconds)


@dataclass
class Voice:
    """Passes events to the view once there is one, one at a time; what comes earlier is kept for it.

    Calls that are tried again are told at once (`early`): nobody shall wonder why nothing happens.
    """

    view: ActingView | None = None
    github: GithubView | None = None
    """The view once more where it is GitHub's, which is told of the plan and of problems, too."""
    kept: list[Event] = field(default_factory=list)
    early: Callable[[CallRetried], None] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, event: Event) -> None:
        with self._lock:
            if self.view is None and self.early is not None and isinstance(event, CallRetried):
                self.early(event)
            elif self.view is None:
                self.kept.append(event)
            else:
                self.view.handle(event)

    def open(self, view: ActingView) -> None:
        """Start the view and tell it what has happened so far."""
        with self._lock:
            self.view = view
            view.start()
            for event in self.kept:
                view.handle(event)
            self.kept.clear()

    def close(self) -> None:
        """Stop the view."""
        if self.view is not None:
            self.view.stop()


@dataclass(frozen=True)
class Acting:
    """What an acting command brings along.

    `make_plan` reads AWS and plans; `confirm` asks the user (after the plan was shown) and raises when
    the answer is no.
    """

    name: str
    chosen: ChosenEnvironment
    wording: Wording
    make_plan: Callable[[Session], tuple[Snapshot, Plan]]
    confirm: Callable[[Plan], None] | None
    timeout: float | None = None
    check_headers: bool = True
    always_check: bool = False
    take_back: Callable[[Session, Carried], tuple[Snapshot, Plan]] | None = None
    """How a run is undone where the site turns out wrong; None: it is left standing."""
    tour: Tour | None = None
    """Looks what a newly enforced policy blocks; None where that is not asked for, or nothing can look."""


@dataclass(frozen=True)
class Run:
    """What a run has at hand before anything is decided."""

    session: Session
    reach: Reach
    voice: Voice
    view_name: ViewName


@dataclass(frozen=True)
class Performance(Generic[T]):
    """A command that acts, whatever its plan is made of.

    `agree` reads AWS, shows the plan and asks; `heading` is what people's views begin with; `carry_out`
    does it and emits the outcome.
    """

    name: str
    environment: Environment
    agree: Callable[[Run], T]
    heading: Callable[[Run, T], Heading]
    carry_out: Callable[[Run, T], Outcome]
    timeout: float | None = None


def act(invocation: Invocation, acting: Acting) -> ExitCode:
    """Run a command whose plan the engine carries out."""
    return perform(
        invocation,
        Performance(
            name=acting.name,
            environment=acting.chosen.environment,
            agree=lambda run: _agreed(invocation, acting, run),
            heading=lambda run, agreed: _heading(agreed[1], acting, run.reach),
            carry_out=lambda run, agreed: _carry_out(run, acting, *agreed),
            timeout=acting.timeout,
        ),
    )


def perform(invocation: Invocation, performance: Performance[T]) -> ExitCode:
    """Run an acting command to its end; what fails before it acts is raised, or told a machine."""
    streams = invocation.streams
    view_name = choose_view(invocation.options.output or "auto", streams)
    stop, voice = Stop(), Voice()
    if view_name in ("live", "log") and not invocation.quiet:
        voice.early = retries_aside(streams)
    clock = WakingClock(stop)
    if (machine := _machine_view(view_name, invocation, performance.name, clock, voice)) is not None:
        voice.open(machine)
    began = clock.monotonic()
    reach: Reach | None = None

    def told(error: BaseException) -> ExitCode:
        """Tell a machine how it ended: it gets its last line whatever happens."""
        ended = _ended(error, verbose=bool(invocation.options.verbose))
        if voice.github is not None and isinstance(ended, ConfigError):
            voice.github.problems(ended)
        voice(_cut_short(performance.environment.name, ended, reach, clock.monotonic() - began))
        if view_name == "json":
            streams.print_aside(problem_lines(ended, invocation.spell))
        return ended.exit_code

    try:
        reach = invocation.reach(performance.environment, clock, voice)
        run = Run(_session(reach, clock, voice, stop), reach, voice, view_name)
        agreed = performance.agree(run)
    except (Exception, KeyboardInterrupt) as error:
        if machine is None or isinstance(error, BrokenPipeError):
            raise
        return told(error)
    # What the user took to read and answer does not count.
    run = replace(run, session=replace(run.session, deadline=Deadline(clock, performance.timeout)))
    if view_name == "live" or view_name == "log":
        heading = performance.heading(run, agreed)
        spell = invocation.spell
        voice.open(open_view(view_name, streams, heading, clock, spell, quiet=invocation.quiet))
    with stopping(stop, voice), contextlib.ExitStack() as cleanup:
        cleanup.callback(voice.close)
        try:
            return performance.carry_out(run, agreed).exit_code
        except Exception as error:
            if machine is None or isinstance(error, BrokenPipeError):
                raise
            return told(error)


def _ended(error: BaseException, *, verbose: bool) -> EdgerolloutError:
    """What ended a run before the engine could say so, in words."""
    match error:
        case EdgerolloutError():
            return error
        case Exception():
            return bug(error, verbose=verbose)
        case _:
            return Interrupted("interrupted; nothing was changed")


def _machine_view(
    name: ViewName, invocation: Invocation, command: str, clock: WakingClock, voice: Voice
) -> ActingView | None:
    """The view of a machine, which is told from the first call on; people see the plan first."""
    match name:
        case "json":
            from edgerollout.views.jsonl import JsonLinesView

            return JsonLinesView(invocation.streams.stdout, invocation.spell)
        case "github":
            from edgerollout.views.github import GithubView, Job

            job = Job.from_environment(invocation.variables)
            voice.github = GithubView(
                invocation.streams, clock, job, command, invocation.spell, quiet=invocation.quiet
            )
            return voice.github
        case "live" | "log":
            return None
        case _:
            assert_never(name)


def _grades(plan: Plan, reach: Reach) -> str | None:
    from edgerollout.cli.grading import grade_line

    return grade_line(plan, reach.probe)


def _heading(plan: Plan, acting: Acting, reach: Reach) -> Heading:
    return Heading.of(plan, acting.name, endpoint=reach.aws.endpoint, sandbox=reach.sandbox)


def _agreed(invocation: Invocation, acting: Acting, run: Run) -> tuple[Snapshot, Plan]:
    """The plan, shown, not refused, and confirmed."""
    reach, voice, view_name = run.reach, run.voice, run.view_name
    snapshot, plan = acting.make_plan(run.session)
    asking = acting.confirm is not None and plan.changes and not invocation.options.yes
    shows = asking or _shows(invocation, view_name, plan)
    if plan.direction is not None and not shows and view_name in ("live", "log") and not invocation.quiet:
        streams = invocation.streams
        direction = plan.direction.replace("→", streams.stderr_glyphs.arrow)
        streams.print_aside([Line(f"Promotion: {visible(direction)}", Style.STRONG, hang=2)])
    if voice.github is not None:
        voice.github.planned(plan, _heading(plan, acting, reach), shown=shows)
    elif shows:
        _show(invocation, plan, reach)
    _tell_findings(plan, voice, view_name)
    _refuse(plan)
    if acting.confirm is not None and plan.changes:
        acting.confirm(plan)
    if run.voice.github is not None and (grades := _grades(plan, run.reach)) is not None:
        run.voice.github.graded(grades)
    return snapshot, plan


def _cut_short(environment: str, error: EdgerolloutError, reach: Reach | None, duration: float) -> Outcome:
    from edgerollout.rollout.results import result_of

    return Outcome(
        result=result_of(error),
        exit_code=error.exit_code,
        environment=environment,
        release=None,
        previous=None,
        distributions=(),
        duration=duration,
        next_step=error.hint,
        error=str(error),
        endpoint=None if reach is None else reach.aws.endpoint,
        sandbox=reach is not None and reach.sandbox,
        aws_calls={} if reach is None else reach.aws.calls,
    )


def _session(reach: Reach, clock: WakingClock, emit: Emit, stop: Stop) -> Session:
    return Session(
        aws=reach.aws,
        clock=clock,
        emit=emit,
        deadline=Deadline(clock, None),
        stop=stop,
        probe=reach.probe,
        pace=reach.pace,
    )


def _carry_out(run: Run, acting: Acting, snapshot: Snapshot, plan: Plan) -> Outcome:
    from edgerollout.cli.handing_over import tfvars_writer
    from edgerollout.rollout.engine import Engine

    session, take_back = run.session, acting.take_back
    return Engine(
        session,
        plan,
        snapshot,
        acting.chosen.environment.function,
        acting.wording,
        check_headers=acting.check_headers,
        always_check=acting.always_check,
        sandbox=run.reach.sandbox,
        take_back=None if take_back is None else lambda carried: take_back(session, carried),
        tour=acting.tour,
        write_tfvars=tfvars_writer(acting.chosen.environment, snapshot.tfvars),
    ).run()


def _shows(invocation: Invocation, view_name: ViewName, plan: Plan) -> bool:
    """Whether the plan is shown even though nobody is asked: not to a machine, nor an empty one."""
    return view_name != "json" and not invocation.quiet and bool(plan.changes or plan.refused)


def _show(invocation: Invocation, plan: Plan, reach: Reach) -> None:
    """The plan, on stderr."""
    from edgerollout.views.plan_text import plan_lines
    from edgerollout.views.wording import against_words

    streams = invocation.streams
    against = against_words(reach.aws.endpoint, sandbox=reach.sandbox)
    lines = plan_lines(plan, streams.columns, streams.stderr_glyphs, invocation.spell, against=against)
    streams.print_aside([*lines, Line("")])


def _refuse(plan: Plan) -> None:
    if plan.unmet:
        names = ", ".join(gate.name for gate in plan.unmet)
        why = "; ".join((*(gate.detail for gate in plan.unmet), *(one.message for one in plan.errors)))
        count = "a gate is" if len(plan.unmet) == 1 else f"{len(plan.unmet)} gates are"
        kind = Refused if plan.errors else UnmetGates
        raise kind(f"{count} not met: {names}", why=why, hint=plan.unmet[0].remedy)
    if plan.errors:
        first, *others = plan.errors
        why = "; ".join(finding.message for finding in others)
        raise Refused(first.message, why=f"and also: {why}" if why else None, hint=first.hint)


def _tell_findings(plan: Plan, voice: Voice, view_name: ViewName) -> None:
    """What the plan found goes into the stream of events where the plan itself was not shown."""
    if view_name == "github":
        return  # annotated already
    if view_name == "json":
        if plan.direction is not None:
            voice(Noticed("note", f"promotion: {plan.direction}"))
        for gate in plan.gates:
            voice(GateJudged(gate.name, gate.passed, gate.detail, gate.remedy, gate.overridden))
    if view_name == "json" or not (plan.changes or plan.refused):
        for finding in plan.findings:
            voice(Noticed(finding.severity.value, finding.message, finding.distribution, finding.hint))


@contextlib.contextmanager
def stopping(stop: Stop, voice: Voice) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask the run to stop at a safe point; a second Ctrl-C leaves at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A handler in Python runs when the main thread comes to it: not while it waits for a writer and another
    # thread got the signal. The number that the interpreter writes into the wake-up socket comes at once.
    heard, wake = socket.socketpair()
    wake.setblocking(False)  # noqa: FBT003 - so it is called
    threading.Thread(target=_heed, args=(heard, stop, voice), name="signals", daemon=True).start()
    woken = signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, _leave_it_to_heed) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(woken)
        wake.close()


def _leave_it_to_heed(_number: int, _frame: FrameType | None) -> None:
    """Nothing: but that the signal is not for the system."""


def _heed(heard: socket.socket, stop: Stop, voice: Voice) -> None:
    """What the signals are for, in a thread of its own, until the other end is closed."""
    with heard:
        while numbers := heard.recv(64):
            for number in numbers:
                if number in _SIGNALS and not stop.asked:
                    _briefly(lambda: voice(_STOPPING))
                    stop.ask()
                elif number == signal.SIGINT:
                    # Nothing may hold us any longer, not even a writer waiting for its answer.
                    _briefly(voice.close)
                    os._exit(ExitCode.INTERRUPTED)


def _briefly(action: Callable[[], None]) -> None:
    """Do it if it can be done: a terminal that takes no more output must not keep us."""
    doing = threading.Thread(target=action, daemon=True)
    doing.start()
    doing.join(_BRIEFLY)
