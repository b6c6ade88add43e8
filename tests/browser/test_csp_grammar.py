"""What is wrong with a policy, by our lint and by the messages of a real Chromium's parser.

Every message has to be one of our findings, and every finding of these rules one of its messages. Where it
is otherwise, DIFFERENCES says why.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.csp import Csp
from edgerollout.policy.effective import policies_of
from edgerollout.policy.lint import lint_csp
from edgerollout.policy.stage import Stage
from tests.browser.policies import policy_browser
from tests.made.policies import mutated_policies, real_policies
from tests.samples import a_few

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.policies import PolicyBrowser

MESSAGES = {
    "contains an invalid source": "dropped-source",
    "'none' alongside": "none-with-others",
    "component, including the '?', will be ignored": "query-ignored",
    "including the '#', will be ignored": "query-ignored",
    "must be Punycode-encoded": "not-ascii",
    "characters or dashes '-' are allowed in directive names": "directive-name",
    "Unrecognized Content-Security-Policy directive": "unrecognised",
    "has been removed from the specification": "unrecognised",
    "forget a semicolon": "missing-semicolon",
    "Ignoring duplicate": "duplicate-directive",
    "should be empty, but was delivered": "needless-value",
    "Error while parsing the 'sandbox'": "sandbox-flag",
    "can escape its sandboxing": "sandbox-escape",
    "directive 'trusted_types' contains": "trusted-types",
    "require-trusted-types-for' Content": "trusted-types",
    "violates the policy for Mixed Content": "plain-http",
    "contains more than one endpoint": "several-endpoints",
    "does not support the source expression": "idle-keyword",
    "permitted only for 'script-src'": "idle-keyword",
    "is ignored when delivered in a report-only policy": "report-only-ignored",
}
"""What tells a message of Chromium's, and what it is about."""

ABOUT = {
    "unknown-keyword": "dropped-source",
    "invalid-source": "dropped-source",
    "unknown-directive": "unrecognised",
    "removed-directive": "unrecognised",
    "unsupported-directive": "unrecognised",
} | {name: name for name in MESSAGES.values() if name not in ("dropped-source", "unrecognised")}
"""Our rules for what Chromium's parser looks at. All others are ours alone: it says nothing of them."""

NOT_WHERE_IT_WARNS = "Chromium warns of http and ws only where it reports to; the source is as unsafe"
ELSEWHERE = "Chromium says this for frame-ancestors only; the word does nothing here either"
DIFFERENCES = {
    "script-src http://*": NOT_WHERE_IT_WARNS,
    "script-src http://*:80/a": NOT_WHERE_IT_WARNS,
    "script-src http://localhost:*": NOT_WHERE_IT_WARNS,
    "script-src ws://a.com": NOT_WHERE_IT_WARNS,
    "img-src 'nonce-abc'": ELSEWHERE,
    "img-src 'strict-dynamic'": ELSEWHERE,
    "style-src 'unsafe-eval'": ELSEWHERE,
    "base-uri 'unsafe-inline'": ELSEWHERE,
    "form-action 'unsafe-inline'": ELSEWHERE,
}


def cases() -> list[tuple[str, bool]]:
    text = Path(__file__).with_name("grammar_cases.txt").read_text(encoding="utf-8")
    lines = [line.replace("\\t", "\t") for line in text.splitlines() if not line.startswith("# ")]
    return [(line.removeprefix("~"), line.startswith("~")) for line in lines]


@pytest.fixture(scope="module")
def browser() -> Iterator[PolicyBrowser]:
    with policy_browser() as found:
        yield found


def said_by_chromium(browser: PolicyBrowser, policy: str, *, report_only: bool) -> set[str]:
    kinds = set()
    for message in browser.messages(policy, report_only=report_only):
        kind = next((kind for words, kind in MESSAGES.items() if words in message), None)
        assert kind is not None, f"a message that no rule is named for: {message}"
        kinds.add(kind)
    return kinds


def said_by_us(policy: str, *, report_only: bool) -> set[str]:
    # A comma ends a policy for browsers; lint says so, and judges the text as one.
    parts = policy.split(",")
    findings = [
        finding
        for part in parts
        for finding in lint_csp(Csp.as_written(part), Stage.REPORT_ONLY if report_only else Stage.ENFORCED)
    ]
    return {ABOUT[finding.rule] for finding in findings if finding.rule in ABOUT}


def test_there_are_enough_cases() -> None:
    assert len(cases()) >= 200
    assert set(DIFFERENCES) <= {policy for policy, _ in cases()}


@pytest.mark.parametrize(("policy", "report_only"), a_few(cases(), 100))
def test_lint_and_chromium_say_the_same_of(browser: PolicyBrowser, policy: str, report_only: bool) -> None:
    theirs = said_by_chromium(browser, policy, report_only=report_only)
    ours = said_by_us(policy, report_only=report_only)
    if policy in DIFFERENCES:
        assert ours != theirs, "no difference any more: take it out of the table"
        assert theirs < ours
    else:
        assert ours == theirs


OURS_ALONE = {
    "idle-keyword": ELSEWHERE,
    "plain-http": NOT_WHERE_IT_WARNS,
    "missing-semicolon": "Chromium looks for names of directives in lists of sources only",
    "dropped-source": "Chromium reads no sources where it does not know the directive",
    "none-with-others": "the same",
    "duplicate-directive": "the same: of one that is gone it says just that",
    "sandbox-escape": "of a report-only policy Chromium says only that sandbox does nothing there",
    "sandbox-flag": "the same",
    "needless-value": "the same, of upgrade-insecure-requests",
}
"""What may be told of a mutated policy beyond what Chromium's parser says, and why."""
THEIRS_ALONE = {
    "idle-keyword": (
        "dropped-source",
        "in frame-ancestors Chromium calls a source that it cannot read `not supported`",
    ),
    "plain-http": ("report-uri", "a bare `http:` there is told as an address that hears nothing"),
}
"""What Chromium's parser may say of one in other words, and the rule of ours or the directive with it."""
SHARES = range(4)


@pytest.mark.parametrize("share", SHARES)
def test_lint_says_what_chromium_says_of_policies_that_sites_send_and_of_mutations(
    browser: PolicyBrowser, share: int
) -> None:
    policies = a_few([*real_policies(), *mutated_policies(600, kind="parsed")], 40)
    differences = []
    for index, policy in list(enumerate(policies))[share :: len(SHARES)]:
        report_only = index % 4 == 3
        theirs = said_by_chromium(browser, policy, report_only=report_only)
        ours = said_by_us(policy, report_only=report_only)
        reworded = {
            kind
            for kind, (other, _) in THEIRS_ALONE.items()
            if kind in theirs and (other in ours or other in policy.lower())
        }
        if theirs - ours - reworded or ours - theirs - set(OURS_ALONE):
            differences.append((policy, report_only, theirs - ours, ours - theirs))
    assert differences == []


def test_a_policy_is_parsed_into_what_chromium_keeps() -> None:
    """The two places where the parser itself, not lint, has to do as browsers do."""
    assert Csp.parse("img-src é.com; img-src a.com").to_json() == {"img-src": ["a.com"]}
    assert len(policies_of(["default-src 'self', script-src 'none'", "", "img-src *"])) == 3
    # A blank that is not ASCII parts nothing, and drops the directive.
    assert Csp.parse("img-src a.com\u00a0b.com").is_empty
