"""What csp_evaluator (Google) finds in a policy has to be found by our rules, or DIFFERENCES says why not."""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from edgerollout.policy.csp import Csp
from edgerollout.policy.fallback import SOURCE_LISTS
from edgerollout.policy.lint import LintFinding, lint_csp
from edgerollout.policy.source import Host, Scheme, parse_source
from edgerollout.policy.stage import Stage
from tests.made.policies import mutated_policies, real_policies
from tests.outside import ask_node
from tests.samples import a_few

RULES = {
    "SCRIPT_UNSAFE_INLINE": {"script-unsafe-inline"},
    "SCRIPT_UNSAFE_EVAL": {"script-unsafe-eval"},
    "SCRIPT_UNSAFE_HASHES": {"script-unsafe-hashes"},
    "PLAIN_URL_SCHEMES": {"code-scheme"},
    "PLAIN_WILDCARD": {"code-wildcard"},
    "MISSING_DIRECTIVES": {"missing-script-src", "missing-object-src", "missing-base-uri", "empty-list"},
    "SCRIPT_ALLOWLIST_BYPASS": {"script-bypass", "script-hosts"},
    "OBJECT_ALLOWLIST_BYPASS": {"object-bypass", "object-source"},
    "IP_SOURCE": {"ip-source", "address-spelling"},
    "NONCE_LENGTH": {"short-nonce"},
    "NONCE_CHARSET": {"unknown-keyword"},
    "SRC_HTTP": {"plain-http"},
    "DEPRECATED_DIRECTIVE": {"removed-directive"},
    "UNKNOWN_DIRECTIVE": {"unknown-directive", "directive-name", "removed-directive"},
    "MISSING_SEMICOLON": {"missing-semicolon"},
    "INVALID_KEYWORD": {"unquoted-keyword", "unknown-keyword", "trusted-types"},
    "STRICT_DYNAMIC": {"script-hosts", "code-scheme", "code-blob", "code-wildcard", "script-bypass"},
    "STRICT_DYNAMIC_NOT_STANDALONE": {"strict-dynamic-alone"},
    "UNSAFE_INLINE_FALLBACK": {"old-browsers"},
    "ALLOWLIST_FALLBACK": {"old-browsers"},
    "REQUIRE_TRUSTED_TYPES_FOR_SCRIPTS": {"no-trusted-types", "missing-script-src", "trusted-types"},
    "REPORTING_DESTINATION_MISSING": {"unheard", "empty-report"},
    "REPORT_TO_ONLY": {"report-to-alone"},
    "IGNORED": {"switched-off"},
}
"""Its types of findings, and the rules of ours that say the same."""

WHOLE_LIST = {"MISSING_DIRECTIVES", "STRICT_DYNAMIC", "UNSAFE_INLINE_FALLBACK", "ALLOWLIST_FALLBACK"} | {
    "REQUIRE_TRUSTED_TYPES_FOR_SCRIPTS",
    "REPORTING_DESTINATION_MISSING",
    "REPORT_TO_ONLY",
}
"""Its findings about more than a source."""

SCRIPT_LISTS = (
    "'self'", "'none'", "*", "https:", "http:", "data:", "https://*", "'unsafe-inline'", "'unsafe-eval'",
    "'unsafe-inline' 'nonce-aaaaaaaaaaaaaaaaaaaaaa'", "'nonce-short'", "'unsafe-hashes' 'sha256-abcdefgh'",
    "'strict-dynamic'", "'strict-dynamic' 'nonce-aaaaaaaaaaaaaaaaaaaaaa' https: 'unsafe-inline'",
    "'strict-dynamic' 'sha256-abcdefgh' 'self'", "ajax.googleapis.com", "https://ajax.googleapis.com/other/",
    "https://*.googleapis.com", "www.google-analytics.com", "www.google-analytics.com 'unsafe-eval'",
    "cdnjs.cloudflare.com", "https://cdnjs.cloudflare.com/ajax/libs/angular.js/1.0.1/",
    "https://cdn.jsdelivr.net", "cdn.example.com", "http://cdn.example.com", "127.0.0.1", "https://10.1.2.3:8443",
    "self", "none", "unsafe-inline", "strict-dynamic nonce-aaaaaaaaaaaa", "sha256-abcdefgh", "'slef'",
)  # fmt: skip
REST = (
    "", "; object-src 'none'; base-uri 'none'", "; object-src *", "; object-src vk.com; base-uri https:",
    "; default-src 'self'; report-uri /csp", "; require-trusted-types-for 'script'; report-to csp",
)  # fmt: skip
OTHERS = (
    "default-src *", "default-src 'unsafe-inline' data:",
    "default-src 'none'; script-src-elem 'unsafe-inline'",
    "default-src 'self'; script-src-attr 'unsafe-inline'", "script-src-elem *", "object-src 'self' data:",
    "default-src 'self'; object-src https://ajax.googleapis.com", "img-src *", "frame-ancestors 'none'",
    "upgrade-insecure-requests", "default-src 'self'; base-uri *", "report-uri http://a.example/csp",
    "default-src 'self'; img-src http://a.example; report-uri http://a.example/csp",
)  # fmt: skip

LAGGING = {
    "fenced-frame-src": "Chromium heeds it",
    "treat-as-public-address": "Chromium heeds it",
    "'trusted-types-eval'": "Chromium heeds it",
    "'report-sha256'": "Chromium heeds it",
    "'report-sha384'": "Chromium heeds it",
    "'report-sha512'": "Chromium heeds it",
    "'SHA256-abc'": "Chromium takes hashes in any case",
    "'url-sha256-abc'": "Chromium takes hashes of addresses",
    "'eval-sha256-abc'": "Chromium takes hashes of evaluated text",
}
"""Names that csp_evaluator 1.1.8 does not know yet."""

