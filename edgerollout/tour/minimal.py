"""The fewest sources that allow every request: none that another one covers, and none without a use."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.csp import canonical_source
from edgerollout.policy.fallback import chain
from edgerollout.policy.source import Host, Keyword, Scheme, parse_source, url_matches
from edgerollout.policy.url import Url
from edgerollout.tour.allowance import allows_url, is_allowed
from edgerollout.tour.insertion import apply, place_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.policy.csp import Csp
    from edgerollout.policy.source import Source
    from edgerollout.tour.cause import Cause

Wanted = tuple[str, str]
"""The directive that gets a source, and the source."""


@dataclass(frozen=True)
class _Need:
    """A request that some source has to allow."""

    place: str
    url: Url
    origin: Url
    redirected: bool


def fewest(policy: Csp, needs: Mapping[Cause, tuple[str, ...]]) -> tuple[Wanted, ...]:
    """Of all sources that the causes need, the fewest that allow each of them.

    With all sources of the result `policy` allows all causes; without any one of them, some cause is
    forbidden again. Of two possible ones the narrower stays. Hashes and keywords cannot be replaced: each
    stays once.
    """
    wanted: dict[tuple[str, str], str] = {}
    for cause, sources in needs.items():
        for source in sources:
            if (place := place_for(policy, cause.directive, source)) is not None:
                wanted.setdefault((place, canonical_source(place, source)), source)
    parsed = {(place, text): parse_source(text) for (place, _), text in wanted.items()}
    requests = {wanted_source: source for wanted_source, source in parsed.items() if _names_requests(source)}
    needless = _needless(requests, set(_needs(policy, needs)))
    kept = [wanted_source for wanted_source in parsed if wanted_source not in needless]
    for candidate in [
        wanted_source for wanted_source in kept if _may_fall_back(policy, wanted_source[0], kept)
    ]:
        rest = [other for other in kept if other != candidate]
        grown = apply(policy, rest)
        served = (
            cause
            for cause, sources in needs.items()
            if any(place_for(policy, cause.directive, source) == candidate[0] for source in sources)
        )
        if all(is_allowed(grown, cause) for cause in served):
            kept = rest
    return tuple(kept)


def _may_fall_back(policy: Csp, place: str, kept: Iterable[Wanted]) -> bool:
    """Whether a directive would be new, and the one that decides in its place gains sources, too."""
    return policy.sources(place) is None and any(other in chain(place)[1:] for other, _ in kept)


def _names_requests(source: Source | None) -> bool:
    return isinstance(source, Host | Scheme) or source == Keyword("'self'")


def _needs(policy: Csp, causes: Iterable[Cause]) -> Iterator[_Need]:
    for cause in causes:
        place, origin = place_for(policy, cause.directive), Url.parse(cause.origin)
        for text, redirected in cause.urls:
            url = Url.parse(text)
            if place is None or url is None or origin is None:
                continue
            if not allows_url(policy, cause, text, redirected=redirected):
                yield _Need(place, url, origin, redirected)


def _needless(sources: Mapping[Wanted, Source | None], needs: set[_Need]) -> set[Wanted]:
    """The sources without which every need is still met."""
    serves: dict[Wanted, list[_Need]] = defaultdict(list)
    met: dict[_Need, int] = defaultdict(int)
    index = _Index(sources)
    for need in needs:
        for candidate in index.candidates(need):
            source = sources[candidate]
            if source is not None and url_matches(source, need.url, need.origin, redirected=need.redirected):
                serves[candidate].append(need)
                met[need] += 1
    gone: set[Wanted] = set()
    # Those that serve the fewest needs are tried first; among equals the broadest.
    for item in sorted(sources, key=lambda wanted: (len(serves[wanted]), -_breadth(sources[wanted]), wanted)):
        if all(met[need] > 1 for need in serves[item]):
            gone.add(item)
            for need in serves[item]:
                met[need] -= 1
    return gone


class _Index:
    """Finds the few sources that may match a request among thousands of the same host."""

    def __init__(self, sources: Mapping[Wanted, Source | None]) -> None:
        self._wide: dict[str, list[Wanted]] = defaultdict(list)
        """Place → sources for more than one host."""
        self._by_host: dict[tuple[str, str], list[Wanted]] = defaultdict(list)
        self._by_path: dict[tuple[str, str, str], list[Wanted]] = defaultdict(list)
        for wanted, source in sources.items():
            if isinstance(source, Host) and not source.wildcard:
                self._by_host[(wanted[0], source.name)].append(wanted)
                self._by_path[(wanted[0], source.name, source.path)].append(wanted)
            else:
                self._wide[wanted[0]].append(wanted)

    def candidates(self, need: _Need) -> Iterator[Wanted]:
        """Every source that may match, and possibly others."""
        yield from self._wide[need.place]
        host = need.url.host
        if need.redirected:
            # Sources for any path.
            yield from self._by_host[(need.place, host)]
            return
        path = need.url.path
        folders = [path[: at + 1] for at, sign in enumerate(path) if sign == "/"]
        for prefix in dict.fromkeys(("", *folders, path)):
            yield from self._by_path.get((need.place, host, prefix), ())


def _breadth(source: Source | None) -> int:
    """How much more a source may allow than its use: a scheme, a wildcard, a host, a folder, a file."""
    match source:
        case Scheme():
            return 5
        case Host(wildcard=True):
            return 4
        case Host(scheme=None) | Host(scheme="http"):
            return 3
        case Host(path=""):
            return 2
        case Host(path=path) if path.endswith("/"):
            return 1
        case _:
            return 0
