"""An acting run in a GitHub Actions job: a log in folding groups, annotations, job summary, outputs.

Everything goes to stderr, because the runner reads commands there, too. In one stream the order is kept, and
stdout has only data. The lines are those of the `log` view; failures are shown outside the groups.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.errors import ConfigError
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.events import (
    Noticed,
    Outcome,
    RollbackStarted,
    RunResult,
    StepFailed,
    StepFinished,
    StepKind,
    StepProgressed,
    StepStarted,
)
from edgerollout.views.annotations import Annotation, Annotations
from edgerollout.views.as_text import as_text
from edgerollout.views.findings import place_of
from edgerollout.views.glyphs import glyphs_for
from edgerollout.views.ink import Line, Style, painted
from edgerollout.views.job_files import JobFiles
from edgerollout.views.job_summary import error_markdown, outputs_of, run_markdown
from edgerollout.views.narration import Narration, cause_words, failure_words, next_words, rollback_words
from edgerollout.views.outcome import outcome_lines, says_why
from edgerollout.views.plan import names_of, plan_document, summary
from edgerollout.views.streams import write
from edgerollout.views.wording import against_words, count_words
from edgerollout.views.workflow_commands import command, harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.advice import Spell
    from edgerollout.clock import Clock
    from edgerollout.errors import EdgerolloutError, Problem
    from edgerollout.release.facts.events import Event
    from edgerollout.release.plans.plan import Plan
    from edgerollout.views.annotations import AnnotationKind
    from edgerollout.views.document import Doc
    from edgerollout.views.heading import Heading
    from edgerollout.views.streams import Streams


@dataclass(frozen=True)
class Job:
    """What the runner gives a step: its files, and the folder to which annotated paths are relative."""

    files: JobFiles = field(default_factory=JobFiles)
    workspace: Path | None = None

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Job:
        """The job of GITHUB_WORKSPACE, GITHUB_STEP_SUMMARY and GITHUB_OUTPUT; each may be missing."""
        workspace = variables.get("GITHUB_WORKSPACE")
        return cls(JobFiles.from_environment(variables), Path(workspace) if workspace else None)

    def path(self, file: str) -> str:
        """`file` as GitHub knows it: relative to the workspace where it lies in there."""
        if self.workspace is not None:
            with contextlib.suppress(ValueError):
                return Path(file).resolve().relative_to(self.workspace.resolve()).as_posix()
        return file


class GithubView:
    """Takes events from the first call on; `planned` is called when there is a plan. Thread-safe.

    `name` is the name of the command. With `quiet` the log has only failures, warnings, a rollback and the
    outcome. Annotations, job summary and outputs stay the same.
    """

    def __init__(
        self, streams: Streams, clock: Clock, job: Job, name: str, spell: Spell, *, quiet: bool = False
    ) -> None:
        self._streams = streams
        self._clock = clock
        self._job = job
        self._name = name
        self._quiet = quiet
        self._spell = spell
        self._glyphs = glyphs_for(streams.stderr.encoding)
        self._lock = threading.Lock()
        self._narration = Narration(None, self._glyphs, spell, clock.monotonic(), quiet=quiet)
        self._annotations = Annotations()
        self._warnings: list[str] = []
        self._causes: set[str] = set()
        self._plan: Plan | None = None
        self._grades: str | None = None
        self._open: str | None = None
        self._opened: set[str] = set()
        self._rollback: RollbackStarted | None = None

    def start(self) -> None:
        """Write nothing: there is nothing to say yet."""

    def planned(self, plan: Plan, heading: Heading, *, shown: bool) -> None:
        """Annotate the findings of the plan. If `shown`, also write the plan, in its own group."""
        with self._lock:
            self._plan = plan
            now = self._clock.monotonic()
            self._narration = Narration(heading, self._glyphs, self._spell, now, quiet=self._quiet)
            if shown:
                against = against_words(heading.endpoint, sandbox=heading.sandbox)
                document = plan_document(plan, against=against)
                self._folded(f"Plan for {plan.environment}: {summary(plan)}", document)
            for gate in plan.unmet:
                unmet = f"gate {gate.name} is not met: {gate.detail}"
                self._annotate("error", unmet + next_words(gate.remedy, self._spell))
            for finding in plan.findings:
                words = f"{place_of(finding, names_of(plan))}{finding.message}"
                self._annotate(_kind(finding.severity), words + next_words(finding.hint, self._spell))
            self._write(self._narration.opening(now))

    def found(self, title: str, document: Doc, heading: Heading) -> None:
        """Write the document on which a run without a plan is based, in its own group."""
        with self._lock:
            now = self._clock.monotonic()
            self._narration = Narration(heading, self._glyphs, self._spell, now, quiet=self._quiet)
            if not self._quiet:
                self._folded(title, document)
            self._write(self._narration.opening(now))

    def graded(self, line: str) -> None:
        """Keep a line in Markdown with the site's grades, before → after, for the summary."""
        self._grades = line

    def handle(self, event: Event) -> None:
        """Write what the event changes; the outcome also makes the summary and the outputs."""
        with self._lock:
            self._handle(event)

    def stop(self) -> None:
        """Close the open group. May be called twice."""
        with self._lock:
            self._fold()
            self._commands(self._annotations.rest())

    def problems(self, error: ConfigError) -> None:
        """Annotate every problem of the configuration at its line."""
        with self._lock:
            for problem in error.problems:
                self._tell(_of_problem(problem, self._job))

    def _handle(self, event: Event) -> None:
        match event:
            case StepStarted() | StepProgressed() | StepFinished():
                lines = list(self._narrated(event))
                if lines:
                    self._group(self._phase(event))
                    self._write(lines)
            case StepFailed():
                for _ in self._narrated(event):
                    pass  # the annotation says it
                self._fold()
                self._causes.add(cause_words(event))
                self._annotate("error", self._where(event.distribution) + failure_words(event, self._spell))
            case RollbackStarted():
                self._fold()
                self._rollback = event
                self._causes.add(event.why)
                self._annotate("error", rollback_words(event, self._spell))
            case Noticed():
                message = self._where(event.distribution) + event.message
                if event.severity is Severity.WARNING:
                    self._warnings.append(message)
                self._annotate(_kind(event.severity), message)
            case Outcome():
                self._ended(event)
            case _:
                self._write(self._narrated(event))  # a line of the log says it

    def _ended(self, outcome: Outcome) -> None:
        self._fold()
        if outcome.error is not None and not self._explained(outcome):
            soft = outcome.result in (RunResult.IN_PROGRESS, RunResult.INTERRUPTED)
            words = outcome.error + next_words(outcome.next_step, self._spell)
            self._annotate("warning" if soft else "error", words)
        self._commands(self._annotations.rest())
        self._write(outcome_lines(outcome, self._streams.columns, self._glyphs, self._spell))
        files = self._job.files
        with self._forgiving():
            room = files.summary_room()
            files.append_summary(self._summary(outcome, room))
        with self._forgiving():
            files.append_outputs(outputs_of(outcome))

    def _summary(self, outcome: Outcome, room: int) -> str:
        return run_markdown(
            self._name, outcome, self._plan, self._warnings, room, self._spell, grades=self._grades
        )

    def _explained(self, outcome: Outcome) -> bool:
        """Whether an annotation of a finding or of a failed step already says what went wrong."""
        refused = self._plan is not None and self._plan.refused
        return refused or outcome.error in self._causes or not says_why(outcome)

    def _phase(self, event: StepStarted | StepProgressed | StepFinished) -> str:
        """The title of the group for a step's lines. Distributions that run side by side share a group."""
        if self._rollback is not None:
            target = self._rollback.to_release
            return "Roll back" if target is None else f"Roll back to release {target}"
        if event.distribution is None:
            own = {
                StepKind.VERIFY: "Check the live headers",
                StepKind.TOUR: "Tour the site",
                StepKind.DELETE_VERSIONS: "Delete old versions",
            }
            return own.get(event.step, "Prepare the release")
        heading = self._narration.heading
        busy = (
            ()
            if heading is None
            else tuple(
                distribution for distribution in heading.distributions if distribution.last is not None
            )
        )
        if len(busy) > 1:
            return f"Roll out on {count_words(len(busy), 'distribution')}"
        return f"Roll out on {self._narration.name_of(event.distribution)}"

    def _where(self, distribution: str | None) -> str:
        name = self._narration.name_of(distribution)
        return "" if name is None else f"{name}: "

    def _narrated(self, event: Event) -> Iterator[Line]:
        return self._narration.lines(event, self._clock.monotonic())

    def _annotate(self, kind: AnnotationKind, message: str) -> None:
        """Annotate. The log shows only the message, so it must say everything; the page has the title."""
        environment = "" if self._plan is None else f" {self._plan.environment}"
        self._tell(Annotation(kind, message, self._name + environment))

    def _tell(self, annotation: Annotation) -> None:
        line = self._annotations.line(annotation)
        if line is not None:
            self._commands((line,))

    def _group(self, title: str) -> None:
        if self._open == title:
            return
        self._fold()
        again = " (continued)" if title in self._opened else ""
        self._commands((command("group", title + again),))
        self._open = title
        self._opened.add(title)

    def _folded(self, title: str, document: Doc) -> None:
        self._group(title)
        self._write(as_text(document, self._streams.columns, self._glyphs, self._spell))
        self._fold()

    def _fold(self) -> None:
        if self._open is not None:
            self._commands((command("endgroup"),))
            self._open = None

    def _commands(self, lines: Iterable[str]) -> None:
        for line in lines:
            write(self._streams.stderr, f"{line}\n")

    def _write(self, lines: Iterable[Line]) -> None:
        colour = self._streams.stderr_colour
        for line in lines:
            text = painted(replace(line, text=harmless(line.text)), colour=colour)
            write(self._streams.stderr, f"{text}\n")

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        """Warn, but go on, if a file of the job cannot be written."""
        try:
            yield
        except OSError as error:
            self._write((Line(f"warning: the job's file was not written: {error}", Style.WARNING),))


