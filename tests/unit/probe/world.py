"""A site as CloudFront would serve it, small enough to say in a test: pages, a cache, a function."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from edgerollout.net.answer import HttpAnswer
from edgerollout.probe.live_headers import Expectation
from edgerollout.probe.targets import Site
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR
from tests.unit.release.builders import (
    P1,
    P2,
    make_behavior,
    make_distribution,
    make_environment,
    make_release,
    make_snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.policy.render import RenderedResponse
    from edgerollout.release.facts.snapshot import Distribution

HOST = "www.example.com"
HOME = f"https://{HOST}/"

OLD = make_release(report_only=P1)
NEW = make_release(report_only=P2, previous=1)
EXPECTED = Expectation(2, NEW.response(), "origin-response", 2, 1, OLD.response())
AT_VIEWER = replace(EXPECTED, event="viewer-response")


def lines_of(response: RenderedResponse) -> tuple[tuple[str, str], ...]:
    """The header lines of a response that carries a release."""
    return tuple((name, value) for name, (_, value) in {**response.keep, **response.set}.items())


@dataclass
class FakeSite:
    """Fulfils `survey.Asks`. `pages` maps a path to its own headers; anything else is a 404.

    `carries` are the headers of the function, `overrides` answers for (method, path) that a test decides.
    """

    pages: dict[str, tuple[tuple[str, str], ...]] = field(
        default_factory=lambda: {"/": (("etag", '"1"'), ("content-type", "text/html"))}
    )
    bodies: dict[str, bytes] = field(default_factory=dict)
    carries: tuple[tuple[str, str], ...] = lines_of(NEW.response())
    redirects: set[str] = field(default_factory=set)
    cacheable: bool = True
    query_in_key: bool = True
    cached: set[str] = field(default_factory=set)
    overrides: dict[str, list[HttpAnswer]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> HttpAnswer:
        parts = urlsplit(url)
        self.asked.append((method, url))
        if parts.scheme == "http":
            told = (("server", "CloudFront"), ("x-cache", "Redirect from cloudfront"))
            return HttpAnswer(url, 301, told)
        answers = self.overrides.get(parts.path)
        if answers:
            found = answers[0] if len(answers) == 1 else answers.pop(0)
            return replace(found, url=url)
        if parts.path in self.redirects:
            return self._probed(url, 302, (("location", "/"),), "Miss")
        own = self.pages.get(parts.path)
        if own is None:
            return self._probed(url, 404, (), "Error")
        key = f"{parts.path}?{parts.query}" if self.query_in_key and parts.query else parts.path
        word = "Hit" if key in self.cached else "Miss"
        if self.cacheable:
            self.cached.add(key)
        etag = dict(own).get("etag")
        if etag is not None and (headers or {}).get("If-None-Match") == etag:
            return self._probed(url, 304, (("etag", etag),), "Hit")
        return replace(self._probed(url, 200, own, word), body=self.bodies.get(parts.path, b""))

    def _probed(self, url: str, status: int, own: tuple[tuple[str, str], ...], word: str) -> HttpAnswer:
        age = (("age", "7"),) if word == "Hit" else ()
        told = (("x-amz-cf-pop", "TST1-P1"), ("x-cache", f"{word} from cloudfront"))
        return HttpAnswer(url, status, (*own, *age, *self.carries, *told))


def site_of(*distributions: Distribution, exclude: tuple[str, ...] = ()) -> Site:
    """The environment's distributions; release 2 is the newest."""
    snapshot = make_snapshot(*distributions, releases={1: OLD, 2: NEW})
    return Site(make_environment(exclude=exclude), snapshot)


def distribution(
    behaviors: Mapping[str, int | str | None] | None = None,
    *,
    aliases: tuple[str, ...] = (HOST,),
    identity: str = "E1",
    **more: Any,
) -> Distribution:
    """`behaviors`: path → our version there, somebody else's ARN, or None."""
    wanted = {DEFAULT_BEHAVIOR: 2} if behaviors is None else behaviors
    made = (make_behavior(path, there) for path, there in wanted.items())
    return replace(make_distribution(identity, *made), aliases=aliases, **more)
