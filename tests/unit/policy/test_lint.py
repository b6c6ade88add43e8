"""Every rule on policies that break it, and on ones that look alike and do not."""

from __future__ import annotations

import json
import re
import tomllib
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.config.policy_edit import edited
from edgerollout.policy.csp import Csp
from edgerollout.policy.effective import allows
from edgerollout.policy.headers import Header
from edgerollout.policy.lint import LintFinding, lint_csp, lint_csp_header, lint_headers, lint_policy
from edgerollout.policy.lint.breadth import covers
from edgerollout.policy.lint.registry import CSP_RULES, HEADER_RULES, SEVERITIES
from edgerollout.policy.lint.together import LETS_THROUGH
from edgerollout.policy.source import parse_source, url_matches
from edgerollout.policy.stage import Stage
from edgerollout.policy.url import Url

DOCS = Path(__file__).parents[3] / "docs" / "lint.md"
RULES = DOCS.parent / "reference" / "lint-rules.md"
SHA = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
TIGHT = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def found(policy: str, *, report_only: bool = False, **headers: str) -> tuple[LintFinding, ...]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lint_csp(Csp.as_written(policy), Stage.REPORT_ONLY if report_only else Stage.ENFORCED, named)


def rules(policy: str, *, report_only: bool = False, **headers: str) -> set[str]:
    return {finding.rule for finding in found(policy, report_only=report_only, **headers)}


