"""The runtimes of Lambda@Edge, and until when AWS accepts code for each.

Lambda@Edge runs Node.js and Python, in the versions of Lambda's own table ("Lambda runtimes" in its
Developer Guide), the source of the dates. A version on a closed runtime still attaches: rollback works.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from edgerollout.policy.wording import did_you_mean, listed, printable


@dataclass(frozen=True)
class Support:
    """Until when a runtime is maintained, can have new functions, and accepts new code."""

    maintained: dt.date
    creates: dt.date
    updates: dt.date


_TABLE = {
    "nodejs18.x": ("2025-09-01", "2026-08-31", "2026-09-30"),
    "nodejs20.x": ("2026-04-30", "2026-08-31", "2026-09-30"),
    "nodejs22.x": ("2027-04-30", "2027-06-01", "2027-07-01"),
    "nodejs24.x": ("2028-04-30", "2028-06-01", "2028-07-01"),
    "python3.9": ("2025-12-15", "2026-08-31", "2026-09-30"),
    "python3.10": ("2026-10-31", "2026-11-30", "2027-01-15"),
    "python3.11": ("2027-06-30", "2027-07-31", "2027-08-31"),
    "python3.12": ("2028-10-31", "2028-11-30", "2029-01-10"),
    "python3.13": ("2029-06-30", "2029-07-31", "2029-08-31"),
    "python3.14": ("2029-06-30", "2029-07-31", "2029-08-31"),
}
RUNTIMES = {name: Support(*map(dt.date.fromisoformat, dates)) for name, dates in _TABLE.items()}
"""The allowed runtimes. Each date is the first day after the end."""

CURRENT = ("nodejs22.x", "nodejs24.x", "python3.11", "python3.12", "python3.13", "python3.14")
"""The runtimes to offer."""

_USUAL = {"nodejs": "nodejs22.x", "python3": "python3.13"}
"""The one to be offered of each language."""

_NEWER = re.compile(r"python3\.(?:1[5-9]|[2-9]\d)|nodejs(?:2[68]|[3-9][02468])\.x")
_OLDER = re.compile(r"python(?:2\.\d|3\.[0-8])|nodejs(?:\d\.\d+|4\.3|6\.10|8\.10|1[0246]\.x)?")
_OF_LAMBDA = re.compile(r"(?:java|dotnet|dotnetcore|ruby|go|provided|rust)[\d.a-z]*")


def refusal(runtime: str) -> tuple[str, str] | None:
    """Why a project cannot use `runtime`, and what it can use; None if it can."""
    if runtime in RUNTIMES or _NEWER.fullmatch(runtime):
        return None
    offer = f"use {listed(CURRENT, 'or')}"
    if _OLDER.fullmatch(runtime):
        return f"AWS has retired the runtime {runtime}", f'use runtime = "{successor(runtime)}"'
    if _OF_LAMBDA.fullmatch(runtime):
        return f"Lambda@Edge does not run {runtime}, only Node.js and Python", offer
    return f'unknown runtime "{printable(runtime)}"', did_you_mean(runtime, CURRENT) or offer


def caution(runtime: str, today: dt.date) -> tuple[str, str] | None:
    """A warning about an allowed runtime, and a better one."""
    better = f'runtime = "{successor(runtime, today)}" has more time'
    support = RUNTIMES.get(runtime)
    if support is None:
        known = f'runtime = "{successor(runtime, today)}" is known to run there'
        return f"this edgerollout does not know {runtime}: Lambda@Edge may not run it yet", known
    if today >= support.updates:
        since = f"AWS accepts no code for {runtime} since {support.updates}"
        return f"{since}: publish is refused, rollback still works", better
    if today >= support.creates:
        return (
            f"AWS allows no new function with {runtime}, and accepts no code from {support.updates} on",
            better,
        )
    if today >= support.maintained:
        return (
            f"AWS does not maintain {runtime} any more, and accepts no code from {support.updates} on",
            better,
        )
    return None


def successor(runtime: str, today: dt.date | None = None) -> str:
    """A current runtime of the same language: the usual one, or the newest where that ages by `today`."""
    language = "nodejs" if runtime.startswith("node") else "python3"
    usual, newest = _USUAL[language], [current for current in CURRENT if current.startswith(language)][-1]
    return newest if today is not None and today >= RUNTIMES[usual].maintained else usual
