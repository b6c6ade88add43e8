"""Lints the policies of several environments in one file: each finding once, with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.lint.judge import lint_policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.policy.csp import Csp
    from edgerollout.policy.headers import Header
    from edgerollout.policy.lint.finding import LintFinding
    from edgerollout.policy.policy import EnvironmentPolicy, Overlay, Policy
    from edgerollout.policy.refusals import KeyPath


@dataclass(frozen=True)
class ProjectFinding:
    """A finding, its place in policy.toml, and the environments it applies to."""

    finding: LintFinding
    at: KeyPath
    environments: tuple[str, ...]


def lint_project(policy: Policy, environments: Iterable[str]) -> tuple[ProjectFinding, ...]:
    """The findings about the headers of each environment.

    A policy is published report-only before it is enforced, so it is checked as report-only. A finding about
    the base policy is reported once for all environments.
    """
    found: dict[tuple[LintFinding, KeyPath], list[str]] = {}
    for name in environments:
        own = policy.for_environment(name)
        for finding in _lint(own):
            found.setdefault((finding, _place(finding, policy, name)), []).append(name)
    return tuple(ProjectFinding(finding, at, tuple(names)) for (finding, at), names in found.items())


def _lint(own: EnvironmentPolicy) -> tuple[LintFinding, ...]:
    csp = own.csp.effective
    return lint_policy(None, None if csp.is_empty else csp, own.headers)


def _place(finding: LintFinding, policy: Policy, environment: str) -> KeyPath:
    overlay = policy.overlays.get(environment)
    at: KeyPath = ("environments", environment)
    if finding.header is not None or finding.stage is None:
        name = finding.header
        if overlay is not None and name is not None and _has_header(overlay.headers, name):
            return (*at, "headers", name)
        return ("headers", name) if name is not None and _has_header(policy.headers, name) else ("headers",)
    if finding.directive is None:
        return ("csp",)
    base = _place_in(policy.csp, finding)
    if base is not None:
        return ("csp", *base)
    return _overlay_place(overlay, finding, at)


def _overlay_place(overlay: Overlay | None, finding: LintFinding, at: KeyPath) -> KeyPath:
    found = None if overlay is None else _place_in(overlay.csp, finding)
    if found is not None:
        return (*at, "csp", *found)
    # There is none yet: the place where it would be.
    return ("csp",) if finding.directive is None else ("csp", finding.directive)


def _place_in(csp: Csp, finding: LintFinding) -> KeyPath | None:
    directive = finding.directive
    sources = None if directive is None else csp.sources(directive)
    if directive is None or sources is None:
        return None
    if finding.source is None:
        return (directive,)
    # The last one: of a duplicate source the later one is the finding.
    places = [index for index, source in enumerate(sources) if source == finding.source]
    return (directive, places[-1]) if places else None


def _has_header(headers: Iterable[Header], name: str) -> bool:
    return any(header.name == name for header in headers)