BROKEN = {
    "directive-name": ["script_src 'self'", "script-src: 'self'"],
    "unknown-directive": ["scrpt-src 'self'", "foo 'self'"],
    "removed-directive": ["plugin-types application/pdf", "referrer origin"],
    "unsupported-directive": ["webrtc 'block'"],
    "obsolete-directive": ["block-all-mixed-content"],
    "duplicate-directive": ["img-src *; img-src 'self'", "img-src *; IMG-SRC *"],
    "missing-semicolon": ["default-src 'self' img-src 'self'"],
    "separator": ["img-src a.example, b.example"],
    "not-ascii": ["script-src ‘self’", "img-src münchen.example"],
    "empty-list": ["object-src"],
    "needless-value": ["upgrade-insecure-requests 1"],
    "sandbox-flag": ["sandbox allow-script", "sandbox 'allow-scripts'"],
    "sandbox-escape": ["sandbox allow-scripts allow-same-origin"],
    "trusted-types": [
        "require-trusted-types-for script",
        "require-trusted-types-for",
        "require-trusted-types-for 'script' 'style'",
        "trusted-types 'none' x",
        "trusted-types a(b",
    ],
    "unquoted-keyword": [
        "script-src self",
        "img-src None",
        "script-src nonce-abcdefgh",
        "script-src sha256-abc",
    ],
    "scheme-without-colon": ["img-src data", "script-src https"],
    "bare-word": [
        "img-src any",
        "script-src undefined",
        "connect-src https://null",
        "frame-ancestors ALLOW-FROM https://a.example",
        "frame-ancestors SAMEORIGIN",
    ],
    "scheme-spelling": [
        "img-src htps://a.example",
        "img-src https//a.example",
        "font-src dta:",
        "img-src a.example:",
    ],
    "literal-path": [
        "img-src https://a.example/*",
        "script-src a.example/x/*.js",
        "img-src a.example/x/../y",
    ],
    "address-spelling": ["img-src http://127.1", "img-src 0x7f.0.0.1:8080", "img-src 1.2.3.256"],
    "unknown-keyword": ["script-src 'slef'", 'script-src "self"', "script-src 'self", "script-src 'nonce-!'"],
    "invalid-source": ["img-src //a.example", "img-src u@a.example", "img-src [::1]", "img-src a_b.example"],
    "none-with-others": ["img-src 'none' a.example", "img-src a.example 'NONE'"],
    "query-ignored": ["img-src a.example/x?y", "img-src a.example/x#y"],
    "port-range": ["img-src a.example:99999"],
    "ip-source": ["img-src 10.0.0.1", "img-src http://127.0.0.1:3000"],
    "digest-length": ["script-src 'sha256-abc'", SHA.replace("sha256", "sha512").join(["script-src ", ""])],
    "static-nonce": ["script-src 'nonce-aaaaaaaaaaaaaaaaaaaaaa'"],
    "short-nonce": ["script-src 'nonce-abc'"],
    "idle-keyword": [
        "style-src 'unsafe-eval'",
        "img-src 'nonce-abcdefgh'",
        "connect-src 'strict-dynamic'",
        "img-src 'unsafe-inline'",
        "frame-ancestors 'report-sample'",
    ],
    "script-unsafe-inline": [
        "default-src 'unsafe-inline'",
        "script-src 'none'; script-src-attr 'unsafe-inline'",
        f"script-src 'unsafe-inline' {SHA.replace('sha256', 'url-sha256')}",
        f"script-src 'unsafe-inline' {SHA.replace('sha256', 'eval-sha256')}",
    ],
    "script-unsafe-eval": ["script-src 'unsafe-eval'"],
    "script-unsafe-hashes": [f"script-src 'unsafe-hashes' {SHA}"],
    "style-unsafe-inline": ["style-src 'unsafe-inline'"],
    "code-wildcard": [
        "script-src *",
        "script-src https://*",
        "default-src *",
        "base-uri *",
        "object-src *:443",
    ],
    "code-scheme": ["script-src https:", "script-src data:", "object-src data:", "script-src-elem http:"],
    "code-blob": ["script-src blob:", "object-src blob:", "default-src filesystem:"],
    "code-shared-host": [
        "script-src https://*.co.uk",
        "script-src *.vercel.app",
        "script-src s3.amazonaws.com",
        "default-src https://s3.eu-west-1.amazonaws.com/",
        "object-src *.dev",
        "script-src https://unpkg.com",
        "script-src 'none'; object-src *.googleapis.com",
    ],
    "script-bypass": ["script-src https://cdn.jsdelivr.net", "default-src *.googleapis.com"],
    "script-hosts": ["script-src 'self'", "script-src cdn.example"],
    "object-bypass": ["object-src vk.com"],
    "object-source": ["object-src 'self'"],
    "strict-dynamic-alone": ["script-src 'strict-dynamic' https:"],
    "worker-dynamic": ["worker-src 'strict-dynamic'", "child-src 'self' 'strict-dynamic'"],
    "switched-off": [f"script-src 'strict-dynamic' {SHA} https:", f"script-src 'unsafe-inline' {SHA}"],
    "old-browsers": [f"script-src {SHA}", f"script-src 'strict-dynamic' {SHA} 'unsafe-inline'"],
    "no-trusted-types": ["script-src 'self'"],
    "missing-script-src": ["img-src 'self'"],
    "missing-object-src": ["script-src 'self'"],
    "missing-base-uri": ["script-src 'nonce-abcdefgh'", f"script-src 'strict-dynamic' {SHA}"],
    "open-base-uri": ["default-src 'self'"],
    "open-form-action": ["default-src 'self'"],
    "open-frame-ancestors": ["default-src 'self'"],
    "open-default-src": ["script-src 'self'"],
    "wildcard": ["img-src *", "connect-src https:", "img-src https://*"],
    "shared-host": [
        "frame-ancestors *.vercel.app",
        "img-src *.com",
        "connect-src *.amazonaws.com",
        "img-src *.s3.eu-central-1.amazonaws.com",
        "img-src storage.googleapis.com",
        "connect-src *.or.jp",
    ],
    "plain-http": ["img-src http://a.example", "connect-src ws://a.example", "report-uri http://a.example"],
    "repeated-source": ["img-src a.example A.example", "img-src 'self' 'self'"],
    "shadowed-source": [
        "img-src *.a.example x.a.example",
        "img-src https: https://a.example",
        "img-src a.example https://a.example/dir/",
        "img-src * a.example",
        "img-src http: https:",
        "img-src a.example:* a.example",
    ],
    "needless-directive": ["default-src 'self'; img-src 'self'"],
    "unheard": ["default-src 'self'"],
    "report-to-alone": ["report-to csp"],
    "several-endpoints": ["report-to a b"],
    "empty-report": ["report-uri", "report-to"],
    "report-destination": ["report-uri csp-endpoint", "report-to https://a.example/csp"],
    "unknown-endpoint": ["report-to csp"],
    "long-policy": ["img-src " + " ".join(f"host-{number}.example.com" for number in range(100))],
}
REPORT_ONLY = {
    "report-only-unheard": ["default-src 'self'"],
    "report-only-ignored": ["sandbox", "upgrade-insecure-requests"],
}


@pytest.mark.parametrize(("rule", "policy"), [(rule, text) for rule, many in BROKEN.items() for text in many])
def test_a_rule_finds_what_it_is_for(rule: str, policy: str) -> None:
    assert rule in rules(policy)


@pytest.mark.parametrize(
    ("rule", "policy"), [(rule, text) for rule, many in REPORT_ONLY.items() for text in many]
)
def test_some_rules_are_for_report_only_policies(rule: str, policy: str) -> None:
    assert rule in rules(policy, report_only=True)
    assert rule not in rules(policy)


