"""What swaps have left to do, in one tag of the function."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.release.facts.live import marked_unfinished
from edgerollout.release.facts.swap_marks import (
    UNFINISHED_TAG,
    Due,
    free_tags,
    marks_tag,
    read_marks,
    token,
)
from tests.unit.release.builders import (
    P1,
    make_behavior,
    make_distribution,
    make_function,
    make_invalidation,
    make_release,
    make_snapshot,
)

ALLOWED = re.compile(r"[A-Za-z0-9 +=._:/@-]*")
"""Of Lambda's tags, ASCII only: letters of other alphabets are allowed, too."""

IDS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=12, max_size=14).map(lambda item: f"E{item}")
DUES = st.builds(Due, st.integers(0, 10**6), st.booleans())
STATES = st.dictionaries(IDS, st.frozensets(DUES, min_size=1, max_size=2), max_size=500)
TO_42, BACK_TO_41 = Due(42), Due(41, back=True)


def written(due: dict[str, frozenset[Due]], name: str = "1f3a9c04") -> dict[str, str]:
    return marks_tag(name, {token(item): dues for item, dues in due.items()})


@given(STATES)
def test_whatever_is_due_is_read_back_from_one_tag_that_lambda_takes(due: dict[str, frozenset[Due]]) -> None:
    tags = written(due)
    assert len(tags) == bool(due)
    for key, value in tags.items():
        assert len(key) <= 128
        assert 0 < len(value) <= 256
        assert ALLOWED.fullmatch(key + value)
    marks = read_marks({"team": "web", **tags})
    assert all(marks.may_wait(item) for item in due)
    assert marks.keys == tuple(tags)


@given(st.sets(IDS, max_size=60), DUES)
def test_up_to_sixty_distributions_are_told_apart(ids: set[str], due: Due) -> None:
    marks = read_marks(written(dict.fromkeys(ids, frozenset({due}))))
    assert not marks.everywhere
    assert all(marks.surely(identity, due) for identity in ids)
    assert marks.among(ids) == ({due} if ids else frozenset())
    assert set(marks.due) == {token(identity) for identity in ids}


def test_of_more_than_a_value_holds_each_may_wait_and_none_is_known_to() -> None:
    ids = [f"E{number:013}" for number in range(300)]
    marks = read_marks(written(dict.fromkeys(ids, frozenset({TO_42}))))
    assert (marks.everywhere, marks.due) == ({TO_42}, {})
    assert marks.may_wait("E-any-other")
    assert not marks.surely(ids[0], TO_42)
    assert TO_42 in marks.among([])


def test_the_release_with_the_most_distributions_goes_without_their_names() -> None:
    many = {f"E{number:013}": frozenset({TO_42}) for number in range(80)}
    tag = written({**many, "E1": frozenset({BACK_TO_41})})
    assert list(tag.values()) == [f"41r:{token('E1')}+42"]
    assert read_marks(tag).of("E1") == {BACK_TO_41}


def test_tags_of_runs_at_the_same_time_add_up() -> None:
    tags = {
        **written({"E1": frozenset({TO_42}), "E2": frozenset({TO_42})}, "0000000a"),
        **written({"E2": frozenset({BACK_TO_41})}, "0000000b"),
    }
    marks = read_marks(tags)
    assert marks.surely("E1", TO_42)
    assert marks.of("E2") == {TO_42, BACK_TO_41}
    assert not marks.surely("E2", TO_42)
    assert not marks.may_wait("E3")


def test_tags_of_earlier_versions_are_read() -> None:
    marks = read_marks({f"{UNFINISHED_TAG}E1": "42", f"{UNFINISHED_TAG}E2": "41 rollback"})
    assert marks.surely("E1", TO_42)
    assert marks.surely("E2", BACK_TO_41)
    assert len(marks.keys) == 2


@pytest.mark.parametrize(
    "value", ["", "fourty-two", "42:abc", "42:abcd:efgh", "42+", "42r:", "r", "42R:abcd"]
)
def test_a_mark_that_cannot_be_read_marks_everything_and_names_nothing(value: str) -> None:
    marks = read_marks({f"{UNFINISHED_TAG}run-00000000": value})
    assert marks.may_wait("E1")
    assert not marks.surely("E1", TO_42)
    former = read_marks({f"{UNFINISHED_TAG}E1": value})
    assert former.may_wait("E1")
    assert not former.may_wait("E2")
    assert not former.surely("E1", TO_42)


def test_without_tags_nothing_is_due() -> None:
    assert not read_marks(None).may_wait("E1")
    assert marks_tag("00000000", {}) == {}


def test_tags_of_aws_itself_take_no_room() -> None:
    assert free_tags({"aws:cloudformation:stack-name": "edge", "team": "web"}) == 49
    assert free_tags({f"team-{number}": "" for number in range(60)}) == 0


@pytest.mark.parametrize(
    ("invalidated_at", "attached", "full", "waits"),
    [
        (0, True, True, True),
        (20, True, True, False),
        (None, True, True, True),
        (None, False, True, False),
        (0, True, False, False),
    ],
    ids=["changed since", "cleared since", "never cleared", "no release", "room for a mark"],
)
def test_where_a_mark_had_no_room_what_changed_since_its_invalidation_waits(
    invalidated_at: float | None, attached: bool, full: bool, waits: bool
) -> None:
    behavior = make_behavior(version=1 if attached else None)
    item = make_distribution("E1", behavior, minute=10)
    tags = {f"team-{number}": "" for number in range(50 if full else 49)}
    made = None if invalidated_at is None else make_invalidation(1, minute=invalidated_at)
    function = make_function({1: make_release(report_only=P1)}, tags=tags)
    snapshot = make_snapshot(item, function=function, invalidations={"E1": made})
    assert marked_unfinished(snapshot, item) is waits
