"""Random releases for property tests: policies, headers, and how a release came to be."""

from __future__ import annotations

from datetime import UTC

from hypothesis import strategies as st

from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.headers import Header
from edgerollout.release.facts.release import GateResult, HandlerFacts, Override, Release, ReplacedTrigger

SOURCES = st.sampled_from(
    ["'self'", "'none'", "https://A.example/Path", "https://a.example", "data:", "'nonce-AbC'", "*", "wss:"]
)
DIRECTIVES = st.sampled_from(
    ["default-src", "script-src", "img-src", "connect-src", "sandbox", "report-to", "report-uri"]
)
CSPS = st.dictionaries(DIRECTIVES, st.lists(SOURCES, max_size=4), max_size=5).map(Csp.of)
LAYERED = st.builds(LayeredCsp, CSPS, CSPS)

VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=20)
NAMES = st.from_regex(r"x-[a-z]{1,8}", fullmatch=True)
HEADERS = st.lists(
    st.one_of(
        st.builds(Header, NAMES, VALUES, st.sampled_from(["set", "keep"])),
        st.builds(lambda name: Header(name, "", "remove"), NAMES),
    ),
    unique_by=lambda header: header.name,
    max_size=5,
).map(lambda headers: tuple(sorted(headers, key=lambda header: header.name)))

WORDS = st.text(max_size=30)
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
HANDLERS = st.builds(
    HandlerFacts,
    files=st.dictionaries(st.text(min_size=1, max_size=12), HEX, min_size=1, max_size=3),
    runtime=st.sampled_from(["python3.13", "nodejs22.x"]),
    entry=st.just("index.handler"),
    memory=st.integers(128, 3008),
    timeout=st.integers(1, 30),
    role=st.text("abc-", min_size=1, max_size=12),
)
RELEASES = st.builds(
    Release,
    environment=st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True),
    handler=HANDLERS,
    headers=HEADERS,
    enforced=st.none() | LAYERED,
    report_only=st.none() | LAYERED,
    previous=st.none() | st.integers(1, 10**6),
    gates=st.lists(st.builds(GateResult, WORDS, st.booleans(), WORDS), max_size=2).map(tuple),
    overrides=st.lists(st.builds(Override, st.sampled_from(["tour", "soak", "lint"]), WORDS), max_size=2).map(
        tuple
    ),
    replaced=st.lists(st.builds(ReplacedTrigger, WORDS, WORDS, WORDS, WORDS, st.booleans()), max_size=2).map(
        tuple
    ),
    repeats=st.none() | st.integers(1, 10**6),
    commit=st.none() | st.text("0123456789abcdef", min_size=7, max_size=40),
    observed_since=st.none() | st.datetimes(timezones=st.just(UTC)),
)