LOADS_SCRIPTS = {"http", "https", "data", "blob", "filesystem"}
"""Schemes that scripts may come over. csp_evaluator sees in any other one, `a.com:` or `javascript:`, a host
that 'strict-dynamic' should stand in for.
"""

DROPPED = {"invalid-source", "unknown-keyword", "unquoted-keyword", "scheme-without-colon", "bare-word"}
JUDGES_HOSTS = {
    "STRICT_DYNAMIC",
    "SCRIPT_ALLOWLIST_BYPASS",
    "NONCE_LENGTH",
    "IP_SOURCE",
    "SRC_HTTP",
    "IGNORED",
}

MUTATED = 1300
"""Policies of sites with a few things changed; `make test` takes some of them."""


@cache
def policies() -> list[str]:
    grammar = Path(__file__).parents[2] / "browser" / "grammar_cases.txt"
    lines = grammar.read_text(encoding="utf-8").splitlines()[1:]
    written = [line.replace("\\t", "\t") for line in lines if not line.startswith("~")]
    built = [f"script-src {sources}{rest}" for sources, rest in product(SCRIPT_LISTS, REST)]
    return [
        *written,
        *built,
        *OTHERS,
        *real_policies(),
        *a_few(mutated_policies(MUTATED, kind="evaluated"), 80),
    ]


@cache
def findings() -> list[tuple[LintFinding, ...]]:
    """Ours, for each of the policies."""
    return [lint_csp(Csp.as_written(policy), Stage.ENFORCED, static=False) for policy in policies()]


@pytest.fixture(scope="module")
def verdicts() -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = ask_node("csp_evaluator.mjs", policies())
    return found


def explained(finding: dict[str, Any], policy: str, found: tuple[LintFinding, ...]) -> str | None:
    """Why a finding of theirs is none of ours, None where it has to be."""
    about = [ours for ours in found if ours.rule in DROPPED and ours.directive == finding["directive"]]
    if finding["value"] is not None:
        about = [ours for ours in about if same_text(ours, finding["value"])]
    if finding["type"] in JUDGES_HOSTS and about:
        return "browsers drop the source, or take it for a host of one word: an error of its own here"
    subject = finding["value"] or finding["directive"]
    if finding["type"] == "STRICT_DYNAMIC" and not loads_scripts(policy, finding["directive"]):
        return "schemes that no script comes over"
    if finding["value"] and finding["directive"] in ("report-uri", "trusted-types"):
        return "csp_evaluator takes every word for a source; it is an address here, or the name of a policy"
    told = any(ours.directive == finding["directive"] for ours in found)
    if finding["value"] and finding["directive"] not in SOURCE_LISTS and told:
        return "csp_evaluator takes every word for a source; the directive has a grammar of its own here"
    if not policy.isascii():
        return "browsers drop a directive that is not ASCII: not-ascii says so"
    if "," in policy:
        return "browsers split at commas: separator says so"
    if finding["type"] == "UNKNOWN_DIRECTIVE" and not finding["value"]:
        return LAGGING.get(finding["directive"])
    return LAGGING.get(subject)


def loads_scripts(policy: str, directive: str) -> bool:
    """Whether a script comes over any scheme that the directive names, or from any host."""
    parsed = [parse_source(source) for source in Csp.parse(policy).sources(directive) or ()]
    return any(
        isinstance(keyword, Host) or (isinstance(keyword, Scheme) and keyword.name in LOADS_SCRIPTS)
        for keyword in parsed
    )


def ours_says(finding: dict[str, Any], found: tuple[LintFinding, ...]) -> bool:
    same = [ours for ours in found if ours.rule in RULES[finding["type"]]]
    if finding["type"] in WHOLE_LIST:
        return bool(same)
    value = finding["value"]
    return any(
        ours.directive == finding["directive"]
        and (value is None or ours.source is None or same_text(ours, value))
        for ours in same
    )


def same_text(finding: LintFinding, value: str) -> bool:
    return finding.source is not None and finding.source.lower() == value.lower()


def test_there_are_enough_policies_and_every_type_is_met(verdicts: list[list[dict[str, Any]]]) -> None:
    assert len(policies()) >= 400 + 80
    assert {finding["type"] for verdict in verdicts for finding in verdict} == set(RULES)


def test_everything_csp_evaluator_finds_is_found(verdicts: list[list[dict[str, Any]]]) -> None:
    missed = []
    for policy, verdict, found in zip(policies(), verdicts, findings(), strict=True):
        missed += [
            (policy, finding["severity"], finding["type"], finding["directive"], finding["value"])
            for finding in verdict
            if not ours_says(finding, found) and explained(finding, policy, found) is None
        ]
    assert missed == []


def test_what_it_calls_high_is_an_error_here(verdicts: list[list[dict[str, Any]]]) -> None:
    milder = set()
    for policy, verdict, found in zip(policies(), verdicts, findings(), strict=True):
        for finding in verdict:
            if finding["severity"] == "HIGH" and explained(finding, policy, found) is None:
                rules = RULES[finding["type"]]
                if not any(ours.severity == "error" for ours in found if ours.rule in rules):
                    milder.add((finding["type"], finding["directive"]))
    # An empty object-src is 'none' to browsers: a matter of reading, not of safety.
    assert milder <= {("MISSING_DIRECTIVES", "object-src")}
