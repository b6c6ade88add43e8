"""What to do about a cause: the narrowest source that allows it, or why none should."""

from __future__ import annotations

import ipaddress
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never
from urllib.parse import quote, urlsplit

from edgerollout.policy.fallback import SOURCE_LISTS, effective_sources
from edgerollout.policy.grade.sites import site_of
from edgerollout.policy.source import Hash, Host, Keyword, Nonce, Scheme, parse_source, url_matches
from edgerollout.policy.url import Url
from edgerollout.tour.allowance import allows_url
from edgerollout.tour.cause import UNKNOWN_TARGET
from edgerollout.tour.insertion import UNSAFE_INLINE, place_for
from edgerollout.tour.origin import origin_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from edgerollout.policy.csp import Csp
    from edgerollout.tour.cause import Cause

Granularity = Literal["origin", "host-wildcard", "directory", "path"]
"""How much a suggested source names: scheme and host; all sibling hosts; the folder of the file; only the
file.
"""

MOST_HASHES = 20
"""The most hashes in a directive. Each takes about 54 bytes of a header, in every response."""

_SELF = Keyword("'self'")
_EVAL = "'unsafe-eval'"
_RISKY = frozenset(
    {"script-src", "script-src-elem", "script-src-attr", "object-src", "base-uri", "frame-src", "child-src"}
)
"""Directives in which a whole scheme such as data: makes the policy useless."""

_PASSIVE = frozenset({"img-src", "media-src"})
_SCRIPTS = frozenset({"script-src", "script-src-elem", "worker-src"})
_INSECURE = frozenset({"http", "ws"})

_SHARED = frozenset(
    [
        "amazonaws.com",
        "appspot.com",
        "azureedge.net",
        "azurefd.net",
        "azurewebsites.net",
        "b-cdn.net",
        "blogspot.com",
        "cloudfront.net",
        "cloudfunctions.net",
        "digitaloceanspaces.com",
        "edgesuite.net",
        "fastly.net",
        "firebaseapp.com",
        "fly.dev",
        "github.io",
        "githubusercontent.com",
        "gitlab.io",
        "googleapis.com",
        "googleusercontent.com",
        "herokuapp.com",
        "myshopify.com",
        "netlify.app",
        "ngrok.io",
        "onrender.com",
        "pages.dev",
        "r2.dev",
        "surge.sh",
        "trafficmanager.net",
        "vercel.app",
        "web.app",
        "windows.net",
        "workers.dev",
    ]
)
"""Domains under which anybody can get a name: a wildcard there allows everybody."""


@dataclass(frozen=True)
class SuggestionChoices:
    """Settings for suggestions. `accepted` are sources, as a policy writes them, that are suggested only by
    choice: `'unsafe-eval'`, `data:`.
    """

    granularity: Granularity = "origin"
    accepted: frozenset[str] = frozenset()
    most_hashes: int = MOST_HASHES


@dataclass(frozen=True)
class Allow:
    """These sources allow it; each is needed. `notes` say what to know about them."""

    sources: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decide:
    """These sources would allow it, but also too much: somebody has to decide."""

    sources: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Rework:
    """No source should, or can, allow it: the page has to change, or somebody has to check it."""

    why: str


@dataclass(frozen=True)
class Settled:
    """The present policy already allows it; the toured one is older, or another one."""

    why: str


CauseAdvice: TypeAlias = Allow | Decide | Rework | Settled


@dataclass(frozen=True)
class Surroundings:
    """What else is known when a cause is judged: the policy to extend, and how many hashes each directive
    would then have.
    """

    policy: Csp
    choices: SuggestionChoices = field(default_factory=SuggestionChoices)
    hashes: Mapping[str, int] = field(default_factory=dict)
    has_eval: bool = False
    """Whether 'unsafe-eval' is suggested: it also allows WebAssembly."""
    open_styles: frozenset[str] = frozenset()
    """Directives of styles that get 'unsafe-inline': their inline styles need no hash."""