@pytest.mark.parametrize(
    ("rule", "policy"),
    [
        ("none-with-others", "script-src 'none' 'report-sample'"),
        ("not-ascii", "img-src xn--mnchen-3ya.example"),
        ("digest-length", f"script-src {SHA}"),
        ("digest-length", f"script-src {SHA.replace('=', '')}"),
        ("script-unsafe-inline", f"script-src 'unsafe-inline' {SHA}"),
        ("script-unsafe-inline", "default-src 'unsafe-inline'; script-src 'none'"),
        ("code-scheme", f"script-src 'strict-dynamic' {SHA} https:"),
        ("code-wildcard", "default-src *; script-src 'none'; object-src 'none'; base-uri 'none'"),
        ("script-bypass", "script-src https://cdn.jsdelivr.net/npm/one@1/"),
        ("script-bypass", "script-src www.google-analytics.com"),
        ("shadowed-source", "img-src *.a.example a.example"),
        ("shadowed-source", "img-src https: a.example"),
        ("shadowed-source", "img-src https://a.example:8443 https://a.example"),
        ("shadowed-source", "connect-src https: wss://a.example"),
        ("shadowed-source", "img-src https://a.example/dir https://a.example/dir/x"),
        ("bare-word", "img-src localhost any.example *.null"),
        ("bare-word", "img-src https://any:8080/x"),
        ("scheme-spelling", "frame-ancestors app://a.example tauri://localhost capacitor: file:"),
        ("literal-path", "img-src https://*.a.example/x.y/..z/"),
        ("address-spelling", "img-src 10.0.0.1 1.2.3.4.example a1.example"),
        ("code-scheme", "script-src blob:"),
        (
            "code-shared-host",
            "script-src https://s3.amazonaws.com/our-bucket/ www.vercel.app *.example.co.uk",
        ),
        ("code-shared-host", f"script-src 'strict-dynamic' {SHA} *.vercel.app"),
        ("code-shared-host", "script-src https://cdn.jsdelivr.net"),
        ("shared-host", "img-src *.example.com *.local *.test.example *.google.com co.uk"),
        ("report-destination", "report-uri /csp csp.example/x https://a.example ?csp; report-to csp"),
        ("worker-dynamic", f"script-src 'strict-dynamic' {SHA}"),
        ("idle-keyword", "style-src 'unsafe-hashes'"),
        ("idle-keyword", "default-src 'unsafe-eval'"),
        ("missing-object-src", "default-src 'self'"),
        ("empty-list", "sandbox"),
        ("unknown-keyword", "webrtc 'block'"),
    ],
)
def test_a_rule_lets_be_what_only_looks_alike(rule: str, policy: str) -> None:
    assert rule not in rules(policy)


def test_a_tight_policy_gets_notes_at_most() -> None:
    assert {finding.severity for finding in found(f"{TIGHT}; report-uri /csp")} <= {"note"}


def test_a_nonce_of_a_policy_made_per_response_is_fine() -> None:
    csp = Csp.parse("script-src 'nonce-aaaaaaaaaaaaaaaaaaaaaa'")
    assert "static-nonce" not in {finding.rule for finding in lint_csp(csp, Stage.ENFORCED, static=False)}


def test_an_endpoint_that_is_declared_is_known() -> None:
    declared = 'csp="https://r.example/"'
    assert "unknown-endpoint" not in rules("report-to csp", reporting_endpoints=declared)
    assert "unknown-endpoint" not in rules("report-to csp", report_to='{"group":"csp","max_age":1}')
    (finding,) = (
        finding
        for finding in found("report-to cps", reporting_endpoints=declared)
        if finding.rule == "unknown-endpoint"
    )
    assert finding.hint == "did you mean csp?"


def test_x_frame_options_stand_in_for_frame_ancestors() -> None:
    assert "open-frame-ancestors" not in rules("default-src 'self'", x_frame_options="DENY")


@pytest.mark.parametrize(
    ("policy", "rule", "edit"),
    [
        ("script-src self", "unquoted-keyword", ("self", "'self'")),
        ("img-src data", "scheme-without-colon", ("data", "data:")),
        ("img-src 'none' a.example", "none-with-others", ("'none'", None)),
        ("img-src a.example/x?y", "query-ignored", ("a.example/x?y", "a.example/x")),
        ("object-src", "empty-list", (None, "'none'")),
        ("img-src * a.example", "shadowed-source", ("a.example", None)),
        ("script-src unsafe-inline", "unquoted-keyword", None),
        ("script-src data", "scheme-without-colon", None),
    ],
)
def test_only_what_is_safe_can_be_fixed_by_machine(
    policy: str, rule: str, edit: tuple[str | None, str | None] | None
) -> None:
    (finding,) = (finding for finding in found(policy) if finding.rule == rule)
    assert (None if finding.edit is None else (finding.edit.source, finding.edit.replacement)) == edit


