"""Observatory's tests of the way to the page: HSTS and the redirects from http://."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.policy.grade.observation import host_of

if TYPE_CHECKING:
    from edgerollout.policy.grade.observation import Observation

SIX_MONTHS = 15_552_000
"""Seconds; 180 days, as Observatory has it, though its text says 15768000."""

_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,18})")


@dataclass(frozen=True)
class Hsts:
    """A Strict-Transport-Security header as Observatory reads it.

    `max_age` is None if what follows `max-age=` is not a number: for Observatory that is long enough.
    """

    max_age: int | None
    include_subdomains: bool
    preload: bool


def read_hsts(value: str) -> Hsts | None:
    """The header's meaning; None for one without max-age, or sent twice."""
    parts = [part.strip().lower() for part in value.split(";")]
    ages = [part.removeprefix("max-age=") for part in parts if part.startswith("max-age=")]
    if "," in value or not ages:
        return None
    number = _NUMBER.match(ages[-1])
    return Hsts(None if number is None else int(number[1]), "includesubdomains" in parts, "preload" in parts)


def hsts_result(seen: Observation) -> str:
    """The name of the result. The preload list overrides everything but a site without HTTPS."""
    if not seen.secure:
        return "hsts-not-implemented-no-https"
    if seen.is_preloaded(seen.host):
        return "hsts-preloaded"
    if not seen.verified:
        return "hsts-invalid-cert"
    sent = seen.page.joined("strict-transport-security")
    if sent is None:
        return "hsts-not-implemented"
    hsts = read_hsts(sent)
    if hsts is None:
        return "hsts-header-invalid"
    if hsts.max_age is not None and hsts.max_age < SIX_MONTHS:
        return "hsts-implemented-max-age-less-than-six-months"
    return "hsts-implemented-max-age-at-least-six-months"


def redirection_result(seen: Observation) -> str:
    """The name of the result."""
    route = seen.http_route
    if not route:
        return "redirection-not-needed-no-http"
    if not seen.http_verified:
        return "redirection-invalid-cert"
    if all(seen.is_preloaded(host_of(url)) for url in route):
        return "redirection-all-redirects-preloaded"
    if len(route) == 1:
        return "redirection-missing"
    if _scheme(route[-1]) != "https":
        return "redirection-not-to-https"
    if _scheme(route[1]) == "http":
        return "redirection-not-to-https-on-initial-redirection"
    if host_of(route[0]) != host_of(route[1]):
        return "redirection-off-host-from-http"
    return "redirection-to-https"


def _scheme(url: str) -> str:
    return urlsplit(url).scheme.lower()
