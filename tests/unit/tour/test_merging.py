"""Channels tell the same violation in pieces; a cause is what they tell together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy.csp import Csp
from edgerollout.tour.cause import UNKNOWN_TARGET, hashed
from edgerollout.tour.judgement import judge
from edgerollout.tour.merging import join_pages, merge_records
from edgerollout.tour.model import PageRequest, Record
from tests.unit.tour.sightings import (
    APP,
    CDN,
    HELLO,
    OTHER,
    PAGE,
    POLICY,
    WORLD,
    cause,
    causes,
    gathered,
    inline,
    record,
    visit,
)

if TYPE_CHECKING:
    import random


def everywhere(**more: object) -> list[Record]:
    """One blocked image as every channel tells it, in both loads."""
    return [
        record(channel=channel, load=load, **more)  # type: ignore[arg-type]
        for channel in ("dom", "audits", "log", "report")
        for load in (1, 2)
    ]


def test_what_every_channel_saw_in_both_loads_is_one_violation() -> None:
    found = cause(*everywhere())
    assert (found.blocked, found.count, found.loads) == (f"{CDN}/a.png", 1, frozenset({1, 2}))
    assert found.confirmed


def test_the_channel_that_saw_most_in_one_load_counts() -> None:
    assert cause(*everywhere(), record(channel="dom"), record(channel="dom")).count == 3


def test_the_same_cause_on_two_pages_is_one_with_both() -> None:
    other = f"{APP}/about"
    merged = [*causes(record()), *causes(record(page=other), record(page=other, channel="log"))]
    (found,) = join_pages(merged)
    assert found.sightings == ((PAGE, 1), (other, 1))


def test_queries_and_fragments_make_no_other_cause() -> None:
    seen = (record(blocked=f"{CDN}/a.png?{n}#x") for n in range(9))
    assert cause(*seen).blocked == f"{CDN}/a.png"


def test_places_of_a_cause_are_kept_up_to_five() -> None:
    found = cause(*(record(source=f"{APP}/app.js", line=n + 1) for n in range(8)))
    assert [str(spot) for spot in found.spots] == [f"{APP}/app.js:{n}" for n in range(1, 6)]


def test_an_origin_told_by_the_event_of_a_frame_is_the_frame_that_others_name() -> None:
    found = cause(
        record("frame-src", CDN, channel="dom"),
        record("frame-src", f"{CDN}/widget", channel="audits"),
    )
    assert found.blocked == f"{CDN}/widget"


# --- inline code -----------------------------------------------------------------------------------------


def test_the_hash_of_the_console_belongs_to_the_sample_of_the_event() -> None:
    found = cause(
        inline(HELLO, line=7),
        record("script-src-elem", "inline", channel="dom", source=PAGE, line=7, sample="hello()"),
        record("script-src-elem", "inline", source=PAGE, line=7),
    )
    assert (found.hash, found.sample, found.count) == (HELLO, "hello()", 1)
    assert found.policy == POLICY.header_value()


def test_two_scripts_on_one_line_are_told_apart_by_their_columns() -> None:
    found = causes(
        inline(HELLO, line=1, column=40),
        inline(WORLD, line=1, column=90),
        record("script-src-elem", "inline", channel="dom", source=PAGE, line=1, column=90, sample="world()"),
        record("script-src-elem", "inline", channel="dom", source=PAGE, line=1, column=40, sample="hello()"),
    )
    assert {cause.hash: cause.sample for cause in found} == {HELLO: "hello()", WORLD: "world()"}


def test_the_same_text_twice_on_a_line_is_one_cause_seen_twice() -> None:
    twice = [inline(), inline(), record("script-src-elem", "inline", source=PAGE, line=7)]
    found = cause(*twice, record("script-src-elem", "inline", source=PAGE, line=7))
    assert (found.hash, found.count) == (HELLO, 2)


def test_an_attribute_is_hashed_by_its_whole_value() -> None:
    found = cause(
        record(
            "script-src-attr", "inline", channel="dom", source=PAGE, line=3, attribute=("onclick", "go()")
        ),
        record("script-src-attr", "inline", source=PAGE, line=3),
    )
    assert (found.kind, found.hash) == ("attribute", hashed("go()"))


@pytest.mark.parametrize(
    "more",
    [
        {"attribute": ("href", "javascript:void(0)")},
        {"element": '<a class="x" href="javascript:void(0)">'},
        {"element": "<a href='  javascript:void(0)  '>go</a>"},
        {"sample": "javascript:void(0)"},
    ],
)
def test_a_javascript_url_is_hashed_with_its_scheme(more: dict[str, object]) -> None:
    found = cause(record("script-src-elem", "inline", **more))
    assert (found.kind, found.hash) == ("javascript-url", hashed("javascript:void(0)"))


@pytest.mark.parametrize("attribute", [("style", "color: red"), None])
def test_what_the_console_says_of_an_attribute_is_no_second_cause(attribute: tuple[str, str] | None) -> None:
    known = hashed("color: red")
    seen = record("style-src-attr", "inline", channel="dom", source=PAGE, line=3, attribute=attribute)
    found = cause(inline(known, "style-src-elem", line=3), seen)
    assert (found.directive, found.kind, found.hash) == ("style-src-attr", "attribute", known)


def test_the_dots_that_the_console_prints_for_a_handler_are_no_hash() -> None:
    seen = record(
        "script-src-attr", "inline", channel="dom", source=PAGE, line=7, attribute=("onclick", "go()")
    )
    found = cause(inline("sha256-...", "script-src-attr"), seen)
    assert (found.hash, found.confirmed) == (hashed("go()"), True)


def test_a_javascript_url_that_a_sample_cuts_has_no_hash() -> None:
    assert cause(record("script-src-elem", "inline", sample=("javascript:" + "x" * 40)[:40])).hash == ""


def test_line_ends_are_hashed_as_browsers_read_them() -> None:
    assert hashed("a\r\nb\rc") == hashed("a\nb\nc")


def test_a_script_that_no_hash_is_known_of_stays_a_cause_of_its_own() -> None:
    found = causes(
        inline(HELLO, line=7),
        record("script-src-elem", "inline", channel="dom", source=PAGE, line=7),
        record("script-src-elem", "inline", channel="dom", source=PAGE, line=20),
    )
    assert [(cause.hash, cause.count) for cause in found] == [("", 1), (HELLO, 1)]


def test_places_that_channels_tell_differently_do_not_make_two_causes_of_one() -> None:
    found = cause(
        inline(HELLO, line=7), record("script-src-elem", "inline", channel="dom", source=PAGE, line=0)
    )
    assert found.hash == HELLO


def test_a_text_that_is_another_one_in_the_other_load_is_unstable() -> None:
    found = causes(
        inline(HELLO, load=1),
        inline(WORLD, load=2),
        inline(OTHER, line=30, load=1),
        inline(OTHER, line=30, load=2),
    )
    assert {cause.hash: cause.unstable for cause in found} == {HELLO: True, WORLD: True, OTHER: False}


def test_texts_at_different_places_that_each_load_showed_once_are_not() -> None:
    found = causes(inline(HELLO, line=3, load=1), inline(WORLD, line=9, load=2))
    assert not any(cause.unstable for cause in found)


# --- redirects -------------------------------------------------------------------------------------------


def test_a_redirect_that_the_console_tells_of_is_the_cause() -> None:
    found = cause(
        record("img-src", f"{APP}/moved.png", channel="dom"),
        record("img-src", f"{APP}/moved.png", channel="log", redirect_target=f"{CDN}/there.png?x"),
    )
    assert (found.blocked, found.target) == (f"{APP}/moved.png", f"{CDN}/there.png")


def test_a_url_that_the_policy_allows_was_redirected_and_the_requests_tell_where() -> None:
    chain = (f"{APP}/moved.png", f"{APP}/again.png", f"{CDN}/there.png")
    request = PageRequest(chain, "image", "parser", PAGE)
    found = cause(record("img-src", f"{APP}/moved.png?v=1"), requests=(request,))
    assert found.target == f"{CDN}/there.png"


def test_a_redirect_that_nobody_saw_is_said_to_be_unknown() -> None:
    assert cause(record("img-src", f"{APP}/moved.png")).target == UNKNOWN_TARGET


# --- policies --------------------------------------------------------------------------------------------


def test_a_policy_in_force_makes_other_causes_than_the_one_that_reports() -> None:
    enforced = Csp.parse("img-src 'self'")
    found = causes(record(), record(policy=enforced, disposition="enforce"))
    assert sorted(cause.disposition for cause in found) == ["enforce", "report"]


def test_a_line_of_the_console_goes_to_the_policy_that_others_name() -> None:
    found = cause(record(), record(channel="log", policy=None))
    assert found.policy == POLICY.header_value()


def test_a_report_sample_that_a_tour_adds_makes_no_other_policy() -> None:
    sampled = Csp.parse(
        POLICY.header_value().replace("script-src 'self'", "script-src 'self' 'report-sample'")
    )
    sampled = Csp.parse(f"{sampled.header_value()}; report-uri /x")
    assert judge(gathered(visit(record(policy=sampled))), POLICY).rows


@given(st.randoms(use_true_random=False))
def test_the_order_in_which_channels_tell_makes_no_difference(shuffle: random.Random) -> None:
    records = [
        *everywhere(),
        *(inline(HELLO, load=load, column=4) for load in (1, 2)),
        *(inline(WORLD, load=load, line=9) for load in (1, 2)),
        *(record("script-src-elem", "inline", channel="dom", source=PAGE, line=7, load=n) for n in (1, 2)),
        record("connect-src", "wss://api.example.com/socket", policy=None, channel="log"),
        record("connect-src", "wss://api.example.com/socket"),
        record("frame-src", CDN, channel="dom"),
        record("frame-src", f"{CDN}/widget"),
        record("img-src", f"{APP}/moved.png", channel="dom"),
        record("img-src", f"{APP}/moved.png", channel="log", redirect_target=f"{CDN}/t.png"),
    ]
    expected = {(cause.directive, cause.name, cause.hash, cause.count) for cause in causes(*records)}
    shuffle.shuffle(records)
    found = join_pages(merge_records(records, (), POLICY))
    assert {(cause.directive, cause.name, cause.hash, cause.count) for cause in found} == expected