HEADERS: dict[str, list[tuple[str, str]]] = {
    "header-name": [
        ("permission-policy", "camera=()"),
        ("x-content-typ-options", "nosniff"),
        ("strict-transport-securty", "max-age=300"),
        ("x-referrer-policy", "no-referrer"),
        ("frame-options", "DENY"),
        ("our-own", "1"),
    ],
    "x-frame-options": [
        ("x-frame-options", "ALLOW-FROM https://a.example"),
        ("x-frame-options", "DENY, SAMEORIGIN"),
        ("x-frame-options", "DENY,"),
        ("x-frame-options", "DENY;"),
        ("x-frame-options", '"DENY"'),
    ],
    "hsts": [
        ("strict-transport-security", "max-age"),
        ("strict-transport-security", "includeSubDomains"),
        ("strict-transport-security", "max-age=1; max-age=2"),
        ("strict-transport-security", "max-age=1, includeSubDomains"),
        ("strict-transport-security", "max-age=1; includeSubDomains=true"),
        ("strict-transport-security", "max-age=1 includeSubDomains"),
        ("strict-transport-security", "max-age=1y"),
    ],
    "hsts-directive": [
        ("strict-transport-security", "max-age=1; includeSubDomain"),
        ("strict-transport-security", "max-age=1; preloaded"),
        ("strict-transport-security", "max-age=1; report-uri=/x"),
    ],
    "hsts-preload": [
        ("strict-transport-security", "max-age=31536000; preload"),
        ("strict-transport-security", "max-age=300; includeSubDomains; preload"),
    ],
    "hsts-preloaded": [("strict-transport-security", 'max-age="31536000"; includeSubDomains; preload')],
    "hsts-short": [("strict-transport-security", "max-age=0"), ("strict-transport-security", "max-age=300")],
    "referrer-policy": [("referrer-policy", "strict-orgin"), ("referrer-policy", "")],
    "referrer-leak": [("referrer-policy", "unsafe-url"), ("referrer-policy", "no-referrer, origin")],
    "x-content-type-options": [
        ("x-content-type-options", "no-sniff"),
        ("x-content-type-options", "none, nosniff"),
    ],
    "x-xss-protection": [("x-xss-protection", "1; mode=block")],
    "permissions-policy": [
        ("permissions-policy", "geolocation 'none'"),
        ("permissions-policy", 'camera=("self")'),
        ("permissions-policy", 'camera=("*")'),
        ("permissions-policy", "camera=(https://a.example)"),
        ("permissions-policy", "camera=none"),
        ("permissions-policy", "camera"),
        ("permissions-policy", "camera=(), camera=(self)"),
        ("permissions-policy-report-only", "camera=(1)"),
    ],
    "permissions-everyone": [("permissions-policy", "camera=(self *)")],
    "permissions-feature": [
        ("permissions-policy", "camra=()"),
        ("permissions-policy-report-only", "camra=()"),
    ],
    "isolation": [
        ("cross-origin-opener-policy", "same-orign"),
        ("cross-origin-opener-policy", "Same-Origin"),
        ("cross-origin-opener-policy", '"same-origin"'),
        ("cross-origin-opener-policy", "same-origin, same-origin"),
        ("cross-origin-opener-policy", "same-origin; report to"),
        ("cross-origin-embedder-policy", "require_corp"),
        ("cross-origin-embedder-policy-report-only", "yes"),
        ("cross-origin-resource-policy", "same-origin; x"),
        ("document-isolation-policy", "isolate"),
    ],
    "isolation-alone": [("cross-origin-embedder-policy", "require-corp")],
    "origin-agent-cluster": [("origin-agent-cluster", "1"), ("origin-agent-cluster", "true")],
    "integrity-policy": [
        ("integrity-policy", "blocked-destinations=(script"),
        ("integrity-policy", "blocked-destinations=script"),
        ("integrity-policy", 'blocked-destinations=("script")'),
        ("integrity-policy", "blocked-destinations=(scripts)"),
        ("integrity-policy", "blocked-destinations=(script), blocked-destinations=(style)"),
        ("integrity-policy", "blocked-destinations=(script), sources=(none)"),
        ("integrity-policy", "blocked_destinations=(script)"),
        ("integrity-policy-report-only", "script"),
    ],
    "integrity-style": [("integrity-policy", "blocked-destinations=(script style)")],
    "document-policy": [
        ("document-policy", "force-load-at-top, Foo"),
        ("document-policy", "document-write=?0"),
        ("document-policy", "sync-xhr=?0, sync-xhr"),
        ("document-policy-report-only", "force-load-at-top=1"),
    ],
    "connection-allowlist": [
        ("connection-allowlist", "response-origin"),
        ("connection-allowlist", "(response-origin"),
        ("connection-allowlist", "(self)"),
        ("connection-allowlist", '("response-origin")'),
        ("connection-allowlist", '(response-origin "a.example")'),
        ("connection-allowlist", '(response-origin), ("https://a.example")'),
        ("connection-allowlist-report-only", '("https://a.example")'),
    ],
    "cors": [
        ("access-control-allow-origin", "https://a.example, https://b.example"),
        ("access-control-allow-origin", "https://*.a.example"),
        ("access-control-allow-origin", "https://a.example/"),
        ("access-control-allow-origin", "https://A.example"),
        ("access-control-allow-origin", "https://a.example:443"),
        ("access-control-allow-origin", "a.example"),
        ("access-control-allow-origin", "https://a.example/x"),
        ("access-control-allow-credentials", "True"),
    ],
    "cors-null": [("access-control-allow-origin", "null")],
    "clear-site-data": [("clear-site-data", '"cookies"'), ("clear-site-data", '"cache", "*"')],
    "clear-site-data-kind": [
        ("clear-site-data", "cookies"),
        ("clear-site-data", '"Cookies"'),
        ("clear-site-data", '"cookies" "storage"'),
        ("clear-site-data", ""),
    ],
    "reporting-endpoints": [
        ("reporting-endpoints", "csp=https://a.example"),
        ("reporting-endpoints", 'csp="http://a.example/"'),
        ("reporting-endpoints", 'csp="reports.example"'),
        ("reporting-endpoints", 'csp=("https://a.example/")'),
        ("reporting-endpoints", 'csp="https://a.example/", csp="https://b.example/"'),
        ("reporting-endpoints", "csp=1"),
    ],
    "report-to": [
        ("report-to", "{'group':'nel'}"),
        ("report-to", '{"group":"nel","max_age":"1","endpoints":[{"url":"https://a.example"}]}'),
        ("report-to", '{"group":"nel","max_age":1}'),
        ("report-to", '{"group":"nel","max_age":1,"endpoints":[{"url":"http://a.example"}]}'),
        ("report-to", '{"group":1,"max_age":0}'),
    ],
    "nel": [
        ("nel", "report_to=nel"),
        ("nel", '{"report_to":"nel"}'),
        ("nel", '{"report_to":"nel","max_age":1}'),
        ("nel", '{"max_age":0,"failure_fraction":2}'),
    ],
    "header-endpoint": [
        ("cross-origin-opener-policy", 'same-origin; report-to="coop"'),
        ("cross-origin-opener-policy", "same-origin; report-to=coop"),
        ("permissions-policy", "camera=();report-to=pp"),
        ("integrity-policy", "blocked-destinations=(script), endpoints=(integrity)"),
        ("connection-allowlist", "(response-origin);report-to=net"),
        ("document-policy", 'force-load-at-top;report-to="x"'),
    ],
    "breaking-header": [
        ("cross-origin-opener-policy", "same-origin"),
        ("integrity-policy", "blocked-destinations=(script)"),
        ("connection-allowlist", "(response-origin)"),
        ("document-policy", "force-load-at-top"),
        ("document-policy", "sync-xhr=?0"),
        ("origin-agent-cluster", "?1"),
    ],
    "telling-header": [("server", "nginx/1.2"), ("x-powered-by", "PHP")],
    "retired-header": [("expect-ct", "max-age=1"), ("feature-policy", "camera 'none'")],
    "absent-header": [("x-frame-options", "DENY")],
    "total-size": [("x-long", "x" * 21_000)],
}


