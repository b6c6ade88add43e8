"""Permissions-Policy: which features pages and their frames may use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgerollout.policy import fields
from edgerollout.policy.fields import Malformed, Word
from edgerollout.policy.lint.finding import Found
from edgerollout.policy.url import Url
from edgerollout.policy.wording import did_you_mean, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import HeadersSubject

HEADERS = ("permissions-policy", "permissions-policy-report-only")

_WORDS = {
    "self": "write self without quotes",
    "none": "write ()",
    "'self'": "write self without quotes",
    "'none'": "write ()",
}
"""Items of allowlists that do not mean what they seem to, and what to write."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")

FEATURES = frozenset(
    {
        "accelerometer",
        "all-screens-capture",
        "ambient-light-sensor",
        "aria-notify",
        "attribution-reporting",
        "autofill",
        "autoplay",
        "battery",
        "bluetooth",
        "browsing-topics",
        "camera",
        "captured-surface-control",
        "ch-device-memory",
        "ch-downlink",
        "ch-dpr",
        "ch-ect",
        "ch-prefers-color-scheme",
        "ch-prefers-reduced-motion",
        "ch-prefers-reduced-transparency",
        "ch-rtt",
        "ch-save-data",
        "ch-ua",
        "ch-ua-arch",
        "ch-ua-bitness",
        "ch-ua-form-factors",
        "ch-ua-full-version",
        "ch-ua-full-version-list",
        "ch-ua-high-entropy-values",
        "ch-ua-mobile",
        "ch-ua-model",
        "ch-ua-platform",
        "ch-ua-platform-version",
        "ch-ua-wow64",
        "ch-viewport-height",
        "ch-viewport-width",
        "ch-width",
        "clipboard-read",
        "clipboard-write",
        "compute-pressure",
        "controlled-frame",
        "cross-origin-isolated",
        "deferred-fetch",
        "deferred-fetch-minimal",
        "device-attributes",
        "digital-credentials-create",
        "digital-credentials-get",
        "direct-sockets",
        "display-capture",
        "document-domain",
        "encrypted-media",
        "execution-while-not-rendered",
        "execution-while-out-of-viewport",
        "fullscreen",
        "gamepad",
        "geolocation",
        "gyroscope",
        "hid",
        "identity-credentials-get",
        "idle-detection",
        "interest-cohort",
        "join-ad-interest-group",
        "keyboard-map",
        "language-detector",
        "language-model",
        "local-fonts",
        "local-network",
        "local-network-access",
        "loopback-network",
        "magnetometer",
        "media-playback-while-not-visible",
        "microphone",
        "midi",
        "navigation-override",
        "on-device-speech-recognition",
        "otp-credentials",
        "payment",
        "picture-in-picture",
        "private-aggregation",
        "private-state-token-issuance",
        "private-state-token-redemption",
        "publickey-credentials-create",
        "publickey-credentials-get",
        "rewriter",
        "run-ad-auction",
        "screen-wake-lock",
        "serial",
        "shared-storage",
        "shared-storage-select-url",
        "smart-card",
        "speaker-selection",
        "storage-access",
        "sub-apps",
        "summarizer",
        "sync-xhr",
        "translator",
        "unload",
        "usb",
        "usb-unrestricted",
        "vertical-scroll",
        "web-app-installation",
        "web-share",
        "window-management",
        "writer",
        "xr-spatial-tracking",
    }
)
"""Features that at least one browser knows in Permissions-Policy."""


def permissions(subject: HeadersSubject) -> Iterator[Found]:
    for name in HEADERS:
        value = subject.headers.get(name)
        if value is not None:
            yield from _judge(name, value)


def _judge(name: str, value: str) -> Iterator[Found]:
    parsed = fields.dictionary(value)
    if isinstance(parsed, Malformed):
        message = f"browsers drop all of Permissions-Policy, which does not parse: {parsed.reason}"
        yield Found(
            message, 'camera=(), geolocation=(self "https://maps.example")', source=value, header=name
        )
        return
    for feature in fields.repeated_keys(value):
        message = f"{feature} is there more than once: browsers take the last one"
        yield Found(message, "write all its origins in one list", source=feature, header=name)
    for feature, member in parsed.items():
        for item in member.items:
            if (problem := _problem(item)) is not None:
                yield Found(f"{feature}: {problem[0]}", problem[1], source=feature, header=name)


def open_to_all(subject: HeadersSubject) -> Iterator[Found]:
    for name in HEADERS:
        parsed = fields.dictionary(subject.headers.get(name, ""))
        for feature, member in () if isinstance(parsed, Malformed) else parsed.items():
            others = [item for item in member.items if item != Word("*")]
            if others and len(others) < len(member.items):
                first = fields.shown(others[0])
                message = f"{feature}: * allows everyone, so {printable(first)} next to it has no effect"
                yield Found(message, "leave out * or the others", source=feature, header=name)


def _problem(item: object) -> tuple[str, str] | None:
    """What is wrong with a member of an allowlist, and what would be right, or None.

    Strings are addresses, tokens are not: `self` is the page's origin, `"self"` an invalid address.
    """
    match item:
        case "*":
            return (
                '"*" in quotes means everyone to Chromium, and an invalid address to others',
                "write * or ()",
            )
        case str() if item in _WORDS:
            return f'"{item}" in quotes is read as an address and allows nothing', _WORDS[item]
        case str() if Url.parse(item) is None and _SCHEME.fullmatch(item) is None:
            return f'"{printable(item)}" is not an address and allows nothing', '"https://HOST"'
        case str() | Word(text="self" | "*"):
            return None
        case Word(text=text) if text in _WORDS:
            return f"{text} allows nobody, not even the page itself", _WORDS[text]
        case Word(text=text):
            return f"browsers drop {printable(text)}: addresses must be in quotes", f'"{printable(text)}"'
        case True:
            return (
                "a feature without a list allows nobody, not even the page itself",
                "write () for nobody, (self) or *",
            )
        case _:
            return (
                f"browsers drop {printable(str(item))}: it is neither a word nor an address",
                "(), (self) or *",
            )


def features(subject: HeadersSubject) -> Iterator[Found]:
    for name in HEADERS:
        parsed = fields.dictionary(subject.headers.get(name, ""))
        for feature in () if isinstance(parsed, Malformed) else parsed:
            if feature not in FEATURES:
                message = (
                    f"no browser is known to have the feature {printable(feature)}: nothing is restricted"
                )
                yield Found(
                    message, did_you_mean(feature, FEATURES) or "leave it out", source=feature, header=name
                )
