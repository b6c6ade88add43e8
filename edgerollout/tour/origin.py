"""Origins of URLs, in one spelling."""

from __future__ import annotations

import functools
from urllib.parse import urlsplit

from edgerollout.policy.url import DEFAULT_PORTS


@functools.lru_cache(maxsize=4096)
def origin_of(url: str) -> str:
    """`scheme://host[:port]`, in lower case, without the default port; for a `blob:` URL that of its creator.

    "" for URLs without their own origin (`about:srcdoc`, `data:`), and for text that is not a URL.
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
