"""Sources come to policy.toml where they belong, and nothing else in it moves."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.config.policy_growth import grow_policy, grown
from edgerollout.errors import EdgerolloutError

SAMPLE = (Path(__file__).parents[3] / "config" / "policy.toml").read_text(encoding="utf-8")

COMMENTED = """\
[csp]
# what the site shows
img-src = [
  "'self'",            # own
  "https://a.example", # the harbour's camera
]  # nothing else

# The other environments.
[environments.testing.csp]
img-src = []
"""


def added(before: str, after: str) -> list[str]:
    """The lines that changed, as they are now; none may have gone without a new one in its place."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line[2:] for line in lines if line.startswith("+ ")]


def test_a_source_comes_to_the_end_of_its_list() -> None:
    after = grown(SAMPLE, [(None, "script-src", ("https://a.example",))])
    assert added(SAMPLE, after) == [
        'script-src      = ["\'self\'", "https://cdn.example.com", "https://a.example"]'
    ]


def test_a_lone_none_gives_way() -> None:
    after = grown(SAMPLE, [(None, "object-src", ("https://a.example", "https://b.example"))])
    assert tomllib.loads(after)["csp"]["object-src"] == ["https://a.example", "https://b.example"]


def test_a_new_directive_stands_after_the_last_one_aligned_like_it() -> None:
    after = grown(SAMPLE, [(None, "font-src", ("'self'", "https://fonts.example"))])
    lines = after.splitlines()
    at = lines.index('font-src        = ["\'self\'", "https://fonts.example"]')
    assert lines[at - 1].startswith("frame-ancestors = ")
    assert added(SAMPLE, after) == [lines[at]]


def test_an_overlay_gets_its_own_lines_and_its_own_table_where_it_has_none() -> None:
    after = grown(SAMPLE, [("testing", "img-src", ("data:",)), ("qa-2", "img-src", ("data:",))])
    document = tomllib.loads(after)["environments"]
    assert document["testing"]["csp"]["img-src"] == ["data:"]
    assert document["qa-2"]["csp"] == {"img-src": ["data:"]}
    assert "img-src     = [" in after


def test_comments_within_a_list_stay_with_their_items() -> None:
    after = grown(COMMENTED, [(None, "img-src", ("https://b.example",)), (None, "font-src", ("data:",))])
    assert added(COMMENTED, after) == ['  "https://b.example",', 'font-src = ["data:"]']


@pytest.mark.parametrize(
    "text",
    [
        'csp = { img-src = ["data:"] }\n',
        'csp.img-src = ["data:"]\n',
        '[csp]\r\n"Img-Src" = ["data:"]\r\n',
        '[csp]\nimg-src = ["data:"]',
        "[csp]\n",
        "[headers]\n",
        "",
    ],
)
@pytest.mark.parametrize("directive", ["img-src", "font-src"])
def test_however_the_file_is_laid_out_it_says_the_same_and_the_source(text: str, directive: str) -> None:
    after = tomllib.loads(grown(text, [(None, directive, ("https://f.example",))]))
    before = tomllib.loads(text)
    lists = {key.lower(): value for key, value in after["csp"].items()}
    assert lists.pop(directive)[-1] == "https://f.example"
    assert {**before.get("csp", {}), **lists}.keys() == {*before.get("csp", {}), *lists}
    assert {key for key in after if key != "csp"} == {key for key in before if key != "csp"}


def test_line_ends_stay_as_they_are() -> None:
    after = grown(SAMPLE.replace("\n", "\r\n"), [(None, "font-src", ("data:",))])
    assert after.count("\n") == after.count("\r\n") == SAMPLE.count("\n") + 1


def test_a_layout_that_cannot_be_added_to_is_left_alone_and_told(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('[csp]\nimg-src = ["data:"]\n[environments]\ntesting = {}\n')
    before = file.read_bytes()
    with pytest.raises(EdgerolloutError, match="was not changed") as told:
        grow_policy(file, [("testing", "img-src", ("https://a.example",))])
    assert "by hand: img-src += https://a.example" in (told.value.hint or "")
    assert file.read_bytes() == before


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(EdgerolloutError, match="No such file"):
        grow_policy(tmp_path / "policy.toml", [(None, "img-src", ("data:",))])
    assert grow_policy(tmp_path / "policy.toml", []) == 0


sources = st.sampled_from(
    ("https://a.example", "'self'", "data:", "'sha256-AAAA='", "https://b.example/x%3B")
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from((None, "testing", "staging", "qa")),
            st.sampled_from(("img-src", "object-src", "connect-src", "font-src", "worker-src")),
            st.lists(sources, min_size=1, max_size=3, unique=True).map(tuple),
        ),
        max_size=6,
    )
)
def test_nothing_is_lost_and_nothing_else_said(more: list[tuple[str | None, str, tuple[str, ...]]]) -> None:
    text = SAMPLE
    for one in more:
        text = grown(text, [one])
    before, after = tomllib.loads(SAMPLE), tomllib.loads(text)
    assert [line for line in SAMPLE.splitlines() if line.startswith("#")] == [
        line for line in text.splitlines() if line.startswith("#")
    ]
    assert after["headers"] == before["headers"]
    for environment, directive, wanted in more:
        layer = after if environment is None else after["environments"][environment]
        assert set(wanted) <= set(layer["csp"][directive])
