"""A grade like that of securityheaders.com: six headers, and one letter less for each missing header.

Its rules are not published. The known rules are from its author's posts and its issue tracker. Rules that are
only inferred are marked in every warning and in `INFERRED`. Never show this grade as securityheaders.com's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.grade.csp import policies_of
from edgerollout.policy.grade.headers import UNSAFE_REFERRERS, referrer_policy_of
from edgerollout.policy.grade.transport import read_hsts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.grade.observation import Observation

HEADERS = (
    "strict-transport-security",
    "content-security-policy",
    "x-frame-options",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
)
LETTERS = ("A+", "A", "B", "C", "D", "E", "F")
"""By the number of headers that are missing."""

INFERRED = (
    "the letters below C for the six headers of today",
    "that a report-only policy does not count",
    "what counts over plain HTTP",
)
"""Parts of the rules that nobody has published."""


@dataclass(frozen=True)
class LetterWarning:
    """Why a present header keeps the letter at A; `inferred` if that is only a conclusion."""

    header: str
    message: str
    inferred: bool


@dataclass(frozen=True)
class Letter:
    """The letter, the headers that are missing and those that are weak."""

    grade: str
    missing: tuple[str, ...]
    warnings: tuple[LetterWarning, ...]


def letter_of(seen: Observation) -> Letter:
    """The letter of what was seen."""
    page = seen.page
    missing = tuple(name for name in HEADERS if not page.joined(name) or _counts_not(name, seen))
    warnings = tuple(warning for warning in _warnings(seen) if warning.header not in missing)
    grade = LETTERS[len(missing)]
    return Letter("A" if grade == "A+" and warnings else grade, missing, warnings)


def _counts_not(name: str, seen: Observation) -> bool:
    """HSTS over plain HTTP is ignored by browsers (RFC 6797 §8.1)."""
    return name == "strict-transport-security" and not seen.page.url.lower().startswith("https:")


def _warnings(seen: Observation) -> Iterator[LetterWarning]:
    page = seen.page
    yield from _csp_warnings(seen)
    hsts = read_hsts(page.joined("strict-transport-security") or "")
    if hsts is None or not hsts.max_age or hsts.max_age < 0:
        yield LetterWarning(
            "strict-transport-security", "without a max-age browsers ignore it", inferred=True
        )
    if (page.joined("x-frame-options") or "").strip().lower() not in ("deny", "sameorigin"):
        yield LetterWarning("x-frame-options", "neither DENY nor SAMEORIGIN", inferred=False)
    if (page.joined("x-content-type-options") or "").strip().lower() != "nosniff":
        yield LetterWarning("x-content-type-options", "not nosniff", inferred=False)
    referrer = referrer_policy_of(seen)
    if referrer == "":
        yield LetterWarning("referrer-policy", "not a known policy", inferred=False)
    elif referrer in UNSAFE_REFERRERS:
        known = referrer == "origin-when-cross-origin"
        yield LetterWarning("referrer-policy", f"{referrer} is not recommended", inferred=not known)


def _csp_warnings(seen: Observation) -> Iterator[LetterWarning]:
    words = {
        (parts[0], word)
        for policy in policies_of(seen.page.values("content-security-policy"))
        for directive in policy.lower().split(";")
        if (parts := directive.split())
        for word in parts[1:]
    }
    for keyword, inferred in (("'unsafe-inline'", False), ("'unsafe-eval'", True)):
        where = [name for name in ("script-src", "default-src") if (name, keyword) in words]
        if where:
            yield LetterWarning("content-security-policy", f"{keyword} in {where[0]}", inferred=inferred)
