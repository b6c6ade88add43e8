"""What init did: the files, what it saw of the live site, and the next commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, assert_never

from edgerollout.advice import spelled
from edgerollout.policy.headers import cased
from edgerollout.policy.severity import Severity
from edgerollout.views.findings import by_severity
from edgerollout.views.ink import Line, Style, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Spell
    from edgerollout.release.facts.finding import Finding
    from edgerollout.scaffold.starting_policy import StartingPolicy
    from edgerollout.scaffold.survey import Survey, SurveyedDistribution

FileAction = Literal["created", "replaced", "extended", "unchanged", "kept"]

_STYLES: dict[FileAction, Style] = {
    "created": Style.ADDED,
    "replaced": Style.WARNING,
    "extended": Style.ADDED,
    "unchanged": Style.MUTED,
    "kept": Style.MUTED,
}


@dataclass(frozen=True)
class InitReport:
    """`files`: path as the user sees it, and what became of it. `next` are command lines, in order.

    Of `--lock`, which makes no configuration, `environments` and `next` are empty and `policy` is None.
    """

    environments: tuple[str, ...]
    policy: StartingPolicy | None
    surveys: tuple[Survey, ...]
    findings: tuple[Finding, ...]
    files: tuple[tuple[str, FileAction], ...]
    next: tuple[str, ...]


def init_lines(report: InitReport, spell: Spell) -> Iterator[Line]:
    """The report for people."""
    for survey in report.surveys:
        for found in survey.found:
            yield from _found(survey, found)
    if report.surveys and report.policy is not None:
        yield Line(_policy_words(report.policy), hang=2)
        yield Line("")
    for finding in by_severity(report.findings):
        yield from _finding(finding, spell)
    if report.findings:
        yield Line("")
    width = max(len(action) for _, action in report.files) + 2
    for path, action in report.files:
        yield Line(f"{action.ljust(width)}{visible(path)}", _STYLES[action], hang=width)
    if report.next:
        yield Line("")
        yield Line("next:", Style.STRONG)
    for command in report.next:
        yield Line(f"  {visible(command)}", whole=True)


def _found(survey: Survey, found: SurveyedDistribution) -> Iterator[Line]:
    distribution = found.distribution
    count = len(distribution.behaviors)
    yield Line(
        f"{survey.environment}: {visible(distribution.name)} ({distribution.id}),"
        f" {count} {'behavior' if count == 1 else 'behaviors'}:"
        f" {visible(', '.join(one.path for one in distribution.behaviors))}",
        Style.STRONG,
        hang=2,
    )
    if found.origins:
        yield Line(f"  from {visible(', '.join(found.origins))}", Style.MUTED, hang=4)


def _policy_words(policy: StartingPolicy) -> str:
    if not policy.seen:
        return "policy: a careful one; no page told what the site sends today"
    kept = [cased(one.header.name) for one in policy.headers if one.today]
    headers = f"keeps today's {', '.join(kept)}" if kept else "the site sends none of these headers yet"
    match policy.csp_from:
        case "default":
            csp = "a careful CSP, as the site sends none to keep"
        case "enforced":
            csp = "the CSP that the site enforces"
        case "report-only":
            csp = "the CSP that the site reports on"
        case _:
            assert_never(policy.csp_from)
    return f"policy: {headers}; {csp}"


def _finding(finding: Finding, spell: Spell) -> Iterator[Line]:
    word, style = {
        Severity.ERROR: ("conflict", Style.BAD),
        Severity.WARNING: ("warning", Style.WARNING),
        Severity.NOTE: ("note", Style.PLAIN),
    }[finding.severity]
    yield Line(f"{word}: {visible(finding.message)}", style, hang=len(word) + 2)
    if finding.hint is not None:
        yield Line(f"  next: {visible(spelled(finding.hint, spell))}", hang=4)
