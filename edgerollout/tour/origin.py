"""Origins of URLs, spelled one way."""

from __future__ import annotations

import functools
from urllib.parse import urlsplit

from edgerollout.policy.url import DEFAULT_PORTS


@functools.lru_cache(maxsize=4096)
def origin_of(url: str) -> str:
    """`scheme://host[:port]`, in lower case, the default port left out; that of its maker for a `blob:` URL.

    "" for what has no origin of its own (`about:srcdoc`, `data:`) or is no URL.
    """
    inner = url.removeprefix("blob:").removeprefix("filesystem:")
    try:
        parts = urlsplit(inner)
        port = parts.port
    except ValueError:
        return ""
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if scheme not in DEFAULT_PORTS or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" if port in (None, DEFAULT_PORTS[scheme]) else f"{scheme}://{host}:{port}"
