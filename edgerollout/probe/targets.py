"""Finds a URL for each cache behavior. Pure.

First a page that was named, then a page it links to, then a path made up from the
behavior's pattern: an origin's error page has the headers too, if the function runs on the way
from the origin.
"""

from __future__ import annotations

import contextlib
import html.parser
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from edgerollout.release.facts.path_pattern import example, matches
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR
from edgerollout.release.status.status import BehaviorState, status_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgerollout.net.answer import HttpAnswer
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Distribution, Snapshot
    from edgerollout.release.status.status import BehaviorStatus

_ATTRIBUTES = frozenset({"href", "src", "data", "poster"})


@dataclass(frozen=True)
class BehaviorPlace:
    """A behavior of a distribution, and its state."""

    distribution: Distribution
    behavior: BehaviorStatus

    @property
    def name(self) -> str:
        return f"{self.distribution.name} {self.behavior.path}"


@dataclass(frozen=True)
class Target:
    """A URL to look at. `place` is None for a host that no distribution of the environment serves.

    `made_up`: the page may not exist.
    """

    url: str
    place: BehaviorPlace | None
    made_up: bool = False


@dataclass(frozen=True)
class LeftOut:
    """A behavior, or a way to ask a URL, that was not looked at, and why."""

    url: str | None
    place: BehaviorPlace | None
    kind: str | None
    why: str


class Site:
    """An environment's distributions as visitors address them."""

    def __init__(self, environment: Environment, snapshot: Snapshot) -> None:
        status = status_of(environment, snapshot)
        states = {
            distribution.id: {behavior.path: behavior for behavior in distribution.behaviors}
            for distribution in status.distributions
        }
        self._places = {
            distribution.id: tuple(
                BehaviorPlace(distribution, states[distribution.id][behavior.path])
                for behavior in distribution.behaviors
            )
            for distribution in snapshot.distributions
            if distribution.enabled and not distribution.staging
        }

    @property
    def places(self) -> tuple[BehaviorPlace, ...]:
        return tuple(place for every in self._places.values() for place in every)

    def place_of(self, url: str) -> BehaviorPlace | None:
        """The behavior that answers a URL: the first whose pattern matches, the default one last."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        every = next((places for places in self._places.values() if _serves(places, host)), ())
        for place in every:
            pattern = place.behavior.path
            if pattern == DEFAULT_BEHAVIOR or matches(pattern, parts.path or "/"):
                return place
        return None

    def targets(
        self, urls: Iterable[str], links: Iterable[str]
    ) -> tuple[tuple[Target, ...], tuple[LeftOut, ...]]:
        """All of `urls`, and a URL for each behavior that they do not show.

        `links` are URLs that the pages mention. Behaviors excluded by the configuration are left out.
        """
        named = tuple(dict.fromkeys(urls))
        chosen = [Target(url, self.place_of(url)) for url in named]
        found: dict[str, str] = {}
        for link in links:
            place = self.place_of(link)
            if place is not None:
                found.setdefault(place.name, link)
        left_out: list[LeftOut] = []
        shown = {target.place.name for target in chosen if target.place is not None}
        for place in self.places:
            if place.behavior.state is BehaviorState.EXCLUDED:
                left_out.append(LeftOut(None, place, None, "excluded by the configuration"))
            elif place.name not in shown:
                chosen.append(self._target(place, found.get(place.name), named))
        shown_targets = tuple(target for target in chosen if not _excluded(target))
        return shown_targets, tuple(left_out)

    def sibling(self, target: Target, token: str) -> str | None:
        """A URL of the same behavior without a page; None if every path is a page."""
        if target.place is None:
            return urljoin(target.url, f"/{token}")
        url = urljoin(target.url, _example(target.place, token))
        return url if self.place_of(url) == target.place and token in url else None

    def _target(self, place: BehaviorPlace, link: str | None, named: tuple[str, ...]) -> Target:
        if link is not None:
            return Target(link, place)
        host = next((host for url in named if _serves((place,), host := _host(url))), None)
        aliases = [alias for alias in place.distribution.aliases if not alias.startswith("*")]
        host = host or next(iter(aliases), place.distribution.domain_name)
        path = _example(place, "edgerollout-verify")
        literal = "edgerollout-verify" not in path
        return Target(f"https://{host}{path}", place, made_up=not literal)


def links_of(reply: HttpAnswer) -> tuple[str, ...]:
    """The http(s) URLs of the same host in an HTML page, in order; empty for anything else."""
    url, body = reply.url, reply.body
    if reply.status != 200 or "html" not in "".join(reply.values("content-type")).lower():
        return ()
    parser = _Links()
    with contextlib.suppress(AssertionError):
        # The parser raises this for an unknown declaration; the links before it count.
        parser.feed(body.decode("utf-8", errors="replace"))
    host = _host(url)
    return tuple(
        dict.fromkeys(link for reference in parser.found for link in _resolved(url, reference, host))
    )


def _resolved(url: str, link: str, host: str) -> Iterator[str]:
    try:
        parts = urlsplit(urljoin(url, link))
        if parts.scheme in {"http", "https"} and (parts.hostname or "").lower() == host:
            yield parts._replace(fragment="").geturl()
    except ValueError:
        return


class _Links(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.found += [value.strip() for name, value in attrs if name in _ATTRIBUTES and value]


def _excluded(target: Target) -> bool:
    return target.place is not None and target.place.behavior.state is BehaviorState.EXCLUDED


def _example(place: BehaviorPlace, token: str) -> str:
    return example("*" if place.behavior.path == DEFAULT_BEHAVIOR else place.behavior.path, token)


def _serves(places: tuple[BehaviorPlace, ...], host: str) -> bool:
    if not places:
        return False
    distribution = places[0].distribution
    names = (distribution.domain_name.lower(), *(alias.lower() for alias in distribution.aliases))
    # A wildcard alias stands for exactly one more label (Developer Guide, "Use wildcards in alternate
    # domain names").
    parent = host.partition(".")[2]
    return host in names or (bool(parent) and f"*.{parent}" in names)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()
