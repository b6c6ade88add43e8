from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.release.facts.soak import OBSERVED_TAG, soaked_since
from edgerollout.release.facts.unreadable import UnreadableCause, UnreadableRelease

from .builders import (
    P1,
    P2,
    P3,
    at,
    make_behavior,
    make_distribution,
    make_function,
    make_invalidation,
    make_release,
    make_snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Snapshot

_LIVE_SINCE = 900.0
_NOT_OURS = None


def _observing(previous: int | None = None, *, since: float | None = None) -> Release:
    release = make_release(enforced=P1, report_only=P2, previous=previous)
    return release if since is None else replace(release, observed_since=at(since))


def _other(previous: int | None = None) -> Release:
    return make_release(enforced=P1, report_only=P3, previous=previous)


def _nothing_observed(previous: int | None = None) -> Release:
    return make_release(enforced=P1, previous=previous)


def _snapshot(
    releases: Mapping[int, Release | None],
    *,
    live: int,
    withdrawn: Sequence[int] = (),
    tags_unknown: bool = False,
    noted: str | None = None,
) -> Snapshot:
    """Release N was published at minute 10 × N; the live one is live since minute 900."""
    tags = {f"edgerollout:withdrawn:{number}": "" for number in withdrawn}
    tags |= {} if noted is None else {OBSERVED_TAG: noted}
    function = make_function(releases, tags=tags)
    return make_snapshot(
        make_distribution("E1", make_behavior(version=live), minute=800),
        function=replace(function, tags=None) if tags_unknown else function,
        releases=releases,
        invalidations={"E1": make_invalidation(live, minute=_LIVE_SINCE)},
    )


CASES: dict[str, tuple[Snapshot, float | None]] = {
    "the first release with the policy counts from when it was live": (
        _snapshot({40: _nothing_observed(), 41: _observing(40)}, live=41),
        _LIVE_SINCE,
    ),
    "releases that keep the policy count on from when the first one was live": (
        _snapshot(
            {
                39: _nothing_observed(),
                40: _observing(39),
                41: _observing(40, since=402),
                42: _observing(41, since=402),
            },
            live=42,
        ),
        402,
    ),
    "a release that was published over a gap counts from when it is live itself": (
        _snapshot({39: _nothing_observed(), 40: _observing(39), 41: _observing(40)}, live=41),
        _LIVE_SINCE,
    ),
    "a release that closed a gap later counts from when it is live everywhere": (
        _snapshot({40: _observing(), 41: _observing(40, since=402)}, live=41, noted="41"),
        _LIVE_SINCE,
    ),
    "what was noted for another release counts for nothing": (
        _snapshot({40: _observing(), 41: _observing(40, since=402)}, live=41, noted="40"),
        402,
    ),
    "a note that somebody else spoilt starts the count over": (
        _snapshot({40: _observing(), 41: _observing(40, since=402)}, live=41, noted="41 once upon a time"),
        _LIVE_SINCE,
    ),
    "what a release says of those before it counts when they are pruned": (
        _snapshot({42: _observing(41, since=402)}, live=42),
        402,
    ),
    "what a release says of those before it does not count after the policy was rolled back": (
        _snapshot(
            {40: _observing(), 41: _observing(40, since=402), 42: _nothing_observed(41)},
            live=41,
            withdrawn=[42],
        ),
        _LIVE_SINCE,
    ),
    "a version that is deleted may have been another policy": (
        _snapshot({40: _observing(), 42: _observing(40)}, live=42),
        _LIVE_SINCE,
    ),
    "another policy in between starts the count over": (
        _snapshot(
            {40: _observing(), 41: _other(40), 42: _observing(41), 43: _observing(42, since=424)}, live=43
        ),
        424,
    ),
    "nothing observed in between starts the count over": (
        _snapshot({40: _observing(), 41: _nothing_observed(40), 42: _observing(41)}, live=42),
        _LIVE_SINCE,
    ),
    "a policy that was rolled back and came again starts over": (
        _snapshot({40: _nothing_observed(), 41: _observing(40), 42: _observing(40)}, live=42, withdrawn=[41]),
        _LIVE_SINCE,
    ),
    "coming back from another policy starts over": (
        _snapshot({40: _observing(), 41: _observing(40), 42: _other(41)}, live=41, withdrawn=[42]),
        _LIVE_SINCE,
    ),
    "the next release after coming back from another policy counts from when that was live": (
        _snapshot(
            {40: _observing(), 41: _other(40), 42: _observing(40), 43: _observing(42, since=424)},
            live=43,
            withdrawn=[41],
        ),
        424,
    ),
    "another policy that was published and perhaps never live starts over all the same": (
        _snapshot({40: _observing(), 41: _other(40), 42: _observing(40)}, live=42),
        _LIVE_SINCE,
    ),
    "a rollback that kept the policy does not start over": (
        _snapshot(
            {40: _observing(), 41: _observing(40, since=402)},
            live=40,
            withdrawn=[41],
            noted=f"40 {at(402).isoformat()}",
        ),
        402,
    ),
    "a rollback behind one of the releases starts over, although one came back": (
        _snapshot({39: _nothing_observed(), 40: _observing(39), 41: _observing(40)}, live=41, withdrawn=[40]),
        _LIVE_SINCE,
    ),
    "a withdrawn release that is still live counts from when it was live": (
        _snapshot({40: _observing(), 41: _observing(40)}, live=41, withdrawn=[41]),
        _LIVE_SINCE,
    ),
    "where no tag can be read only the live release counts": (
        _snapshot({40: _observing(), 41: _observing(40)}, live=41, tags_unknown=True),
        _LIVE_SINCE,
    ),
    "a pruned release ends the count": (
        _snapshot({41: _observing(40), 42: _observing(41)}, live=42),
        _LIVE_SINCE,
    ),
    "a version published by hand ends nothing": (
        _snapshot({40: _observing(), 41: _NOT_OURS, 42: _observing(40, since=402)}, live=42),
        402,
    ),
    "a release of which its previous is itself does not go on for ever": (
        _snapshot({40: _observing(40)}, live=40),
        _LIVE_SINCE,
    ),
    "nothing is observed": (_snapshot({40: _nothing_observed()}, live=40), None),
    "no release is live": (make_snapshot(releases={40: _observing()}), None),
    "there is no function": (make_snapshot(no_function=True), None),
}


@pytest.mark.parametrize("name", CASES)
def test_the_soak_is_counted_from(name: str) -> None:
    snapshot, minute = CASES[name]

    assert soaked_since(snapshot) == (None if minute is None else at(minute))


def test_an_excluded_behavior_does_not_say_what_is_live() -> None:
    releases = {40: _observing(), 41: _other(40)}
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior("/old/*", 41), make_behavior(version=40), minute=800),
        releases=releases,
    )

    assert soaked_since(snapshot, frozenset({"/old/*"})) == at(800)


