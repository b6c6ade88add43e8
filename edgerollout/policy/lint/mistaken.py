"""Sources that have another meaning for browsers than their author wanted."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from edgerollout.policy.csp import NONE
from edgerollout.policy.lint.finding import Found
from edgerollout.policy.lint.sources import SCHEMES
from edgerollout.policy.source import Host, Scheme
from edgerollout.policy.url import DEFAULT_PORTS, ipv4

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import PolicySubject
    from edgerollout.policy.source import Source

_UNSET = "a template did not fill it in: correct that, or leave it out"
_BY_ITSELF = "leave it out: in frame-ancestors addresses are written alone"
_WORDS = {
    "all": "write * for every host",
    "allow": "write the hosts, or * for every host",
    "allow-from": _BY_ITSELF,
    "allowall": "write * for every host",
    "any": "write * for every host",
    "deny": f"write {NONE}",
    "eval": "write 'unsafe-eval'",
    "false": _UNSET,
    "inline": "write 'unsafe-inline'",
    "nan": _UNSET,
    "nil": _UNSET,
    "null": _UNSET,
    "same-origin": "write 'self'",
    "same-site": "write 'self', and the site's other hosts",
    "sameorigin": "write 'self'",
    "true": _UNSET,
    "undefined": _UNSET,
}
"""Words that browsers read as host names, and what was meant."""

_NEAR = 0.76
"""How similar to a known scheme an unknown one must be to count as a typing mistake."""


def is_bare_word(source: Source | None) -> bool:
    """Whether it is one of these words, which are never real hosts."""
    return isinstance(source, Host) and _meaning(source) is not None


def bare_words(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if isinstance(source, Host) and (meant := _meaning(source)) is not None:
            message = f"{text} is read as a host name: it allows nothing of the site"
            yield Found(message, meant, directive, text)


def _meaning(source: Host) -> str | None:
    if source.wildcard or source.name not in _WORDS:
        return None
    bare = source.scheme is None and not source.port and not source.path
    return _WORDS[source.name] if bare or _WORDS[source.name] is _UNSET else None


def misspelt_schemes(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if isinstance(source, Host) and source.scheme is None and source.path.startswith("//"):
            if source.name in DEFAULT_PORTS:
                message = f"{text} is a path on the host {source.name}: its colon is missing"
                yield Found(message, f"write {source.name}:{source.path}", directive, text)
            continue
        scheme = source.scheme if isinstance(source, Host) else _name(source)
        if scheme is None or scheme in SCHEMES:
            continue
        if isinstance(source, Scheme) and ("." in scheme or scheme == "localhost"):
            message = f"{text} is read as a scheme, not as the host: it allows nothing of the site"
            yield Found(message, f"write {text[:-1]}, without the colon", directive, text)
            continue
        near = get_close_matches(scheme, DEFAULT_PORTS if isinstance(source, Host) else SCHEMES, 1, _NEAR)
        if near:
            message = f"no page loads anything over {scheme}: {text} allows nothing"
            yield Found(message, f"write {near[0]}{text[len(scheme) :]}", directive, text)


def _name(source: Source | None) -> str | None:
    return source.name if isinstance(source, Scheme) else None


def literal_paths(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if not isinstance(source, Host) or not source.path:
            continue
        base, path = _parts(text.removesuffix(source.dropped), source.scheme)
        if "*" in path:
            folder = path[: path.index("*")].rpartition("/")[0]
            hint = f"{folder}/: a / at the end means the folder" if folder else " for all of it"
            message = f"the * in {text} is a literal star: browsers allow that one address only"
            yield Found(message, f"write {base}{hint}", directive, text)
        elif {".", ".."} & set(source.path.split("/")):
            message = f"{text} allows nothing: browsers resolve . and .. in addresses, but not in sources"
            yield Found(message, "write the path without them", directive, text)


def _parts(text: str, scheme: str | None) -> tuple[str, str]:
    """What comes before the path of a source, and the path as written."""
    begin = text.index("/", 0 if scheme is None else len(f"{scheme}://"))
    return text[:begin], text[begin:]


def misspelt_addresses(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if isinstance(source, Host) and not source.wildcard:
            address = ipv4(source.name)
            if address is not None and address != source.name:
                reads = f"asks for {address}" if address else "does not read it as an address"
                message = f"{text} allows nothing: a browser {reads}, and compares the exact text"
                yield Found(message, "name the host", directive, text)
