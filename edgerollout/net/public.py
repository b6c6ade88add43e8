"""Which addresses a scan may go to: those that the whole Internet can reach."""

from __future__ import annotations

import ipaddress

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_OF_A_SITE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "::/96",  # IPv4-compatible (RFC 4291 §2.5.5.1)
        "::ffff:0:0:0/96",  # IPv4-translated (RFC 2765)
        "64:ff9b:1::/48",  # a network's own NAT64 (RFC 8215)
        "5f00::/16",  # segment routing inside a network (RFC 9602)
        "fec0::/10",  # site-local (RFC 3879)
    )
)
"""Networks without public sites that some Python versions call global."""


def is_public(address: str) -> bool:
    """Whether the whole Internet can reach an address; an embedded IPv4 address decides."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _OF_A_SITE)


def is_loopback_host(host: str) -> bool:
    """Whether a host, as written in a URL, is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
