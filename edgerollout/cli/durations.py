"""Durations on the command line: seconds, or a number with a unit (`90`, `90s`, `20m`, `1h`)."""

from __future__ import annotations

import re

from edgerollout.errors import UsageError

_DURATION = re.compile(r"(\d{1,7}(?:\.\d+)?)([smh]?)", re.ASCII)
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(text: str, option: str) -> float:
    """The seconds that `text` means. Raises UsageError for invalid text."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            f"{option} {text!r} is not a duration", hint="Write seconds or a unit: 90, 90s, 20m, 1h."
        )
    return float(found[1]) * _UNITS[found[2]]
