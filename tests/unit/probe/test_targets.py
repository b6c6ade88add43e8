from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.net.answer import HttpAnswer
from edgerollout.probe.targets import links_of
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR

from .world import HOME, HOST, distribution, site_of

BEHAVIORS = {"/app/*": 2, "/robots.txt": 2, "*.js": 2, "/api/v?/*": 2, DEFAULT_BEHAVIOR: 2}


@pytest.mark.parametrize(
    ("path", "behavior"),
    [
        ("", DEFAULT_BEHAVIOR),
        ("/", DEFAULT_BEHAVIOR),
        ("/app/x.js", "/app/*"),
        ("/lib/x.js?v=1", "*.js"),
        ("/robots.txt", "/robots.txt"),
        ("/api/v1/a", "/api/v?/*"),
        ("/api/v10/a", DEFAULT_BEHAVIOR),
    ],
)
def test_a_url_belongs_to_the_first_behavior_that_matches(path: str, behavior: str) -> None:
    place = site_of(distribution(BEHAVIORS)).place_of(f"https://{HOST}{path}")
    assert place is not None
    assert place.behavior.path == behavior


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("a.example.com", True),
        ("A.EXAMPLE.com", True),
        ("a.b.example.com", False),
        ("example.com", False),
        ("other.test", False),
    ],
)
def test_a_wildcard_alias_serves_one_more_label(host: str, served: bool) -> None:
    site = site_of(distribution(aliases=("*.example.com",)))
    assert (site.place_of(f"https://{host}/") is not None) is served


def test_every_behavior_gets_a_url_named_ones_first_then_links_then_made_up_paths() -> None:
    site = site_of(distribution(BEHAVIORS))
    named = (HOME, f"https://{HOST}/app/start")
    links = (f"https://{HOST}/lib/a.js", f"https://{HOST}/app/other")
    targets, left_out = site.targets(named, links)
    assert [(target.url, target.made_up) for target in targets] == [
        (HOME, False),
        (f"https://{HOST}/app/start", False),
        (f"https://{HOST}/robots.txt", False),
        (f"https://{HOST}/lib/a.js", False),
        (f"https://{HOST}/api/ve/edgerollout-verify", True),
    ]
    assert left_out == ()


def test_without_urls_a_distribution_is_asked_by_its_alias_else_by_its_own_name() -> None:
    bare = distribution(aliases=("*.example.net",), identity="E2")
    targets, _ = site_of(distribution(), bare).targets((), ())
    assert [target.url for target in targets] == [
        f"https://{HOST}/edgerollout-verify",
        f"https://{bare.domain_name}/edgerollout-verify",
    ]


def test_an_excluded_behavior_is_left_out_and_said_so() -> None:
    site = site_of(distribution({"/api/*": None, DEFAULT_BEHAVIOR: 2}), exclude=("/api/*",))
    targets, left_out = site.targets((HOME, f"https://{HOST}/api/x"), ())
    assert [target.url for target in targets] == [HOME]
    assert [item.why for item in left_out] == ["excluded by the configuration"]


def test_disabled_and_staging_distributions_are_not_asked() -> None:
    site = site_of(distribution(enabled=False), distribution(identity="E2", staging=True))
    assert site.places == ()


def test_a_url_of_another_host_stays_a_target_without_a_place() -> None:
    targets, _ = site_of(distribution()).targets(("https://other.test/",), ())
    assert targets[0].place is None


def test_a_path_without_a_page_stays_within_its_behavior() -> None:
    site = site_of(distribution(BEHAVIORS))
    targets, _ = site.targets((HOME,), ())
    found = {target.place.behavior.path: site.sibling(target, "none") for target in targets if target.place}
    assert found == {
        DEFAULT_BEHAVIOR: f"https://{HOST}/none",
        "/app/*": f"https://{HOST}/app/none",
        "/robots.txt": None,
        "*.js": f"https://{HOST}/none.js",
        "/api/v?/*": f"https://{HOST}/api/vn/none",
    }


def page(body: bytes, status: int = 200, kind: str = "text/html") -> HttpAnswer:
    return HttpAnswer(HOME, status, (("content-type", kind),), body=body)


def test_the_links_of_a_page_are_those_of_its_own_host() -> None:
    body = b"""<link href="a.css"><script src='/b.js#x'></script><a href="//www.example.com/c">
    <a href="https://other.test/"><a href="mailto:x@y"><a href="http://[bad"><img src=" /d.png "><a href>"""
    assert links_of(page(body)) == tuple(f"https://{HOST}/{name}" for name in ("a.css", "b.js", "c", "d.png"))


@pytest.mark.parametrize(
    "reply", [page(b"<a href=/x>", 404), page(b"<a href=/x>", kind="image/png")], ids=["error", "image"]
)
def test_what_is_no_page_has_no_links(reply: HttpAnswer) -> None:
    assert links_of(reply) == ()


@given(st.binary() | st.text(alphabet="<!-[]?/>=\"' aif").map(str.encode))
def test_no_body_raises(body: bytes) -> None:
    links_of(page(body))


def test_a_declaration_nobody_knows_ends_the_links_without_raising() -> None:
    assert links_of(page(b"<a href=/x><![bogus[ <a href=/y>")) == (f"https://{HOST}/x",)
