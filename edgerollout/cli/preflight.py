"""Checks of a release before it is published: lint's errors, and the handler test."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.policy.stage import Stage
from edgerollout.release.facts.finding import Finding
from edgerollout.waiting import Working, waits_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edgerollout.config import Project
    from edgerollout.policy.csp import Csp
    from edgerollout.policy.lint.finding import LintFinding
    from edgerollout.release.facts.release import Override, Release
    from edgerollout.release.plans.desired import PublishRequest
    from edgerollout.release.plans.plan import Plan

LINT, TEST = "lint", "test"

CHECKS = (LINT, TEST)
"""The checks that `--override` can set aside, besides gates."""

_NOT_RUN = Finding(Severity.NOTE, "handler-test", "the handler was not run (--no-run)", "publish tests it")


def with_preflight(
    project: Project,
    request: PublishRequest,
    plan: Callable[[PublishRequest], Plan],
    overrides: tuple[Override, ...] = (),
    *,
    run_handler: bool = True,
) -> Plan:
    """The plan of a request, with the findings of preflight; without a publish nothing is checked.

    A needed override is recorded in the release, so the plan is made again with it.
    """
    made = plan(request)
    if not made.publishes or made.release is None:
        return made
    tested = _test(request, made.release) if run_handler else (_NOT_RUN,)
    found = (*_lint(project, made, made.release), *tested)
    reasons = {override.gate: override.reason for override in overrides}
    needed = {finding.override for finding in found if finding.severity is Severity.ERROR} & reasons.keys()
    if needed:
        own = tuple(override for override in overrides if override.gate in needed)
        made = plan(replace(request, overrides=(*request.overrides, *own)))
    return replace(made, findings=(*made.findings, *(_set_aside(finding, reasons) for finding in found)))


def lint_errors(project: Project, release: Release) -> tuple[str, ...]:
    """The names of the rules that an enforced policy breaks with errors, without ignored ones."""
    from edgerollout.policy.lint import lint_csp

    if release.enforced is None:
        return ()
    headers = {header.name: header.value for header in release.headers if header.action != "remove"}
    found = _errors(project, lint_csp(release.enforced.effective, Stage.ENFORCED, headers))
    return tuple(dict.fromkeys(finding.rule for finding in found))


def _lint(project: Project, made: Plan, release: Release) -> Iterator[Finding]:
    """Errors in headers refuse the release, because headers work at once. A policy is only observed at first,
    so its errors only warn.
    """
    from edgerollout.policy.lint import lint_csp, lint_headers

    live = None if made.live is None else made.live.release
    # What is observed now is enforced as it is.
    sent = release.in_force().headers
    headers = {header.name: header.value for header in sent if header.action != "remove"}
    if live is None or live.in_force().headers_digest() != release.in_force().headers_digest():
        policies = (_sent(release.enforced), _sent(release.report_only))
        removed = [header.name for header in release.headers if header.action == "remove"]
        for finding in _errors(project, lint_headers(headers, *policies, removed=removed)):
            yield _finding(finding, Severity.ERROR)
    observed = release.report_only
    if observed is not None and (live is None or live.report_only_digest != observed.digest):
        for error in _errors(project, lint_csp(observed.effective, Stage.REPORT_ONLY, headers)):
            yield _finding(error, Severity.WARNING)


def _sent(policy: object) -> Csp | None:
    from edgerollout.policy.csp import LayeredCsp

    return policy.effective if isinstance(policy, LayeredCsp) else None


def _errors(project: Project, found: Iterable[LintFinding]) -> Iterator[LintFinding]:
    for finding in found:
        if finding.severity is Severity.ERROR and not any(
            ignore.covers(finding) for ignore in project.ignores
        ):
            yield finding


def _finding(found: LintFinding, severity: Severity) -> Finding:
    subject = " ".join(word for word in (found.header, found.directive, found.source) if word)
    message = f"lint, {found.rule}: {f'{subject}: ' if subject else ''}{found.message}"
    return Finding(severity, LINT, message, found.hint, override=LINT if severity is Severity.ERROR else None)


def _test(request: PublishRequest, release: Release) -> tuple[Finding, ...]:
    from edgerollout.handlers.preflight import preflight_findings

    waits_for(Working("testing the handler"))
    environment = request.environment
    return preflight_findings(request.files, release, environment.function.event, environment.urls)


def _set_aside(finding: Finding, reasons: dict[str, str]) -> Finding:
    reason = None if finding.override is None else reasons.get(finding.override)
    if reason is None or finding.severity is not Severity.ERROR:
        return finding
    message = f"{finding.message} (set aside: {reason})"
    return replace(finding, severity=Severity.WARNING, message=message, override=None)