def tell_error(error: EdgerolloutError, spell: Spell, streams: Streams, job: Job) -> None:
    """Report an error from before any view was open: annotations, a job summary, and the output `result`."""
    from edgerollout.rollout.results import result_of

    _tell_all(_of_error(error, spell, job), streams)
    if isinstance(error, ConfigError) and error.hint is not None:
        write(streams.stderr, f"{harmless(f'next: {spelled(error.hint, spell)}')}\n")
    with contextlib.suppress(OSError):  # the log has it, and the exit code
        job.files.append_summary(error_markdown(error, spell))
        outputs = {"release": "", "stage": "", "changed": "false", "result": result_of(error).value}
        job.files.append_outputs(outputs)


def tell_warnings(problems: Iterable[Problem], streams: Streams, job: Job) -> None:
    """Annotate the warnings about the configuration, each at its line."""
    _tell_all((_of_problem(problem, job, "warning") for problem in problems), streams)


def _tell_all(told: Iterable[Annotation], streams: Streams) -> None:
    annotations = Annotations()
    lines = [annotations.line(annotation) for annotation in told]
    for line in (*lines, *annotations.rest()):
        if line is not None:
            write(streams.stderr, f"{line}\n")


def _of_error(error: EdgerolloutError, spell: Spell, job: Job) -> Iterator[Annotation]:
    if isinstance(error, ConfigError):
        yield from (_of_problem(problem, job) for problem in error.problems)
    else:
        yield Annotation("error", str(error) + next_words(error.hint, spell))


def _of_problem(problem: Problem, job: Job, kind: AnnotationKind = "error") -> Annotation:
    place = problem.place
    return Annotation(kind, str(problem), place.key, job.path(place.file), place.line, place.column)


def _kind(severity: str) -> AnnotationKind:
    """GitHub's word for the severity of a finding or a notice; it has no `note`."""
    match Severity(severity):
        case Severity.ERROR:
            return "error"
        case Severity.WARNING:
            return "warning"
        case Severity.NOTE:
            return "notice"
