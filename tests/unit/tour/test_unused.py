"""Hosts and hashes of a policy that no page used: named where all was seen, and never one that was used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgerollout.policy.csp import Csp
from edgerollout.policy.policy import Overlay, Policy
from edgerollout.release.facts.environment import DistributionSelector
from edgerollout.tour.gains import Loss, losses
from edgerollout.tour.judgement import judge
from edgerollout.tour.model import PageRequest
from edgerollout.tour.suggestion import Allow
from tests.unit.release.builders import make_environment
from tests.unit.tour.sightings import APP, CDN, HELLO, OTHER, PAGE, WORLD, gathered, inline, visit


def asked(*urls: str, destination: str = "image") -> PageRequest:
    return PageRequest(urls, destination, "parser", PAGE, 200)


def unused(policy: str, *requests: PageRequest, code: tuple[str, ...] = (), **more: object) -> list[str]:
    """The sources that are said to be unused by a page that made these requests and had this code."""
    seen = visit(requests=requests, inline=dict.fromkeys(code, "text"), policy=Csp.parse(policy), **more)
    return [source for _, source in judge(gathered(seen), Csp.parse(policy)).unused]


@pytest.mark.parametrize(
    ("policy", "requests", "gone"),
    [
        (f"img-src {CDN}", [], [CDN]),
        (f"img-src {CDN}", [asked(f"{CDN}/a.png")], []),
        (f"img-src {CDN}", [asked(f"{CDN}/a.js", destination="script")], [CDN]),
        (f"default-src {CDN}", [asked(f"{CDN}/a.js", destination="script")], []),
        (f"default-src {CDN}; script-src 'self'", [asked(f"{CDN}/a.js", destination="script")], [CDN]),
        (f"script-src {CDN}", [asked(f"{CDN}/a.js", destination="script")], []),
        (f"img-src {CDN}/folder/", [asked(f"{APP}/go", f"{CDN}/elsewhere.png")], []),
        (f"img-src {CDN}", [asked(f"{CDN}/x", destination="other")], []),
        ("img-src https://*.example.net", [asked(f"{CDN}/a.png")], []),
        ("connect-src wss://live.example", [asked("wss://live.example/s", destination="websocket")], []),
        ("img-src 'self' data: blob: *", [], []),
        ("form-action https://crm.example; frame-ancestors https://a.example", [], []),
    ],
)
def test_a_host_is_used_by_what_its_directive_decides_on(
    policy: str, requests: list[PageRequest], gone: list[str]
) -> None:
    assert unused(policy, *requests) == gone


def test_a_hash_is_used_where_a_page_has_the_code() -> None:
    policy = f"script-src '{HELLO}' '{WORLD}'; style-src 'sha384-{'A' * 64}'"
    assert unused(policy, code=(HELLO,)) == [f"'{WORLD}'"]
    spelled = HELLO.replace("+", "-").replace("/", "_")
    assert unused(f"script-src '{spelled}'", code=(HELLO,)) == []


def test_nothing_is_called_unused_where_not_everything_was_seen() -> None:
    assert unused(f"img-src {CDN}", incomplete=("it timed out",)) == []
    assert unused(f"img-src {CDN}", omitted=3) == []


def test_dead_hashes_do_not_keep_live_ones_out() -> None:
    dead = " ".join(f"'sha256-{n:042}A='" for n in range(20))
    policy = Csp.parse(f"script-src 'self' {dead}")
    seen = visit(inline(HELLO), policy=policy, inline={HELLO: "hello()"})
    (row,) = judge(gathered(seen), policy).rows
    assert row.advice == Allow((f"'{HELLO}'",))
    assert row.cause.code == "hello()"


ENVIRONMENT = replace(make_environment(), name="testing", after=None)
POLICY = Policy(
    Csp.parse(f"img-src 'self' {CDN} https://api.staging.example; script-src '{OTHER}'"),
    overlays={"testing": Overlay(Csp.parse(f"img-src {APP}"))},
)
UNUSED = [("img-src", item) for item in (CDN, "https://api.staging.example", APP)]


def test_what_is_unused_is_taken_from_the_lists_that_are_the_environment_s() -> None:
    staging = replace(
        ENVIRONMENT, name="staging", distributions=(DistributionSelector(alias="staging.example"),)
    )
    assert losses(POLICY, ENVIRONMENT, UNUSED, (ENVIRONMENT, staging)) == (
        Loss(None, "img-src", (CDN,)),
        Loss("testing", "img-src", (APP,)),
    )
    later = replace(ENVIRONMENT, after="dev")
    assert losses(POLICY, later, UNUSED) == (Loss("testing", "img-src", (APP,)),)
