from __future__ import annotations

import pytest

from edgerollout.edge.cache import lifetime
from edgerollout.edge.message import EdgeResponse
from edgerollout.edge.model import CacheRules
from edgerollout.edge.origins import StoredObject

from .world import World, behavior

RULES = CacheRules(min_ttl=5, default_ttl=100, max_ttl=1000)


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (200, (), 100),
        (200, (("Cache-Control", "max-age=50"),), 50),
        (200, (("Cache-Control", "public, max-age=50, s-maxage=70"),), 70),
        (200, (("cache-control", "max-age=1"),), 5),
        (200, (("Cache-Control", "max-age=99999"),), 1000),
        (200, (("Cache-Control", "no-store"),), 5),
        (200, (("Cache-Control", "private"),), 5),
        (200, (("Cache-Control", "max-age=junk"),), 100),
        (200, (("Date", "Fri, 01 May 2026 00:00:00 GMT"), ("Expires", "Fri, 01 May 2026 00:01:00 GMT")), 60),
        (200, (("Date", "Fri, 01 May 2026 00:00:00 GMT"), ("Expires", "0")), 5),
        (301, (), 100),
        (404, (), 10),
        (403, (("Cache-Control", "max-age=300"),), 300),
        (500, (("Cache-Control", "no-store"),), 10),
    ],
)
def test_a_response_is_kept_as_long_as_the_origin_and_the_behavior_say(
    status: int, headers: tuple[tuple[str, str], ...], seconds: float
) -> None:
    assert lifetime(EdgeResponse(status, "", headers), RULES, 10) == seconds


def test_without_a_minimum_no_store_is_not_kept() -> None:
    response = EdgeResponse(200, "OK", (("Cache-Control", "no-store"),))
    assert lifetime(response, CacheRules(), 10) == 0


def test_the_second_request_is_a_hit_with_an_age(world: World) -> None:
    first = world.get("/a.html")
    world.clock.sleep(7)
    second = world.get("/a.html")
    assert (first.header("x-cache"), first.header("age")) == ("Miss from cloudfront", None)
    assert (second.header("x-cache"), second.header("age")) == ("Hit from cloudfront", "7")
    assert second.body == b"<p>a</p>"
    assert len(world.site.asked) == 1


def test_an_expired_object_that_did_not_change_is_a_refresh_hit(world: World) -> None:
    world.deploy(behavior(cache=CacheRules(default_ttl=60)))
    world.get("/a.html")
    world.clock.sleep(61)
    refreshed = world.get("/a.html")
    assert refreshed.header("x-cache") == "RefreshHit from cloudfront"
    assert refreshed.body == b"<p>a</p>"
    assert world.get("/a.html").header("x-cache") == "Hit from cloudfront"


def test_an_expired_object_that_changed_is_fetched_anew(world: World) -> None:
    world.deploy(behavior(cache=CacheRules(default_ttl=60)))
    world.get("/a.html")
    world.site.files["a.html"] = b"new"
    assert world.get("/a.html").body == b"<p>a</p>"
    world.clock.sleep(61)
    fetched = world.get("/a.html")
    assert (fetched.body, fetched.header("x-cache")) == (b"new", "Miss from cloudfront")


def test_query_strings_tell_responses_apart_only_where_the_behavior_says_so(world: World) -> None:
    world.get("/a.html?x=1")
    assert world.get("/a.html?x=2").header("x-cache") == "Hit from cloudfront"
    world.deploy(behavior(cache=CacheRules(query_in_key=True)))
    world.get("/a.html?x=1")
    assert world.get("/a.html?x=2").header("x-cache") == "Miss from cloudfront"
    assert world.edge.invalidate("E1", ["/a.html?x=1"]) == 1
    assert world.get("/a.html?x=2").header("x-cache") == "Hit from cloudfront"


def test_a_head_is_answered_from_a_gets_object_and_never_the_other_way_round(world: World) -> None:
    head = world.get("/a.html", method="HEAD")
    assert (head.body, head.header("content-length")) == (b"", "8")
    got = world.get("/a.html")
    assert (got.body, got.header("x-cache")) == (b"<p>a</p>", "Miss from cloudfront")
    head = world.get("/a.html", method="HEAD")
    assert (head.body, head.header("x-cache")) == (b"", "Hit from cloudfront")


@pytest.mark.parametrize(
    "condition",
    [("If-None-Match", "etag"), ("If-None-Match", "W/etag"), ("If-Modified-Since", "last-modified")],
)
@pytest.mark.parametrize("is_cached", [False, True])
def test_a_viewer_that_has_the_object_gets_304(
    world: World, condition: tuple[str, str], is_cached: bool
) -> None:
    known = folder_validators(world)
    if not is_cached:
        world.edge.invalidate("E1", ["/*"])
    name, source = condition
    value = f"W/{known['etag']}" if source.startswith("W/") else known[source]
    answer = world.get("/a.html", headers=((name, value),))
    assert (answer.status, answer.body, answer.header("content-type")) == (304, b"", None)
    assert answer.header("etag") == known["etag"]


def folder_validators(world: World) -> dict[str, str]:
    answer = world.get("/a.html")
    return {name: answer.header(name) or "" for name in ("etag", "last-modified")}


def test_another_etag_gets_the_whole_object(world: World) -> None:
    assert world.get("/a.html", headers=(("If-None-Match", '"other"'),)).status == 200


def test_an_object_whose_fetch_began_before_an_invalidation_is_not_kept(world: World) -> None:
    """CloudFront's own race: an old function's answer must not outlive the invalidation after it."""

    class Invalidating:
        def fetch(self, request: object) -> EdgeResponse:
            world.edge.invalidate("E1", ["/*"])
            return EdgeResponse(200, "OK", (), b"old")

    world.origins["site"] = Invalidating()  # type: ignore[assignment]
    world.get("/a.html")
    assert world.get("/a.html").header("x-cache") == "Miss from cloudfront"


def test_invalidating_the_root_forgets_the_default_root_object(world: World) -> None:
    world.get("/")
    assert world.edge.invalidate("E1", ["/"]) == 1


def test_an_invalidation_touches_no_other_distribution(world: World) -> None:
    world.get("/a.html")
    assert world.edge.invalidate("E2", ["/*"]) == 0


def test_a_stored_object_may_bring_its_own_cache_control(world: World) -> None:
    world.site.files["live.html"] = StoredObject(b"x", headers=(("Cache-Control", "no-cache"),))  # type: ignore[assignment]
    world.get("/live.html")
    assert world.get("/live.html").header("x-cache") == "Miss from cloudfront"
