from __future__ import annotations

import pytest

from edgerollout.policy.grade.letter import HEADERS, LETTERS, letter_of

from .observations import seen

_ALL = {
    "strict-transport-security": "max-age=31536000",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=()",
}
_CSP = "default-src 'self'"


@pytest.mark.parametrize("count", range(len(HEADERS) + 1))
def test_each_missing_header_costs_a_letter(count: int) -> None:
    there = dict(list({"content-security-policy": _CSP, **_ALL}.items())[count:])
    csp = there.pop("content-security-policy", ())

    letter = letter_of(seen(there, csp=csp))

    assert (letter.grade, len(letter.missing)) == (LETTERS[count], count)


@pytest.mark.parametrize(
    ("headers", "csp", "header", "inferred"),
    [
        ({}, "script-src 'unsafe-inline'", "content-security-policy", False),
        ({}, "default-src 'self' 'unsafe-inline'", "content-security-policy", False),
        ({}, "script-src 'unsafe-eval'", "content-security-policy", True),
        ({"referrer-policy": "origin-when-cross-origin"}, _CSP, "referrer-policy", False),
        ({"referrer-policy": "unsafe-url"}, _CSP, "referrer-policy", True),
        ({"referrer-policy": "nonsense"}, _CSP, "referrer-policy", False),
        ({"x-frame-options": "ALLOWALL"}, _CSP, "x-frame-options", False),
        ({"x-content-type-options": "yes"}, _CSP, "x-content-type-options", False),
        ({"strict-transport-security": "max-age=0"}, _CSP, "strict-transport-security", True),
    ],
)
def test_a_weak_header_keeps_the_letter_at_a(
    headers: dict[str, str], csp: str, header: str, *, inferred: bool
) -> None:
    letter = letter_of(seen({**_ALL, **headers}, csp=csp))

    assert letter.grade == "A"
    assert [(warning.header, warning.inferred) for warning in letter.warnings] == [(header, inferred)]


def test_inline_styles_cost_nothing() -> None:
    letter = letter_of(seen(_ALL, csp="default-src 'self'; style-src 'unsafe-inline'"))

    assert (letter.grade, letter.warnings) == ("A+", ())


def test_a_report_only_policy_does_not_count() -> None:
    letter = letter_of(seen({**_ALL, "content-security-policy-report-only": _CSP}))

    assert letter.missing == ("content-security-policy",)


def test_hsts_over_plain_http_does_not_count() -> None:
    letter = letter_of(seen(_ALL, csp=_CSP, secure=False))

    assert letter.missing == ("strict-transport-security",)
