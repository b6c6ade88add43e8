"""What goes wrong, and when: failures and second writers, injected by operation and call number."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.errors import EdgerolloutError

T = TypeVar("T")


@dataclass
class _Rule:
    operation: str
    first: int
    last: int
    act: Callable[[], None]
    after_commit: bool

    def applies(self, operation: str, call: int, *, after_commit: bool) -> bool:
        return (
            self.operation == operation
            and self.after_commit is after_commit
            and self.first <= call <= self.last
        )


class Faults:
    """Counts every call by its AWS name (`cloudfront:UpdateDistribution`) and lets tests interfere."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._rules: list[_Rule] = []
        self.calls: Counter[str] = Counter()
        self.log: list[str] = []
        """Every call in order."""

    def fail(
        self,
        operation: str,
        error: EdgerolloutError,
        *,
        at: int = 1,
        times: int = 1,
        after_commit: bool = False,
    ) -> None:
        """Raise `error` at the `at`-th call from now and the `times - 1` after it.

        With `after_commit` the call is carried out first, as when only the answer is lost.
        """

        def act() -> None:
            raise error

        self._add(operation, at, times, act, after_commit=after_commit)

    def before(self, operation: str, function: Callable[[], None], *, at: int = 1, times: int = 1) -> None:
        """Run `function` just before the `at`-th call from now: a second writer who was faster."""
        self._add(operation, at, times, function, after_commit=False)

    def after(self, operation: str, function: Callable[[], None], *, at: int = 1, times: int = 1) -> None:
        """Run `function` just after the `at`-th call from now was carried out."""
        self._add(operation, at, times, function, after_commit=True)

    def perform(self, operation: str, body: Callable[[], T]) -> T:
        """Carry out one call of `operation`, with what the test has arranged for it."""
        with self._lock:
            self.calls[operation] += 1
            self.log.append(operation)
            call = self.calls[operation]
            rules = list(self._rules)
        for rule in rules:
            if rule.applies(operation, call, after_commit=False):
                rule.act()
        answer = body()
        for rule in rules:
            if rule.applies(operation, call, after_commit=True):
                rule.act()
        return answer

    def reset_calls(self) -> None:
        """Forget what was called so far (call numbers of rules count from here, too)."""
        with self._lock:
            self.calls.clear()
            self.log.clear()
            self._rules.clear()

    def _add(
        self, operation: str, at: int, times: int, act: Callable[[], None], *, after_commit: bool
    ) -> None:
        with self._lock:
            first = self.calls[operation] + at
            self._rules.append(_Rule(operation, first, first + times - 1, act, after_commit))
