"""What is known to be wrong with a release before it is published: lint's errors, and the handler test."""

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
"""What `--override` may set aside besides gates."""

_NOT_RUN = Finding(
    Severity.NOTE, "handler-test", "the handler was not run (--no-run)", "publish tests it all the same"
)


def with_preflight(
    project: Project,
    request: PublishRequest,
    plan: Callable[[PublishRequest], Plan],
    overrides: tuple[Override, ...] = (),
    *,
    run_handler: bool = True,
) -> Plan:
    """The plan of a request, with what preflight finds; nothing is checked where nothing is published.

    An override that is needed goes into the release, so the plan is made once more with it.
    """
    made = plan(request)
    if not made.publishes or made.release is None:
        return made
    tested = _test(request, made.release) if run_handler else (_NOT_RUN,)
    found = (*_lint(project, made, made.release), *tested)
    reasons = {one.gate: one.reason for one in overrides}
    needed = {one.override for one in found if one.severity is Severity.ERROR} & reasons.keys()
    if needed:
        own = tuple(one for one in overrides if one.gate in needed)
        made = plan(replace(request, overrides=(*request.overrides, *own)))
    return replace(made, findings=(*made.findings, *(_set_aside(one, reasons) for one in found)))


def lint_errors(project: Project, release: Release) -> tuple[str, ...]:
    """The rules that an enforced policy breaks with errors nobody decided to leave, by name."""
    from edgerollout.policy.lint import lint_csp

    if release.enforced is None:
        return ()
    headers = {one.name: one.value for one in release.headers if one.action != "remove"}
    found = _errors(project, lint_csp(release.enforced.effective, Stage.ENFORCED, headers))
    return tuple(dict.fromkeys(one.rule for one in found))


def _lint(project: Project, made: Plan, release: Release) -> Iterator[Finding]:
    """Errors in headers refuse, since they count at once; a policy is only observed, so they warn there."""
    from edgerollout.policy.lint import lint_csp, lint_headers

    live = None if made.live is None else made.live.release
    headers = {one.name: one.value for one in release.headers if one.action != "remove"}
    if live is None or live.headers_digest() != release.headers_digest():
        policies = (_sent(release.enforced), _sent(release.report_only))
        removed = [one.name for one in release.headers if one.action == "remove"]
        for one in _errors(project, lint_headers(headers, *policies, removed=removed)):
            yield _finding(one, Severity.ERROR)
    observed = release.report_only
    if observed is not None and (live is None or live.report_only_digest != observed.digest):
        for one in _errors(project, lint_csp(observed.effective, Stage.REPORT_ONLY, headers)):
            yield _finding(one, Severity.WARNING)


def _sent(policy: object) -> Csp | None:
    from edgerollout.policy.csp import LayeredCsp

    return policy.effective if isinstance(policy, LayeredCsp) else None


def _errors(project: Project, found: Iterable[LintFinding]) -> Iterator[LintFinding]:
    for one in found:
        if one.severity is Severity.ERROR and not any(ignore.covers(one) for ignore in project.ignores):
            yield one


def _finding(found: LintFinding, severity: Severity) -> Finding:
    subject = " ".join(one for one in (found.header, found.directive, found.source) if one)
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
