"""`edgerollout lint`: finds what is wrong with the policy, before a browser sees it. Needs no AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options
from edgerollout.policy.severity import Severity
from edgerollout.policy.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.cli.invocation import Invocation
    from edgerollout.config import Project
    from edgerollout.errors import ExitCode
    from edgerollout.policy.lint.project import ProjectFinding
    from edgerollout.views.lint import LintReport, LintRow

EXAMPLES = examples(
    ("lint", "every environment's policy"),
    ("lint --fix", "write the safe fixes into policy.toml"),
    ("lint --csp \"script-src 'self'\"", "a policy from anywhere"),
    ("lint -o sarif", "for code scanning"),
)


@with_global_options
def lint(
    options: Options,
    csp: Annotated[
        str | None, typer.Option("--csp", metavar="POLICY", help="Judge this policy, not the project's.")
    ] = None,
    report_only: Annotated[
        bool, typer.Option("--report-only", help="The policy of --csp is report-only.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write the fixes that change nothing else into policy.toml.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 6 on warnings, too.")] = False,
) -> None:
    """Check the policies and headers of all environments, or of -e ENV: what an attacker could use, what
    browsers ignore, what is too broad.

    Exit code 6 when there are errors. [lint] in edgerollout.toml ignores findings, each with a reason. -o
    text, json, markdown, github or sarif.
    """
    run_command(options, lambda: _run(options, csp, report_only=report_only, fix=fix, strict=strict))


def _run(options: Options, csp: str | None, *, report_only: bool, fix: bool, strict: bool) -> ExitCode:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode, UsageError

    invocation = Invocation(options)
    output = invocation.document_format("github", "sarif")
    if csp is None:
        if report_only:
            raise UsageError("--report-only needs --csp", hint="A project's policies have their stage.")
        report = _project_report(invocation, fix=fix)
    else:
        if fix:
            raise UsageError("--fix changes policy.toml, but --csp checks another policy: choose one")
        report = _bare_report(csp, report_only=report_only)
    _print(invocation, report, output)
    found = report.count(Severity.ERROR) or (strict and report.count(Severity.WARNING))
    return ExitCode.REFUSED if found else ExitCode.DONE


def _bare_report(text: str, *, report_only: bool) -> LintReport:
    from edgerollout.errors import UsageError
    from edgerollout.policy.lint import lint_csp_header
    from edgerollout.views.lint import LintReport, LintRow, ordered

    name, colon, value = text.partition(":")
    if colon and name.strip().lower() in ("content-security-policy", "content-security-policy-report-only"):
        # It was pasted from a browser's tools, with the header's name.
        report_only = report_only or name.strip().lower().endswith("-report-only")
        text = value
    # A nonce in somebody else's policy may be new in each response.
    stage = Stage.REPORT_ONLY if report_only else Stage.ENFORCED
    if not text.strip(",; \t"):
        raise UsageError("there is no directive in --csp", hint="--csp \"default-src 'self'\"")
    found = lint_csp_header(text, stage, static=False)
    return LintReport(ordered(LintRow(finding) for finding in found))


def _project_report(invocation: Invocation, *, fix: bool) -> LintReport:
    from edgerollout.config import load

    project = invocation.project
    findings = _findings(invocation, project)
    if fix:
        changed = _fix(project, findings)
        if changed:
            project = load(project.directory)
            findings = _findings(invocation, project)
        fixes = "1 fix" if changed == 1 else f"{changed or 'no'} fixes"
        invocation.say_aside(f"{fixes} written to {project.files[1]}" if changed else "nothing to fix safely")
    return _report(invocation, project, findings)


def _findings(invocation: Invocation, project: Project) -> tuple[ProjectFinding, ...]:
    from edgerollout.policy.lint.project import lint_project

    if invocation.options.env is None:
        return lint_project(project.policy, project.environments)
    return lint_project(project.policy, [invocation.environment().environment.name])


def _fix(project: Project, findings: Iterable[ProjectFinding]) -> int:
    """Write the safe fixes of findings that are not ignored. Returns how many changed the file."""
    from edgerollout.config.policy_edit import edit_policy

    edits = [
        (finding.at, finding.finding.edit)
        for finding in findings
        if finding.finding.edit is not None
        and finding.finding.severity is not Severity.NOTE
        and not any(ignore.covers(finding.finding) for ignore in project.ignores)
    ]
    return edit_policy(project.files[1], edits) if edits else 0


def _report(invocation: Invocation, project: Project, findings: Iterable[ProjectFinding]) -> LintReport:
    from edgerollout.views.lint import LintReport, LintRow, ordered

    judged = 1 if invocation.options.env is not None else len(project.environments)
    rows: list[LintRow] = []
    ignored: list[LintRow] = []
    used = set()
    for finding in findings:
        place = project.place_in_policy(finding.at)
        only = finding.environments if len(finding.environments) < judged else ()
        ignore = next((candidate for candidate in project.ignores if candidate.covers(finding.finding)), None)
        reason = None if ignore is None else ignore.reason
        row = LintRow(finding.finding, place.file, place.line, only, reason)
        (rows if ignore is None else ignored).append(row)
        used.add(ignore)
    if invocation.options.env is None:
        rows += _unused(project, used)
    return LintReport(ordered(rows), ordered(ignored))


def _unused(project: Project, used: Iterable[object]) -> list[LintRow]:
    """A note for each ignore that matches no finding."""
    from edgerollout.policy.lint import LintFinding
    from edgerollout.views.lint import LintRow

    return [
        LintRow(
            LintFinding(
                Severity.NOTE,
                "unused-ignore",
                f"the ignore of {ignore.rule} matches no finding any more",
                "remove it",
                directive=ignore.directive,
                source=ignore.source,
                header=ignore.header,
            ),
            ignore.place.file,
            ignore.place.line,
        )
        for ignore in project.ignores
        if ignore not in set(used)
    ]


def _print(invocation: Invocation, report: LintReport, output: str) -> None:
    from edgerollout.cli.rendering import show
    from edgerollout.views.lint import lint_document
    from edgerollout.views.output.lint import lint_json, lint_sarif

    if output == "github":
        _annotate(invocation, report)
    else:
        show(
            invocation,
            output,
            document=lambda: lint_document(report, notes=bool(invocation.options.verbose)),
            json=lambda: lint_json(report),
            sarif=lambda: lint_sarif(report),
        )


def _annotate(invocation: Invocation, report: LintReport) -> None:
    from edgerollout.views.github import Job
    from edgerollout.views.lint_github import lint_annotations

    job = Job.from_environment(invocation.variables)
    invocation.streams.write_commands(lint_annotations(report, job))
    invocation.say_aside(report.summary)
