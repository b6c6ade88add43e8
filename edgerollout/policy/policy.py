"""The content of config/policy.toml, and the part of it for an environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.policy.csp import Csp, LayeredCsp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.policy.headers import Header


@dataclass(frozen=True)
class EnvironmentPolicy:
    """The policy of an environment: its two CSP layers, and its headers, base and overlay merged, by name."""

    csp: LayeredCsp
    headers: tuple[Header, ...]

    @property
    def csp_or_none(self) -> LayeredCsp | None:
        """The CSP; None if it has no directive."""
        return None if self.csp.is_empty else self.csp


@dataclass(frozen=True)
class Overlay:
    """The additions of an environment: CSP sources, its own headers, and base headers that it drops."""

    csp: Csp = field(default_factory=Csp)
    headers: tuple[Header, ...] = ()
    dropped: frozenset[str] = frozenset()
    """Names of base headers that the environment does not have (`name = false`)."""


@dataclass(frozen=True)
class Policy:
    """The base policy and the overlays by environment name."""

    csp: Csp = field(default_factory=Csp)
    headers: tuple[Header, ...] = ()
    overlays: Mapping[str, Overlay] = field(default_factory=dict)

    def for_environment(self, name: str) -> EnvironmentPolicy:
        """The policy of environment `name`. Without an overlay it is the base policy.

        An overlay's header replaces the base's header of the same name.
        """
        overlay = self.overlays.get(name, Overlay())
        headers = {header.name: header for header in (*self.headers, *overlay.headers)}
        for dropped in overlay.dropped:
            headers.pop(dropped, None)
        return EnvironmentPolicy(
            csp=LayeredCsp(base=self.csp, overlay=overlay.csp),
            headers=tuple(header for _, header in sorted(headers.items())),
        )
