"""A run as Markdown for the job summary: how it ended, what came of each distribution, what was planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.errors import ConfigError
from edgerollout.release.facts.events import RunResult
from edgerollout.views.as_markdown import as_markdown
from edgerollout.views.glyphs import TYPOGRAPHIC
from edgerollout.views.markdown import code, plain
from edgerollout.views.outcome import by_outcome, distribution_words, effort_words, says_why, verdict_words
from edgerollout.views.plan import plan_document
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgerollout.advice import Spell
    from edgerollout.errors import EdgerolloutError, Problem
    from edgerollout.release.facts.events import Outcome
    from edgerollout.release.plans.plan import Plan

_ROWS = 200
"""Distributions in the table, those that went wrong first."""
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
    """The summary of a run in at most `room` bytes, or without the plan where even that is too much."""
    told = "\n".join(_run(command, outcome, warnings, spell)) + "\n"
    if grades is not None:
        told += f"\n{grades}\n"
    if plan is None:
        return told
    whole = told + "\n".join(_plan(plan, spell, refused=plan.refused)) + "\n"
    if len(whole.encode()) <= room:
        return whole
    return f"{told}\nThe plan is too long for a job summary; it is in the log.\n"


def error_markdown(error: EdgerolloutError, spell: Spell) -> str:
    """The summary of a command that could not begin."""
    return "\n".join(_error(error, spell)) + "\n"


def outputs_of(outcome: Outcome) -> dict[str, str]:
    """The step's outputs: release, stage, changed, result. Empty where there is nothing to say.

    Where Terraform owns the triggers also `tfvars`, the file, `function_qualified_arn`, and `live`, the
    release that is live while `release` waits for Terraform.
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


def _run(command: str, outcome: Outcome, warnings: Sequence[str], spell: Spell) -> Iterator[str]:
    yield f"## {command} {plain(outcome.environment)}"
    yield ""
    yield f"**{plain(verdict_words(outcome, TYPOGRAPHIC))}**"
    if outcome.error is not None and says_why(outcome):
        yield ""
        yield f"Why: {plain(outcome.error)}"
    if outcome.distributions:
        yield ""
        yield "| distribution | result | error |"
        yield "|---|---|---|"
        rows = by_outcome(outcome.distributions)
        for one in rows[:_ROWS]:
            error = "" if one.error is None else plain(one.error)
            yield f"| {plain(one.name)} ({plain(one.id)}) | {distribution_words(one.result)} | {error} |"
        if len(rows) > _ROWS:
            yield f"| and {count_words(len(rows) - _ROWS, 'other')} | | |"
    if warnings:
        yield ""
        yield from (f"- **warning** {plain(one)}" for one in warnings[:_WARNINGS])
        if len(warnings) > _WARNINGS:
            yield f"- and {count_words(len(warnings) - _WARNINGS, 'other warning')}, in the log"
    yield ""
    yield plain(effort_words(outcome, TYPOGRAPHIC))
    if outcome.next_step is not None:
        yield ""
        yield f"**Next:** {plain(spelled(outcome.next_step, spell))}"
    if outcome.undo is not None:
        yield ""
        yield f"**Undo:** {plain(spelled(outcome.undo, spell))}"


def _plan(plan: Plan, spell: Spell, *, refused: bool) -> Iterator[str]:
    yield ""
    yield f"<details{' open' if refused else ''}><summary>The plan, before the run</summary>"
    yield ""
    yield as_markdown(plan_document(plan), spell).rstrip("\n")
    yield ""
    yield "</details>"


def _error(error: EdgerolloutError, spell: Spell) -> Iterator[str]:
    yield f"## {plain(error.what)}"
    if error.why is not None:
        yield ""
        yield f"Why: {plain(error.why)}"
    if isinstance(error, ConfigError):
        yield ""
        yield from (_problem(problem) for problem in error.problems)
    if error.hint is not None:
        yield ""
        yield f"**Next:** {plain(spelled(error.hint, spell))}"


def _problem(problem: Problem) -> str:
    suggestion = "" if problem.suggestion is None else f" ({plain(problem.suggestion)})"
    return f"- {code(str(problem.place))}: {plain(problem.message)}{suggestion}"


def _stage(outcome: Outcome) -> str:
    """Where the newest policy of the release stands; empty where it has none, or none is known."""
    stage = None if outcome.csp is None else outcome.csp.stage
    return "" if stage is None else stage.value


def _wrote(outcome: Outcome) -> bool:
    """Whether a call was made that changes AWS, or would have, had AWS not refused it; or tfvars were."""
    if outcome.result is RunResult.HANDED_OVER:
        return True
    operations = (call.rpartition(":")[2] for call in outcome.aws_calls)
    return any(not operation.startswith(_READS) for operation in operations)
