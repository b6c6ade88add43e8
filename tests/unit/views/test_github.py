from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ConfigError, Conflict, Place, Problem, Refused
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.events import (
    CspState,
    DistributionOutcome,
    DistributionResult,
    GateJudged,
    Noticed,
    RunResult,
    StepFailed,
    StepKind,
    StepProgressed,
    StepStarted,
)
from edgerollout.release.facts.finding import Finding
from edgerollout.views.github import GithubView, Job, tell_error, tell_warnings
from edgerollout.views.job_files import SUMMARY_LIMIT, JobFiles
from tests.spelling import spell

from .sample import FAILING, HEADING, OUTCOME, PLAN, RUN, WWW, HandClock, papers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from edgerollout.release.facts.events import Event
    from edgerollout.release.plans.plan import Plan
    from edgerollout.views.heading import Heading


class _Ran:
    """What a run left: the log on stderr, and the job's files."""

    def __init__(
        self,
        folder: Path,
        events: Iterable[tuple[float, Event]],
        *,
        plan: Plan | None = PLAN,
        heading: Heading = HEADING,
        quiet: bool = False,
    ) -> None:
        self._files = JobFiles(folder / "summary.md", folder / "output")
        out, err, streams = papers()
        clock = HandClock()
        view = GithubView(streams, clock, Job(self._files), "publish", spell, quiet=quiet)
        view.start()
        if plan is not None:
            view.planned(plan, heading, shown=not quiet)
        for at, event in events:
            clock.seconds = at
            view.handle(event)
        view.stop()
        view.stop()
        assert out.text == "", "stdout is data"
        self.log = err.text

    @property
    def summary(self) -> str:
        assert self._files.summary is not None
        return self._files.summary.read_text(encoding="utf-8")

    @property
    def outputs(self) -> dict[str, str]:
        assert self._files.output is not None
        text = self._files.output.read_text(encoding="utf-8")
        return dict(line.split("=", 1) for line in text.splitlines())

    def lines(self, start: str) -> list[str]:
        return [line for line in self.log.splitlines() if line.startswith(start)]


