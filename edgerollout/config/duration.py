"""Durations as the configuration writes them: `7d`, `12h`, `30m`, `45s`, `0`."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(r"(\d{1,6})([dhms])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def parse_duration(text: str) -> timedelta | None:
    """The duration that `text` means; None if it is not a duration."""
    if text == "0":
        return timedelta(0)
    found = _DURATION.fullmatch(text)
    return None if found is None else timedelta(**{_UNITS[found[2]]: int(found[1])})