@pytest.mark.parametrize(
    "there", [None, 39, "arn:aws:lambda:us-east-1:123456789012:function:redirects:7"], ids=str
)
def test_a_policy_that_one_behavior_does_not_observe_is_not_observed(there: int | str | None) -> None:
    """Nothing there, a release with another policy, somebody else's function."""
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior("/shop/*", there), make_behavior(version=41), minute=800),
        releases={39: _other(), 40: _observing(39), 41: _observing(40, since=402)},
    )

    assert soaked_since(snapshot) is None
    assert soaked_since(snapshot, frozenset({"/shop/*"})) == at(402)


def test_a_behavior_with_an_older_release_of_the_same_policy_observes_it() -> None:
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior("/shop/*", 40), make_behavior(version=41), minute=800),
        releases={40: _observing(), 41: _observing(40, since=402)},
    )

    assert soaked_since(snapshot) == at(402)


def test_a_live_release_that_cannot_be_read_counts_from_when_it_went_live() -> None:
    """What it recorded may be later than what the ledger suggests."""
    snapshot = _snapshot({40: _observing(), 41: _observing(40, since=500)}, live=41)
    unread = UnreadableRelease("release 41", "HTTP403", UnreadableCause.NOT_DOWNLOADED)
    assert soaked_since(replace(snapshot, documents={41: unread})) == at(_LIVE_SINCE)
