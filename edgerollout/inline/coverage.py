"""Does a policy cover a build: which inline code it blocks, which of its hashes no page has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.effective import SCRIPT_DIRECTIVES, STYLE_DIRECTIVES, in_force
from edgerollout.policy.fallback import effective_directive
from edgerollout.policy.inline_code import (
    allows_attributes,
    allows_inline,
    inline_hashes,
    is_hash_of,
)
from edgerollout.policy.source import Keyword

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.inline.build import BuildCode, SiteBuild
    from edgerollout.policy.csp import Csp


@dataclass(frozen=True)
class Coverage:
    """How a policy fits a build.

    `idle` are the policy's hashes that are no page's: directive and source. They do no harm but cost room,
    or belong to a page that is not in this build.
    """

    blocked: tuple[BuildCode, ...]
    idle: tuple[tuple[str, str], ...]


def coverage(policy: Csp, build: SiteBuild) -> Coverage:
    """What the policy does with the inline code of a build."""
    blocked = tuple(found for found in build.found if not allows_inline(policy, found.kind, found.text))
    idle = tuple(
        (directive, source)
        for directive, source in inline_hashes(policy)
        if not any(is_hash_of(source, found.text) for found in build.found)
    )
    return Coverage(blocked, idle)


def lists_for(policy: Csp, build: SiteBuild) -> Mapping[str, Mapping[str, str]]:
    """The hashes that the policy's lists need for a build: directive → hash → the first place of its code.

    Every list of scripts or styles that is there has an entry, an empty one too; one with 'unsafe-inline' in
    force, which a hash would switch off, has none. Where only `default-src` decides, the list is a new one:
    `script-src` or `style-src`.
    """
    lists: dict[str, dict[str, str]] = {
        name: {} for name in (*SCRIPT_DIRECTIVES, *STYLE_DIRECTIVES) if _takes_hashes(policy.sources(name))
    }
    for found in build.found:
        decides = effective_directive(policy, found.kind.directive)
        if decides is None or not _takes_hashes(policy.sources(decides)):
            continue
        if found.kind.needs_unsafe_hashes and not allows_attributes(policy.sources(decides) or ()):
            continue
        name = found.kind.directive.rsplit("-", 1)[0] if decides == "default-src" else decides
        file, line = found.places[0]
        lists.setdefault(name, {})[found.source] = f"{file}:{line}"
    return lists


def _takes_hashes(sources: tuple[str, ...] | None) -> bool:
    return sources is not None and Keyword("'unsafe-inline'") not in in_force(sources)