@pytest.mark.parametrize(
    ("rule", "name", "value"), [(rule, *header) for rule, many in HEADERS.items() for header in many]
)
def test_a_header_rule_finds_what_it_is_for(rule: str, name: str, value: str) -> None:
    hits = [finding for finding in lint_headers({name: value}) if finding.rule == rule]
    assert hits
    assert rule in ("absent-header", "total-size") or hits[0].header == name


def said(**headers: str) -> set[tuple[str, str | None]]:
    """Rule and header of what is said of headers, those that are missing left out."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        (finding.rule, finding.header) for finding in lint_headers(named) if finding.rule != "absent-header"
    }


def test_good_headers_get_notes_at_most() -> None:
    headers = {
        "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
        "x-content-type-options": "nosniff, nosniff",
        "x-frame-options": "DENY",
        "x-xss-protection": "0",
        "referrer-policy": "no-referrer, strict-origin-when-cross-origin",
        "permissions-policy": 'camera=(), usb=(self "https://a.example" "https://*.b.example"), fullscreen=*',
        "cross-origin-opener-policy": 'same-origin; report-to="csp"',
        "cross-origin-embedder-policy": "credentialless",
        "cross-origin-resource-policy": "same-site",
        "document-isolation-policy": "isolate-and-require-corp",
        "origin-agent-cluster": "?1",
        "integrity-policy": "blocked-destinations=(script), sources=(inline), endpoints=(csp other)",
        "document-policy": "force-load-at-top, *;report-to=csp",
        "connection-allowlist": '(response-origin "https://*.a.example" "https://b.example:*");report-to=csp',
        "access-control-allow-origin": "https://a.example:8443",
        "access-control-allow-credentials": "true",
        "access-control-allow-headers": "authorization, x-requested-with",
        "reporting-endpoints": 'csp="https://r.example/", other="/reports"',
        "report-to": '{"group":"nel","max_age":1,"endpoints":[{"url":"https://r.example/"}]}',
        "nel": '{"report_to":"nel","max_age":1,"success_fraction":0.01}',
        "cache-control": "no-store",
        "x-our-own": "1",
    }
    found = lint_headers(headers, Csp.parse("frame-ancestors 'none'"))
    assert {finding.severity for finding in found} == {"note"}
    assert {finding.rule for finding in found} == {"hsts-preloaded", "breaking-header"}


def test_a_wildcard_does_not_go_with_credentials() -> None:
    both = {"access_control_allow_origin": "*", "access_control_allow_credentials": "true"}
    assert said(access_control_allow_origin="*") == set()
    assert said(**both) == {("cors", "access-control-allow-origin")}
    methods = both | {"access_control_allow_origin": "https://a.example", "access_control_allow_methods": "*"}
    assert said(**methods) == {("cors", "access-control-allow-methods")}


@pytest.mark.parametrize(
    "origin",
    ["*", "https://a.example", "http://localhost:3000", "http://[::1]:8080", "https://[::1]", "app://x"],
)
def test_an_origin_as_browsers_write_it_is_fine(origin: str) -> None:
    assert said(access_control_allow_origin=origin) == set()


def test_isolation_takes_both_headers_and_the_permission() -> None:
    both = {"cross_origin_opener_policy": "same-origin", "cross_origin_embedder_policy": "require-corp"}
    popups = both | {"cross_origin_opener_policy": "same-origin-allow-popups"}
    denied = both | {"permissions_policy": "cross-origin-isolated=()"}
    assert "isolation-alone" not in {rule for rule, _ in said(**both)}
    assert ("isolation-alone", "cross-origin-embedder-policy") in said(**popups)
    assert ("isolation-alone", "permissions-policy") in said(**denied)


def test_a_same_value_written_twice_counts_once_for_frames() -> None:
    assert said(x_frame_options="SAMEORIGIN, sameorigin") == set()
    (finding,) = (
        finding
        for finding in lint_headers({"x-frame-options": "DENY, foo"})
        if finding.rule == "x-frame-options"
    )
    assert "block every frame" in finding.message


def test_a_name_of_ones_own_begins_with_x() -> None:
    (finding,) = (finding for finding in lint_headers({"team": "web"}) if finding.rule == "header-name")
    assert (
        finding.hint
        == 'rename it x-team, or accept it: [[lint.ignore]] rule = "header-name", header = "team"'
    )
    assert said(x_team="web") == set()


@pytest.mark.parametrize(
    "name", ["x-cache-status", "x-request-id", "x-version-id", "x-content-duration", "x-amz-meta-a", "x-csp"]
)
def test_names_of_other_programs_are_no_slips_of_the_pen(name: str) -> None:
    assert "header-name" not in {finding.rule for finding in lint_headers({name: "1"})}


def test_a_misspelt_header_that_is_to_be_removed_is_told_too() -> None:
    removed = [Header("x-powerd-by", action="remove"), Header("x-of-the-origin", action="remove")]
    told = {(finding.rule, finding.header, finding.hint) for finding in lint_policy(None, None, removed)}
    assert ("header-name", "x-powerd-by", "did you mean x-powered-by?") in told
    assert "x-of-the-origin" not in {header for _, header, _ in told}


@pytest.mark.parametrize("ancestors", ["'self'", "https://a.example"])
def test_x_frame_options_that_contradict_frame_ancestors_are_told(ancestors: str) -> None:
    policy = Csp.parse(f"frame-ancestors {ancestors}")
    assert "framing-differs" in {
        finding.rule for finding in lint_headers({"x-frame-options": "DENY"}, None, policy)
    }


def test_both_policies_of_a_release_are_judged_by_their_stage() -> None:
    findings = lint_policy(
        Csp.parse("sandbox"), Csp.parse("script-src *"), [Header("x-frame-options", "DENY")]
    )
    assert {finding.stage for finding in findings if finding.rule == "code-wildcard"} == {"report-only"}
    assert "report-only-ignored" not in {finding.rule for finding in findings}
    assert {finding.header for finding in findings if finding.rule == "absent-header"} >= {"referrer-policy"}


def test_a_comma_parts_policies_that_are_judged_one_by_one() -> None:
    text = "script-src 'self' 'unsafe-inline'; object-src 'none', default-src 'self', img-src *"
    told = {(finding.rule, finding.directive) for finding in lint_csp_header(text, Stage.ENFORCED)}
    assert ("wildcard", "img-src") not in told  # default-src of the second forbids it
    assert ("script-unsafe-inline", "script-src") not in told
    assert not told & {("missing-script-src", "script-src"), ("missing-object-src", "object-src")}
    assert ("open-base-uri", "base-uri") in told


@pytest.mark.parametrize(
    ("rule", "text", "told"),
    [
        ("script-unsafe-inline", "script-src 'unsafe-inline', default-src 'unsafe-inline' 'self'", True),
        ("script-unsafe-inline", "script-src 'unsafe-inline', script-src-elem 'none'", True),
        ("code-shared-host", "script-src *.vercel.app, default-src https:", True),
        ("code-shared-host", "script-src *.vercel.app, script-src https://our.vercel.app", True),
        ("code-shared-host", "script-src *.vercel.app, script-src 'self' a.example", False),
        ("code-wildcard", "script-src *, default-src https:", True),
        ("code-wildcard", "script-src *, default-src 'self' a.example", False),
        ("code-scheme", "script-src data:, default-src https: data:", True),
        ("code-blob", "script-src blob:, default-src https: data:", False),
        ("wildcard", "img-src *, img-src https://*", True),
        ("wildcard", "img-src *, default-src 'self'", False),
        ("plain-http", "img-src http://a.example, default-src *.example", True),
    ],
)
def test_what_every_policy_lets_through_is_told(rule: str, text: str, told: bool) -> None:
    assert (rule in {finding.rule for finding in lint_csp_header(text, Stage.ENFORCED)}) == told


def test_the_rules_about_what_is_let_through_are_rules() -> None:
    assert {rule.name for rule in CSP_RULES} >= LETS_THROUGH


def test_a_comma_before_what_is_no_directive_is_a_slip() -> None:
    found = lint_csp_header("img-src a.example, b.example; script-src 'slef'", Stage.ENFORCED)
    (slip,) = (finding for finding in found if finding.rule == "separator")
    assert (slip.severity, slip.directive) == ("error", "b.example")
    assert "unknown-keyword" in {finding.rule for finding in found}


@given(st.text(max_size=80))
def test_a_policy_without_a_comma_is_judged_the_same_by_its_text(text: str) -> None:
    text = text.replace(",", " ")
    csp = Csp.as_written(text)
    expected = () if csp.is_empty else lint_csp(csp, Stage.ENFORCED)
    assert set(lint_csp_header(text, Stage.ENFORCED)) == set(expected)


@pytest.mark.parametrize(
    ("policy", "rule", "words"),
    [
        ("img-src https://a.example/*", "literal-path", "write https://a.example for all of it"),
        ("img-src https://a.example/b/*", "literal-path", "write https://a.example/b/: a / at the end"),
        ("img-src https//a.example/x", "scheme-spelling", "write https://a.example/x"),
        ("img-src HTPS://a.example", "scheme-spelling", "write https://a.example"),
        ("img-src https:a.example", "invalid-source", "write https://a.example"),
        ("frame-ancestors deny", "bare-word", "write 'none'"),
        ("report-uri csp", "report-destination", "https://HOST/csp"),
    ],
)
def test_a_mistake_comes_with_what_was_meant(policy: str, rule: str, words: str) -> None:
    (finding,) = (finding for finding in found(policy) if finding.rule == rule)
    assert (finding.hint or "").startswith(words)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("frame-ancestors *", "any site may show the page in a frame"),
        ("form-action https:", "sends what visitors type"),
        ("connect-src *", "can send what it reads"),
    ],
)
def test_a_wildcard_is_told_with_what_it_means_there(policy: str, words: str) -> None:
    (finding,) = (finding for finding in found(policy) if finding.rule == "wildcard")
    assert words in finding.message


def test_a_star_in_a_path_is_not_taken_for_every_host() -> None:
    assert "wildcard" not in rules("img-src */*")
    (finding,) = (finding for finding in found("script-src */*") if finding.rule == "code-wildcard")
    assert "an attacker's, not the site's" in finding.message


def test_lint_names_no_command() -> None:
    every = [finding for many in BROKEN.values() for policy in many for finding in found(policy)]
    every += [
        finding
        for many in HEADERS.values()
        for name, value in many
        for finding in lint_headers({name: value})
    ]
    assert [finding for finding in every if "edgerollout" in f"{finding.message} {finding.hint}"] == []


def test_every_rule_has_a_case_here_and_a_name_of_its_own() -> None:
    assert set(BROKEN) | set(REPORT_ONLY) == {rule.name for rule in CSP_RULES}
    assert set(HEADERS) | {"framing-differs"} == {rule.name for rule in HEADER_RULES}
    assert len(SEVERITIES) == len(CSP_RULES) + len(HEADER_RULES)


def test_the_documentation_lists_every_rule_with_its_severity_and_summary() -> None:
    rows = re.findall(
        r"^\| `([\w-]+)` \| (\w+) \| (.*?) \| (?:yes)? ?\|$",
        unescape(RULES.read_text(encoding="utf-8")),
        re.MULTILINE,
    )
    assert rows == [
        (rule.name, rule.severity, rule.summary)
        for registry in (CSP_RULES, HEADER_RULES)
        for rule in registry
    ]


def test_the_table_of_who_else_says_so_names_rules_that_there_are() -> None:
    text = DOCS.read_text(encoding="utf-8").partition("## Who else says so")[2].partition("\n## ")[0]
    cells = [row.rstrip(" |").rpartition("|")[2] for row in text.splitlines() if row.startswith("| ")][1:]
    named = {name for cell in cells for name in re.findall(r"`([\w-]+)`", cell)}
    assert len(cells) > 25
    assert named <= SEVERITIES.keys()


def test_the_documentation_says_which_rules_are_fixed_by_machine() -> None:
    told = set(re.findall(r"^\| `([\w-]+)` \|.*\| yes \|$", RULES.read_text(encoding="utf-8"), re.MULTILINE))
    fixed = {
        finding.rule
        for many in BROKEN.values()
        for policy in many
        for finding in found(policy)
        if finding.edit is not None
    }
    fixed |= {
        finding.rule
        for finding in lint_headers({"x-content-type-options": "'nosniff'"})
        if finding.edit is not None
    }
    assert told == fixed


@given(st.text(max_size=80), st.booleans())
def test_no_policy_is_too_strange_to_be_judged(policy: str, report_only: bool) -> None:
    for finding in found(policy, report_only=report_only):
        assert finding.message


VALUES = st.text() | st.lists(
    st.sampled_from([*'=(),;"?{}:*', "a", "self", "https://a.example", "max-age", "report-to", "1", " "]),
    max_size=12,
).map("".join)


@given(
    st.dictionaries(st.sampled_from(sorted({name for many in HEADERS.values() for name, _ in many})), VALUES)
)
def test_no_header_is_too_strange_to_be_judged(headers: dict[str, str]) -> None:
    lint_headers(headers)


HOSTS = ["a.example", "*.a.example", "x.a.example", "*", "*.x.a.example"]
SOURCES = [
    *(f"{scheme}{host}{port}{path}" for scheme in ("", "http://", "https://", "wss://") for host in HOSTS
      for port in ("", ":*", ":8443", ":80") for path in ("", "/", "/d/", "/d/x")),
    "http:", "https:", "ws:", "wss:",
]  # fmt: skip
TARGETS = [
    url
    for scheme in ("http", "https", "ws", "wss")
    for host in ("a.example", "x.a.example", "y.x.a.example", "b.example")
    for port in ("", ":8443", ":80", ":443")
    for path in ("/", "/d/", "/d/x", "/e")
    if (url := Url.parse(f"{scheme}://{host}{port}{path}")) is not None
]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_source_that_is_called_covered_allows_nothing_of_its_own(scheme: str) -> None:
    origin = Url.parse(f"{scheme}://site.example")
    parsed = {text: source for text in SOURCES if (source := parse_source(text)) is not None}
    assert origin is not None
    allowed = {
        text: {place for place, target in enumerate(TARGETS) if url_matches(source, target, origin)}
        for text, source in parsed.items()
    }
    wrong = [
        (wide, narrow)
        for wide, outer in parsed.items()
        for narrow, inner in parsed.items()
        if wide != narrow and covers(outer, inner)
        if not allowed[narrow] <= allowed[wide] or covers(inner, outer)  # or each would go for the other
    ]
    assert wrong == []


RELIABLE = st.sampled_from(
    [
        *SOURCES,
        "'none'",
        "'self'",
        "'unsafe-inline'",
        "'nonce-abcdefghij'",
        "a.example/d/?q",
        "A.example",
        "'NONE'",
    ]
)
SAME_FOR_BROWSERS = {
    "empty-list", "none-with-others", "query-ignored", "idle-keyword", "repeated-source", "shadowed-source"
}  # fmt: skip


@given(st.sampled_from(["img-src", "connect-src", "script-src"]), st.lists(RELIABLE, max_size=6))
def test_what_a_fix_leaves_allows_what_was_allowed(directive: str, sources: list[str]) -> None:
    policy = {"csp": {directive: list(sources)}}
    before = Csp.of(policy["csp"])
    edits = [
        (("csp", directive, 0), finding.edit)
        for finding in lint_csp(before, Stage.ENFORCED)
        if finding.edit is not None and finding.rule in SAME_FOR_BROWSERS and finding.directive == directive
    ]
    text, _ = edited("[csp]\n" + f"{directive} = {json.dumps(sources)}\n", edits)
    after = Csp.of(tomllib.loads(text)["csp"])
    for target in TARGETS:
        url = f"{target.scheme}://{target.host}:{target.port}{target.path}"
        for origin in ("https://site.example", "http://a.example"):
            assert allows(before, directive, url, self_origin=origin) == allows(
                after, directive, url, self_origin=origin
            )
