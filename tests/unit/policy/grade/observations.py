"""Sites as seen, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgerollout.policy.grade.csp import policies_of
from edgerollout.policy.grade.observation import CorsAnswer, Observation, ObservedResponse, SentCookie

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGIN = "https://asker.test"
PRELOADED = "preloaded.test"
"""The one host on the preload list of tests/node/observatory.mjs."""


def seen(
    headers: Mapping[str, str | tuple[str, ...]] | None = None,
    *,
    csp: str | tuple[str, ...] = (),
    html: str = "",
    cookies: tuple[str, ...] = (),
    cors: tuple[str, str | None] | None = None,
    route: tuple[str, ...] | None = None,
    host: str = "www.site.test",
    secure: bool = True,
    verified: bool = True,
    http_verified: bool = True,
    content_type: str = "text/html",
    status: int = 200,
) -> Observation:
    """A site over good HTTPS that sends these headers; a tuple of values is sent as several headers."""
    url = f"{'https' if secure else 'http'}://{host}/"
    given = {"content-type": content_type, **(headers or {}), "content-security-policy": csp}
    pairs = tuple(
        (name, value)
        for name, values in given.items()
        for value in ((values,) if isinstance(values, str) else values)
    )
    return Observation(
        url=url,
        page=ObservedResponse(url, status, (*pairs, *(("set-cookie", cookie) for cookie in cookies)), html),
        secure=secure,
        verified=verified,
        http_route=(f"http://{host}/", f"https://{host}/") if route is None else route,
        http_verified=http_verified,
        cookies=tuple(SentCookie(host, cookie) for cookie in cookies),
        cors=None if cors is None else CorsAnswer(ORIGIN, *cors),
        preloaded=frozenset({PRELOADED}),
    )


def for_node(observation: Observation) -> dict[str, Any]:
    """An observation as tests/node/observatory.mjs takes it: what Node joins is joined."""
    names = dict.fromkeys(name for name, _ in observation.page.headers)
    # Since version 6 a comma separates policies.
    lists = {"content-security-policy": policies_of(observation.page.values("content-security-policy"))}
    lists["set-cookie"] = observation.page.values("set-cookie")
    cors = observation.cors
    return {
        "url": observation.url,
        "headers": {
            name: list(lists[name]) if name in lists else observation.page.joined(name) for name in names
        },
        "html": observation.page.body,
        "cookies": [sent.value for sent in observation.cookies],
        "cors": None
        if cors is None
        else {
            "origin": cors.origin,
            "headers": {
                "access-control-allow-origin": cors.allow_origin,
                **(
                    {"access-control-allow-credentials": cors.allow_credentials}
                    if cors.allow_credentials
                    else {}
                ),
            },
        },
        "route": list(observation.http_route),
        "secure": observation.secure,
        "verified": observation.verified,
        "httpVerified": observation.http_verified,
    }
