"""Runs every rule over a policy and its headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.lint.finding import LintFinding
from edgerollout.policy.lint.registry import CSP_RULES, HEADER_RULES
from edgerollout.policy.lint.subject import HeadersSubject, PolicySubject
from edgerollout.policy.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edgerollout.policy.csp import Csp
    from edgerollout.policy.headers import Header

_NAMED_BY_SOURCE = frozenset({"isolation", "retired-header", "absent-header"})
"""Header rules that look at several headers: what they found is the header."""


def lint_policy(
    enforced: Csp | None, report_only: Csp | None, headers: Iterable[Header] = (), *, static: bool = True
) -> tuple[LintFinding, ...]:
    """Everything to say about what one release sends: its policies by stage, and its other headers.

    `static`: the policy is the same in every response. Findings come in the order of the registry, the
    enforced policy's first.
    """
    sent = {one.name: one.value for one in headers if one.action != "remove"}
    found: list[LintFinding] = []
    if enforced is not None:
        found += lint_csp(enforced, Stage.ENFORCED, sent, static=static)
    if report_only is not None:
        found += lint_csp(report_only, Stage.REPORT_ONLY, sent, static=static)
    return (*found, *lint_headers(sent, enforced, report_only))


def lint_csp(
    csp: Csp, stage: Stage, headers: Mapping[str, str] | None = None, *, static: bool = True
) -> tuple[LintFinding, ...]:
    """Everything to say about one policy; `headers` are the others of the response, by lower-case name,
    None where nobody knows them.

    For a header's text parse it with `Csp.as_written`: `Csp.parse` leaves out what browsers drop.
    """
    subject = PolicySubject(csp, stage, headers or {}, static, alone=headers is None)
    return tuple(
        LintFinding.by_rule(rule.name, rule.severity, found, source=found.source, stage=stage)
        for rule in CSP_RULES
        for found in rule.check(subject)
    )


def lint_headers(
    headers: Mapping[str, str], enforced: Csp | None = None, report_only: Csp | None = None
) -> tuple[LintFinding, ...]:
    """Everything to say about the headers beside the policies, by lower-case name."""
    subject = HeadersSubject(headers, enforced, report_only)
    return tuple(
        LintFinding.by_rule(
            rule.name,
            rule.severity,
            found,
            source=None if rule.name in _NAMED_BY_SOURCE else found.source,
            header=(found.source if rule.name in _NAMED_BY_SOURCE else rule.header) or None,
        )
        for rule in HEADER_RULES
        for found in rule.check(subject)
    )
