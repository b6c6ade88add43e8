"""Finds a browser of the Chromium family on this machine and starts it for a tour."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import shutil
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.errors import EdgerolloutError, UsageError
from edgerollout.policy.url import DEFAULT_PORTS
from edgerollout.tour.model import Browser as BrowserName
from edgerollout.tour.origin import origin_of
from edgerollout.tour.trust import trusted_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.async_api import Browser, Playwright

    from edgerollout.tour.model import TourRequest

VARIABLE = "EDGEROLLOUT_BROWSER"
"""The environment variable that names a browser's program."""

_COMMANDS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
    "chromium-headless-shell",
)  # fmt: skip
_APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
)
_SWITCHES = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-quic",
    # A frame of the app inside another site's frame is found only if it has its own process.
    "--site-per-process",
)


_NEARBY = (
    "localhost", "*.localhost", "0.???.???.???", "127.???.???.???", "10.???.???.???", "192.168.???.???",
    "169.254.???.???", "100.100.100.200", *(f"172.{second}.???.???" for second in range(16, 32)),
    "::*", "[::*", "fc??:*", "[fc??:*", "fd??:*", "[fd??:*", "fe8?:*", "[fe8?:*",
    "metadata", "metadata.google.internal",
)  # fmt: skip
"""This machine, private networks (RFC 1918, RFC 4193), link-local addresses and clouds' metadata, in
Chromium's patterns (`?` is one character or none), after it has written `127.1` and the like in full. `::`
begins the loopback address and IPv4 addresses written as IPv6.
"""

_SECRET = re.compile(
    r"^(AWS|ACTIONS|GITHUB|CI_JOB)_|TOKEN|SECRET|PASSWORD|CREDENTIAL|API_?KEY", re.IGNORECASE
)
"""Names of environment variables that the browser does not get, because it runs anyone's pages."""


def find_browser(given: str | None, *others: Path) -> Path:
    """The browser's program: the given one (an option or `EDGEROLLOUT_BROWSER`), the system's Chromium, its
    Chrome, or the first of `others` that exists: Playwright's own, one that was downloaded.

    Raises UsageError where there is none, with the command that installs one.
    """
    if given:
        found = shutil.which(given)
        if found is None:
            raise UsageError(
                f"the program {given} does not exist",
                why=f"--browser or {VARIABLE} names it as the browser to tour with",
                hint="Give the path of a Chromium or Chrome, or leave it out to search for one.",
            )
        return Path(found)
    for command in _COMMANDS:
        if (path := shutil.which(command)) is not None:
            return Path(path)
    for application in (*map(Path, _APPLICATIONS), *others):
        if application.is_file():
            return application
    raise no_browser()


def playwrights_own() -> Path:
    """The place of Playwright's own Chromium, whether it exists or not.

    Raises UsageError where Playwright is missing, EdgerolloutError where it does not start.
    """
    require_playwright()
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            return Path(playwright.chromium.executable_path)
    except (Error, OSError) as error:
        lines = str(error).strip().splitlines()
        raise EdgerolloutError(
            "Playwright does not start on this machine", why=lines[-1] if lines else None
        ) from error


def no_browser() -> UsageError:
    """The error for a machine without a browser."""
    return UsageError(
        "there is no browser for the tour",
        why="neither Chromium nor Chrome is installed, nor Playwright's own Chromium",
        hint=f"Install it: {sys.executable} -m playwright install --with-deps chromium",
    )


def require_playwright() -> None:
    """Raise UsageError where the extra `tour` is not installed."""
    try:
        import playwright.async_api  # noqa: F401  # only to see whether it can be imported
    except ImportError as error:
        raise UsageError(
            "the tour drives a browser with Playwright, which is not installed",
            why=str(error),
            hint="pip install 'edgerollout[tour]'",
        ) from error


def given_browser(request: TourRequest, variables: Mapping[str, str] = os.environ) -> str | None:
    """The program that the user names, None where the tour has to search for a browser."""
    return request.browser or variables.get(VARIABLE) or None


def switches(request: TourRequest) -> tuple[str, ...]:
    """The command line of the browser for a tour: the addresses of hosts, the trusted keys."""
    more: list[str] = []
    rules = _resolver_rules(request)
    if rules:
        more.append(f"--host-resolver-rules={','.join(rules)}")
    if request.ca_file is not None and (keys := trusted_keys(_places(request), request.ca_file)):
        more.append(f"--ignore-certificate-errors-spki-list={','.join(keys)}")
    return (*_SWITCHES, *more, *request.browser_arguments)


