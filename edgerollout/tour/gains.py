"""What policy.toml gains or loses by a tour: which sources, in which list of which environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.source import Host, parse_source
from edgerollout.tour.insertion import additions, differences, grow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from edgerollout.policy.csp import Csp
    from edgerollout.policy.policy import Policy
    from edgerollout.release.facts.environment import Environment


@dataclass(frozen=True)
class Gain:
    """What one list gains: `sources` for what the tour saw. A new list also gets `copied`, the sources of
    `copied_from`, which decided in its place until now.

    `environment` is the environment of the list, None: the list of all environments. `why` says why it is an
    environment's own list.
    """

    environment: str | None
    directive: str
    sources: tuple[str, ...]
    copied: tuple[str, ...] = ()
    copied_from: str | None = None
    why: str = ""

    @property
    def table(self) -> str:
        """The table of policy.toml with the list."""
        return "csp" if self.environment is None else f"environments.{self.environment}.csp"


def gains(
    policy: Policy, environment: Environment, wanted: Iterable[tuple[str, str]], *, overlay: bool = False
) -> tuple[Gain, ...]:
    """What `policy` gains from the sources that a tour of `environment` suggests, each with its directive.

    With `overlay` all of them are for this environment only. This is also so where the environment comes
    after another one, because otherwise all others would have to observe and enforce first what only its
    pages need. And it is so for a host under the environment's own alias, such as staging's API.
    """
    every = tuple(wanted)
    after, name = environment.after, environment.name
    own = [pair for pair in every if overlay or after is not None or _is_under_alias(environment, pair[1])]
    grown = grow(policy, name, [pair for pair in every if pair not in own])
    grown = grow(grown, name, sorted(own), overlay=True)
    effective = policy.for_environment(name).csp.effective
    copies = {addition.directive: addition.copied_from for addition in additions(effective, every)}
    asked = set(every)
    found = []
    for whose, directive, more in differences(policy, grown):
        new = tuple(source for source in more if (directive, source) in asked)
        found.append(
            Gain(
                whose,
                directive,
                new,
                tuple(source for source in more if (directive, source) not in asked),
                copies.get(directive),
                "" if whose is None else _why(environment, directive, new, overlay=overlay),
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class Loss:
    """Sources of one list that nothing uses any more; `environment` as in a `Gain`."""

    environment: str | None
    directive: str
    sources: tuple[str, ...]


def losses(
    policy: Policy,
    environment: Environment,
    unused: Iterable[tuple[str, str]],
    others: Iterable[Environment] = (),
) -> tuple[Loss, ...]:
    """The places in `policy` of the sources that no page of `environment` used.

    A tour of an environment that comes after another one removes nothing from the list of all environments.
    It also never removes a host under an alias of one of the `others`.
    """
    gone: dict[str, set[str]] = {}
    for directive, source in unused:
        gone.setdefault(directive, set()).add(source)
    elsewhere = tuple(other for other in others if other.name != environment.name)
    layers: list[tuple[str | None, Csp]] = []
    if environment.after is None:
        layers.append((None, policy.csp))
    if (own := policy.overlays.get(environment.name)) is not None:
        layers.append((environment.name, own.csp))
    found = []
    for whose, layer in layers:
        for directive, sources in layer:
            less = tuple(
                source
                for source in sources
                if source in gone.get(directive, ())
                and not (whose is None and any(_is_under_alias(other, source) for other in elsewhere))
            )
            if less:
                found.append(Loss(whose, directive, less))
    return tuple(found)


def _is_under_alias(environment: Environment, source: str) -> bool:
    found = parse_source(source)
    aliases = (
        distribution.alias.removeprefix("*.").lower()
        for distribution in environment.distributions
        if distribution.alias
    )
    return isinstance(found, Host) and any(
        found.name == alias or found.name.endswith(f".{alias}") for alias in aliases
    )


def _why(environment: Environment, directive: str, sources: Collection[str], *, overlay: bool) -> str:
    if overlay:
        return "as you asked"
    if environment.after is not None:
        return f"as it comes after {environment.after}"
    if any(_is_under_alias(environment, source) for source in sources):
        return "as these hosts are under its own alias"
    return (
        f"as the {directive} of all the others forbids nothing" if sources else "which keeps what it allows"
    )
