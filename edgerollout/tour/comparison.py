"""Finds what a header breaks: compares the page with all its headers, with none, and with all but one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from edgerollout.tour.header_kinds import COMPARED, likely_first
from edgerollout.tour.model import Breakage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgerollout.tour.conduct import Conduct, Happening

_MOST_TOLD = 20
"""The most differences of one page that are listed."""


class LoadWithout(Protocol):
    """Loads the page again, without these headers; None where it could not be seen completely."""

    async def __call__(self, headers: frozenset[str]) -> Conduct | None: ...


@dataclass(frozen=True)
class Comparison:
    """The result. `breakages` have one header each, `notes` are differences that no single header explains;
    `incomplete` is why there is no result.
    """

    breakages: tuple[Breakage, ...] = ()
    notes: tuple[str, ...] = ()
    incomplete: str = ""


@dataclass
class _Differences:
    """What is true in every load with the headers and in none without: troubles, and what is missing."""

    troubles: set[Happening] = field(default_factory=set)
    missing: set[Happening] = field(default_factory=set)

    def gone(self, conduct: Conduct) -> _Differences:
        """Those differences that a load does not show."""
        return _Differences(self.troubles - conduct.troubles, self.missing & conduct.worked)

    def less(self, others: _Differences) -> None:
        self.troubles -= others.troubles
        self.missing -= others.missing

    def told(self) -> list[str]:
        """In words; a file that failed is not listed again as missing."""
        failed = {trouble.file for trouble in self.troubles} - {None}
        missing = (work for work in self.missing if work.file not in failed)
        return [
            *sorted(map(str, self.troubles)),
            *(f"no longer: {work}" for work in sorted(map(str, missing))),
        ]


async def compare(
    page: str, headers: Mapping[str, str], with_them: Sequence[Conduct], load: LoadWithout
) -> Comparison:
    """Compare the loads `with_them`, at least two, with loads without the headers.

    `headers` are those of the page that can break it, with their values.
    """
    names = tuple(name for name in COMPARED if name in headers)
    if not names or len(with_them) < 2:
        return Comparison()
    bare = await load(frozenset(names))
    if bare is None:
        return Comparison(incomplete="without its headers it could not be loaded: what they break is unknown")
    left = _Differences(
        set(frozenset.intersection(*(conduct.troubles for conduct in with_them)) - bare.troubles),
        set(bare.worked - frozenset.union(*(conduct.worked for conduct in with_them))),
    )
    if not left.told():
        return Comparison()
    again = await load(frozenset(names))
    # A difference that does not come again is chance. One that disappears although no header was removed
    # comes from the way of testing.
    left = left if again is None else left.gone(again)
    unchanged = await load(frozenset()) if left.told() else None
    if unchanged is not None:
        left.less(left.gone(unchanged))
    found: list[Breakage] = []
    for name in likely_first(names, " ".join(left.told())):
        if not left.told():
            break
        conduct = await load(frozenset({name}))
        if conduct is None:
            continue
        gone = left.gone(conduct)
        found += (Breakage(name, headers[name], problem, page) for problem in gone.told()[:_MOST_TOLD])
        left.less(gone)
    notes = tuple(f"with its headers, but by none of them alone: {text}" for text in left.told()[:_MOST_TOLD])
    return Comparison(tuple(found), notes)
