"""Response headers policies: those of our own releases, and those of others whose content goes along.

A release has one policy, and a variant of it for each policy of others that was on a behavior: the
variant says what that one said, too.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SLOT = "headers-policy"
"""The one place that a behavior has for a response headers policy."""

_COMMENT = re.compile(r"edgerollout/2 release=(\d+) content=([0-9a-f]{16})")
_VARIANT = re.compile(r"(?:-([0-9a-f]{8}(?:-c\d+)?|c\d+))?")
_PARTS = re.compile(r"([0-9a-f]{8})?-?(?:c(\d+))?")
_VARIANT_DIGITS = 8


@dataclass(frozen=True)
class StandingPolicy:
    """A custom response headers policy as ListResponseHeadersPolicies shows it, with its configuration."""

    id: str
    name: str
    comment: str
    config: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, order=True)
class PolicyKey:
    """Which policy of ours it is. `variant`: 8 hex of what it carries along, "" for nothing; then `c2` for a
    second policy that says the same, and so on, because each serves so many distributions only.
    """

    release: int
    variant: str = ""

    @property
    def along(self) -> str:
        """8 hex of what it carries along, "" for nothing."""
        told = _PARTS.fullmatch(self.variant)
        return "" if told is None else told[1] or ""

    @property
    def copy(self) -> int:
        """Which of the policies that say the same it is, from 1."""
        told = _PARTS.fullmatch(self.variant)
        return int(told[2]) if told is not None and told[2] else 1


def variant_of(along: str, copy: int) -> str:
    """The variant of a PolicyKey."""
    return along if copy == 1 else f"{along}-c{copy}".removeprefix("-")


@dataclass(frozen=True)
class CarriedPolicy:
    """A policy of others that a release took the place of, as it was then: it can be given back.

    `config` has no Name and no Comment. `places` are the distributions' ids with the paths of the behaviors
    that had it. AWS's own policies are `managed`: they have the same id in every account and never change.
    """

    id: str
    name: str
    comment: str
    config: Mapping[str, object] = field(repr=False)
    managed: bool
    places: tuple[tuple[str, str], ...]

    @property
    def variant(self) -> str:
        """8 hex of what goes along."""
        return content_digest(self.config)[:_VARIANT_DIGITS]


def policy_name(function: str, key: PolicyKey) -> str:
    """What a policy of a release is called: unique in an account, as CloudFront demands."""
    return f"edgerollout-{function}-{key.release}" + (f"-{key.variant}" if key.variant else "")


def policy_comment(release: int, content: str) -> str:
    """The Comment of a release's policy; `content` is the digest (64 hex) of what the policy does."""
    return f"edgerollout/2 release={release} content={content[:16]}"


def key_of(policy: StandingPolicy, function: str) -> PolicyKey | None:
    """Which policy of the function's releases it is; None for one that is not ours."""
    told = _COMMENT.fullmatch(policy.comment)
    if told is None:
        return None
    plain = policy_name(function, PolicyKey(int(told[1])))
    rest = _VARIANT.fullmatch(policy.name.removeprefix(plain)) if policy.name.startswith(plain) else None
    return None if rest is None else PolicyKey(int(told[1]), rest[1] or "")


def of_any_release(policy: StandingPolicy) -> bool:
    """Whether a release made the policy, of whatever function."""
    return _COMMENT.fullmatch(policy.comment) is not None and policy.name.startswith("edgerollout-")


def own_policies(policies: Iterable[StandingPolicy], function: str) -> dict[PolicyKey, StandingPolicy]:
    """The policies of a function's releases."""
    return {key: policy for policy in policies if (key := key_of(policy, function)) is not None}


def altered(policy: StandingPolicy) -> bool:
    """Whether somebody has edited a policy of ours since it was made: its Comment tells what it said then."""
    told = _COMMENT.fullmatch(policy.comment)
    return told is not None and not content_digest(policy.config).startswith(told[2])


def found_again(carried: CarriedPolicy, policies: Iterable[StandingPolicy]) -> StandingPolicy | None:
    """The account's policy that a carried one is now; None where it was deleted.

    By its id, else by its name: tools that make a policy anew give it the same name.
    """
    listed = tuple(policies)
    by_id = (policy for policy in listed if policy.id == carried.id)
    return next(by_id, None) or next((policy for policy in listed if policy.name == carried.name), None)


def content_digest(config: Mapping[str, object]) -> str:
    """SHA-256 (64 hex) over a configuration without Name and Comment.

    Neither the order of its headers nor what AWS fills in for what was not said makes another.
    """
    return hashlib.sha256(json.dumps(_plain(config), sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, dict):
        plain = {key: _plain(item) for key, item in value.items()}
        # An empty list, an unset flag and an empty part say nothing.
        return {
            key: item for key, item in plain.items() if item not in (None, False, {}, [], {"Quantity": 0})
        }
    if isinstance(value, list):
        return sorted((_plain(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value
