"""Which source is suggested for what was blocked, where it goes, and when none is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.csp import Csp
from edgerollout.tour.allowance import is_allowed
from edgerollout.tour.insertion import apply
from edgerollout.tour.judgement import judge
from edgerollout.tour.suggestion import Allow, Decide, Granularity, Rework, Settled, SuggestionChoices
from tests.unit.tour.sightings import (
    APP,
    CDN,
    HELLO,
    OTHER,
    PAGE,
    POLICY,
    WORLD,
    gathered,
    inline,
    record,
    visit,
)

if TYPE_CHECKING:
    from edgerollout.tour.model import Record
    from edgerollout.tour.suggestion import CauseAdvice

STRICT = Csp.parse("script-src 'strict-dynamic' 'nonce-abcdefgh'; object-src 'none'")


def advice(*records: Record, policy: Csp = POLICY, **choices: object) -> CauseAdvice:
    """What is advised about the one cause that these records are of."""
    (row,) = judge(gathered(visit(*records)), policy, choices=SuggestionChoices(**choices)).rows  # type: ignore[arg-type]
    return row.advice


def sources(*records: Record, policy: Csp = POLICY, **choices: object) -> tuple[str, ...]:
    """The sources that are suggested without further ado."""
    found = advice(*records, policy=policy, **choices)
    return found.sources if isinstance(found, Allow) else ()


@pytest.mark.parametrize(
    ("granularity", "url", "source"),
    [
        ("origin", "https://cdn.example.net/lib/a.js?v=1", "https://cdn.example.net"),
        ("origin", "https://cdn.example.net:8443/a.js", "https://cdn.example.net:8443"),
        ("origin", "wss://live.example.net/socket", "wss://live.example.net"),
        ("host-wildcard", "https://cdn.example.net/lib/a.js", "https://*.example.net"),
        ("host-wildcard", "https://a.b.example.net:8443/", "https://*.b.example.net:8443"),
        ("host-wildcard", "https://example.net/a.js", "https://example.net"),
        ("host-wildcard", "https://shop.example.co.uk/a.js", "https://*.example.co.uk"),
        ("host-wildcard", "https://example.co.uk/a.js", "https://example.co.uk"),
        ("host-wildcard", "https://d111.cloudfront.net/a.js", "https://d111.cloudfront.net"),
        ("host-wildcard", "https://b.s3.us-east-1.amazonaws.com/a", "https://b.s3.us-east-1.amazonaws.com"),
        ("host-wildcard", "https://192.0.2.7/a.js", "https://192.0.2.7"),
        ("directory", "https://cdn.example.net/lib/v2/a.js", "https://cdn.example.net/lib/v2/"),
        ("directory", "https://cdn.example.net/a.js", "https://cdn.example.net"),
        ("path", "https://cdn.example.net/lib/a.js?v=1", "https://cdn.example.net/lib/a.js"),
        ("path", "https://cdn.example.net/a;b,c.js", "https://cdn.example.net/a%3Bb%2Cc.js"),
        ("path", "https://cdn.example.net/a%20b.js", "https://cdn.example.net/a%20b.js"),
        ("path", "https://cdn.example.net", "https://cdn.example.net"),
    ],
)
def test_a_source_names_as_much_as_is_asked_for(granularity: Granularity, url: str, source: str) -> None:
    assert sources(record("img-src", url), granularity=granularity) == (source,)


@pytest.mark.parametrize("granularity", ["origin", "host-wildcard", "directory", "path"])
def test_the_page_s_own_origin_is_self(granularity: Granularity) -> None:
    policy = Csp.parse("default-src 'none'; connect-src 'none'")
    for url in (f"{APP}/x/y.png", "wss://www.example.com/live"):
        assert sources(record("connect-src", url, policy=policy), policy=policy, granularity=granularity) == (
            "'self'",
        )


def test_the_own_origin_of_a_frame_without_an_address_is_its_page_s() -> None:
    policy = Csp.parse("img-src 'none'")
    seen = record("img-src", f"{APP}/a.png", document="about:srcdoc", policy=policy)
    assert sources(seen, policy=policy) == ("'self'",)


@pytest.mark.parametrize(
    ("directive", "blocked", "expected"),
    [
        ("img-src", "data", Allow(("data:",))),
        ("img-src", "blob:https://www.example.com/1-2", Allow(("blob:",))),
        ("font-src", "data:font/woff2;base64,d09", Allow(("data:",))),
        ("script-src-elem", "data", Decide),
        ("script-src-elem", "blob", Decide),
        ("object-src", "data", Decide),
        ("base-uri", "data", Decide),
        ("frame-src", "data", Decide),
        ("frame-src", "blob", Decide),
        ("worker-src", "blob", Allow),
        ("style-src-elem", "data", Allow),
        ("script-src", "eval", Decide),
        ("script-src", "wasm-eval", Allow),
        ("require-trusted-types-for", "trusted-types-sink", Rework),
        ("trusted-types", "trusted-types-policy", Rework),
        ("img-src", "http://images.example.net/a.png", Allow),
        ("script-src-elem", "http://cdn.example.net/a.js", Rework),
        ("connect-src", "ws://live.example.net/", Rework),
        ("connect-src", "http://localhost:3000/api", Allow(("http://localhost:3000",))),
        ("connect-src", "http://[2001:db8::1]/", Rework),
        ("connect-src", "https://[2001:db8::1]/", Rework),
        ("frame-ancestors", "https://portal.example.org/", Decide),
        ("frame-ancestors", f"{APP}/inner", Allow(("'self'",))),
        ("form-action", "https://pay.example.org/post", Allow(("https://pay.example.org",))),
        ("manifest-src", f"{CDN}/app.webmanifest", Allow((CDN,))),
        ("base-uri", f"{CDN}/", Allow),
        ("default-src", f"{CDN}/prefetched", Decide),
        ("frame-src", "mailto:someone@example.com", Decide),
    ],
)
def test_each_kind_of_violation_has_its_advice(
    directive: str, blocked: str, expected: CauseAdvice | type[CauseAdvice]
) -> None:
    policy = Csp.parse(
        "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types app"
    )
    found = advice(record(directive, blocked, policy=policy), policy=policy)
    if isinstance(expected, type):
        assert isinstance(found, expected)
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("directive", "blocked", "accept"),
    [
        ("script-src", "eval", "'unsafe-eval'"),
        ("script-src-elem", "data", "data:"),
        ("frame-src", "blob", "blob:"),
    ],
)
def test_what_is_risky_is_suggested_only_by_choice_and_says_so(
    directive: str, blocked: str, accept: str
) -> None:
    assert not sources(record(directive, blocked))
    chosen = advice(record(directive, blocked), accepted=frozenset({accept}))
    assert isinstance(chosen, Allow)
    assert chosen.sources == (accept,)
    assert chosen.notes[0].startswith("by choice: ")


def test_a_redirect_gets_its_target_and_never_self() -> None:
    seen = record("frame-src", f"{APP}/out", redirect_target="https://pay.example.org/in/side")
    assert sources(seen, granularity="path") == ("https://pay.example.org",)


def test_a_redirect_from_a_host_that_is_forbidden_too_gets_both() -> None:
    seen = record("img-src", f"{CDN}/x", redirect_target="https://images.example.net/y")
    assert sources(seen) == (CDN, "https://images.example.net")


def test_a_redirect_that_nobody_saw_gets_none() -> None:
    found = advice(record("img-src", f"{APP}/moved.png"))
    assert isinstance(found, Rework)
    assert "redirects" in found.why


# --- inline code -----------------------------------------------------------------------------------------


def test_inline_code_gets_its_hash() -> None:
    assert sources(inline(HELLO)) == (f"'{HELLO}'",)


@pytest.mark.parametrize(
    ("directive", "more"),
    [
        ("script-src-attr", {"attribute": ("onclick", "go()")}),
        ("style-src-attr", {"attribute": ("style", "color: red")}),
        ("script-src-elem", {"attribute": ("href", "javascript:go()")}),
    ],
)
def test_what_is_no_element_gets_unsafe_hashes_as_well_and_a_note(
    directive: str, more: dict[str, object]
) -> None:
    found = advice(record(directive, "inline", **more))
    assert isinstance(found, Allow)
    assert found.sources[1:] == ("'unsafe-hashes'",)
    assert "'unsafe-hashes'" in found.notes[0]


def test_a_text_that_changes_gets_no_hash() -> None:
    verdict = judge(gathered(visit(inline(HELLO, load=1), inline(WORLD, load=2))), POLICY)
    assert not verdict.suggestions
    assert all(isinstance(row.advice, Rework) and "differs" in row.advice.why for row in verdict.rows)


def test_more_hashes_than_are_wanted_are_not_suggested_at_all() -> None:
    seen = [inline(f"sha256-{chr(65 + n) * 43}=", line=n + 1) for n in range(4)]
    assert (
        len(judge(gathered(visit(*seen)), POLICY, choices=SuggestionChoices(most_hashes=4)).suggestions) == 4
    )
    verdict = judge(gathered(visit(*seen)), POLICY, choices=SuggestionChoices(most_hashes=3))
    assert not verdict.suggestions
    assert all(isinstance(row.advice, Rework) and "nonce" in row.advice.why for row in verdict.rows)


def test_hashes_that_a_directive_has_already_count() -> None:
    policy = Csp.parse(f"script-src 'self' '{WORLD}'")
    seen = visit(inline(HELLO), inline={HELLO: "", WORLD: ""})
    verdict = judge(gathered(seen), policy, choices=SuggestionChoices(most_hashes=1))
    assert not verdict.suggestions


def test_a_script_without_a_known_hash_is_to_be_moved() -> None:
    found = advice(record("script-src-elem", "inline", source=PAGE, line=3))
    assert isinstance(found, Rework)


# --- what no source helps against ------------------------------------------------------------------------


def test_hosts_are_not_suggested_beside_strict_dynamic() -> None:
    found = advice(record("script-src-elem", f"{CDN}/a.js", policy=STRICT), policy=STRICT)
    assert isinstance(found, Rework)
    assert "'strict-dynamic'" in found.why


def test_what_only_the_page_s_own_event_tells_of_may_be_forged() -> None:
    found = advice(record("script-src-elem", "https://evil.example.org/a.js", channel="dom"))
    assert isinstance(found, Rework)
    assert "forge" in found.why


def test_what_the_local_policy_allows_by_now_is_settled() -> None:
    newer = apply(POLICY, [("img-src", CDN)])
    (row,) = judge(gathered(visit(record())), POLICY, before=newer).rows
    assert isinstance(row.advice, Settled)


def test_a_report_against_the_policy_s_own_text_is_to_be_looked_at() -> None:
    policy = Csp.parse("script-src 'unsafe-eval'")
    (row,) = judge(gathered(visit(record("script-src", "eval", policy=policy))), policy).rows
    assert isinstance(row.advice, Rework)
    assert "the browser reports it" in row.advice.why


# --- where a source goes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "directive", "source", "after"),
    [
        ("img-src 'self'", "img-src", CDN, f"img-src 'self' {CDN}"),
        ("img-src 'none'", "img-src", CDN, f"img-src {CDN}"),
        ("img-src", "img-src", CDN, f"img-src {CDN}"),
        ("default-src 'self'", "img-src", CDN, f"default-src 'self'; img-src 'self' {CDN}"),
        ("default-src 'none'", "img-src", CDN, f"default-src 'none'; img-src {CDN}"),
        (
            "default-src 'self' 'unsafe-inline' 'nonce-abcdefgh'",
            "img-src",
            CDN,
            f"default-src 'self' 'unsafe-inline' 'nonce-abcdefgh'; img-src 'self' {CDN}",
        ),
        (
            "default-src 'self' 'unsafe-inline'",
            "script-src-elem",
            CDN,
            f"default-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline' {CDN}",
        ),
        ("script-src 'self'", "script-src-elem", CDN, f"script-src 'self' {CDN}"),
        ("script-src 'self'; script-src-elem 'self'", "script-src-elem", CDN, None),
        ("style-src 'self'", "style-src-attr", f"'{HELLO}'", f"style-src 'self' '{HELLO}'"),
        ("child-src 'self'", "frame-src", CDN, f"child-src 'self' {CDN}"),
        (
            f"script-src 'self' '{HELLO}' 'unsafe-eval'",
            "worker-src",
            "blob:",
            f"script-src 'self' '{HELLO}' 'unsafe-eval'; worker-src 'self' blob:",
        ),
        ("child-src 'self'", "worker-src", "blob:", "child-src 'self'; worker-src 'self' blob:"),
        (
            "default-src 'self'; form-action 'none'",
            "form-action",
            CDN,
            f"default-src 'self'; form-action {CDN}",
        ),
        ("default-src 'self'", "base-uri", CDN, "default-src 'self'"),
        (f"img-src 'self' {CDN}", "img-src", CDN.upper(), f"img-src 'self' {CDN}"),
    ],
)
def test_a_source_goes_where_it_decides_and_opens_nothing_else(
    policy: str, directive: str, source: str, after: str | None
) -> None:
    grown = apply(Csp.parse(policy), [(directive, source)])
    expected = after or f"script-src 'self'; script-src-elem 'self' {CDN}"
    assert grown.header_value() == expected


def test_webassembly_needs_no_word_of_its_own_beside_eval() -> None:
    seen = visit(record("script-src", "eval"), record("script-src", "wasm-eval"))
    found = judge(gathered(seen), POLICY, choices=SuggestionChoices(accepted=frozenset({"'unsafe-eval'"})))
    assert found.wanted == (("script-src", "'unsafe-eval'"),)
    assert {row.advice.sources for row in found.rows if isinstance(row.advice, Allow)} == {("'unsafe-eval'",)}


def changing(directive: str = "style-src-attr") -> tuple[Record, ...]:
    """A style whose text is another in each load."""
    return tuple(inline(hashed, directive, load=load, line=9) for load, hashed in ((1, HELLO), (2, WORLD)))


@pytest.mark.parametrize("directive", ["style-src-attr", "style-src-elem"])
def test_a_style_that_changes_is_a_decision_with_its_cost(directive: str) -> None:
    policy = Csp.parse(f"style-src 'self' https://s.example '{WORLD}'")
    rows = judge(gathered(visit(*changing(directive), policy=policy)), policy).rows
    assert {(row.place, row.advice.sources) for row in rows if isinstance(row.advice, Decide)} == {
        (directive, ("'unsafe-inline'",))
    }
    assert all("scripts stay forbidden" in row.advice.why for row in rows if isinstance(row.advice, Decide))


@pytest.mark.parametrize(
    ("directive", "grown"),
    [
        ("style-src-attr", "style-src-attr 'unsafe-inline'"),
        ("style-src-elem", "style-src-elem 'self' https://s.example 'unsafe-inline'"),
    ],
)
def test_unsafe_inline_gets_a_list_of_its_own_without_hashes_that_would_switch_it_off(
    directive: str, grown: str
) -> None:
    policy = Csp.parse(f"style-src 'self' https://s.example '{OTHER}'")
    accept = SuggestionChoices(accepted=frozenset({"'unsafe-inline'"}))
    verdict = judge(gathered(visit(*changing(directive), policy=policy)), policy, choices=accept)
    assert verdict.after == Csp.parse(f"{policy.header_value()}; {grown}")
    assert all(is_allowed(verdict.after, row.cause) for row in verdict.rows)


def test_more_styles_than_hashes_are_a_decision_and_more_scripts_are_work() -> None:
    policy = Csp.parse("default-src 'self'")
    hashes = [f"sha256-{n:042}A=" for n in range(30)]
    for directive, kind in (("style-src-attr", Decide), ("script-src-elem", Rework)):
        records = [inline(digest, directive, line=n) for n, digest in enumerate(hashes)]
        rows = judge(gathered(visit(*records, policy=policy)), policy).rows
        assert {type(row.advice) for row in rows} == {kind}


def test_a_list_with_hashes_of_its_own_is_no_place_for_unsafe_inline() -> None:
    policy = Csp.parse(f"style-src-attr 'unsafe-hashes' '{OTHER}'")
    assert isinstance(advice_of_first(changing(), policy), Rework)


def advice_of_first(records: tuple[Record, ...], policy: Csp) -> CauseAdvice:
    return judge(gathered(visit(*records, policy=policy)), policy).rows[0].advice