def nearby_origins(request: TourRequest) -> frozenset[str]:
    """The site's own origins that are on this machine or in a private network, by `resolve` or by DNS.

    For Chromium, a document that the tour answers has no address, and it may call no nearby host but its own.
    """
    found: set[str] = set()
    for origin in {origin_of(url) for url in (*request.urls, *request.origins)}:
        parts = urlsplit(origin)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, 443)
        given = {place for name, (place, _) in request.resolve.items() if name in (host, f"{host}:{port}")}
        with contextlib.suppress(OSError):
            if any(map(_is_nearby, given or _addresses(host, port, request))):
                found.add(origin)
    return frozenset(found)


def _addresses(host: str, port: int, request: TourRequest) -> Iterator[str]:
    if request.only_resolved or _is_nearby(host):
        yield host
    else:
        yield from (str(answer[4][0]) for answer in socket.getaddrinfo(host, port))


def _is_nearby(address: str) -> bool:
    with contextlib.suppress(ValueError):
        return not ipaddress.ip_address(address).is_global
    return False


def _places(request: TourRequest) -> dict[str, tuple[str, int]]:
    """The TLS addresses of the site's own hosts, also of those in DNS."""
    found: dict[str, tuple[str, int]] = {}
    for url in (*request.urls, *request.origins):
        parts = urlsplit(origin_of(url))
        if parts.scheme == "https" and parts.hostname:
            found[f"{parts.hostname}:{parts.port or 443}"] = (parts.hostname, parts.port or 443)
    resolved = {name.partition(":")[0] for name in request.resolve}
    others = {name: place for name, place in found.items() if name.partition(":")[0] not in resolved}
    return {**others, **request.resolve}


def _resolver_rules(request: TourRequest) -> list[str]:
    """The rules for names. Chromium uses the first matching rule, and applies no other rule to its result."""
    rules: list[str] = []
    closed: list[str] = []
    # The site itself may be on this machine or in a private network; other ports there are not reachable.
    if not request.only_resolved:
        for origin in dict.fromkeys(origin_of(url) for url in (*request.urls, *request.origins)):
            scheme, _, where = origin.partition("://")
            usual = "" if urlsplit(origin).port else f":{DEFAULT_PORTS[scheme]}"
            if where.partition(":")[0] not in {name.partition(":")[0] for name in request.resolve}:
                rules.append(f"MAP {where}{usual} {where}{usual}")
    for name, (address, port) in request.resolve.items():
        host, _, own_port = name.partition(":")
        rules.append(f"MAP {host}:{own_port or 443} {address}:{port}")
        # The name may also exist in public DNS, where it would be another site.
        closed.append(f"MAP {host} ~NOTFOUND")
    if request.only_resolved:
        closed.append("MAP * ~NOTFOUND")
    return [*rules, *closed, *(f"MAP {pattern} ~NOTFOUND" for pattern in _NEARBY)]


async def launch(playwright: Playwright, program: Path, arguments: tuple[str, ...]) -> tuple[Browser, bool]:
    """Start the browser. Also returns whether it runs in its own sandbox, which some machines do not allow.

    It gets none of the environment's secrets. Raises EdgerolloutError where it does not start.
    """
    from playwright.async_api import Error

    failure: Error | None = None
    # Chromium's sandbox refuses root, and many containers refuse the sandbox.
    for own_sandbox in (False,) if _is_root() else (True, False):
        try:
            browser = await playwright.chromium.launch(
                executable_path=program,
                args=list(arguments),
                env=without_secrets(os.environ),
                chromium_sandbox=own_sandbox,
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
                timeout=60_000,
            )
        except Error as error:
            failure = error
        else:
            return browser, own_sandbox
    lines = str(failure).strip().splitlines()
    raise EdgerolloutError(
        f"the browser {program} did not start",
        why=lines[0] if lines else None,
        hint=f"Try `{program} --version`; name another one with {VARIABLE}.",
    )


def without_secrets(variables: Mapping[str, str]) -> dict[str, str | float | bool]:
    """The environment variables without those whose names suggest a secret."""
    return {name: value for name, value in variables.items() if not _SECRET.search(name)}


def name_of(program: Path, version: str) -> BrowserName:
    """The browser's name in a report."""
    name = program.name.lower()
    if "edge" in name:
        return BrowserName("Edge", version)
    is_chrome = "chrome" in name and "chromium" not in str(program).lower()
    return BrowserName("Chrome" if is_chrome else "Chromium", version)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
