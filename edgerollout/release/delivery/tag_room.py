"""What happens where there is no room for our tags: Lambda allows 50 on a function, and others use some.
Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.swap_marks import MOST_TAGS, UNFINISHED_TAG, free_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgerollout.release.delivery.steps import DistributionPlan
    from edgerollout.release.facts.snapshot import Function

_KEPT_FREE = 2
"""Tags that withdrawn marks leave free: for unfinished swaps, and for the start of an observation."""

_REMOVE = advise(
    "Remove tags of the function that nobody needs. Tags of deleted releases are removed by `",
    CommandLine("prune"),
    "`.",
)


def check_room(function: Function) -> Iterator[Finding]:
    """Check that there is room for the marks of the next swap and the next rollback."""
    free = free_tags(function.tags)
    if free <= _KEPT_FREE:
        yield Finding(
            Severity.WARNING,
            "no-room-for-marks",
            f"{MOST_TAGS - free} of the {MOST_TAGS} tags that Lambda allows are in use: there is no room"
            " for marks of what is unfinished, or was rolled back",
            _REMOVE,
        )


def about_room(function: Function | None, distributions: Iterable[DistributionPlan]) -> Iterator[Finding]:
    """A warning where there is no room for the mark of a swap."""
    tags = {} if function is None else function.tags or {}
    if any(distribution.marks for distribution in distributions) and not free_tags(tags):
        yield Finding(
            Severity.WARNING,
            "no-room-for-marks",
            f"the function has {MOST_TAGS} tags, which is Lambda's limit: if this run is interrupted,"
            " the next one clears the cache of whatever was changed since its last invalidation",
            _REMOVE,
        )


def about_unmarked(releases: Iterable[int]) -> Iterator[Finding]:
    """A warning where there is no room for the marks of withdrawn releases."""
    if left := sorted(releases):
        yield Finding(
            Severity.WARNING,
            "no-room-for-marks",
            f"release {', '.join(map(str, left))} cannot be marked as withdrawn: Lambda allows only"
            f" {MOST_TAGS} tags on the function. `publish` still asks for --again where it is attached"
            " nowhere",
            _REMOVE,
        )


def markable(function: Function, withdrawn: tuple[int, ...]) -> tuple[int, ...]:
    """The newest releases of `withdrawn` (oldest first) for which there is room."""
    own = any(key.startswith(UNFINISHED_TAG) for key in function.tags or {})
    room = max(0, free_tags(function.tags) - (_KEPT_FREE - own))
    return withdrawn[-room:] if room else ()
