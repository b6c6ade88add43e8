"""Headers whose values are structured fields (RFC 9651): permissions, isolation, reporting endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.lint.finding import Found
from edgerollout.policy.source import Url
from edgerollout.policy.wording import did_you_mean, listed, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Literal

    from edgerollout.policy.lint.subject import HeadersSubject

_ISOLATION = {
    "cross-origin-embedder-policy": ("unsafe-none", "require-corp", "credentialless"),
    "cross-origin-opener-policy": (
        "unsafe-none",
        "same-origin",
        "same-origin-allow-popups",
        "noopener-allow-popups",
    ),
    "cross-origin-resource-policy": ("same-origin", "same-site", "cross-origin"),
}
"""Header → the values it has (HTML §7.1, Fetch §3.7)."""

_WORDS = {
    "self": "write self without quotes",
    "*": "write * without quotes",
    "none": "write ()",
    "'self'": "write self without quotes",
    "'none'": "write ()",
    "True": "write () for nobody, (self) or *",
}
"""Items of allowlists that browsers do not take for what they look like, and what to write."""

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
"""Features that some browser's Permissions-Policy knows."""


def permissions(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("permissions-policy")
    if value is None:
        return
    parsed = _parse(value, "dictionary")
    if not isinstance(parsed, dict):
        message = f"browsers drop all of Permissions-Policy, which does not parse: {parsed}"
        yield Found(message, 'camera=(), geolocation=(self "https://maps.example")', source=value)
        return
    for feature, member in parsed.items():
        for item in _bare_items(member):
            if (problem := _allowance_problem(item)) is not None:
                yield Found(f"{feature}: {problem[0]}", problem[1], source=feature)


def _allowance_problem(item: object) -> tuple[str, str] | None:
    """What is wrong with a member of an allowlist, and what would be right, or None.

    Strings are addresses, tokens are not: `self` is the page's origin, `"self"` an address that is none.
    """
    if isinstance(item, str):
        if item in _WORDS:
            return f'"{item}" in quotes is read as an address and allows nothing', _WORDS[item]
        if Url.parse(item) is None:
            return f'"{printable(item)}" is no address and allows nothing', '"https://HOST"'
        return None
    token = str(item)
    if token in ("self", "*"):
        return None
    if token in _WORDS:
        return "the value allows nobody, not the page itself, whatever it was to mean", _WORDS[token]
    return f"browsers drop {printable(token)}: addresses stand in quotes", f'"{printable(token)}"'


def features(subject: HeadersSubject) -> Iterator[Found]:
    parsed = _parse(subject.headers.get("permissions-policy", ""), "dictionary")
    if isinstance(parsed, dict):
        for feature in parsed:
            if feature not in FEATURES:
                message = (
                    f"no browser is known to have the feature {printable(feature)}: nothing is restricted"
                )
                yield Found(message, did_you_mean(feature, FEATURES) or "leave it out", source=feature)


def isolation(subject: HeadersSubject) -> Iterator[Found]:
    for header, known in _ISOLATION.items():
        for name in (header, f"{header}-report-only"):
            value = subject.headers.get(name)
            if value is None:
                continue
            # CORP is no structured field: Fetch compares its text.
            token = value if header.endswith("resource-policy") else value.partition(";")[0].strip()
            if token not in known:
                message = f"browsers ignore {name}: {printable(value)}, silently: the page is not isolated"
                near = did_you_mean(token.strip("'\""), known)
                yield Found(message, near or f"it is {listed(known, 'or')}", source=name)


def endpoints(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("reporting-endpoints")
    if value is None:
        return
    parsed = _parse(value, "dictionary")
    if not isinstance(parsed, dict):
        message = f"browsers drop all of Reporting-Endpoints, which does not parse: {parsed}"
        yield Found(message, 'csp="https://reports.example/csp"', source=value)
        return
    for name, member in parsed.items():
        address = next(iter(_bare_items(member)), None)
        url = Url.parse(address) if isinstance(address, str) else None
        if not isinstance(address, str):
            yield Found(f"the endpoint {name} is no address in quotes", f'{name}="https://…"', source=name)
        elif (url is None or url.scheme != "https") and not address.startswith("/"):
            message = f"browsers report to https only: the endpoint {name} hears nothing"
            yield Found(message, f'{name}="https://…"', source=name)


def endpoint_names(headers: Mapping[str, str]) -> frozenset[str]:
    """The endpoints that Reporting-Endpoints and the older Report-To name."""
    parsed = _parse(headers.get("reporting-endpoints", ""), "dictionary")
    names = frozenset(parsed) if isinstance(parsed, dict) else frozenset()
    return names | _groups(headers.get("report-to", ""))


def _groups(value: str) -> frozenset[str]:
    """The groups of a Report-To header: JSON objects with commas between."""
    import json

    try:
        found = json.loads(f"[{value}]")
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(str(one["group"]) for one in found if isinstance(one, dict) and "group" in one)


def _parse(value: str, kind: Literal["dictionary", "item"]) -> Mapping[str, object] | str:
    """The members of a structured field, or why it is none."""
    import http_sf

    if not value:
        return {}
    try:
        parsed = http_sf.parse(value.encode("latin-1", "replace"), tltype=kind)
    except http_sf.StructuredFieldError as error:
        return str(error)
    return dict(parsed) if isinstance(parsed, dict) else "it is no dictionary"


def _bare_items(member: object) -> tuple[object, ...]:
    """The items of a dictionary's member, their parameters left out; tokens as the library's own type."""
    value = member[0] if isinstance(member, tuple) else member
    if isinstance(value, list):
        return tuple(item[0] if isinstance(item, tuple) else item for item in value)
    return (value,)
