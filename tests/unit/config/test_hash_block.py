"""The marked block of hashes: written where a policy needs it, replaced as a whole, nothing else moves."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.config.hash_block import with_hash_blocks
from edgerollout.config.policy_growth import UnfitText

HASHES = {"'sha256-A='": "index.html:3", "'sha256-B='": "about.html:9"}
NEXT = {"'sha256-C='": "index.html:1"}

LISTS = (
    "[csp]\nscript-src = [\"'self'\"] # why\n",
    '[csp]\nscript-src = [\n  "\'self\'", # own\n  # mine\n  "https://a.example" # c\n  ]\nimg-src = []\n',
    "[csp]\nScript-Src = [\"'none'\"]\n",
    "[csp]\r\nscript-src = []\r\n",
    "csp = { script-src = [\"'self'\"] }\n",
    "[environments.a.csp]\nscript-src = ['x'] # [\n[csp]\n\"script-src\" = ['''y''']\n",
)


@pytest.mark.parametrize("text", LISTS)
def test_a_block_is_written_replaced_and_taken_away(text: str) -> None:
    first = with_hash_blocks(text, None, {"script-src": HASHES}, start={})
    kept = [source for source in listed(text) if source != "'none'"]
    assert listed(first) == [*kept, *HASHES]
    assert with_hash_blocks(first, None, {"script-src": HASHES}, start={}) == first
    second = with_hash_blocks(first, None, {"script-src": NEXT}, start={})
    assert listed(second) == [*kept, *NEXT]
    assert listed(with_hash_blocks(second, None, {"script-src": {}}, start={})) == (kept or ["'none'"])
    others = [line for line in text.splitlines() if "script-src" not in line.lower() and "#" in line]
    assert [line for line in others if line.split("#")[1] not in second] == []


def listed(text: str) -> list[str]:
    table = tomllib.loads(text)["csp"]
    return next(value for key, value in table.items() if key.lower() == "script-src")


def test_a_hash_that_stands_in_the_list_already_is_not_written_again() -> None:
    text = "[csp]\nscript-src = [\n  \"'sha256-A='\", # by hand\n]\n"
    written = with_hash_blocks(text, None, {"script-src": HASHES}, start={})
    assert listed(written) == ["'sha256-A='", "'sha256-B='"]
    assert with_hash_blocks(written, None, {"script-src": {"'sha256-A='": ""}}, start={}) == text


def test_a_list_that_is_not_there_begins_with_what_decided_until_now() -> None:
    text = "[csp]\ndefault-src = [\"'self'\"]\n"
    written = with_hash_blocks(
        text, None, {"script-src": HASHES, "style-src": {}}, start={"script-src": ["'self'"]}
    )
    assert tomllib.loads(written)["csp"] == {"default-src": ["'self'"], "script-src": ["'self'", *HASHES]}
    assert written.count("index.html:3") == 1


def test_an_environment_gets_its_own_list() -> None:
    text = "[csp]\nscript-src = [\"'self'\"]\n"
    written = with_hash_blocks(text, "testing", {"script-src": HASHES}, start={})
    assert written.startswith(text)
    assert tomllib.loads(written)["environments"]["testing"]["csp"]["script-src"] == list(HASHES)


def test_a_half_block_is_refused_before_the_file_changes() -> None:
    text = '[csp]\nscript-src = [\n  # build hashes: begin\n  "x",\n]\nimg-src = ["'
    with pytest.raises((UnfitText, tomllib.TOMLDecodeError)):
        with_hash_blocks(text, None, {"script-src": HASHES}, start={})


@given(st.lists(st.sampled_from(["'self'", "https://a.example/#x", 'say"it', "b]c", "# no"]), unique=True))
def test_any_list_keeps_its_own_sources(sources: list[str]) -> None:
    import json

    text = f"[csp]\nscript-src = {json.dumps(sources)}\n"
    written = with_hash_blocks(text, None, {"script-src": HASHES}, start={})
    assert listed(written) == [*sources, *HASHES]
    assert listed(with_hash_blocks(written, None, {"script-src": {}}, start={})) == (sources or ["'none'"])
