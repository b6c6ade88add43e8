"""Runs every rule over a policy and its headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.csp import Csp
from edgerollout.policy.lint.finding import LintFinding
from edgerollout.policy.lint.grammar import is_known_directive
from edgerollout.policy.lint.registry import CSP_RULES, HEADER_RULES
from edgerollout.policy.lint.subject import HeadersSubject, PolicySubject
from edgerollout.policy.lint.together import left_over
from edgerollout.policy.severity import Severity
from edgerollout.policy.stage import Stage
from edgerollout.policy.wording import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edgerollout.policy.headers import Header


def lint_policy(
    enforced: Csp | None, report_only: Csp | None, headers: Iterable[Header] = (), *, static: bool = True
) -> tuple[LintFinding, ...]:
    """All findings about a release: about its policies by stage, and about its other headers.

    `static`: the policy is the same in every response. Findings come in the order of the registry, the
    enforced policy's first.
    """
    headers = tuple(headers)
    sent = {header.name: header.value for header in headers if header.action != "remove"}
    removed = [header.name for header in headers if header.action == "remove"]
    found: list[LintFinding] = []
    if enforced is not None:
        found += lint_csp(enforced, Stage.ENFORCED, sent, static=static)
    if report_only is not None:
        found += lint_csp(report_only, Stage.REPORT_ONLY, sent, static=static)
    return (*found, *lint_headers(sent, enforced, report_only, removed=removed))


def lint_csp(
    csp: Csp, stage: Stage, headers: Mapping[str, str] | None = None, *, static: bool = True
) -> tuple[LintFinding, ...]:
    """All findings about a policy. `headers` are the other headers of the response, by lower-case name; None
    if they are not known.

    To lint the text of a header, parse it with `Csp.as_written`: `Csp.parse` leaves out what browsers drop.
    """
    subject = PolicySubject(csp, stage, headers or {}, static, alone=headers is None)
    return tuple(
        LintFinding.by_rule(rule.name, rule.severity, found, stage=stage)
        for rule in CSP_RULES
        for found in rule.check(subject)
    )


def lint_csp_header(
    text: str, stage: Stage, headers: Mapping[str, str] | None = None, *, static: bool = True
) -> tuple[LintFinding, ...]:
    """All findings about the text of a header, in which commas separate policies (CSP3 §2.2.2).

    A page may only do what all policies allow: there is no finding for something that another policy forbids.
    """
    parts = [Csp.as_written(part) for part in text.split(",")]
    written = [part for part in parts if not part.is_empty]
    policies = [
        csp
        for index, csp in enumerate(written)
        if index == 0 or any(is_known_directive(name) for name, _ in csp.directives)
    ]
    judged = [(policy, lint_csp(policy, stage, headers, static=static)) for policy in policies]
    slips = (_slip(csp, stage) for csp in written[1:] if not is_known_directive(csp.directives[0][0]))
    return (*slips, *left_over(judged))


def _slip(policy: Csp, stage: Stage) -> LintFinding:
    word = policy.directives[0][0]
    message = f"the comma before {printable(word)} ends the policy, and there is no such directive"
    return LintFinding(
        Severity.ERROR,
        "separator",
        message,
        "write a space instead; in a path write %2C",
        directive=word,
        stage=stage,
    )


def lint_headers(
    headers: Mapping[str, str],
    enforced: Csp | None = None,
    report_only: Csp | None = None,
    *,
    removed: Iterable[str] = (),
) -> tuple[LintFinding, ...]:
    """All findings about the headers other than the policies, by lower-case name.

    `removed` are the names of headers that are removed from the origin's response.
    """
    subject = HeadersSubject(headers, enforced, report_only, frozenset(removed))
    return tuple(
        LintFinding.by_rule(
            rule.name,
            rule.severity,
            found,
            header=found.header or rule.header or None,
        )
        for rule in HEADER_RULES
        for found in rule.check(subject)
    )
