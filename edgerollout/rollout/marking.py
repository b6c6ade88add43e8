"""Keeps the function's tag about unfinished swaps correct during a run.

Before its first swap, a run writes one new tag: it marks all of its own swaps and those that earlier runs
left unfinished. Only then it removes the tags that it has read. At the end it removes its own tag, or leaves
one with the unfinished swaps. So if it is killed between any two calls, everything that is due is marked.
"""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.release.facts.events import Noticed
from edgerollout.release.facts.swap_marks import Due, marks_tag, read_marks, token
from edgerollout.rollout.ports import AwsFailure, LostAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from edgerollout.rollout.session import Session


def _new_name() -> str:
    return secrets.token_hex(4)


class Marking:
    """One run's marks. Its lanes share it and write one after the other."""

    def __init__(
        self,
        session: Session,
        function_arn: str,
        tags: Mapping[str, str] | None,
        distributions: Iterable[str],
        new_name: Callable[[], str] = _new_name,
    ) -> None:
        """`tags`: the function's tags as the plan saw them; `distributions`: the ids of all distributions."""
        known = read_marks(tags)
        self._session = session
        self._function_arn = function_arn
        self._new_name = new_name
        self._keys = known.keys
        self._due = dict(known.due)
        if known.everywhere:
            for distribution in distributions:
                self._due[token(distribution)] = known.of(distribution) | known.everywhere
        self._told: Mapping[str, frozenset[Due]] | None = dict(self._due)
        self._lock = threading.Lock()

    def note(self, distributions: Iterable[str], due: Due) -> None:
        """Mark the swaps of these as unfinished, before they start. The right may be missing."""
        with self._lock:
            self._due |= {token(distribution): frozenset({due}) for distribution in distributions}
            self._tell("could not record on the function that an invalidation is due")

    def through(self, distribution: str) -> None:
        """Nothing is due there any more.

        It is written at the end: a mark too many only costs another check.
        """
        with self._lock:
            self._due.pop(token(distribution), None)

    def settle(self) -> None:
        """Write what is left, after all swaps."""
        with self._lock:
            self._tell("could not remove the record from the function that an invalidation is due")

    def _tell(self, otherwise: str) -> None:
        if self._due == self._told:
            return
        functions, tag = self._session.aws.functions, marks_tag(self._new_name(), self._due)
        try:
            if tag:
                functions.tag(self._function_arn, tag)
            former, self._keys, self._told = self._keys, (*self._keys, *tag), dict(self._due)
            if former:
                functions.untag(self._function_arn, former)
                self._keys = tuple(tag)
        except AwsFailure as failure:
            if isinstance(failure, LostAnswer):
                # The tag may be there nevertheless, and is to be removed in the end.
                self._keys, self._told = (*self._keys, *tag), None
            self._session.emit(Noticed(Severity.WARNING, f"{otherwise} ({failure})"))
