"""Every rule: its name, how grave a finding is, and what it looks for. docs/lint.md shows this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from edgerollout.policy.lint import breadth, grammar, headers, reporting, scripts, size, sources, structured
from edgerollout.policy.lint.subject import HeadersSubject, PolicySubject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgerollout.policy.lint.finding import Found, Severity

SubjectT = TypeVar("SubjectT")


@dataclass(frozen=True)
class Rule(Generic[SubjectT]):
    """`check` yields what it finds; `summary` is one line for the table of rules."""

    name: str
    severity: Severity
    summary: str
    check: Callable[[SubjectT], Iterator[Found]]


@dataclass(frozen=True)
class HeaderRule(Rule[HeadersSubject]):
    """A rule about `header`; "" where it finds that out itself and says it as the source."""

    header: str = ""


def _rule(
    name: str, severity: Severity, summary: str, check: Callable[[PolicySubject], Iterator[Found]]
) -> Rule[PolicySubject]:
    return Rule(name, severity, summary, check)


CSP_RULES: tuple[Rule[PolicySubject], ...] = (
    _rule("directive-name", "error", "a directive is spelled as none can be", grammar.directive_names),
    _rule("unknown-directive", "error", "no browser knows the directive", grammar.unknown_directives),
    _rule("removed-directive", "warning", "the directive was taken out of the specification",
          grammar.removed_directives),
    _rule("unsupported-directive", "note", "major browsers do not know the directive",
          grammar.unsupported_directives),
    _rule("obsolete-directive", "note", "the directive does nothing any more", grammar.obsolete_directives),
    _rule("duplicate-directive", "error", "a directive is there twice: the second is ignored",
          grammar.duplicate_directives),
    _rule("missing-semicolon", "error", "a directive stands among sources", grammar.missing_semicolons),
    _rule("separator", "error", "a comma or semicolon inside a source", grammar.separators),
    _rule("not-ascii", "error", "a character that makes browsers drop the directive", grammar.not_ascii),
    _rule("empty-list", "warning", "a list without sources, which means 'none'", grammar.empty_lists),
    _rule("needless-value", "warning", "a value where none is taken", grammar.needless_values),
    _rule("sandbox-flag", "error", "no such sandbox flag", grammar.sandbox_flags),
    _rule("sandbox-escape", "warning", "sandbox flags that cancel each other", grammar.sandbox_escapes),
    _rule("trusted-types", "error", "Trusted Types values that browsers ignore", grammar.trusted_types),
    _rule("unquoted-keyword", "error", "a keyword, nonce or hash without quotes: a host name",
          sources.unquoted_keywords),
    _rule("scheme-without-colon", "error", "a scheme without its colon: a host name",
          sources.bare_scheme_words),
    _rule("unknown-keyword", "error", "no such keyword, nonce or hash", sources.unknown_keywords),
    _rule("invalid-source", "error", "a source that browsers drop", sources.invalid_sources),
    _rule("none-with-others", "error", "'none' beside other sources is ignored", sources.none_with_others),
    _rule("query-ignored", "warning", "a query or fragment, which browsers ignore", sources.dropped_queries),
    _rule("port-range", "error", "a port that no URL has", sources.impossible_ports),
    _rule("ip-source", "warning", "an IP address as a source", sources.ip_sources),
    _rule("digest-length", "error", "a hash that can match nothing", sources.digest_lengths),
    _rule("static-nonce", "error", "a nonce that is the same for everyone", sources.static_nonces),
    _rule("short-nonce", "warning", "a nonce that can be guessed", sources.short_nonces),
    _rule("idle-keyword", "warning", "a keyword, nonce or hash that does nothing in its list",
          sources.idle_keywords),
    _rule("script-unsafe-inline", "error", "inline scripts run, an attacker's too", scripts.inline_scripts),
    _rule("script-unsafe-eval", "warning", "text can be run as a script", scripts.evaluated_scripts),
    _rule("script-unsafe-hashes", "warning", "allowed handlers can be put on other elements",
          scripts.hashed_handlers),
    _rule("style-unsafe-inline", "note", "inline styles apply, an attacker's too", scripts.inline_styles),
    _rule("code-wildcard", "error", "code from any host", scripts.code_wildcards),
    _rule("code-scheme", "error", "code from a whole scheme", scripts.code_schemes),
    _rule("script-bypass", "error", "a host known for JSONP or old Angular versions", scripts.bypass_hosts),
    _rule("script-hosts", "note", "hosts that are trusted with scripts", scripts.trusted_hosts),
    _rule("object-bypass", "error", "a host known for a Flash file that runs scripts", scripts.flash_hosts),
    _rule("object-source", "note", "object-src is not 'none'", scripts.object_sources),
    _rule("strict-dynamic-alone", "error", "'strict-dynamic' without a nonce or hash blocks all scripts",
          scripts.dynamic_alone),
    _rule("switched-off", "note", "a source that another one switches off", scripts.neutralised),
    _rule("old-browsers", "note", "no fallback for browsers before nonces or 'strict-dynamic'",
          scripts.old_browsers),
    _rule("no-trusted-types", "note", "DOM injection is not checked", scripts.untyped_sinks),
    _rule("missing-script-src", "error", "scripts are not restricted", scripts.missing_scripts),
    _rule("missing-object-src", "error", "plugins are not restricted", scripts.missing_objects),
    _rule("missing-base-uri", "error", "<base> can redirect scripts that a nonce or hash trusts",
          scripts.missing_base),
    _rule("open-base-uri", "warning", "<base> is not restricted", scripts.open_base),
    _rule("open-form-action", "warning", "where forms go is not restricted", scripts.open_forms),
    _rule("open-frame-ancestors", "warning", "who may frame the page is not restricted", scripts.open_frames),
    _rule("open-default-src", "warning", "kinds of requests without a list are not restricted",
          scripts.open_kinds),
    _rule("wildcard", "warning", "every host, where no code comes from", breadth.wildcards),
    _rule("plain-http", "warning", "a host over http or ws", breadth.plain_http),
    _rule("repeated-source", "warning", "a source twice in a list", breadth.repeated),
    _rule("shadowed-source", "warning", "a source that another one covers", breadth.shadowed),
    _rule("needless-directive", "note", "a directive that says what its fallback says",
          breadth.needless_directives),
    _rule("report-only-unheard", "warning", "a report-only policy that reports nowhere",
          reporting.unheard_report_only),
    _rule("unheard", "note", "an enforced policy that reports nowhere", reporting.unheard),
    _rule("report-only-ignored", "warning", "a directive that report-only policies do not have",
          reporting.ignored_in_report_only),
    _rule("report-to-alone", "note", "browsers without the Reporting API do not report",
          reporting.report_to_alone),
    _rule("several-endpoints", "warning", "more names in report-to than one", reporting.several_endpoints),
    _rule("empty-report", "warning", "report-uri or report-to without a value", reporting.empty_destinations),
    _rule("unknown-endpoint", "error", "report-to names what Reporting-Endpoints does not have",
          reporting.unknown_endpoints),
    _rule("long-policy", "warning", "a policy that some proxies refuse", size.long_policies),
)  # fmt: skip
"""The rules for a policy, in the order findings are told."""

HEADER_RULES: tuple[HeaderRule, ...] = (
    HeaderRule("x-frame-options", "error", "a value that browsers ignore", headers.framing,
               "x-frame-options"),
    HeaderRule("framing-differs", "warning", "X-Frame-Options and frame-ancestors differ",
               headers.framing_twice, "x-frame-options"),
    HeaderRule("hsts", "error", "a value that browsers ignore", headers.transport,
               "strict-transport-security"),
    HeaderRule("hsts-preload", "error", "preload without what it takes", headers.transport_preload,
               "strict-transport-security"),
    HeaderRule("hsts-short", "note", "a max-age under half a year", headers.transport_short,
               "strict-transport-security"),
    HeaderRule("referrer-policy", "error", "a value that browsers ignore", headers.referrers,
               "referrer-policy"),
    HeaderRule("referrer-leak", "warning", "other sites read more than they need", headers.leaking_referrers,
               "referrer-policy"),
    HeaderRule("x-content-type-options", "error", "a value that browsers ignore", headers.sniffing,
               "x-content-type-options"),
    HeaderRule("x-xss-protection", "warning", "the old filter switched on", headers.old_filter,
               "x-xss-protection"),
    HeaderRule("permissions-policy", "error", "a value that browsers drop or misread",
               structured.permissions, "permissions-policy"),
    HeaderRule("permissions-feature", "warning", "a feature that no browser knows", structured.features,
               "permissions-policy"),
    HeaderRule("isolation", "error", "COOP, COEP or CORP values that browsers ignore", structured.isolation),
    HeaderRule("reporting-endpoints", "error", "endpoints that hear nothing", structured.endpoints,
               "reporting-endpoints"),
    HeaderRule("retired-header", "warning", "a header that does nothing any more", headers.retired),
    HeaderRule("absent-header", "note", "a header that every site should send", headers.absent),
    HeaderRule("total-size", "error", "more than CloudFront takes", size.total),
)  # fmt: skip
"""The rules for the headers beside the policies."""

SEVERITIES: dict[str, Severity] = {
    **{rule.name: rule.severity for rule in CSP_RULES},
    **{rule.name: rule.severity for rule in HEADER_RULES},
}
"""Every rule's name and how grave its findings are."""
