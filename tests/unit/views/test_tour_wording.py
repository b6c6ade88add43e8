from __future__ import annotations

import pytest

from edgerollout.tour.cause import UNKNOWN_TARGET, Cause
from edgerollout.tour.judgement import Suggestion
from edgerollout.views.tour_wording import (
    happened,
    place_of,
    reason_in_policy,
    shown_words,
    snippet_of,
    sources_words,
    thing,
)


def cause(directive: str, kind: str, blocked: str = "inline", **more: object) -> Cause:
    given = {
        "disposition": "report",
        "origin": "https://site.example",
        "sightings": (("https://site.example/", 1),),
    }
    return Cause(directive, kind, blocked, **{**given, **more})  # type: ignore[arg-type]


IMAGE = "https://img.example/a.png"


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (cause("img-src", "url", IMAGE), "An image from img.example would be blocked"),
        (cause("img-src", "url", IMAGE, disposition="enforce"), "An image from img.example is blocked"),
        (
            cause("img-src", "url", IMAGE, target="https://cdn.example/a.png"),
            "An image from img.example is redirected to cdn.example, which would be blocked",
        ),
        (
            cause("img-src", "url", IMAGE, target=UNKNOWN_TARGET, disposition="enforce"),
            "An image from img.example is redirected to an unknown place that is blocked",
        ),
        (cause("font-src", "url", "data:"), "A font from a data: URL would be blocked"),
        (cause("new-src", "url", IMAGE), "A request under new-src to img.example would be blocked"),
        (cause("script-src-elem", "inline"), "An inline script would not run"),
        (cause("style-src-elem", "inline", disposition="enforce"), "An inline style does not apply"),
        (
            cause("script-src-attr", "attribute", attribute=("onclick", "go()")),
            "An onclick handler would not run",
        ),
        (cause("script-src-attr", "attribute"), "An inline handler would not run"),
        (cause("style-src-attr", "attribute"), "A style attribute would not apply"),
        (cause("script-src", "javascript-url"), "A javascript: link would do nothing"),
        (cause("script-src", "eval", "eval"), "Text made into code by eval would not run"),
        (cause("script-src", "wasm", "wasm-eval"), "WebAssembly would not compile"),
        (
            cause("require-trusted-types-for", "trusted-types", sample="Element innerHTML|<b>"),
            "Text given to Element innerHTML would be refused (Trusted Types)",
        ),
    ],
)
def test_a_cause_is_told_in_a_sentence(seen: Cause, words: str) -> None:
    assert happened(seen) == words


def test_urls_of_one_host_are_told_together() -> None:
    assert happened(cause("img-src", "url", IMAGE), 3) == "3 images from img.example would be blocked"
    enforced = cause("font-src", "url", IMAGE, disposition="enforce")
    assert happened(enforced, 2) == "2 fonts from img.example are blocked"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://user:secret@host.example:8443/a", "host.example:8443"),
        ("blob:", "a blob: URL"),
        ("inline", "inline"),
    ],
)
def test_a_place_is_a_host_without_user_or_path(url: str, place: str) -> None:
    assert place_of(url) == place


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (cause("script-src-elem", "inline", element="<script>", sample="\n go()"), "<script>\ngo()"),
        (cause("script-src-elem", "inline", element="<script>", sample="x" * 40), f"<script>\n{'x' * 40} …"),
        (
            cause("script-src-elem", "inline", element="<script>go()</script>", sample="go()"),
            "<script>go()</script>",
        ),
        (
            cause("script-src-attr", "attribute", attribute=("onclick", "go()"), sample="go()"),
            'onclick="go()"',
        ),
        (cause("trusted-types", "trusted-types", sample="Element innerHTML|<b>"), "<b>"),
        (cause("script-src-elem", "inline"), ""),
    ],
)
def test_a_snippet_shows_what_is_known_of_the_code(seen: Cause, code: str) -> None:
    assert snippet_of(seen) == code


def test_a_sentence_keeps_its_urls_without_their_secrets() -> None:
    text = "https://a.example/x?token=1#2 led to https://b.example/?k=v: why?"

    assert shown_words(text).startswith("https://a.example/x led to https://b.example/")


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (cause("img-src", "url", IMAGE), "image from img.example"),
        (
            cause("img-src", "url", IMAGE, target="https://cdn.example/a"),
            "image from img.example, redirected to cdn.example",
        ),
        (cause("script-src-elem", "inline", code="\n  go()\n stay()"), "inline script: go()"),
        (cause("script-src-elem", "inline", element="<script> go()</script>"), "inline script: go()"),
        (cause("script-src-elem", "inline"), "inline script"),
        (cause("script-src-attr", "attribute", attribute=("onclick", "go()")), "onclick handler: go()"),
        (
            cause("style-src-attr", "attribute", attribute=("style", "margin: 0")),
            "style attribute: margin: 0",
        ),
        (cause("script-src", "eval", "eval"), "eval"),
        (cause("t", "trusted-types", sample="Element innerHTML|<b>"), "text for Element innerHTML: <b>"),
    ],
)
def test_a_cause_is_named_in_a_few_words_with_its_first_line(seen: Cause, words: str) -> None:
    assert thing(seen) == words


def test_hashes_are_counted_where_there_are_several() -> None:
    hashes = [f"'sha256-{letter * 43}='" for letter in "AB"]
    assert sources_words([*hashes, "data:"]) == "2 hashes data:"
    assert sources_words(hashes[:1]) == "'sha256-AAAA…'"


def test_the_comment_in_policy_toml_leaves_code_out_where_the_tour_was_logged_in() -> None:
    seen = cause("script-src-elem", "inline", code="secret()")
    found = Suggestion("script-src", "'sha256-x'", (seen,))
    assert reason_in_policy(found, private=False) == "inline script: secret(), on https://site.example/"
    assert reason_in_policy(found, private=True) == "inline script, on https://site.example/"
