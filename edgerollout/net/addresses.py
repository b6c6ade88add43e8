"""`--resolve` and `--connect-to`: the address to use for a host instead of DNS, written as for curl."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from edgerollout.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPELLED = re.compile(
    r"(?P<host>[^:\[\]/\s]+):(?P<port>\d{1,5}):(?P<there>\[[0-9A-Fa-f:.]+\]|[^:\[\]/\s]+)(?::(?P<other>\d{1,5}))?"
)


def parse_addresses(texts: Iterable[str], *, connect_to: bool = False) -> dict[str, tuple[str, int]]:
    """`HOST:PORT:ADDRESS` as `host:port` → (address, port), and with `connect_to` `HOST:PORT:HOST2:PORT2`.

    An IPv6 address is in brackets. Raises UsageError for anything else,
    also for a name as ADDRESS: it would only be looked up in DNS again.
    """
    found: dict[str, tuple[str, int]] = {}
    for text in texts:
        spelled = _SPELLED.fullmatch(text)
        ports = () if spelled is None else tuple(int(port) for port in spelled.group("port", "other") if port)
        fits = spelled is not None and (
            connect_to if spelled["other"] else _is_address(spelled["there"].strip("[]"))
        )
        if spelled is None or not fits or not all(0 < port < 65_536 for port in ports):
            raise UsageError(
                f"{text!r} does not give an address for a host",
                hint="--resolve HOST:PORT:ADDRESS, such as www.example.com:443:192.0.2.7"
                + ("; --connect-to HOST:PORT:HOST2:PORT2" if connect_to else ""),
            )
        there = spelled["there"].strip("[]")
        found[f"{spelled['host'].lower()}:{ports[0]}"] = (there, ports[-1])
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
