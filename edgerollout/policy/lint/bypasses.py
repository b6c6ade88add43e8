"""Public addresses that bypass a script list: JSONP endpoints, old Angular, Flash.

The addresses in bypasses.json are csp_evaluator's (Apache-2.0), collected by its authors.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.lint.tables import table
from edgerollout.policy.shape import strings
from edgerollout.policy.url import Url

if TYPE_CHECKING:
    from edgerollout.policy.source import Host


@dataclass(frozen=True)
class Bypasses:
    """The addresses by kind; `needs_eval` are JSONP hosts that work only with 'unsafe-eval'."""

    jsonp: tuple[Url, ...]
    angular: tuple[Url, ...]
    flash: tuple[Url, ...]
    needs_eval: frozenset[str]


@functools.cache
def known_bypasses() -> Bypasses:
    """The list that comes with the program."""
    data = table("bypasses.json", "jsonp", "angular", "flash", "jsonp_needs_eval")
    return Bypasses(
        jsonp=_urls(data["jsonp"]),
        angular=_urls(data["angular"]),
        flash=_urls(data["flash"]),
        needs_eval=frozenset(strings(data["jsonp_needs_eval"])),
    )


def script_bypass(source: Host, *, with_eval: bool) -> str | None:
    """A known address that `source` allows and that runs what an attacker writes, in words, or None."""
    known = known_bypasses()
    for url in known.jsonp:
        if _allows(source, url) and (with_eval or url.host not in known.needs_eval):
            return f"{url.host} answers with a script of the caller's choice (JSONP)"
    for url in known.angular:
        if _allows(source, url):
            return f"{url.host} serves Angular versions that run code found in the page"
    return None


def flash_bypass(source: Host) -> str | None:
    """The host of a known Flash file that `source` allows, or None."""
    return next((url.host for url in known_bypasses().flash if _allows(source, url)), None)


def _allows(source: Host, url: Url) -> bool:
    """Whether the source allows the address over some scheme and port."""
    if not source.name:
        return False
    if source.wildcard:
        if not url.host.endswith("." + source.name):
            return False
    elif source.name != url.host:
        return False
    path = source.path
    if path in ("", "/"):
        return True
    return url.path.startswith(path) if path.endswith("/") else url.path == path


def _urls(value: object) -> tuple[Url, ...]:
    found = (Url.parse(f"https:{text}") for text in strings(value))
    return tuple(url for url in found if url is not None)