def test_a_publish_is_logged_in_groups(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    ran = _Ran(tmp_path, RUN)

    golden("github", ran.log)
    golden("github-summary", ran.summary)


def test_what_fails_stands_outside_the_groups_with_why_and_next(
    tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    ran = _Ran(tmp_path, FAILING)

    golden("github-failing", ran.log)
    golden("github-failing-summary", ran.summary)


@pytest.mark.parametrize("events", [RUN, FAILING, RUN[:20]], ids=["run", "failing", "cut off"])
def test_groups_never_nest_and_all_are_closed(
    tmp_path: Path, events: tuple[tuple[float, Event], ...]
) -> None:
    depth = 0
    for line in _Ran(tmp_path, events).log.splitlines():
        depth += line.startswith("::group::")
        depth -= line.startswith("::endgroup::")
        assert depth in (0, 1)
        assert depth == 0 or not line.startswith("::error")
    assert depth == 0


def test_the_outputs_say_what_a_later_step_wants_to_know(tmp_path: Path) -> None:
    outputs = _Ran(tmp_path, RUN).outputs

    assert outputs == {"release": "42", "stage": "report-only", "changed": "true", "result": "completed"}


@pytest.mark.parametrize(
    ("csp", "stage"),
    [
        (CspState("ab", "cd"), "report-only"),
        (CspState("ab", None), "enforced"),
        (CspState(None, None), ""),
        (None, ""),
    ],
)
def test_the_stage_is_that_of_the_releases_newest_policy(
    tmp_path: Path, csp: CspState | None, stage: str
) -> None:
    assert _Ran(tmp_path, [(0.0, replace(OUTCOME, csp=csp))]).outputs["stage"] == stage


def test_only_reading_is_no_change(tmp_path: Path) -> None:
    calls = {"cloudfront:ListDistributions": 1, "lambda:GetFunction": 1, "sts:GetCallerIdentity": 1}
    outcome = replace(OUTCOME, result=RunResult.NOTHING_TO_DO, aws_calls=calls)

    outputs = _Ran(tmp_path, [(0.0, outcome)]).outputs

    assert (outputs["changed"], outputs["result"]) == ("false", "nothing-to-do")


def test_findings_of_the_plan_are_annotated_by_their_severity(tmp_path: Path) -> None:
    findings = tuple(
        Finding(severity, "some-rule", f"a {severity.value}", "mend it", WWW) for severity in Severity
    )

    ran = _Ran(tmp_path, [], plan=replace(PLAN, findings=findings))

    title = "title=publish staging"
    assert ran.lines("::error") == [f"::error {title}::www.staging.example.com: a error (next: mend it)"]
    assert ran.lines("::warning") == [
        f"::warning {title}::www.staging.example.com: a warning (next: mend it)"
    ]
    assert ran.lines("::notice") == [f"::notice {title}::www.staging.example.com: a note (next: mend it)"]


def test_a_refusal_by_the_plan_is_annotated_once(tmp_path: Path) -> None:
    plan = replace(
        PLAN, findings=(Finding(Severity.ERROR, "slot-taken", "the slot is taken", "Exclude it."),)
    )
    outcome = replace(
        OUTCOME, result=RunResult.REFUSED, release=None, distributions=(), error="the slot is taken"
    )

    ran = _Ran(tmp_path, [(0.0, outcome)], plan=plan)

    assert len(ran.lines("::error")) == 1
    assert "<details open>" in ran.summary
    assert ran.outputs["result"] == "refused"


@pytest.mark.parametrize(
    ("result", "kind"), [(RunResult.REFUSED, "error"), (RunResult.IN_PROGRESS, "warning")]
)
def test_an_outcome_that_no_step_explained_is_annotated(tmp_path: Path, result: RunResult, kind: str) -> None:
    outcome = replace(OUTCOME, result=result, error="the headers are 100% wrong", next_step="look")

    ran = _Ran(tmp_path, [(0.0, outcome)], plan=replace(PLAN, findings=()))

    assert ran.lines(f"::{kind}") == [
        f"::{kind} title=publish staging::the headers are 100%25 wrong (next: look)"
    ]


def test_text_from_elsewhere_starts_no_command_and_no_markup(tmp_path: Path) -> None:
    evil = "one\n::error::two\r##[error]three ::stop-commands::x <script> | [x](http://y) %0A::group::"
    events: list[tuple[float, Event]] = [
        (0.0, StepStarted(StepKind.SWAP_TRIGGERS, evil, evil)),
        (1.0, StepProgressed(StepKind.SWAP_TRIGGERS, evil, 1.0, evil)),
        (2.0, Noticed(Severity.WARNING, evil, evil)),
        (3.0, Noticed(Severity.NOTE, evil)),
        (3.5, GateJudged(evil, passed=False, detail=evil, remedy=evil, overridden=evil)),
        (4.0, StepFailed(StepKind.SWAP_TRIGGERS, evil, evil, evil, evil, evil)),
        (
            5.0,
            replace(
                OUTCOME,
                result=RunResult.FAILED,
                error=evil,
                next_step=evil,
                distributions=(DistributionOutcome(evil, evil, DistributionResult.FAILED, evil),),
            ),
        ),
    ]

    ran = _Ran(tmp_path, events)

    names = [name for line in ran.log.splitlines() if (name := re.match(r"\s*::(\S+?)[ :]", line))]
    assert {name[1] for name in names} == {"group", "endgroup", "error", "warning", "notice"}
    assert "##[" not in re.sub(r"^::.*$", "", ran.log, flags=re.MULTILINE)
    assert "%250A" in ran.log, "an escape in the text stays text"
    told = ran.summary.partition("<details>")[0]
    assert "<script>" not in told.replace("\\<script", "")
    assert all(line.count(" | ") == 3 for line in told.splitlines() if line.startswith("| "))


def test_many_failures_are_at_most_ten_annotations_and_a_count(tmp_path: Path) -> None:
    events = [
        (float(n), StepFailed(StepKind.SWAP_TRIGGERS, f"failure {n}", None, None, None, f"E{n}"))
        for n in range(20)
    ]

    ran = _Ran(tmp_path, [*events, (20.0, OUTCOME)])

    assert len(ran.lines("::error")) == 10
    assert ran.lines("::error")[-1] == "::error::11 more errors: see the log"
    assert all(f"failure {n}" in ran.log for n in range(20))


def test_a_plan_too_long_for_a_summary_gives_way_to_the_results(tmp_path: Path) -> None:
    distribution = PLAN.distributions[0]
    behaviors = tuple(replace(distribution.behaviors[0], path=f"/{n}/{'x' * 200}") for n in range(5000))
    plan = replace(PLAN, distributions=(replace(distribution, behaviors=behaviors),))

    ran = _Ran(tmp_path, [(0.0, OUTCOME)], plan=plan)

    assert len(ran.summary.encode()) < SUMMARY_LIMIT
    assert "release 42 is live in staging" in ran.summary
    assert "The plan is too long for a job summary" in ran.summary


def test_of_very_many_distributions_those_that_failed_are_in_the_summary(tmp_path: Path) -> None:
    many = tuple(
        DistributionOutcome(f"E{n}", f"{n}.example.com", DistributionResult.COMPLETED) for n in range(500)
    )
    bad = DistributionOutcome("E500", "500.example.com", DistributionResult.FAILED, "access denied")

    summary = _Ran(tmp_path, [(0.0, replace(OUTCOME, distributions=(*many, bad)))]).summary

    assert "| 500.example.com (E500) | failed | access denied |" in summary
    assert "| and 301 others |  |  |" in summary


def test_one_distribution_gives_its_group_its_name(tmp_path: Path) -> None:
    heading = replace(HEADING, distributions=HEADING.distributions[:1])

    log = _Ran(tmp_path, RUN[:15], heading=heading).log

    assert "::group::Roll out on www.staging.example.com\n" in log


def test_quiet_leaves_annotations_summary_and_outputs(tmp_path: Path) -> None:
    ran = _Ran(tmp_path, RUN, quiet=True)

    assert ran.lines("::group") == []
    assert len(ran.lines("::warning")) == 2
    assert ran.outputs["release"] == "42"
    assert "## publish staging" in ran.summary


def test_a_job_without_files_gets_the_log(tmp_path: Path) -> None:
    _, err, streams = papers()
    view = GithubView(streams, HandClock(), Job(), "publish", spell)

    view.handle(OUTCOME)

    assert "release 42 is live" in err.text
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_said_and_changes_nothing(tmp_path: Path) -> None:
    _, err, streams = papers()
    view = GithubView(
        streams, HandClock(), Job(JobFiles(tmp_path, tmp_path / "no" / "output")), "publish", spell
    )

    view.handle(OUTCOME)

    assert err.text.count("warning: the job's file was not written: ") == 2


# --- before any view is open -------------------------------------------------------------------------

_WRONG = ConfigError(
    (
        Problem(Place("config/policy.toml", 12, "csp.script-src"), "unknown keyword", "did you mean 'self'?"),
        Problem(Place("config/edgerollout.toml"), "the file does not exist"),
    ),
    hint="Mend them.",
)


def _told(tmp_path: Path, error: ConfigError | Conflict | Refused, workspace: Path | None = None) -> _Ran:
    ran = _Ran(tmp_path, [], plan=None)
    _, err, streams = papers()
    tell_error(error, spell, streams, Job(ran._files, workspace))
    ran.log = err.text
    return ran


def test_each_problem_of_the_configuration_is_annotated_where_it_is(tmp_path: Path) -> None:
    ran = _told(tmp_path, _WRONG)

    assert ran.log.splitlines() == [
        (
            "::error file=config/policy.toml,line=12,title=csp.script-src::"
            "config/policy.toml:12: csp.script-src: unknown keyword (did you mean 'self'?)"
        ),
        "::error file=config/edgerollout.toml::config/edgerollout.toml: the file does not exist",
        "next: Mend them.",
    ]
    assert "## the configuration has 2 problems" in ran.summary
    assert ran.outputs == {"release": "", "stage": "", "changed": "false", "result": "failed"}


def test_an_error_before_the_run_is_annotated_with_why_and_next(tmp_path: Path) -> None:
    ran = _told(tmp_path, Conflict("the plan is stale", why="somebody published :43", hint="Plan again."))

    assert ran.log == "::error::the plan is stale: somebody published :43 (next: Plan again.)\n"
    assert ran.outputs["result"] == "conflict"


def test_what_may_stay_in_the_configuration_is_a_warning_at_its_line() -> None:
    _, err, streams = papers()

    tell_warnings(_WRONG.problems[:1], streams, Job())

    assert err.text.startswith("::warning file=config/policy.toml,line=12,title=csp.script-src::config/")


def test_annotated_files_are_relative_to_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    monkeypatch.chdir(tmp_path / "site")

    ran = _told(tmp_path, _WRONG, workspace=tmp_path)

    assert ran.lines("::error")[0].startswith("::error file=site/config/policy.toml,line=12,")
    assert Job(workspace=tmp_path).path("/elsewhere/policy.toml") == "/elsewhere/policy.toml"
