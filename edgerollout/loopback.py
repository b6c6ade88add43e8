"""Which requests to a server on this machine come from another site's page, and are refused.

Loopback is reached by every page in the developer's browser, and by a name of anybody's that points to it.
What a page sends is told by `Sec-Fetch-Site` (W3C Fetch Metadata), which a page cannot forge, and by
`Origin`; a name by `Host`.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PORT = re.compile(r":\d*$")
_OWN = frozenset({"none", "same-origin"})
"""`none`: an address that a person typed. Another port of localhost is `same-site`, and may be anyone's."""


def is_local(host: str) -> bool:
    """Whether a Host header is a name that browsers take to this machine without asking anyone (RFC 6761)."""
    name = _PORT.sub("", host.lower())
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def is_foreign(own_origin: str, header: Callable[[str], str | None]) -> bool:
    """Whether a page of another site than `own_origin` sends this; `header` finds one by its small name."""
    site, origin = header("sec-fetch-site"), header("origin")
    if site is not None and site.lower() not in _OWN:
        return True
    if origin is None or origin.lower() == own_origin.lower():
        return False
    # A page under `Referrer-Policy: no-referrer` sends its own forms with `Origin: null`.
    return origin != "null" or site is None


def is_followed_link(method: str, header: Callable[[str], str | None]) -> bool:
    """Whether a person follows a link here: a page of its own, which the other site cannot look into."""
    return (
        method in ("GET", "HEAD")
        and header("sec-fetch-mode") == "navigate"
        and header("sec-fetch-dest") == "document"
    )
