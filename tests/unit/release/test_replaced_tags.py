from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.release.facts.release import ReplacedTrigger
from edgerollout.release.facts.replaced_tags import read_replaced, releases_told, replaced_tags
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR

ARN = "arn:aws:lambda:us-east-1:123456789012:function:redirects:7"
ALLOWED = re.compile(r"[A-Za-z0-9 +=._:/@-]*")
"""Of Lambda's tags, ASCII only: letters of other alphabets are allowed, too."""

PATHS = st.one_of(
    st.just(DEFAULT_BEHAVIOR),
    st.text("abcXYZ019_-.*$/~\"'@:+?&", min_size=1, max_size=255),  # CloudFront's path patterns
)
TRIGGERS = st.builds(
    ReplacedTrigger,
    distribution=st.sampled_from(["E1A2B3", "E2", "E3C4"]),
    path=PATHS,
    event=st.sampled_from(["origin-response", "viewer-response"]),
    arn=st.sampled_from([ARN, ARN[:-1] + "8", ARN.replace("redirects", "a_b-C")]),
    include_body=st.booleans(),
)


@given(
    st.lists(TRIGGERS, unique_by=lambda trigger: (trigger.distribution, trigger.path, trigger.event)),
    st.integers(1, 9999),
)
def test_what_tags_keep_is_read_back_and_fits_in_tags(replaced: list[ReplacedTrigger], release: int) -> None:
    tags = replaced_tags(release, replaced)
    for key, value in tags.items():
        assert len(key) <= 128
        assert len(value) <= 256
        assert ALLOWED.fullmatch(key + value)
    told = read_replaced({"team": "web", **tags, **replaced_tags(10_000, replaced[:1])}, release)
    assert set(told or ()) == set(replaced)
    assert bool(tags) == bool(replaced)


def test_many_behaviors_of_many_distributions_share_what_they_have_in_common() -> None:
    replaced = [
        ReplacedTrigger(f"E{distribution:013}", f"/section-{path}/*", "origin-response", ARN)
        for distribution in range(10)
        for path in range(25)
    ]
    assert len(replaced_tags(1, replaced)) == 3


@pytest.mark.parametrize("lost", ["edgerollout:replaced:1:1/3", "edgerollout:replaced:1:3/3"])
def test_where_a_piece_is_missing_nothing_is_told(lost: str) -> None:
    replaced = [ReplacedTrigger("E1", f"/section-{path}/*", "origin-response", ARN) for path in range(35)]
    tags = replaced_tags(1, replaced)
    del tags[lost]
    assert read_replaced(tags, 1) is None


@pytest.mark.parametrize(
    "value",
    ["", "E1", "E1+origin-response+arn:x+/", f"E1+origin-response+{ARN}", f"E1+origin-response+{ARN}+=zz"],
)
def test_what_somebody_else_wrote_there_is_not_believed(value: str) -> None:
    assert read_replaced({"edgerollout:replaced:1:1/1": value}, 1) is None


def test_the_releases_that_tags_tell_of() -> None:
    tags = replaced_tags(2, [ReplacedTrigger("E1", "/", "origin-response", ARN)])
    assert releases_told({**tags, "edgerollout:withdrawn:3": "", "edgerollout:replaced:x": ""}) == (2,)
    assert read_replaced(tags, 1) is None
