"""What to do on a page after it has settled: click, fill, press, wait, go somewhere.

A file of steps is TOML or JSON, one list of steps a page:

    [[page]]
    url   = "https://www.example.com/contact"
    steps = [{ fill = "#name", with = "A visitor" }, { click = "text=Send" }, { wait = 2 }]
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Goto:
    """Load another page in the same tab."""

    url: str


@dataclass(frozen=True)
class Click:
    """Click the first element of a selector (Playwright's: CSS, or text=…)."""

    selector: str


@dataclass(frozen=True)
class Fill:
    """Write `text` into a field."""

    selector: str
    text: str


@dataclass(frozen=True)
class Press:
    """Press a key (`Enter`, `Control+K`) on an element."""

    selector: str
    key: str


@dataclass(frozen=True)
class Wait:
    """Wait so many seconds, 30 at most, or until an element is there."""

    seconds: float = 0.0
    selector: str = ""


Step = Goto | Click | Fill | Press | Wait