def surroundings(
    policy: Csp,
    causes: Iterable[Cause],
    choices: SuggestionChoices,
    *,
    dead: Collection[tuple[str, str]] = (),
) -> Surroundings:
    """The surroundings of all of `causes`. `dead` are sources of the policy that nothing uses any more: their
    hashes do not count."""
    causes = tuple(causes)
    has_eval = _EVAL in choices.accepted and any(cause.kind == "eval" for cause in causes)
    wanted: Counter[str] = Counter()
    for directive, _ in {
        (place_for(policy, cause.directive), cause.hash)
        for cause in causes
        if cause.hash and not cause.unstable
    }:
        if directive is not None:
            wanted[directive] += 1
    for directive in wanted:
        sources = effective_sources(policy, directive) or ()
        gone = {source for name, source in dead if name == directive}
        wanted[directive] += sum(
            source.lower().startswith("'sha") for source in sources if source not in gone
        )
    around = Surroundings(policy, choices, wanted, has_eval)
    if UNSAFE_INLINE not in choices.accepted:
        return around
    dynamic = frozenset(cause.directive for cause in causes if _is_dynamic_style(cause, around))
    return replace(around, open_styles=dynamic)


def advise(cause: Cause, around: Surroundings) -> CauseAdvice:
    """What to do about a cause that the policy forbids."""
    advice = _unchosen(cause, around)
    if isinstance(advice, Decide) and set(advice.sources) <= around.choices.accepted:
        return Allow(advice.sources, (f"by choice: {advice.why}",))
    return advice


def _unchosen(cause: Cause, around: Surroundings) -> CauseAdvice:
    if not cause.confirmed:
        return Rework(
            "only the page's own event reports it, which any script on the page can forge: check the page"
        )
    match cause.kind:
        case "url":
            return _url(cause, around)
        case "inline" | "attribute" | "javascript-url":
            return _inline(cause, around)
        case "eval":
            return Decide(
                (_EVAL,),
                "'unsafe-eval' lets text become code, wherever an attacker can insert text; better avoid"
                " eval, new Function and setTimeout with a string",
            )
        case "wasm" if around.has_eval:
            return Allow((_EVAL,))
        case "wasm":
            return Allow(
                ("'wasm-unsafe-eval'",),
                ("'wasm-unsafe-eval' lets the page compile any WebAssembly, and no text as script",),
            )
        case "trusted-types":
            return Rework(
                "Trusted Types: give the sink a value made by the page's own policy"
                " (trustedTypes.createPolicy), or a safer call such as textContent; no source helps"
            )
        case _:
            assert_never(cause.kind)


# --- inline code -----------------------------------------------------------------------------------------


def _inline(cause: Cause, around: Surroundings) -> CauseAdvice:
    style = cause.directive.startswith("style")
    noun = "style" if style else "script"
    if cause.directive in around.open_styles or _is_dynamic_style(cause, around):
        return Decide((UNSAFE_INLINE,), _cost_of_inline_styles(cause))
    if cause.unstable:
        return Rework(
            f"the text of this {cause.name} differs between two loads, so no hash stays valid: move what"
            f" changes into data attributes or JSON, or the {noun} into a file"
        )
    if not cause.hash:
        return Rework(
            f"the whole text of this {cause.name} is unknown, and so is its hash: tour the page, or"
            f" move the {noun} into a file"
        )
    place = place_for(around.policy, cause.directive) or cause.directive
    if _has_too_many(cause, around):
        return Rework(
            f"{around.hashes[place]} hashes in {place} would be more than {around.choices.most_hashes}:"
            f" move inline {noun}s into files, or use a nonce where the server renders pages"
        )
    source = f"'{cause.hash}'"
    match cause.kind:
        case "attribute":
            better = "a class in a stylesheet" if style else "addEventListener in a file"
            return Allow(
                (source, "'unsafe-hashes'"),
                (f"'unsafe-hashes' allows this text in any such attribute; {better} needs neither",),
            )
        case "javascript-url":
            note = (
                "'unsafe-hashes' is for the javascript: URL; a button with a listener in a file needs neither"
            )
            return Allow((source, "'unsafe-hashes'"), (note,))
        case _:
            return Allow((source,), _once_note(cause))


