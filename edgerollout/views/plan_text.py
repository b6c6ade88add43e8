"""A plan for people: the release as a diff, a coverage table per distribution, findings, what will happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.steps import Action
from edgerollout.views.coverage_rows import (
    by_severity,
    coverage_rows,
    distribution_note,
    finding_place,
    handover_rows,
    summary,
)
from edgerollout.views.gate_rows import gate_lines
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.release_rows import release_rows, release_title
from edgerollout.views.wording import count_words, trigger_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgerollout.advice import Spell
    from edgerollout.release.delivery.steps import DistributionPlan
    from edgerollout.release.delivery.terraform import Handover
    from edgerollout.release.facts.finding import Finding
    from edgerollout.release.plans.plan import Plan
    from edgerollout.views.coverage_rows import CoverageRow
    from edgerollout.views.glyphs import Glyphs
    from edgerollout.views.release_rows import DiffRow

_STYLES = {"+": Style.ADDED, "-": Style.REMOVED, "~": Style.PLAIN, " ": Style.MUTED}


def plan_lines(
    plan: Plan, width: int, glyphs: Glyphs, spell: Spell, *, against: str | None = None
) -> tuple[Line, ...]:
    """The plan in lines for `width` columns: tables where they fit, one under the other where not.

    `against` is what was asked instead of AWS, in words (`wording.against_words`).
    """
    return tuple(_lines(plan, width, glyphs, spell, against))


def _lines(plan: Plan, width: int, glyphs: Glyphs, spell: Spell, against: str | None) -> Iterator[Line]:
    where = f"account {plan.account}" + ("" if against is None else f", {against}")
    yield Line(f"Plan for {plan.environment} ({where})", Style.STRONG)
    yield Line("")
    if plan.direction is not None:
        yield Line(f"Promotion: {visible(plan.direction.replace('→', glyphs.arrow))}", Style.STRONG, hang=2)
        yield from gate_lines(plan.gates, glyphs, spell)
        yield Line("")
    yield Line(release_title(plan, glyphs), Style.STRONG)
    for row in release_rows(plan):
        yield _diff_line(row)
    for distribution in plan.distributions:
        yield Line("")
        yield from _distribution(distribution, plan, width)
    if plan.handover is not None:
        yield Line("")
        yield from _handover(plan.handover, plan)
    if plan.strays:
        yield Line("")
        yield Line("Strays: older versions of ours outside every environment", Style.STRONG, hang=2)
        for stray in plan.strays:
            version = trigger_words(stray.arn, plan.function_arn)
            yield Line(
                f"  ! {visible(stray.name)} ({stray.distribution}) {visible(stray.path)}"
                f" {stray.event} {visible(version)}",
                Style.WARNING,
                hang=4,
            )
    if plan.findings:
        yield Line("")
        for finding in by_severity(plan.findings):
            yield from _finding(finding, finding_place(finding, plan), glyphs, spell)
    yield Line("")
    yield Line(summary(plan), Style.BAD if plan.refused else Style.STRONG)


def _handover(handover: Handover, plan: Plan) -> Iterator[Line]:
    yield Line(f"Terraform owns the triggers: {visible(handover.file)}", Style.STRONG, hang=2)
    for mark, name, change in handover_rows(handover, plan.function_arn):
        yield Line(f"  {mark} {name}  {change}", _STYLES[mark], hang=6)


def _diff_line(row: DiffRow) -> Line:
    indent = "  " * row.depth
    lead = f"  {row.mark} {indent}"
    return Line(lead + row.text, _STYLES[row.mark], hang=len(lead) + 2, lead=len(lead))


def _distribution(distribution: DistributionPlan, plan: Plan, width: int) -> Iterator[Line]:
    yield Line(f"{visible(distribution.name)} ({distribution.id})", Style.STRONG)
    rows = coverage_rows(distribution, plan)
    if rows and {row.action for row in distribution.behaviors} == {Action.KEEP}:
        # Five hundred unchanged behaviors need no line each.
        versions = sorted({row.change for row in rows})
        yield Line(f"    {count_words(len(rows), 'behavior')}, {', '.join(versions)}", Style.MUTED, hang=6)
    else:
        yield from _table(rows, width)
    yield Line(f"    {distribution_note(distribution, plan)}", Style.MUTED, hang=6)


def _table(rows: Sequence[CoverageRow], width: int) -> Iterator[Line]:
    paths = max((len(row.path) for row in rows), default=0)
    events = max((len(row.event) for row in rows), default=0)
    change_at = 4 + paths + 2 + events + 2
    if change_at + 20 <= width:
        for row in rows:
            text = f"  {row.mark} {row.path:<{paths}}  {row.event:<{events}}  {row.change}"
            yield Line(text, row.style, hang=change_at, lead=change_at)
        return
    for row in rows:
        yield Line(f"  {row.mark} {row.path}", row.style, hang=6, lead=4)
        yield Line(f"      {row.event}: {row.change}", row.style, hang=8)


def _finding(finding: Finding, place: str, glyphs: Glyphs, spell: Spell) -> Iterator[Line]:
    sign, style = {
        Severity.ERROR: (glyphs.failed, Style.BAD),
        Severity.WARNING: (glyphs.warning, Style.WARNING),
        Severity.NOTE: (glyphs.note, Style.PLAIN),
    }[finding.severity]
    yield Line(f"{sign} {finding.severity.value}: {place}{visible(finding.message)}", style, hang=4)
    if finding.hint is not None:
        yield Line(f"    next: {visible(spelled(finding.hint, spell))}", hang=10)
    if finding.override is not None:
        yield Line(f"    set aside with: --override {finding.override}", Style.MUTED, hang=6)
