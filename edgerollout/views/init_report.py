"""The result of `init`: the files, what it read from the live site, and the next commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, assert_never

from edgerollout.advice import Typed, advise
from edgerollout.policy.headers import cased
from edgerollout.views.document import Advised, Doc, Item, List, Paragraph, Title
from edgerollout.views.findings import findings_list
from edgerollout.views.ink import Style
from edgerollout.views.terraform_report import files_table, files_verdict
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from edgerollout.release.facts.finding import Finding
    from edgerollout.scaffold.starting_policy import StartingPolicy
    from edgerollout.scaffold.survey import Survey, SurveyedDistribution

FileAction = Literal["created", "replaced", "extended", "unchanged", "kept"]


@dataclass(frozen=True)
class InitReport:
    """The result of `init`. `files` has the path of each file as the user sees it, and what happened to it.

    `next` are command lines, in order. `--lock` writes no configuration: then `environments` and `next` are
    empty and `policy` is None.
    """

    environments: tuple[str, ...]
    policy: StartingPolicy | None
    surveys: tuple[Survey, ...]
    findings: tuple[Finding, ...]
    files: tuple[tuple[str, FileAction], ...]
    next: tuple[str, ...]


def init_document(report: InitReport) -> Doc:
    """The report as a document."""
    found = tuple(_found(survey, item) for survey in report.surveys for item in survey.found)
    policy = (Paragraph(_policy_words(report.policy)),) if report.surveys and report.policy else ()
    names = {
        item.distribution.id: item.distribution.name for survey in report.surveys for item in survey.found
    }
    title = ", ".join(report.environments)
    return Doc(
        f"Project with {title}" if title else "The workflow's packages",
        (
            List(found),
            *policy,
            findings_list(report.findings, names),
            Title("Files"),
            files_table(report.files),
        ),
        files_verdict(report.files),
        advised=(Advised("next", advise(*map(Typed, report.next))),) if report.next else (),
    )


def _found(survey: Survey, found: SurveyedDistribution) -> Item:
    distribution = found.distribution
    behaviors = distribution.behaviors
    paths = f"{count_words(len(behaviors), 'behavior')}: {', '.join(behavior.path for behavior in behaviors)}"
    origins = (Item(", ".join(found.origins), label="from", style=Style.MUTED),) if found.origins else ()
    name = f"{survey.environment}: {distribution.name} ({distribution.id})"
    return Item(f"{name}, {paths}", under=origins)


def _policy_words(policy: StartingPolicy) -> str:
    if not policy.seen:
        return "policy: a careful one; no page told what the site sends today"
    kept = [cased(header.header.name) for header in policy.headers if header.today]
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
