"""Violations that are not about the site's policy: other sites' documents, extensions, and other injected
code.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from edgerollout.tour.origin import origin_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from edgerollout.tour.model import Record

EXTENSION = "browser extensions"
FOREIGN = "documents of other sites"
INJECTED = "scripts that something on the visitor's machine injected"
BROWSER = "pages of the browser itself"

_EXTENSION_SCHEMES = (
    "chrome-extension",
    "moz-extension",
    "safari-extension",
    "safari-web-extension",
    "ms-browser-extension",
    "edge-extension",
    "webkit-masked-url",
)
_BROWSER_SCHEMES = (
    "about",
    "asset",
    "chrome",
    "chrome-error",
    "chromeinvoke",
    "chromeinvokeimmediate",
    "chromenull",
    "devtools",
    "edge",
    "file",
    "moz-icon",
    "moz-safe-about",
    "ms-appx-web",
    "mx",
    "res",
    "resource",
    "safari-resource",
    "view-source",
    "webviewprogress",
    "webviewprogressproxy",
)
_INJECTED_SOURCES = ("user-script", "sandbox eval code", "extension", "anonymous extension")
"""The source that Firefox and Safari name for a script that does not belong to the page."""

_INJECTING_HOSTS = (
    "kaspersky-labs.com",
    "avast.com",
    "avg.com",
    "bitdefender.net",
    "superfish.com",
    "adguard.com",
    "translate.goog",
    "translate.googleapis.com",
    "gstatic.com/_/translate_http",
    "skimresources.com",
)
"""Hosts of security suites, translators and adware that inject code into all pages."""


def noise(record: Record, own: Collection[str]) -> str | None:
    """Why a record of a tour is not about the site's policy; None where it is.

    `own` are the site's origins. A document without its own origin (`about:srcdoc`) has its page's; its
    policy shows whether it is in a frame of another site.
    """
    if any(_scheme(text) in _EXTENSION_SCHEMES for text in (record.blocked, record.source, record.document)):
        return EXTENSION
    origin = origin_of(record.document) or origin_of(record.page)
    return None if origin in own else FOREIGN


def noise_of_visitors(record: Record, own: Collection[str]) -> str | None:
    """The same for a report from visitors, whose machines are not as clean as a tour's browser.

    Without `own` every document counts as the site's.
    """
    if own and (found := noise(record, own)) is not None:
        return found
    if any(_scheme(text) in _EXTENSION_SCHEMES for text in (record.blocked, record.source)):
        return EXTENSION
    if any(_scheme(text) in _BROWSER_SCHEMES for text in (record.blocked, record.source, record.document)):
        return BROWSER
    if record.source.lower() in _INJECTED_SOURCES or _injected(record.blocked) or _injected(record.source):
        return INJECTED
    return None


def _scheme(text: str) -> str:
    return text.partition(":")[0].lower()


@functools.lru_cache(maxsize=4096)
def _injected(url: str) -> bool:
    scheme, _, rest = url.lower().partition("://")
    if scheme not in ("http", "https", "ws", "wss"):
        return False
    host, _, path = rest.partition("/")
    name = host.rpartition("@")[2].partition(":")[0]
    for known in _INJECTING_HOSTS:
        wanted, slash, start = known.partition("/")
        if (name == wanted or name.endswith("." + wanted)) and (not slash or path.startswith(start)):
            return True
    return False
