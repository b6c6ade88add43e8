"""What the program waits for, as a value: who waits says it, and a view may show it.

As with a log, who says it does not know who listens, nor whether anybody does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class AwsAsked:
    """An answer of AWS, to an operation of a service."""

    service: str
    operation: str


@dataclass(frozen=True)
class ReleaseRead:
    """The code of a release, by its number."""

    number: int


@dataclass(frozen=True)
class SiteAsked:
    """An answer of a live site."""

    url: str


@dataclass(frozen=True)
class PageToured:
    """A browser on a page of the tour; `known` is how many pages there are by now."""

    url: str
    number: int
    known: int


@dataclass(frozen=True)
class Working:
    """Something else, in a few words."""

    words: str


Waited: TypeAlias = AwsAsked | ReleaseRead | SiteAsked | PageToured | Working

Hears: TypeAlias = Callable[[Waited | None], None]
"""Hears what is waited for; None: it is for a person, or somebody else has the terminal."""

_hears: Hears | None = None


def waits_for(what: Waited | None) -> None:
    """Say what the program waits for from now on."""
    if _hears is not None:
        _hears(what)


@contextlib.contextmanager
def heard_by(hears: Hears) -> Iterator[None]:
    """Who hears it inside."""
    global _hears  # noqa: PLW0603 - a process has one terminal
    before, _hears = _hears, hears
    try:
        yield
    finally:
        _hears = before