def _has_too_many(cause: Cause, around: Surroundings) -> bool:
    place = place_for(around.policy, cause.directive) or cause.directive
    return around.hashes.get(place, 0) > around.choices.most_hashes


def _is_dynamic_style(cause: Cause, around: Surroundings) -> bool:
    """Whether an inline style cannot get a hash, but 'unsafe-inline' would allow it.

    Next to a hash or a nonce that keyword does nothing, so a list that has any cannot get it.
    """
    if cause.directive not in ("style-src-elem", "style-src-attr"):
        return False
    present = around.policy.sources(cause.directive) or ()
    if any(isinstance(parse_source(source), Hash | Nonce) for source in present):
        return False
    return cause.unstable or (bool(cause.hash) and _has_too_many(cause, around))


def _cost_of_inline_styles(cause: Cause) -> str:
    """Why no hash works, what the keyword allows, and what would be better."""
    why = (
        "its text differs between two loads"
        if cause.unstable
        else "a header cannot hold the needed number of hashes"
    )
    if cause.directive == "style-src-attr":
        return (
            f"{why}. 'unsafe-inline' only for style attributes lets injected markup restyle itself only;"
            " scripts stay forbidden. Better: element.style or a class, which no policy forbids"
        )
    return (
        f"{why}. 'unsafe-inline' for style elements lets injected text draw over the page and read parts of"
        " it by selectors; scripts stay forbidden. Better: a stylesheet in a file, or new CSSStyleSheet()"
    )


def _once_note(cause: Cause) -> tuple[str, ...]:
    if cause.loads == frozenset({1}) or len(cause.loads) > 1:
        return ()
    return ("seen in the second load only",)


# --- requests --------------------------------------------------------------------------------------------


def _url(cause: Cause, around: Surroundings) -> CauseAdvice:
    if cause.directive not in SOURCE_LISTS:
        return Rework(f"{cause.directive} is not a list of sources: change the page, or the directive itself")
    if cause.target == UNKNOWN_TARGET:
        return Rework(
            f"the policy allows {cause.blocked}, but it was reported nevertheless: it redirects to"
            " an unknown URL; tour the page again, or check where it leads"
        )
    if _is_dynamic(cause, around.policy):
        return Rework(
            "'strict-dynamic' disables hosts: let a trusted script load it, or give the element the"
            " integrity of a hash that the policy has"
        )
    needed = [
        (url, redirected)
        for url, redirected in cause.urls
        if not allows_url(around.policy, cause, url, redirected=redirected)
    ]
    found = [_source(url, cause, around.choices, redirected=redirected) for url, redirected in needed]
    return _together(found)


def _is_dynamic(cause: Cause, policy: Csp) -> bool:
    sources = effective_sources(policy, cause.directive) or ()
    return cause.directive in _SCRIPTS and any(source.lower() == "'strict-dynamic'" for source in sources)


def _together(found: list[CauseAdvice]) -> CauseAdvice:
    """The advice for several URLs of one request: the strictest one, with all their sources."""
    rework = next((advice for advice in found if isinstance(advice, Rework)), None)
    if rework is not None:
        return rework
    allowing = [advice for advice in found if isinstance(advice, Allow | Decide)]
    sources = tuple(dict.fromkeys(source for advice in allowing for source in advice.sources))
    decide = next((advice for advice in allowing if isinstance(advice, Decide)), None)
    if decide is not None:
        return Decide(sources, decide.why)
    notes = (note for advice in allowing if isinstance(advice, Allow) for note in advice.notes)
    return Allow(sources, tuple(dict.fromkeys(notes)))


