"""Policies of the kinds that well-kept sites send: no error, and no warning without a cause."""

from __future__ import annotations

import pytest

from edgerollout.policy.csp import Csp
from edgerollout.policy.lint import lint_csp
from edgerollout.policy.stage import Stage

NONCE = "'nonce-rAnd0mAAAAAAAAAAAAAAAAAA'"
HASH = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
CLOSED = "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
OPEN = frozenset({"open-form-action", "open-frame-ancestors", "open-default-src"})

NONE: frozenset[str] = frozenset()

GOOD: tuple[tuple[str, frozenset[str]], ...] = (
    (f"script-src {NONCE} 'strict-dynamic'; object-src 'none'; base-uri 'none'", OPEN),
    (f"script-src {NONCE} 'strict-dynamic' https: 'unsafe-inline'; object-src 'none'; base-uri 'none'", OPEN),
    ((f"script-src {NONCE} 'strict-dynamic' 'report-sample' 'unsafe-eval' 'unsafe-inline' https: http:; "
      "object-src 'none'; base-uri 'self'; report-uri /csp"), OPEN | {"script-unsafe-eval"}),
    (f"default-src 'self'; script-src 'self' {NONCE}; style-src 'self' {NONCE}; {CLOSED}", NONE),
    (f"default-src 'self'; script-src 'self' {HASH}; style-src 'self' {HASH}; {CLOSED}", NONE),
    (f"default-src 'none'; script-src {HASH} 'strict-dynamic' https: 'unsafe-inline'; {CLOSED}", NONE),
    (f"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; {CLOSED}", NONE),
    (f"default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; {CLOSED}", NONE),
    (f"default-src 'self'; script-src 'self' {NONCE} 'inline-speculation-rules'; {CLOSED}", NONE),
    ((f"default-src 'self'; require-trusted-types-for 'script'; "
      f"trusted-types a b#c 'allow-duplicates'; {CLOSED}"), NONE),
    (f"default-src 'self'; require-trusted-types-for 'script'; trusted-types; {CLOSED}", NONE),
    (("default-src 'none'; connect-src 'self' api.example collector.example wss://live.example; "
      "child-src code.example/workers/; font-src static.example; form-action 'self' paste.example; "
      "frame-ancestors 'none'; frame-src viewer.example; img-src 'self' data: blob: avatars.example; "
      "manifest-src 'self'; media-src files.example; script-src static.example; base-uri 'self'; "
      "style-src 'unsafe-inline' static.example; upgrade-insecure-requests; "
      "worker-src code.example/workers/"), NONE),
    (("default-src 'self'; script-src 'self' https://js.pay.example; "
      f"connect-src 'self' https://api.pay.example; "
      f"frame-src https://js.pay.example https://hooks.pay.example; {CLOSED}"), NONE),
    (f"default-src 'self'; img-src 'self' data: https:; {CLOSED}", frozenset({"wildcard"})),
    (f"default-src 'self'; font-src fonts.example; style-src 'self' css.fonts.example; {CLOSED}", NONE),
    (f"default-src 'self'; worker-src 'self' blob:; img-src 'self' blob: data:; {CLOSED}", NONE),
    (f"default-src 'self'; connect-src 'self' *.errors.example wss://*.live.example; {CLOSED}", NONE),
    (f"default-src 'self'; media-src 'self' blob: mediastream:; {CLOSED}", NONE),
    ((f"default-src 'self'; script-src 'self'; script-src-attr 'none'; "
      f"script-src-elem 'self' {HASH}; {CLOSED}"), NONE),
    (f"default-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; {CLOSED}", NONE),
    (f"default-src 'self'; script-src 'self' 'unsafe-hashes' {HASH}; {CLOSED}",
     frozenset({"script-unsafe-hashes"})),
    (f"default-src 'self'; report-to csp; report-uri /csp; {CLOSED}", NONE),
    (f"default-src 'self'; script-src 'self' 'report-sample'; report-uri https://r.example/csp?a=1; {CLOSED}",
     NONE),
    ("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox", NONE),
    ((f"default-src 'self'; sandbox allow-scripts allow-forms allow-popups allow-downloads; {CLOSED}"), NONE),
    (f"default-src 'none'; img-src 'self' https://cdn.example:8443/a/ *.cdn.example:*; {CLOSED}", NONE),
    (f"default-src 'self'; frame-src https://video.example/embed/ https://xn--bcher-kva.example; {CLOSED}",
     NONE),
)  # fmt: skip


@pytest.mark.parametrize(("policy", "warnings"), GOOD)
def test_a_good_policy_is_told_no_error_and_no_warning_without_a_cause(
    policy: str, warnings: frozenset[str]
) -> None:
    findings = lint_csp(Csp.as_written(policy), Stage.ENFORCED, static=False)
    assert {finding.rule for finding in findings if finding.severity == "error"} == set()
    assert {finding.rule for finding in findings if finding.severity == "warning"} == set(warnings)


def test_what_only_other_headers_can_tell_is_not_said_of_a_policy_alone() -> None:
    policy = Csp.as_written("default-src 'self'; report-to csp")
    alone = {finding.rule for finding in lint_csp(policy, Stage.ENFORCED)}
    within = {finding.rule for finding in lint_csp(policy, Stage.ENFORCED, {})}
    assert "unknown-endpoint" not in alone
    assert "unknown-endpoint" in within


def test_a_sandbox_without_forms_needs_no_form_action() -> None:
    policies = ("sandbox", "sandbox allow-forms")
    told = [{finding.rule for finding in lint_csp(Csp.parse(policy), Stage.ENFORCED)} for policy in policies]
    assert ["open-form-action" in rules for rules in told] == [False, True]
