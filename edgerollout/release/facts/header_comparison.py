"""Which headers of a response differ from a release, and the likely cause of each. Pure."""

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
    """The likely cause of a difference."""

    MISSING = "missing"
    LEFTOVER = "leftover"
    """The value of the release before."""
    DUPLICATE = "duplicate"
    """Sent more than once: something else adds the header, too."""
    UNWANTED = "unwanted"
    """It is there, although the release removes it."""
    OTHER = "other"
    """A value that neither release has."""


@dataclass(frozen=True)
class Difference:
    """One header that differs from the release. `expected` None: it should not be there."""

    header: str
    expected: str | None
    seen: tuple[str, ...]

    def cause(self, before: RenderedResponse | None) -> DifferenceCause:
        """Its likely cause; `before` is the response of the release before."""
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
        """What is wrong, in a few words. `old` names the release before."""
        match self.cause(before):
            case DifferenceCause.MISSING:
                return f"{self.header}: missing"
            case DifferenceCause.UNWANTED:
                return f"{self.header}: should be removed"
            case DifferenceCause.DUPLICATE:
                return f"{self.header}: sent {len(policies(self.header, self.seen))} times"
            case DifferenceCause.LEFTOVER if self.expected is None:
                return f"{self.header}: left over from {old}"
            case DifferenceCause.LEFTOVER:
                return f"{self.header}: still that of {old}"
            case DifferenceCause.OTHER:
                return f"{self.header}: not that of the release"

    def words(self, before: RenderedResponse | None) -> str:
        """The headline and what was seen, in one line."""
        seen = " | ".join(self.seen)
        return f"{self.headline(before)}, is {seen}" if seen else self.headline(before)

    @property
    def directives(self) -> tuple[DirectiveDifference, ...]:
        """For a CSP sent once: each directive that differs between the expected policy and the one seen.

        A REMOVED source is missing from the policy that was seen; an ADDED source is only there.
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
    """Every header of the release that the response does not have exactly once with the right value.

    A CSP is compared by meaning, not by spelling. A header with the action `keep` may have any value, because
    the origin may set it. With `before`, a header that only that release had is a difference, too, where the
    response still has it with the same value.
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
    """The separate values: a comma separates the policies of one CSP line (CSP3 §2.2.2)."""
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
