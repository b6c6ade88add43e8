"""The environment before, as the gates of the next environment need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.policy.headers import Header
    from edgerollout.release.facts.unreadable import UnreadableRelease


@dataclass(frozen=True)
class Before:
    """An environment as another one sees it, read from AWS or from a file.

    `base` is the digest of the base of the policy it *enforces* (16 or 64 hex digits, None while it enforces
    none). `policy` and `headers` are that policy and the headers other than CSP; None where the release.json
    of the live release was not read. `unsettled` says why the environment does not serve its release
    everywhere.
    """

    name: str
    account: str
    release: int | None
    base: str | None
    policy: LayeredCsp | None = None
    headers: tuple[Header, ...] | None = None
    unsettled: str | None = None
    unread: UnreadableRelease | None = None
    """Why policy and headers are unknown, where its live release could not be read."""
    proven: tuple[str, ...] = ()
    """Bases that it enforces or enforced before (16 hex digits): a newer policy may be live there now."""
