"""What unfinished swaps still have to do, in tags of the function: AWS itself does not record it. Pure.

`edgerollout:unfinished:run-1f3a9c04` = `42:q2Zx0-Pf+41r:8hYt`

The example names swaps to release 42, and back (`r`) to release 41. On these distributions they still wait
for their invalidation, or CloudFront has dropped them. Four characters of its digest name a distribution,
because a full id would soon fill the value. A number alone means *every distribution*.

A tag is written once, with a name of its own, and never changed. So two runs at the same time never overwrite
each other's tags, and all tags together say what is left. A mark too many only costs one more invalidation;
no mark is ever missing.

Earlier versions left one tag for each distribution: `edgerollout:unfinished:E1A2B3C4D5E6F7` = `42` or `41
rollback`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNFINISHED_TAG = "edgerollout:unfinished:"
"""How the keys of these tags start."""

MOST_TAGS = 50
"""Lambda's quota of user tags on a function; AWS's own tags (`aws:…`) do not count."""

_VALUE = 256
"""Characters. Lambda's limit for a tag's value."""

_RUN = "run-"
"""The start of the rest of the key. No distribution id has a hyphen."""

_TOKEN = 4
_GROUP = re.compile(r"(\d{1,12})(r?)(?::((?:[A-Za-z0-9_-]{4})+))?")
_FORMER = re.compile(r"(\d{1,12})( rollback)?")


@dataclass(frozen=True, order=True)
class Due:
    """The target of a swap: forward to a release, or `back` to it (0: to no release of ours)."""

    release: int
    back: bool = False


_UNKNOWN = Due(0)
"""Stands for a mark that cannot be read: a swap is due there, to a release that does not exist."""


@dataclass(frozen=True)
class SwapMarks:
    """What a function's tags say about unfinished swaps."""

    due: Mapping[str, frozenset[Due]] = field(default_factory=dict)
    """By the distribution's token. Several where parallel runs marked the same distribution."""
    everywhere: frozenset[Due] = frozenset()
    """What may be due on every distribution, because there were too many to name."""
    keys: tuple[str, ...] = ()
    """The keys of the tags with these marks."""

    def of(self, distribution: str) -> frozenset[Due]:
        """What is due on the distribution with this id, as far as it is named."""
        return self.due.get(token(distribution), frozenset())

    def may_wait(self, distribution: str) -> bool:
        """Whether a swap there may still wait for its invalidation."""
        return bool(self.everywhere or self.of(distribution))

    def surely(self, distribution: str, due: Due) -> bool:
        """Whether `due`, and nothing else, is due on the distribution."""
        return not self.everywhere and self.of(distribution) == {due}

    def among(self, distributions: Iterable[str]) -> frozenset[Due]:
        """What may be due on any of these."""
        return self.everywhere.union(*(self.of(distribution) for distribution in distributions))


def token(distribution: str) -> str:
    """The name of a distribution in marks: four characters, 24 bits of its id's digest."""
    return base64.urlsafe_b64encode(hashlib.sha256(distribution.encode()).digest()[:3]).decode()


def read_marks(tags: Mapping[str, str] | None) -> SwapMarks:
    """The marks in the tags; none where the tags could not be read. An unreadable group counts for every
    distribution.
    """
    due: dict[str, set[Due]] = defaultdict(set)
    everywhere: set[Due] = set()
    keys = tuple(sorted(key for key in tags or {} if key.startswith(UNFINISHED_TAG)))
    for key in keys:
        named, value = key.removeprefix(UNFINISHED_TAG), (tags or {})[key]
        if not named.startswith(_RUN):
            former = _FORMER.fullmatch(value)
            due[token(named)].add(Due(int(former[1]), former[2] is not None) if former else _UNKNOWN)
            continue
        for group in value.split("+"):
            found = _GROUP.fullmatch(group)
            swap = Due(int(found[1]), found[2] == "r") if found else _UNKNOWN
            tokens = found[3] if found else None
            if tokens is None:
                everywhere.add(swap)
            for start in range(0, len(tokens or ""), _TOKEN):
                due[(tokens or "")[start : start + _TOKEN]].add(swap)
    return SwapMarks(
        {identity: frozenset(found) for identity, found in due.items()}, frozenset(everywhere), keys
    )


def marks_tag(name: str, due: Mapping[str, frozenset[Due]]) -> dict[str, str]:
    """The tag that records `due`; none where nothing is due. No other tag may have the same `name`.

    Where the value is too short for all, the release with the most distributions is written without their
    tokens.
    """
    groups: dict[Due, list[str]] = defaultdict(list)
    for identity in sorted(due):
        for swap in due[identity]:
            groups[swap].append(identity)
    while len(value := _spelled(groups)) > _VALUE:
        longest = max(groups, key=lambda group: len(groups[group]))
        if not groups[longest]:
            # There are more releases than a value holds, each on every distribution: one mark stands for all.
            return {f"{UNFINISHED_TAG}{_RUN}{name}": str(_UNKNOWN.release)}
        groups[longest] = []
    return {f"{UNFINISHED_TAG}{_RUN}{name}": value} if groups else {}


def _spelled(groups: Mapping[Due, list[str]]) -> str:
    return "+".join(
        f"{group.release}{'r' if group.back else ''}{':' if groups[group] else ''}{''.join(groups[group])}"
        for group in sorted(groups)
    )


def free_tags(tags: Mapping[str, str] | None) -> int:
    """How many more tags fit on the function; 50 where its tags could not be read."""
    return max(0, MOST_TAGS - sum(not key.startswith("aws:") for key in tags or {}))
