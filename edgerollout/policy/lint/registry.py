"""Every rule: its name, its severity, and what it looks for. docs/lint.md shows this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from edgerollout.policy.lint import (
    breadth,
    breakage,
    cross_site,
    destinations,
    grammar,
    headers,
    isolation,
    mistaken,
    names,
    permissions,
    reporting,
    restrictions,
    scripts,
    size,
    sources,
    transport,
)
from edgerollout.policy.lint.subject import HeadersSubject, PolicySubject
from edgerollout.policy.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgerollout.policy.lint.finding import Found

SubjectT = TypeVar("SubjectT")

ERROR, WARNING, NOTE = Severity


@dataclass(frozen=True)
class Rule(Generic[SubjectT]):
    """`check` yields what it finds; `summary` is one line for the table of rules."""

    name: str
    severity: Severity
    summary: str
    check: Callable[[SubjectT], Iterator[Found]]


@dataclass(frozen=True)
class HeaderRule(Rule[HeadersSubject]):
    """A rule about `header`; "" if each finding names its header."""

    header: str = ""


def _rule(
    name: str, severity: Severity, summary: str, check: Callable[[PolicySubject], Iterator[Found]]
) -> Rule[PolicySubject]:
    return Rule(name, severity, summary, check)


CSP_RULES: tuple[Rule[PolicySubject], ...] = (
    _rule("directive-name", ERROR, "a name that no directive can have", grammar.directive_names),
    _rule("unknown-directive", ERROR, "no browser knows the directive", grammar.unknown_directives),
    _rule("removed-directive", WARNING, "the directive was removed from the specification",
          grammar.removed_directives),
    _rule("unsupported-directive", NOTE, "major browsers do not know the directive",
          grammar.unsupported_directives),
    _rule("obsolete-directive", NOTE, "the directive no longer does anything", grammar.obsolete_directives),
    _rule("duplicate-directive", ERROR, "a directive appears twice: the second is ignored",
          grammar.duplicate_directives),
    _rule("missing-semicolon", ERROR, "a directive is among the sources", grammar.missing_semicolons),
    _rule("separator", ERROR, "a comma or semicolon inside a source", grammar.separators),
    _rule("not-ascii", ERROR, "a character that makes browsers drop the directive", grammar.not_ascii),
    _rule("empty-list", WARNING, "a list without sources, which means 'none'", grammar.empty_lists),
    _rule("needless-value", WARNING, "a value for a directive that takes none", grammar.needless_values),
    _rule("sandbox-flag", ERROR, "an unknown sandbox flag", grammar.sandbox_flags),
    _rule("sandbox-escape", WARNING, "sandbox flags that cancel each other", grammar.sandbox_escapes),
    _rule("trusted-types", ERROR, "Trusted Types values that browsers ignore", grammar.trusted_types),
    _rule("unquoted-keyword", ERROR, "a keyword, nonce or hash without quotes: a host name",
          sources.unquoted_keywords),
    _rule("scheme-without-colon", ERROR, "a scheme without its colon: a host name",
          sources.bare_scheme_words),
    _rule("bare-word", ERROR, "a word that browsers read as a host: any, null, ALLOW-FROM",
          mistaken.bare_words),
    _rule("scheme-spelling", ERROR, "a scheme that no page loads from", mistaken.misspelt_schemes),
    _rule("literal-path", ERROR, "a path with * or .., which browsers take literally",
          mistaken.literal_paths),
    _rule("address-spelling", ERROR, "an IP address in a spelling that matches nothing",
          mistaken.misspelt_addresses),
    _rule("unknown-keyword", ERROR, "an invalid keyword, nonce or hash", sources.unknown_keywords),
    _rule("invalid-source", ERROR, "a source that browsers drop", sources.invalid_sources),
    _rule("none-with-others", ERROR, "'none' beside other sources is ignored", sources.none_with_others),
    _rule("query-ignored", WARNING, "a query or fragment, which browsers ignore", sources.dropped_queries),
    _rule("port-range", ERROR, "a port that no URL has", sources.impossible_ports),
    _rule("ip-source", WARNING, "an IP address as a source", sources.ip_sources),
    _rule("digest-length", ERROR, "a hash that can match nothing", sources.digest_lengths),
    _rule("static-nonce", ERROR, "a nonce that is the same for everyone", sources.static_nonces),
    _rule("short-nonce", WARNING, "a nonce that can be guessed", sources.short_nonces),
    _rule("idle-keyword", WARNING, "a keyword, nonce or hash that does nothing in its list",
          sources.idle_keywords),
    _rule("script-unsafe-inline", ERROR, "inline scripts run, an attacker's too", scripts.inline_scripts),
    _rule("script-unsafe-eval", WARNING, "text can be run as a script", scripts.evaluated_scripts),
    _rule("script-unsafe-hashes", WARNING, "allowed handlers can be put on other elements",
          scripts.hashed_handlers),
    _rule("style-unsafe-inline", NOTE, "inline styles apply, an attacker's too", scripts.inline_styles),
    _rule("code-wildcard", ERROR, "code from any host", scripts.code_wildcards),
    _rule("code-scheme", ERROR, "code from a whole scheme", scripts.code_schemes),
    _rule("code-blob", WARNING, "code that a script of the page made: blob:, filesystem:",
          scripts.own_schemes),
    _rule("code-shared-host", ERROR, "code from a host where anyone can put a file", breadth.shared_code),
    _rule("script-bypass", ERROR, "a host known for JSONP or old Angular versions", scripts.bypass_hosts),
    _rule("script-hosts", NOTE, "hosts that are trusted with scripts", scripts.trusted_hosts),
    _rule("object-bypass", ERROR, "a host known for a Flash file that runs scripts", scripts.flash_hosts),
    _rule("object-source", NOTE, "object-src is not 'none'", scripts.object_sources),
    _rule("strict-dynamic-alone", ERROR, "'strict-dynamic' without a nonce or hash blocks all scripts",
          scripts.dynamic_alone),
    _rule("worker-dynamic", WARNING, "'strict-dynamic' for workers, which browsers read differently",
          scripts.dynamic_workers),
    _rule("switched-off", NOTE, "a source that another one switches off", scripts.neutralised),
    _rule("old-browsers", NOTE, "no fallback for browsers without nonces or 'strict-dynamic'",
          scripts.old_browsers),
    _rule("no-trusted-types", NOTE, "DOM injection is not checked", scripts.untyped_sinks),
    _rule("missing-script-src", ERROR, "scripts are not restricted", scripts.missing_scripts),
    _rule("missing-object-src", ERROR, "plugins are not restricted", scripts.missing_objects),
    _rule("missing-base-uri", ERROR, "<base> can redirect scripts that a nonce or hash trusts",
          scripts.missing_base),
    _rule("open-base-uri", WARNING, "<base> is not restricted", scripts.open_base),
    _rule("open-form-action", WARNING, "where forms go is not restricted", scripts.open_forms),
    _rule("open-frame-ancestors", WARNING, "who may frame the page is not restricted", scripts.open_frames),
    _rule("open-default-src", WARNING, "kinds of requests without a list are not restricted",
          scripts.open_kinds),
    _rule("wildcard", WARNING, "every host, where no code comes from", breadth.wildcards),
    _rule("shared-host", WARNING, "a host where anyone can have a site or a file", breadth.shared_hosts),
    _rule("plain-http", WARNING, "a host over http or ws", breadth.plain_http),
    _rule("repeated-source", WARNING, "a duplicate source in a list", breadth.repeated),
    _rule("shadowed-source", WARNING, "a source that another one covers", breadth.shadowed),
    _rule("needless-directive", NOTE, "a directive that says what its fallback says",
          breadth.needless_directives),
    _rule("report-only-unheard", NOTE, "a report-only policy that reports nowhere",
          reporting.unheard_report_only),
    _rule("unheard", NOTE, "an enforced policy that reports nowhere", reporting.unheard),
    _rule("report-only-ignored", WARNING, "a directive that does nothing in a report-only policy",
          reporting.ignored_in_report_only),
    _rule("report-to-alone", NOTE, "browsers without the Reporting API do not report",
          reporting.report_to_alone),
    _rule("several-endpoints", WARNING, "more than one name in report-to", reporting.several_endpoints),
    _rule("empty-report", WARNING, "report-uri or report-to without a value", reporting.empty_destinations),
    _rule("report-destination", ERROR, "report-uri with a name, or report-to with an address",
          reporting.mistaken_destinations),
    _rule("unknown-endpoint", ERROR, "report-to names an endpoint that is not defined",
          reporting.unknown_endpoints),
    _rule("long-policy", WARNING, "a policy that some proxies refuse", size.long_policies),
)  # fmt: skip
"""The rules for a policy, in the order of the findings."""

HEADER_RULES: tuple[HeaderRule, ...] = (
    HeaderRule("header-name", ERROR, "a name that no browser knows", names.misspelt),
    HeaderRule("x-frame-options", ERROR, "a value that browsers ignore, or that blocks every frame",
               headers.framing, "x-frame-options"),
    HeaderRule("framing-differs", WARNING, "X-Frame-Options and frame-ancestors differ",
               headers.framing_twice, "x-frame-options"),
    HeaderRule("hsts", ERROR, "a value that browsers ignore", transport.transport, transport.HEADER),
    HeaderRule("hsts-directive", ERROR, "a directive that browsers skip",
               transport.unknown_directives, transport.HEADER),
    HeaderRule("hsts-preload", ERROR, "preload without what it needs", transport.preload, transport.HEADER),
    HeaderRule("hsts-preloaded", NOTE, "preload with its requirements: hard to undo",
               transport.preloadable, transport.HEADER),
    HeaderRule("hsts-short", NOTE, "a max-age under half a year", transport.short, transport.HEADER),
    HeaderRule("referrer-policy", ERROR, "a value that browsers ignore", headers.referrers,
               "referrer-policy"),
    HeaderRule("referrer-leak", WARNING, "other sites read more than they need", headers.leaking_referrers,
               "referrer-policy"),
    HeaderRule("x-content-type-options", ERROR, "a value that browsers ignore", headers.sniffing,
               "x-content-type-options"),
    HeaderRule("x-xss-protection", WARNING, "the old filter switched on", headers.old_filter,
               "x-xss-protection"),
    HeaderRule("permissions-policy", ERROR, "a value that browsers drop or misread", permissions.permissions),
    HeaderRule("permissions-everyone", WARNING, "* beside origins, which then say nothing",
               permissions.open_to_all),
    HeaderRule("permissions-feature", WARNING, "a feature that no browser knows", permissions.features),
    HeaderRule("isolation", ERROR,
               "COOP, COEP, CORP or Document-Isolation-Policy values that browsers ignore",
               isolation.isolation),
    HeaderRule("isolation-alone", WARNING, "headers that isolate a page only together",
               isolation.combination),
    HeaderRule("origin-agent-cluster", ERROR, "a value that browsers ignore", isolation.agent_cluster,
               "origin-agent-cluster"),
    HeaderRule("integrity-policy", ERROR, "a value that blocks nothing, or less than it says",
               restrictions.integrity),
    HeaderRule("integrity-style", WARNING, "style sheets, which Chromium does not check",
               restrictions.integrity_of_styles),
    HeaderRule("document-policy", ERROR, "a value that browsers drop", restrictions.document),
    HeaderRule("connection-allowlist", ERROR, "a value that blocks what it should allow",
               restrictions.connections),
    HeaderRule("cors", ERROR, "Access-Control values that allow nobody", cross_site.cors),
    HeaderRule("cors-null", WARNING, "responses that every sandboxed frame may read", cross_site.null_origin),
    HeaderRule("clear-site-data", ERROR, "visitors lose data with every response",
               cross_site.cleared_data, "clear-site-data"),
    HeaderRule("clear-site-data-kind", ERROR, "a kind of data that browsers do not know",
               cross_site.unknown_data, "clear-site-data"),
    HeaderRule("reporting-endpoints", ERROR, "endpoints that get no reports", destinations.endpoints,
               "reporting-endpoints"),
    HeaderRule("report-to", ERROR, "groups that browsers drop", destinations.groups, "report-to"),
    HeaderRule("nel", ERROR, "a value that reports no network error", destinations.network_errors, "nel"),
    HeaderRule("header-endpoint", WARNING, "a header reports to an endpoint that is not defined",
               destinations.references),
    HeaderRule("breaking-header", NOTE, "a header that breaks pages that are not ready for it",
               breakage.breaking),
    HeaderRule("telling-header", NOTE, "a header that tells which software runs the site", names.telling),
    HeaderRule("retired-header", WARNING, "a header that no longer does anything", names.retired),
    HeaderRule("absent-header", NOTE, "a header that every site should send", names.absent),
    HeaderRule("total-size", ERROR, "more than CloudFront accepts", size.total),
)  # fmt: skip
"""The rules for the headers beside the policies."""

SEVERITIES: dict[str, Severity] = {
    **{rule.name: rule.severity for rule in CSP_RULES},
    **{rule.name: rule.severity for rule in HEADER_RULES},
}
"""Every rule's name and severity."""
