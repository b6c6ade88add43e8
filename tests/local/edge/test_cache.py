"""What a real function set, and the cache keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.edge.model import CacheRules
from tests.unit.edge.world import World, behavior

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.handlers.code import FunctionCode


def test_headers_of_the_old_function_stay_in_the_cache_until_they_are_invalidated(
    world: World, sets: Callable[[str], FunctionCode]
) -> None:
    """The mistake the whole tool is about: a swap at origin-response is not seen until then."""
    world.deploy(behavior(functions={"origin-response": sets("old")}))
    assert world.get("/a.html").header("x-release") == "old"
    world.deploy(behavior(functions={"origin-response": sets("new")}))
    stale = world.get("/a.html")
    assert (stale.header("x-release"), stale.header("x-cache")) == ("old", "Hit from cloudfront")
    assert world.get("/app.js").header("x-release") == "new"
    assert world.edge.invalidate("E1", ["/*"]) == 2
    fresh = world.get("/a.html")
    assert (fresh.header("x-release"), fresh.header("x-cache")) == ("new", "Miss from cloudfront")


def test_a_revalidated_object_keeps_its_old_headers(
    world: World, sets: Callable[[str], FunctionCode]
) -> None:
    rules = CacheRules(default_ttl=60)
    world.deploy(behavior(functions={"origin-response": sets("old")}, cache=rules))
    world.get("/a.html")
    world.deploy(behavior(functions={"origin-response": sets("new")}, cache=rules))
    world.clock.sleep(61)
    assert world.get("/a.html").header("x-release") == "old"


def test_headers_set_at_viewer_response_change_with_the_deployment_also_on_hits(
    world: World, sets: Callable[[str], FunctionCode]
) -> None:
    world.deploy(behavior(functions={"viewer-response": sets("old")}))
    world.get("/a.html")
    world.deploy(behavior(functions={"viewer-response": sets("new")}))
    hit = world.get("/a.html")
    assert (hit.header("x-release"), hit.header("x-cache")) == ("new", "Hit from cloudfront")