def _source(url: str, cause: Cause, choices: SuggestionChoices, *, redirected: bool) -> CauseAdvice:
    parsed, origin = Url.parse(url), Url.parse(cause.origin)
    if parsed is None and "://" in url:
        return _nameless(url)
    if parsed is None or not parsed.host:
        return _scheme(url, cause)
    if origin is not None and url_matches(_SELF, parsed, origin, redirected=redirected):
        return Allow(("'self'",), _about(cause, own=True))
    if parsed.scheme in _INSECURE and origin is not None and origin.scheme == "https":
        mixed = _mixed(url, parsed, cause)
        if mixed is not None:
            return mixed
    text = _spelled(url, choices.granularity, redirected=redirected)
    source = parse_source(text)
    if (
        not isinstance(source, Host)
        or origin is None
        or not url_matches(source, parsed, origin, redirected=redirected)
    ):
        return _nameless(url)
    if cause.directive == "default-src":
        why = f"{text} in default-src allows every kind of request without its own directive"
        return Decide((text,), why)
    if cause.directive == "frame-ancestors":
        return Decide((text,), f"{text} may then show the page in a frame of its own")
    return Allow((text,), _about(cause, own=False))


def _about(cause: Cause, *, own: bool) -> tuple[str, ...]:
    match cause.directive:
        case "object-src":
            return ("it is best to forbid plugins: object-src 'none', and an iframe or img instead",)
        case "base-uri" if not own:
            return ("every relative URL of the page then leads to that host",)
        case _:
            return ()


def _nameless(url: str) -> Rework:
    return Rework(f"{url} cannot be named in a policy: give the host a name")


def _scheme(url: str, cause: Cause) -> CauseAdvice:
    """Advice for a whole scheme: only this is known about data:, blob: and URLs without a host."""
    name = url.partition(":")[0].lower()
    text = f"{name}:"
    if not isinstance(parse_source(text), Scheme):
        return Rework(f"{url or 'something'} was blocked, but no source can name it: check the page")
    if cause.directive in _RISKY:
        action = "run" if cause.directive.startswith("script") else "put into the page"
        return Decide(
            (text,), f"{text} in {cause.directive} lets an attacker {action} any text that they can insert"
        )
    if cause.directive == "default-src":
        return Decide((text,), f"{text} in default-src also allows scripts")
    if cause.directive == "worker-src":
        note = f"{text} in worker-src lets any script of the page start a worker with its own code"
        return Allow((text,), (note,))
    if cause.directive.startswith("style-src"):
        return Allow((text,), (f"{text} lets any inserted text become a style; a file is better",))
    return Allow((text,))


def _mixed(url: str, parsed: Url, cause: Cause) -> CauseAdvice | None:
    """Advice for what an https page loads unencrypted; None for the visitor's own machine, which is safe."""
    if parsed.host == "localhost" or parsed.host.endswith(".localhost") or _is_loopback(parsed.host):
        return None
    secure = "wss" if parsed.scheme == "ws" else "https"
    if cause.directive in _PASSIVE or cause.directive == "form-action":
        text = _spelled(url, "origin", redirected=True)
        return Allow((text,), (f"{parsed.scheme}: on an https page; change the page to {secure}:",))
    return Rework(
        f"an https page loads {url} unencrypted, which browsers always forbid: change it to {secure}:"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _spelled(url: str, granularity: Granularity, *, redirected: bool) -> str:
    """The source for a URL with a host. After a redirect, paths are ignored, so it has none."""
    origin = origin_of(url)
    path = urlsplit(url).path
    # A `;` would start another directive, a `,` another policy.
    exact = quote(path, safe="/:@!$&'()*+=~-._%").replace(";", "%3B").replace(",", "%2C")
    match granularity:
        case "origin":
            return origin
        case "host-wildcard":
            return _wildcard(origin)
        case "directory":
            folder = exact[: exact.rfind("/") + 1]
            return origin if redirected or len(folder) <= 1 else origin + folder
        case "path":
            return origin if redirected or len(exact) <= 1 else origin + exact
        case _:
            assert_never(granularity)


def _wildcard(origin: str) -> str:
    """`https://*.example.com` for `https://cdn.example.com`; the origin itself where a wildcard would name
    somebody else's hosts, or only the host's own subdomains.
    """
    scheme, _, authority = origin.partition("://")
    host, colon, port = authority.partition(":")
    parent = host.partition(".")[2]
    if not parent or len(site_of(host)) >= len(host) or host.replace(".", "").isdigit():
        return origin
    if any(parent == shared or parent.endswith(f".{shared}") for shared in _SHARED):
        return origin
    return f"{scheme}://*.{parent}{colon}{port}"
