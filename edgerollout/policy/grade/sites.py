"""Which hosts are one site: told without the public suffix list."""

from __future__ import annotations

import ipaddress

_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gob", "gov", "gv", "mil", "ne", "net", "or", "org"})
"""Labels that registries of countries sell below: `example.co.uk` is a site, `co.uk` is none."""


def site_of(host: str) -> str:
    """The registrable domain of a host, without the public suffix list: a country's `co.` and the like count.

    Hosts under other suffixes (`github.io`, `cloudfront.net`) are taken for one site, as they are by
    Observatory, which leaves the private part of that list out.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return host
    labels = host.rstrip(".").split(".")
    return ".".join(labels[-3 if is_suffix(".".join(labels[-2:])) else -2 :])


def is_suffix(domain: str) -> bool:
    """Whether names below a domain are sold to anybody: `com`, `co.uk`."""
    labels = domain.split(".")
    country = len(labels) == 2 and len(labels[-1]) == 2 and labels[0] in _SECOND_LEVEL
    return len(labels) == 1 or country
