"""Which headers of a response are not as a release says, and what each looks like. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.csp import Csp
from edgerollout.policy.header_rules import CSP_HEADERS
from edgerollout.policy.render import REPORT_ONLY
from edgerollout.policy.stage import Stage
from edgerollout.release.facts.difference import Change, directives_between

if TYPE_CHECKING:
    from edgerollout.policy.render import RenderedResponse
    from edgerollout.release.facts.difference import DirectiveDifference

HeaderLines = tuple[tuple[str, str], ...]
"""Header lines of a response as (lower-case name, value), repeats kept."""


class DifferenceCause(enum.StrEnum):
    """What a difference looks like."""

    MISSING = "missing"
    LEFTOVER = "leftover"
    """As the release before had it."""
    DUPLICATE = "duplicate"
    """Sent more than once: somebody else adds the header as well."""
    UNWANTED = "unwanted"
    """There although the release takes it off."""
    OTHER = "other"
    """A value of neither release."""


@dataclass(frozen=True)
class Difference:
    """One header that is not as the release says. `expected` None: it should not be there."""

    header: str
    expected: str | None
    seen: tuple[str, ...]

    def cause(self, before: RenderedResponse | None) -> DifferenceCause:
        """What it looks like; `before` is the response of the release before."""
        old = None if before is None else before.set.get(self.header) or before.keep.get(self.header)
        if old is not None and self.seen == (old[1],):
            return DifferenceCause.LEFTOVER
        if not self.seen:
            return DifferenceCause.MISSING
        if self.expected is None:
            return DifferenceCause.UNWANTED
        return (
            DifferenceCause.DUPLICATE if len(policies(self.header, self.seen)) > 1 else DifferenceCause.OTHER
        )

    def headline(self, before: RenderedResponse | None, old: str = "the release before") -> str:
        """What is wrong with it, in a few words. `old` names the release before."""
        match self.cause(before):
            case DifferenceCause.MISSING:
                return f"{self.header}: missing"
            case DifferenceCause.UNWANTED:
                return f"{self.header}: should be taken off"
            case DifferenceCause.DUPLICATE:
                return f"{self.header}: sent {len(policies(self.header, self.seen))} times"
            case DifferenceCause.LEFTOVER if self.expected is None:
                return f"{self.header}: left over from {old}"
            case DifferenceCause.LEFTOVER:
                return f"{self.header}: still the one of {old}"
            case DifferenceCause.OTHER:
                return f"{self.header}: not the one of the release"

    def words(self, before: RenderedResponse | None) -> str:
        """The headline and what was seen, in one line."""
        seen = " | ".join(self.seen)
        return f"{self.headline(before)}, is {seen}" if seen else self.headline(before)

    @property
    def directives(self) -> tuple[DirectiveDifference, ...]:
        """For a CSP sent once: each directive that differs, from the one expected to the one seen.

        A source that is REMOVED is missing from what was seen, one that is ADDED is there besides.
        """
        if self.header not in CSP_HEADERS or self.expected is None:
            return ()
        seen = policies(self.header, self.seen)
        if len(seen) != 1:
            return ()
        stage = Stage.REPORT_ONLY if self.header == REPORT_ONLY else Stage.ENFORCED
        compared = directives_between(stage, Csp.parse(self.expected), Csp.parse(seen[0]))
        return tuple(directive for directive in compared if directive.change is not Change.UNCHANGED)


def compare(
    expected: RenderedResponse, lines: HeaderLines, before: RenderedResponse | None = None
) -> tuple[Difference, ...]:
    """Every header of the release that the response does not carry exactly once with its value.

    A CSP is compared by what it says, not by how it is written. A header that the release gives way
    with may have any value, as the origin's own. With `before`, headers that only that release had
    are differences too where the response still has them with that very value.
    """
    found: list[Difference] = []
    for name, (_, value) in sorted(expected.set.items()):
        seen = _values(lines, name)
        if not _says(name, seen, value):
            found.append(Difference(name, value, seen))
    for name, (_, value) in sorted(expected.keep.items()):
        if not _values(lines, name):
            found.append(Difference(name, value, ()))
    found += [Difference(name, None, seen) for name in expected.remove if (seen := _values(lines, name))]
    return (*found, *(() if before is None else _leftovers(expected, lines, before)))


def policies(header: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """The values that count each for itself: a comma parts the policies of one CSP line (CSP3 §2.2.2)."""
    if header not in CSP_HEADERS:
        return values
    return tuple(policy.strip() for value in values for policy in value.split(",") if policy.strip())


def _says(name: str, seen: tuple[str, ...], value: str) -> bool:
    if seen == (value,):
        return True
    found = policies(name, seen)
    if name not in CSP_HEADERS or len(found) != 1:
        return False
    return Csp.parse(found[0]).canonical() == Csp.parse(value).canonical()


def _leftovers(
    expected: RenderedResponse, lines: HeaderLines, before: RenderedResponse
) -> tuple[Difference, ...]:
    mentioned = {*expected.set, *expected.keep, *expected.remove}
    return tuple(
        Difference(name, None, seen)
        for name, (_, value) in sorted({**before.keep, **before.set}.items())
        if name not in mentioned and (seen := _values(lines, name)) == (value,)
    )


def _values(lines: HeaderLines, name: str) -> tuple[str, ...]:
    return tuple(value for key, value in lines if key == name)
