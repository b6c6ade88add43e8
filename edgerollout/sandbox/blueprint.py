"""The content of a project's sandbox, as a value computed from the configuration."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.sandbox.sample_site import PageSurroundings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.release.facts.environment import Environment

UNRELATED_ALIAS = "archive.example.net"
"""A distribution of the same account that no environment names, with a function that is not ours."""


@dataclass(frozen=True)
class DistributionBlueprint:
    """One distribution, named by its id or by the first of its aliases, as in the configuration."""

    id: str | None
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class SiteBlueprint:
    """One environment's site: two buckets with the same pages, and the distributions in front."""

    environment: str
    account: str
    bucket: str
    fallback_bucket: str
    backend_host: str
    around: PageSurroundings
    distributions: tuple[DistributionBlueprint, ...]


@dataclass(frozen=True)
class Blueprint:
    """The whole sandbox. `unrelated` are the accounts that get the unrelated distribution, with its alias."""

    sites: tuple[SiteBlueprint, ...]
    unrelated: tuple[tuple[str, str], ...]

    @property
    def accounts(self) -> tuple[str, ...]:
        """Every account, in order."""
        return tuple(dict.fromkeys(site.account for site in self.sites))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every alias, in order."""
        own = (
            alias
            for site in self.sites
            for distribution in site.distributions
            for alias in distribution.aliases
        )
        return (*dict.fromkeys(own), *(alias for _, alias in self.unrelated))

    @property
    def api_hosts(self) -> tuple[str, ...]:
        """The hosts of the sites' APIs, other than the sites themselves."""
        taken = set(self.hosts)
        return tuple(
            host for host in dict.fromkeys(site.around.api_host for site in self.sites) if host not in taken
        )

    def digest(self) -> str:
        """A digest that changes with every difference in the content."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def blueprint(environments: Iterable[Environment]) -> Blueprint:
    """The sandbox for these environments.

    A host belongs to only one distribution in all of CloudFront, so an alias that two environments name goes
    to the first of them.
    """
    taken: set[str] = set()
    sites: list[SiteBlueprint] = []
    for environment in environments:
        site = _site(environment, taken)
        taken.update(alias for distribution in site.distributions for alias in distribution.aliases)
        sites.append(site)
    unrelated = () if not sites or UNRELATED_ALIAS in taken else ((sites[0].account, UNRELATED_ALIAS),)
    return Blueprint(tuple(sites), unrelated)


def _site(environment: Environment, taken: set[str]) -> SiteBlueprint:
    name = environment.name
    aliases = [
        (distribution.alias,) if distribution.alias else () for distribution in environment.distributions
    ]
    # Hosts that only `urls` names are served, too, so that the site can be verified: by the first
    # distribution that is named by its id, else by the first one.
    if aliases:
        home = next((at for at, own in enumerate(aliases) if not own), 0)
        aliases[home] = (*aliases[home], *_hosts_beside(environment))
    primary = next((alias for own in aliases for alias in own), f"{name.lower()}.example.com")
    host = primary.removeprefix("*.")
    api_host = f"api.{host.removeprefix('www.')}"
    slug = name.lower().replace("_", "-")
    return SiteBlueprint(
        environment=name,
        account=environment.account,
        bucket=f"tidewater-{slug}-{environment.account}",
        fallback_bucket=f"tidewater-{slug}-fallback-{environment.account}",
        backend_host=f"backend.{slug}.example.net",
        around=PageSurroundings(name, host, api_host),
        distributions=tuple(
            DistributionBlueprint(selector.id, free)
            for selector, own in zip(environment.distributions, aliases, strict=True)
            if (free := tuple(alias for alias in own if alias not in taken)) or selector.id
        ),
    )


def _hosts_beside(environment: Environment) -> tuple[str, ...]:
    """The hosts of `urls` that no alias of the environment covers."""
    named = [distribution.alias for distribution in environment.distributions if distribution.alias]
    hosts = dict.fromkeys((urlsplit(url).hostname or "").lower() for url in environment.urls)
    return tuple(
        host
        for host in hosts
        if host
        and not any(host == alias or (alias[:2] == "*." and host.endswith(alias[1:])) for alias in named)
    )
