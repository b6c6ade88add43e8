"""The same life as a pipeline: every merge runs the whole train, whatever soaks in production."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.samples import THOROUGH

from .estate import Estate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.sandbox

CDN = "https://cdn.example.com"
ACCEPTED = {0, 6}
"""Of `promote --enforce` in a train: it is done, or a gate says not yet. Anything else fails the job."""


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    made = Estate(tmp_path)
    made.policy(CDN)
    made.start()
    yield made
    made.stop()


def train(estate: Estate) -> int:
    """What a merge to main runs; how the last step, production's enforcement, ended."""
    estate.done("publish", "testing", "--create")
    if estate.live("testing").report_only is not None:
        estate.toured("testing")
    estate.enforced("testing")
    estate.done("promote", "staging", "--create")
    if estate.live("staging").report_only is not None:
        estate.toured("staging")
    estate.enforced("staging")
    estate.done("promote", "production", "--create")
    if estate.live("production").report_only is not None:
        estate.toured("production")
    ended = estate.run("--sandbox", "promote", "-e", "production", "--enforce", "--yes", "--no-verify")
    assert ended.code in ACCEPTED, ended.err
    return ended.code


def seen(estate: Estate, environment: str) -> tuple[Any, ...]:
    status = estate.status(environment)
    assert not status["drift"]
    return tuple(status[name] for name in ("release", "enforced", "report_only", "live_since"))


def test_a_merge_while_production_soaks_neither_blocks_nor_restarts_it(estate: Estate) -> None:
    assert train(estate) == 6
    first = seen(estate, "production")
    assert (first[0], first[1]) == (1, None)

    # Somebody merges another policy: it goes through testing and staging, and production soaks on.
    estate.policy(CDN, images=False)
    assert train(estate) == 6
    assert seen(estate, "production") == first
    assert [seen(estate, name)[0] for name in ("testing", "staging")] == [4, 4]

    # And a merge that changes nothing changes nothing anywhere.
    everything = [seen(estate, name) for name in ("testing", "staging", "production")]
    assert train(estate) == 6
    assert [seen(estate, name) for name in ("testing", "staging", "production")] == everything

    # When the first policy has soaked, the next train enforces it, though staging has moved on.
    time.sleep(1)
    estate.soak("1s")
    assert train(estate) == 0
    second = seen(estate, "production")
    assert second[:3] == (2, first[2], None)

    # The train after that brings the one that waited.
    if not THOROUGH:
        return
    estate.soak("1h")
    assert train(estate) == 6
    third = seen(estate, "production")
    assert third[:2] == (3, first[2])
    assert third[2] not in (None, first[2])
    time.sleep(1)
    estate.soak("1s")
    assert train(estate) == 0
    assert seen(estate, "production")[:3] == (4, third[2], None)
