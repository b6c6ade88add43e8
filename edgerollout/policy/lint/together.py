"""Several policies of one response: if one allows something and another forbids it, there is no finding.

In doubt, a finding is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.effective import in_force
from edgerollout.policy.fallback import effective_directive
from edgerollout.policy.source import Host, Scheme, parse_source
from edgerollout.policy.url import DEFAULT_PORTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.policy.csp import Csp
    from edgerollout.policy.lint.finding import LintFinding
    from edgerollout.policy.source import Source

LETS_THROUGH = frozenset(
    {
        "script-unsafe-inline", "script-unsafe-eval", "script-unsafe-hashes", "style-unsafe-inline",
        "code-wildcard", "code-scheme", "code-blob", "code-shared-host", "script-bypass", "script-hosts",
        "object-bypass", "object-source", "no-trusted-types", "missing-script-src", "missing-object-src",
        "missing-base-uri", "open-base-uri", "open-form-action", "open-frame-ancestors", "open-default-src",
        "wildcard", "shared-host", "plain-http", "report-only-unheard", "unheard",
    }
)  # fmt: skip
"""Rules for what a policy allows. All others are about how it is written."""

_BROAD = frozenset({"wildcard", "code-wildcard", "code-scheme"})


def left_over(judged: Sequence[tuple[Csp, tuple[LintFinding, ...]]]) -> tuple[LintFinding, ...]:
    """The findings of all policies, each once, without those that another policy makes pointless."""
    told: dict[LintFinding, None] = {}
    for place, (_, findings) in enumerate(judged):
        others = [other for index, other in enumerate(judged) if index != place]
        for finding in findings:
            if finding.rule not in LETS_THROUGH or not any(_forbids(*other, finding) for other in others):
                told[finding] = None
    return tuple(told)


def _forbids(policy: Csp, findings: tuple[LintFinding, ...], finding: LintFinding) -> bool:
    """Whether `policy`, which has `findings`, forbids the subject of another policy's finding."""
    about = finding.directive
    if about == "default-src" and finding.rule.startswith(("script-", "code-")):
        about = "script-src"
    deciding = None if about is None else effective_directive(policy, about)
    if about is not None and deciding is None:
        return False
    match parse_source(finding.source or ""):
        case Host(name="") | Scheme(name="http" | "https" | "ws" | "wss"):
            return not any(other.rule in _BROAD and other.directive == deciding for other in findings)
        case Host() | Scheme() as source:
            counting = in_force(policy.sources(deciding or "") or (), strict=about != "default-src")
            return not any(_meet(source, other) for other in counting)
        case _:
            return not any(other.rule == finding.rule for other in findings)


def _meet(host: Host | Scheme, other: Source) -> bool:
    """Whether there may be an address that both allow."""
    match host, other:
        case Scheme(), _:
            return host == other
        case Host(), Scheme():
            return other.name in DEFAULT_PORTS
        case Host(), Host():
            return _within(host, other) or _within(other, host)
        case _:
            return False


def _within(host: Host, other: Host) -> bool:
    if other.wildcard:
        return (
            not other.name
            or host.name.endswith(f".{other.name}")
            or (host.wildcard and host.name == other.name)
        )
    return not host.wildcard and host.name == other.name
