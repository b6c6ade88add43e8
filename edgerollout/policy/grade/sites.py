"""Which hosts are one site, without the public suffix list."""

from __future__ import annotations

import ipaddress

_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gob", "gov", "gv", "mil", "ne", "net", "or", "org"})
"""Labels under which country registries sell names: `example.co.uk` is a site, `co.uk` is not."""


def site_of(host: str) -> str:
    """The registrable domain of a host, without the public suffix list: a country's `co.` and the like count.

    Hosts under other suffixes (`github.io`, `cloudfront.net`) count as one site, as they do for
    Observatory, which leaves out the private part of that list.
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
