"""Streams that, as the team knows, never end: the tour does not wait for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Endless:
    """URLs whose answers never end: complete ones, or paths of the site itself; `*` stands for anything.
    Queries do not count.
    """

    patterns: tuple[str, ...] = ()

    @classmethod
    def of(cls, written: Iterable[str], page: str) -> Endless:
        """Those that are `written`, relative to `page`."""
        return cls(tuple(urljoin(page, pattern).partition("?")[0] for pattern in written))

    @cached_property
    def _form(self) -> re.Pattern[str] | None:
        if not self.patterns:
            return None
        generator = (".*".join(map(re.escape, pattern.split("*"))) for pattern in self.patterns)
        return re.compile("|".join(f"(?:{text})" for text in generator))

    def covers(self, url: str) -> bool:
        return self._form is not None and self._form.fullmatch(url.partition("?")[0]) is not None
