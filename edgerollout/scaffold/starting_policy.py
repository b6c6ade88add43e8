"""The policy of a new project: careful defaults, or what its site sends today. Pure.

Some headers of a site cannot be sent by a function, or should not be sent at all; these are left out and
reported.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from edgerollout.errors import Refused
from edgerollout.policy.csp import Csp
from edgerollout.policy.header_rules import irreversible
from edgerollout.policy.headers import Header, cased
from edgerollout.policy.refusals import check_csp, check_header
from edgerollout.policy.render import ENFORCED, REPORT_ONLY
from edgerollout.policy.severity import Severity
from edgerollout.policy.wording import listed, printable
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.site_today import enforced_today
from edgerollout.scaffold.answers import EVENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.net.answer import HttpAnswer

CspOrigin = Literal["default", "enforced", "report-only"]

SECURITY_HEADERS = frozenset(
    {
        "cross-origin-embedder-policy", "cross-origin-embedder-policy-report-only",
        "cross-origin-opener-policy", "cross-origin-opener-policy-report-only",
        "cross-origin-resource-policy", "document-policy", "integrity-policy",
        "integrity-policy-report-only", "nel", "origin-agent-cluster", "permissions-policy",
        "permissions-policy-report-only", "referrer-policy", "report-to", "reporting-endpoints",
        "strict-transport-security", "x-content-type-options", "x-dns-prefetch-control",
        "x-download-options", "x-frame-options", "x-permitted-cross-domain-policies", "x-xss-protection",
    }
)  # fmt: skip
"""Response headers that tell a browser what a page may do (MDN, "HTTP headers": Security), without CSP."""

_NONCE = "'nonce-"


@dataclass(frozen=True)
class StartingHeader:
    """A header of the starting policy. `why` is its comment.

    `today`: the site sends it already; `offered`: it is commented out.
    """

    header: Header
    why: str | None = None
    today: bool = False
    offered: bool = False


@dataclass(frozen=True)
class StartingPolicy:
    """The content of a new policy.toml, the origin of its CSP, and findings about it.

    `seen`: some page of the site answered.
    """

    headers: tuple[StartingHeader, ...]
    csp: Csp
    csp_from: CspOrigin = "default"
    seen: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def lasting(self) -> tuple[str, ...]:
        """Names of headers that cannot be taken back: the user must accept them for the first publish."""
        return tuple(
            header.header.name
            for header in self.headers
            if not header.offered and irreversible(header.header.name, header.header.value)
        )


_CAREFUL = (
    StartingHeader(
        Header("strict-transport-security", "max-age=300"),
        "raise it when everything works; browsers remember it",
    ),
    StartingHeader(Header("x-content-type-options", "nosniff")),
    StartingHeader(Header("x-frame-options", "DENY"), "for browsers that do not know frame-ancestors"),
    StartingHeader(Header("x-xss-protection", "0"), "the old filter did more harm than good"),
    StartingHeader(Header("referrer-policy", "strict-origin-when-cross-origin")),
    StartingHeader(Header("permissions-policy", "camera=(), geolocation=(), microphone=()")),
    StartingHeader(
        Header("cross-origin-opener-policy", "same-origin", "keep", staged=False),
        "the page's own wins",
    ),
)

_CHANGES_WHAT_WORKS = frozenset({"cross-origin-opener-policy", "permissions-policy", "x-frame-options"})
"""These headers may break what works, so a live site does not get them by default."""

CAREFUL_CSP = Csp.of(
    {
        "default-src": ("'self'",),
        "script-src": ("'self'",),
        "style-src": ("'self'",),
        "img-src": ("'self'", "data:"),
        "connect-src": ("'self'",),
        "object-src": ("'none'",),
        "base-uri": ("'self'",),
        "form-action": ("'self'",),
        "frame-ancestors": ("'none'",),
    }
)


def from_scratch() -> StartingPolicy:
    """The policy with careful defaults."""
    return StartingPolicy(_CAREFUL, CAREFUL_CSP)


def from_site(answers: tuple[HttpAnswer, ...]) -> StartingPolicy:
    """The headers that the pages send today, with the harmless ones of the careful policy added.

    Missing answers, failures (5xx) and CloudFront's own redirects say nothing about the site and are left
    out. If there are only those, it is the careful policy.
    """
    heard = tuple(
        answer
        for answer in answers
        if answer.status is not None and answer.status < 500 and not answer.by_cloudfront
    )
    if not heard:
        return from_scratch()
    csp, csp_from, about_csp = _csp_of(heard)
    sent, about_headers = _headers_of(heard)
    careful = {header.header.name: header for header in _CAREFUL}
    headers: list[StartingHeader] = []
    for name in dict.fromkeys((*careful, *sorted(sent))):
        if name in sent:
            headers.append(StartingHeader(Header(name, sent[name]), "as the site sends it today", today=True))
        elif name in _CHANGES_WHAT_WORKS:
            headers.append(
                StartingHeader(
                    replace(careful[name].header, staged=True),
                    "not sent today, may break pages",
                    offered=True,
                )
            )
        else:
            headers.append(StartingHeader(careful[name].header, "new: not sent today"))
    return StartingPolicy(tuple(headers), csp, csp_from, seen=True, findings=(*about_csp, *about_headers))


# --- the CSP -----------------------------------------------------------------------------------------


def _csp_of(heard: tuple[HttpAnswer, ...]) -> tuple[Csp, CspOrigin, tuple[Finding, ...]]:
    findings: list[Finding] = []
    try:
        enforced_today(heard)
    except Refused as refused:
        why = f"{refused.why}. " if refused.why else ""
        hint = f"{why}A publish with --replace is refused until this is solved."
        findings.append(Finding(Severity.WARNING, "csp-today", refused.summary, hint))
    order: tuple[tuple[str, CspOrigin], ...] = ((ENFORCED, "enforced"), (REPORT_ONLY, "report-only"))
    for name, origin in order:
        page, policies = _first_with(heard, name)
        if page is None:
            continue
        if len(policies) > 1 and origin == "report-only":
            findings.append(
                Finding(
                    Severity.NOTE,
                    "csp-today",
                    f"{page} sends {len(policies)} report-only CSPs; the first is used",
                )
            )
        csp, left_out = _fit(Csp.parse(policies[0]))
        findings += left_out
        if not csp.is_empty:
            return csp, origin, tuple(findings)
    return CAREFUL_CSP, "default", tuple(findings)


def _first_with(heard: tuple[HttpAnswer, ...], name: str) -> tuple[str | None, tuple[str, ...]]:
    """The first URL that sends a CSP in header `name`, and its policies."""
    for answer in heard:
        policies = tuple(
            part.strip() for value in answer.values(name) for part in value.split(",") if part.strip()
        )
        if policies:
            return answer.url, policies
    return None, ()


def _fit(csp: Csp) -> tuple[Csp, list[Finding]]:
    """The policy without what a release cannot send, and findings about what was left out."""
    findings: list[Finding] = []
    kept: list[tuple[str, tuple[str, ...]]] = []
    for name, sources in csp:
        nonces = [source for source in sources if source.lower().startswith(_NONCE)]
        rest = tuple(source for source in sources if source not in nonces)
        if nonces:
            findings.append(
                Finding(
                    Severity.WARNING,
                    "csp-nonce",
                    f"{name} has a nonce today, which is new in every response; a release cannot make one",
                    "It is left out: scripts that need it must get a hash or a host instead.",
                )
            )
        problems = [problem for problem in check_csp(Csp(((name, rest),)), ()) if problem.severity == "error"]
        if problems:
            findings.append(
                Finding(
                    Severity.WARNING, "csp-left-out", f"{printable(name)} is left out: {problems[0].message}"
                )
            )
        elif rest or not nonces:
            kept.append((name, rest))
    return Csp(tuple(kept)), findings


# --- the other headers -------------------------------------------------------------------------------


def _headers_of(heard: tuple[HttpAnswer, ...]) -> tuple[dict[str, str], list[Finding]]:
    """The first value of each security header, and findings about what cannot be kept as it is."""
    found: dict[str, str] = {}
    findings: list[Finding] = []
    differing: list[str] = []
    for name in sorted({key for answer in heard for key, _ in answer.headers} & SECURITY_HEADERS):
        values = [answer.values(name) for answer in heard]
        first = next(value[0] for value in values if value).strip()
        problem = next(check_header(Header(name, first), (), (EVENT,)), None)
        if problem is not None:
            findings.append(
                Finding(Severity.WARNING, "header-left-out", f"{cased(name)} is left out: {problem.message}")
            )
            continue
        found[name] = first
        if any([part.strip() for part in value] != [first] for value in values):
            differing.append(cased(name))
    if differing:
        findings.append(
            Finding(
                Severity.WARNING,
                "headers-differ",
                f"pages differ in {listed(differing)}, or send it twice; the first value is used for all",
                '{ value = "…", override = false } in policy.toml lets a page\'s own value win.',
            )
        )
    return found, findings


def names_sent(policy: StartingPolicy) -> frozenset[str]:
    """The lower-case names of all headers that releases of this policy set, sooner or later."""
    return frozenset(_sent(policy))


def _sent(policy: StartingPolicy) -> Iterable[str]:
    yield from (header.header.name for header in policy.headers if not header.offered)
    if not policy.csp.is_empty:
        yield REPORT_ONLY
        yield ENFORCED
