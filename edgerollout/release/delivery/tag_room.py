"""What to do without where the function takes no more tags: Lambda allows 50, and others set some. Pure."""

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
"""Tags that withdrawn marks leave: for unfinished swaps, and for since when a policy is observed."""

_REMOVE = advise(
    "Remove tags of the function that nobody needs; those of releases that are gone go with `",
    CommandLine("prune"),
    "`.",
)


def check_room(function: Function) -> Iterator[Finding]:
    """Whether the next swap, and the next way back, find room for their marks."""
    free = free_tags(function.tags)
    if free <= _KEPT_FREE:
        yield Finding(
            Severity.WARNING,
            "no-room-for-marks",
            f"{MOST_TAGS - free} of the {MOST_TAGS} tags that Lambda allows are taken: marks of what is under"
            " way, or was taken back, find no room",
            _REMOVE,
        )


def about_room(function: Function | None, distributions: Iterable[DistributionPlan]) -> Iterator[Finding]:
    """What is said where the mark that swaps leave finds no room."""
    tags = {} if function is None else function.tags or {}
    if any(distribution.marks for distribution in distributions) and not free_tags(tags):
        yield Finding(
            Severity.WARNING,
            "no-room-for-marks",
            f"the function has {MOST_TAGS} tags, which is all that Lambda takes: where this run is cut off,"
            " the next one clears the cache of whatever was changed since its last invalidation",
            _REMOVE,
        )


def about_unmarked(releases: Iterable[int]) -> Iterator[Finding]:
    """What is said of withdrawn releases whose marks find no room."""
    if left := sorted(releases):
        yield Finding(
            Severity.WARNING,
            "no-room-for-marks",
            f"release {', '.join(map(str, left))} cannot be marked as withdrawn: Lambda takes no more than"
            f" {MOST_TAGS} tags on the function. `publish` asks for --again all the same where it is attached"
            " nowhere",
            _REMOVE,
        )


def markable(function: Function, withdrawn: tuple[int, ...]) -> tuple[int, ...]:
    """The releases of `withdrawn` (oldest first) for which there is room: the newest."""
    own = any(key.startswith(UNFINISHED_TAG) for key in function.tags or {})
    room = max(0, free_tags(function.tags) - (_KEPT_FREE - own))
    return withdrawn[-room:] if room else ()
