"""A plan as Markdown, for a pull request or a job summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.views.coverage_rows import (
    by_severity,
    coverage_rows,
    distribution_note,
    finding_place,
    handover_rows,
    summary,
)
from edgerollout.views.gate_rows import gates_markdown
from edgerollout.views.glyphs import TYPOGRAPHIC
from edgerollout.views.markdown import code, plain
from edgerollout.views.release_rows import release_rows, release_title
from edgerollout.views.wording import trigger_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Spell
    from edgerollout.release.delivery.steps import DistributionPlan
    from edgerollout.release.facts.finding import Finding
    from edgerollout.release.plans.plan import Plan


def plan_markdown(plan: Plan, spell: Spell) -> str:
    """The plan, ending in a line end. Text that comes from AWS is escaped: it can bring no markup."""
    return "\n".join(_lines(plan, spell)) + "\n"


def _lines(plan: Plan, spell: Spell) -> Iterator[str]:
    yield f"## Plan for {plain(plan.environment)}"
    yield ""
    yield f"**{plain(summary(plan))}**"
    yield ""
    if plan.direction is not None:
        yield f"### Promotion: {plain(plan.direction)}"
        yield ""
        yield from gates_markdown(plan.gates, spell)
        yield ""
    yield f"### {release_title(plan, TYPOGRAPHIC)}"
    yield ""
    yield "```diff"
    for row in release_rows(plan):
        # In a diff block `!` marks a changed line; `~` would be no mark at all.
        mark = "!" if row.mark == "~" else row.mark
        yield f"{mark} {'  ' * row.depth}{row.text}".rstrip()
    yield "```"
    for distribution in plan.distributions:
        yield ""
        yield from _distribution(distribution, plan)
    if plan.handover is not None:
        yield ""
        yield "### Terraform owns the triggers"
        yield ""
        yield f"{code(plan.handover.file)}:"
        yield ""
        yield "```diff"
        for sign, name, change in handover_rows(plan.handover, plan.function_arn):
            yield f"{'!' if sign == '~' else sign} {name}  {change}"
        yield "```"
    if plan.strays:
        yield ""
        yield "### Strays"
        yield ""
        yield "Older versions of ours on distributions outside every environment:"
        yield ""
        for stray in plan.strays:
            version = trigger_words(stray.arn, plan.function_arn)
            yield (
                f"- {plain(stray.name)} ({stray.distribution}), {code(stray.path)},"
                f" {stray.event}: {code(version)}"
            )
    if plan.findings:
        yield ""
        yield "### Findings"
        yield ""
        for finding in by_severity(plan.findings):
            yield _finding(finding, finding_place(finding, plan), spell)


def _distribution(distribution: DistributionPlan, plan: Plan) -> Iterator[str]:
    yield f"### {plain(distribution.name)} ({distribution.id})"
    yield ""
    yield "| behavior | event | change |"
    yield "|---|---|---|"
    for row in coverage_rows(distribution, plan):
        yield f"| {code(row.path)} | {row.event} | {plain(row.change)} |"
    yield ""
    yield f"Steps: {plain(distribution_note(distribution, plan))}"


def _finding(finding: Finding, place: str, spell: Spell) -> str:
    hint = "" if finding.hint is None else f" (next: {plain(spelled(finding.hint, spell))})"
    return f"- **{finding.severity.value}** {code(finding.rule)} {plain(place)}{plain(finding.message)}{hint}"
