"""Sources come to policy.toml where they belong, and nothing else in it moves."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.config.policy_growth import grow_policy, grown, shrunk
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


def test_a_list_that_gains_a_source_has_one_a_line_and_says_why() -> None:
    why = {"https://a.example": "a script, on /boats", "'sha256-AAAA='": 'inline: x = ["y"]'}
    after = grown(SAMPLE, [(None, "script-src", why)])
    assert added(SAMPLE, after) == [
        "script-src      = [",
        "  \"'self'\",",
        '  "https://cdn.example.com",',
        '  "https://a.example", # a script, on /boats',
        '  "\'sha256-AAAA=\'", # inline: x = ["y"]',
        "]",
    ]


def test_a_second_time_nothing_changes() -> None:
    more = [(None, "script-src", {"https://a.example": "once"}), ("testing", "img-src", {"data:": "twice"})]
    after = grown(SAMPLE, more)
    assert grown(after, more) == after


def test_a_lone_none_gives_way() -> None:
    more = [(None, "object-src", {"https://a.example": "", "https://b.example": ""})]
    for text in (SAMPLE, SAMPLE.replace("object-src      = [", "object-src      = [\n  ")):
        after = grown(text, more)
        assert tomllib.loads(after)["csp"]["object-src"] == ["https://a.example", "https://b.example"]


def test_a_new_directive_stands_after_the_last_one_aligned_like_it() -> None:
    after = grown(
        SAMPLE, [(None, "font-src", {"'self'": "as in default-src", "https://fonts.example": "a font"})]
    )
    lines = after.splitlines()
    at = lines.index("font-src        = [")
    assert lines[at - 1].startswith("frame-ancestors = ")
    assert added(SAMPLE, after) == lines[at : at + 4]
    assert lines[at + 1 : at + 4] == [
        "  \"'self'\", # as in default-src",
        '  "https://fonts.example", # a font',
        "]",
    ]


def test_an_overlay_gets_its_own_lines_and_its_own_table_where_it_has_none() -> None:
    after = grown(SAMPLE, [("testing", "img-src", {"data:": ""}), ("qa-2", "img-src", {"data:": "icons"})])
    document = tomllib.loads(after)["environments"]
    assert document["testing"]["csp"]["img-src"] == ["data:"]
    assert document["qa-2"]["csp"] == {"img-src": ["data:"]}
    assert "img-src     = [" in after
    assert after.endswith('[environments.qa-2.csp]\nimg-src = [\n  "data:", # icons\n]\n')


def test_comments_within_a_list_stay_with_their_items() -> None:
    more = [(None, "img-src", {"https://b.example": "new"}), (None, "font-src", {"data:": ""})]
    after = grown(COMMENTED, more)
    assert added(COMMENTED, after) == ['  "https://b.example", # new', "font-src = [", '  "data:",', "]"]


def test_no_reason_ends_its_comment_or_acts_on_a_terminal() -> None:
    hostile = 'x\n]\r\nscript-src = ["*"] # \x1b[2J\u202e' + "y" * 500
    after = grown(SAMPLE, [(None, "script-src", {"https://a.example": hostile})])
    assert tomllib.loads(after)["csp"]["script-src"][-1] == "https://a.example"
    assert all(line.isprintable() and len(line) < 140 for line in after.splitlines())


def test_a_source_goes_with_its_comment_and_an_empty_list_is_none() -> None:
    more = [(None, "script-src", {"https://a.example": "a", "https://b.example": "b"})]
    after = shrunk(grown(SAMPLE, more), [(None, "script-src", ("https://a.example",))])
    assert "# a\n" not in after
    assert after == grown(SAMPLE, [(None, "script-src", {"https://b.example": "b"})])
    assert tomllib.loads(shrunk(SAMPLE, [(None, "style-src", ("'self'",))]))["csp"]["style-src"] == ["'none'"]
    assert shrunk(SAMPLE, [(None, "font-src", ("'self'",)), ("qa", "img-src", ("x",))]) == SAMPLE


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
    after = tomllib.loads(grown(text, [(None, directive, {"https://f.example": "f"})]))
    before = tomllib.loads(text)
    lists = {key.lower(): value for key, value in after["csp"].items()}
    assert lists.pop(directive)[-1] == "https://f.example"
    assert {**before.get("csp", {}), **lists}.keys() == {*before.get("csp", {}), *lists}
    assert {key for key in after if key != "csp"} == {key for key in before if key != "csp"}


def test_line_ends_stay_as_they_are() -> None:
    after = grown(SAMPLE.replace("\n", "\r\n"), [(None, "font-src", {"data:": ""})])
    assert after.count("\n") == after.count("\r\n") == SAMPLE.count("\n") + 3


def test_a_layout_that_cannot_be_added_to_is_left_alone_and_told(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('[csp]\nimg-src = ["data:"]\n[environments]\ntesting = {}\n')
    before = file.read_bytes()
    with pytest.raises(EdgerolloutError, match="was not changed") as told:
        grow_policy(file, [("testing", "img-src", {"https://a.example": ""})])
    assert "by hand: img-src += https://a.example" in (told.value.hint or "")
    assert file.read_bytes() == before


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(EdgerolloutError, match="No such file"):
        grow_policy(tmp_path / "policy.toml", [(None, "img-src", {"data:": ""})])
    assert grow_policy(tmp_path / "policy.toml", []) == 0


sources = st.sampled_from(
    ("https://a.example", "'self'", "data:", "'sha256-AAAA='", "https://b.example/x%3B")
)


changes = st.lists(
    st.tuples(
        st.sampled_from((None, "testing", "staging", "qa")),
        st.sampled_from(("img-src", "object-src", "connect-src", "font-src", "worker-src")),
        st.dictionaries(sources, st.text(max_size=12), min_size=1, max_size=3),
    ),
    max_size=3,
)


@given(changes, st.sampled_from((SAMPLE, COMMENTED, SAMPLE.replace("\n", "\r\n"))))
def test_nothing_is_lost_nothing_else_said_and_nothing_written_twice(
    more: list[tuple[str | None, str, dict[str, str]]], start: str
) -> None:
    text = start
    for item in more:
        text = grown(text, [item])
    before, after = tomllib.loads(start), tomllib.loads(text)
    comments = [line for line in start.splitlines() if line.lstrip().startswith("#")]
    assert [line for line in text.splitlines() if line in comments] == comments
    assert after.get("headers") == before.get("headers")
    assert grown(text, more) == text
    gained = [(environment, name, tuple(wanted)) for environment, name, wanted in more]
    back = tomllib.loads(shrunk(text, gained))
    for environment, directive, wanted in more:
        at = ("csp",) if environment is None else ("environments", environment, "csp")
        layer, less = after, back
        for key in at:
            layer, less = layer[key], less[key]
        assert set(wanted) <= set(layer[directive])
        assert not set(wanted) & set(less[directive])
