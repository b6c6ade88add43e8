"""A run as Markdown for the job summary: the result, the result on each distribution, the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.errors import ConfigError
from edgerollout.release.facts.events import RunResult
from edgerollout.views.as_markdown import as_markdown
from edgerollout.views.document import (
    Advised,
    Code,
    Doc,
    Fold,
    Item,
    Labelled,
    List,
    Marker,
    Strong,
)
from edgerollout.views.outcome import distribution_rows, outcome_document
from edgerollout.views.plan import plan_document
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.advice import Spell
    from edgerollout.errors import EdgerolloutError, Problem
    from edgerollout.release.facts.events import Outcome
    from edgerollout.release.plans.plan import Plan

_ROWS = 200
"""Most distributions in the table; failed ones come first."""
_WARNINGS = 20

_READS = ("Get", "List", "Describe", "Simulate", "AssumeRole")


def run_markdown(
    command: str,
    outcome: Outcome,
    plan: Plan | None,
    warnings: Sequence[str],
    room: int,
    spell: Spell,
    *,
    grades: str | None = None,
) -> str:
    """The summary of a run, without the plan if it would be longer than `room` bytes."""
    document = _run(command, outcome, warnings, grades)
    told = as_markdown(document, spell)
    if plan is None:
        return told
    shown = plan_document(plan)
    verdict = () if shown.verdict is None else (shown.verdict,)
    fold = Fold("The plan, before the run", (*verdict, *shown.parts), opened=plan.refused)
    whole = as_markdown(replace(document, parts=(*document.parts, fold)), spell)
    if len(whole.encode()) <= room:
        return whole
    return f"{told}\nThe plan is too long for a job summary; it is in the log.\n"


def error_markdown(error: EdgerolloutError, spell: Spell) -> str:
    """The summary of a command that could not start."""
    problems = error.problems if isinstance(error, ConfigError) else ()
    parts = (Labelled((("why", error.why),)), List(tuple(map(_problem, problems))))
    advised = () if error.hint is None else (Advised("next", error.hint),)
    return as_markdown(Doc(error.summary, parts, advised=advised), spell)


def outputs_of(outcome: Outcome) -> dict[str, str]:
    """The step's outputs: release, stage, changed, result. An output without a value is empty.

    If Terraform owns the triggers, there are three more: `tfvars`, the file; `function_qualified_arn`; and
    `live`, the release that is live while `release` waits for Terraform.
    """
    handed = outcome.handed_over
    told = (
        {}
        if handed is None
        else {
            "tfvars": handed.file,
            "function_qualified_arn": handed.function_qualified_arn or "",
            "live": "" if handed.live is None else str(handed.live),
        }
    )
    return {
        "release": "" if outcome.release is None else str(outcome.release),
        "stage": _stage(outcome),
        "changed": "true" if _wrote(outcome) else "false",
        "result": outcome.result.value,
        **told,
    }


def _run(command: str, outcome: Outcome, warnings: Sequence[str], grades: str | None) -> Doc:
    told = [Item((Strong("warning"), f": {warning}"), Marker.WARNING) for warning in warnings[:_WARNINGS]]
    if len(warnings) > _WARNINGS:
        told.append(Item(f"and {count_words(len(warnings) - _WARNINGS, 'other warning')}, in the log"))
    rows = distribution_rows(outcome, _ROWS)
    title = f"{command} {outcome.environment}"
    return outcome_document(title, outcome, rows, (List(tuple(told)),), grades=grades)


def _problem(problem: Problem) -> Item:
    suggestion = "" if problem.suggestion is None else f" ({problem.suggestion})"
    return Item((Code(str(problem.place)), f": {problem.message}{suggestion}"))


def _stage(outcome: Outcome) -> str:
    """The stage of the newest CSP of the release; empty if it has none, or if that is not known."""
    stage = None if outcome.csp is None else outcome.csp.stage
    return "" if stage is None else stage.value


def _wrote(outcome: Outcome) -> bool:
    """Whether the run wrote tfvars, or called AWS to change something, even if AWS refused the call."""
    if outcome.result is RunResult.HANDED_OVER:
        return True
    operations = (call.rpartition(":")[2] for call in outcome.aws_calls)
    return any(not operation.startswith(_READS) for operation in operations)
