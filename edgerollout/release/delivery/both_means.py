"""What visitors get at a behavior with a policy of others: by the function, and by a variant. Pure.

By a variant, the release wins over their policy. By a function at an origin event it does not: CloudFront
applies a policy after the cache. So a change of means may change a header that both decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.headers import cased
from edgerollout.policy.render import ENFORCED
from edgerollout.release.delivery.policy_config import MEMBERS
from edgerollout.release.delivery.variants import decided, variant_config
from edgerollout.release.facts.headers_policies import content_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.policy.render import RenderedResponse

    Config = Mapping[str, object]
    Headers = Mapping[str, str]

_OF_THE_ORIGIN = "what the origin sends"
_NOTHING = "nothing"
_WHOLE = (("CorsConfig", "CORS"), ("ServerTimingHeadersConfig", "Server-Timing"))


@dataclass(frozen=True)
class AtBehavior:
    """A release at one behavior, with the policy of others that stands there or goes along."""

    response: RenderedResponse
    theirs: Config

    def by_function(self, origin: Headers, event: str) -> Headers:
        """The response by a function at the event; their policy stands beside it."""
        if event.startswith("origin-"):
            return _by_policy(_by_handler(origin, self.response), self.theirs)
        return _by_handler(_by_policy(origin, self.theirs), self.response)

    def by_variant(self, origin: Headers) -> Headers:
        """The response by the release's own policy, which says what theirs says, too."""
        return _by_policy(origin, variant_config(self.response, self.theirs))


def changes(before: AtBehavior, after: AtBehavior, event: str, *, to_policy: bool) -> Iterator[str]:
    """What a change of means would change of a response there, in words.

    `event` is the function's, before or after. `to_policy`: the function goes.
    """
    names = {
        name
        for side in (before, after)
        for name in (*side.response.set, *side.response.keep, *side.response.remove, *decided(side.theirs))
    }
    for origin in ({}, dict.fromkeys(names, _OF_THE_ORIGIN)):
        was = before.by_function(origin, event) if to_policy else before.by_variant(origin)
        becomes = after.by_variant(origin) if to_policy else after.by_function(origin, event)
        changed = sorted(name for name in names if _said(name, was) != _said(name, becomes))
        for name in changed:
            yield f"{cased(name)} ({was.get(name, _NOTHING)} becomes {becomes.get(name, _NOTHING)})"
        if changed:
            break
    for key, word in _WHOLE:
        if content_digest({key: before.theirs.get(key)}) != content_digest({key: after.theirs.get(key)}):
            yield word


def _said(name: str, headers: Headers) -> str | None:
    """The value to compare: CloudFront spells the values that it offers in its own way."""
    value = headers.get(name)
    offered = name in MEMBERS and name != ENFORCED
    return value.lower().replace(" ", "") if value is not None and offered else value


def _by_handler(headers: Headers, response: RenderedResponse) -> Headers:
    kept = {name: value for name, (_, value) in response.keep.items() if name not in headers}
    said = {**headers, **kept, **{name: value for name, (_, value) in response.set.items()}}
    return {name: value for name, value in said.items() if name not in response.remove}


def _by_policy(headers: Headers, config: Config) -> Headers:
    there = {name: value for name, value in headers.items() if decided(config).get(name, ...) is not None}
    said = {name: line for name, line in decided(config).items() if line is not None}
    return there | {name: value for name, (value, wins) in said.items() if wins or name not in there}
