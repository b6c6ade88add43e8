"""Whose a suggested source is: every environment's, or that of the one that was toured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.source import Host, parse_source

if TYPE_CHECKING:
    from edgerollout.release.facts.environment import Environment


def is_its_own(environment: Environment, source: str) -> bool:
    """Whether a source goes to the environment's own part of the policy.

    That is so where the environment comes after another one: what its pages alone need, all the others would
    have to observe and enforce first. And for a host under an alias of its own, such as staging's API.
    """
    if environment.after is not None:
        return True
    found = parse_source(source)
    aliases = (one.alias.removeprefix("*.").lower() for one in environment.distributions if one.alias)
    return isinstance(found, Host) and any(
        found.name == alias or found.name.endswith(f".{alias}") for alias in aliases
    )
