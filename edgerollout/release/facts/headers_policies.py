"""The response headers policies of our own releases: the name of each, and the release that it carries."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_COMMENT = re.compile(r"edgerollout/2 release=(\d+) content=([0-9a-f]{16})")


@dataclass(frozen=True)
class StandingPolicy:
    """A custom response headers policy as ListResponseHeadersPolicies shows it, with its configuration."""

    id: str
    name: str
    comment: str
    config: Mapping[str, object] = field(default_factory=dict, repr=False)


def policy_name(function: str, release: int) -> str:
    """The name of a release's policy. It is unique in an account, as CloudFront demands."""
    return f"edgerollout-{function}-{release}"


def policy_comment(release: int, content: str) -> str:
    """The Comment of a release's policy; `content` is the digest (64 hex) of what the policy does."""
    return f"edgerollout/2 release={release} content={content[:16]}"


def release_of(policy: StandingPolicy, function: str) -> int | None:
    """The release that a policy carries; None for a policy that is not ours."""
    told = _COMMENT.fullmatch(policy.comment)
    if told is None or policy.name != policy_name(function, int(told[1])):
        return None
    return int(told[1])


def recorded_content(policy: StandingPolicy) -> str | None:
    """The digest (16 hex) of what our policy did when it was made; None for a policy that is not ours."""
    told = _COMMENT.fullmatch(policy.comment)
    return None if told is None else told[2]


def own_policies(policies: Iterable[StandingPolicy], function: str) -> dict[int, StandingPolicy]:
    """The policies of a function's releases, by number."""
    return {number: policy for policy in policies if (number := release_of(policy, function)) is not None}
