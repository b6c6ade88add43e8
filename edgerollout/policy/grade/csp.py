"""Observatory's test of the Content-Security-Policy: its own reading of a policy, and its rules in order.

It reads more strictly than browsers (a duplicate directive makes the whole policy invalid) and
more simply (several policies are reduced to one), so it does not use `policy.csp`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from edgerollout.policy.grade.observation import Observation

_BROAD = frozenset({"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"})
_INLINE = frozenset({"'unsafe-inline'", "data:"})
_PASSIVE = ("img-src", "media-src")
_SECRETS = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
_SHORTEST = len("img-src") - 1
_MAY_REPEAT = frozenset({"report-uri", "report-to"})
_NOT_IN_META = frozenset({"frame-ancestors", "report-uri", "sandbox"})


class InvalidPolicy(ValueError):
    """Observatory does not accept this as a policy."""


@dataclass(frozen=True)
class ReadPolicies:
    """All policies of a page as one: directive → sources in lower case."""

    directives: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reporting_repeated: bool = False


def policies_of(values: Iterable[str]) -> tuple[str, ...]:
    """The policies in header values: since version 6 a comma separates them (CSP3 §2.2.2)."""
    found: list[str] = []
    for value in values:
        parts = value.split(",")
        found += [part for part in parts if part.strip() or len(parts) == 1]
    return tuple(found)


def csp_result(seen: Observation) -> str:
    """The name of the result."""
    page = seen.page
    headers = policies_of(page.values("content-security-policy"))
    metas = page.page.policies
    try:
        read = read_policies((*headers, *metas))
        in_headers = read_policies(headers)
    except InvalidPolicy:
        return "csp-header-invalid"
    if not in_headers.directives and not _of_metas(metas):
        observed = page.joined("content-security-policy-report-only")
        return "csp-not-implemented-but-reporting-enabled" if observed else "csp-not-implemented"
    result = _judge(read.directives, secure=seen.secure)
    harmless = result in {
        "csp-implemented-with-no-unsafe-default-src-none",
        "csp-implemented-with-no-unsafe",
        "csp-implemented-with-unsafe-inline-in-style-src-only",
        "csp-implemented-with-insecure-scheme-in-passive-content-only",
    }
    return "csp-implemented-but-duplicate-directives" if harmless and read.reporting_repeated else result


def names_frame_ancestors(seen: Observation) -> bool:
    """Whether a policy that counts has `frame-ancestors`.

    One in <meta> counts for Observatory beside other directives, though browsers ignore it there.
    """
    headers = policies_of(seen.page.values("content-security-policy"))
    metas = seen.page.page.policies
    try:
        counts = bool(read_policies(headers).directives or _of_metas(metas))
        return counts and "frame-ancestors" in read_policies((*headers, *metas)).directives
    except InvalidPolicy:
        return False


def read_policies(policies: Sequence[str]) -> ReadPolicies:
    """Reduce several policies to one. Raises InvalidPolicy.

    A source stays if the second policy with the directive has it too, or a folder that contains it. As in
    Observatory's own reading, further policies narrow nothing, and a directive that the first policy does
    not have becomes 'none'.
    """
    clean = [policy.replace("\r", "").replace("\n", "").strip() for policy in policies]
    if any(len(policy) < _SHORTEST for policy in clean):
        raise InvalidPolicy("too short for any directive")
    merged: dict[str, frozenset[str]] = {}
    narrowed: set[str] = set()
    repeated = False
    for position, policy in enumerate(clean):
        directives, again = _read(policy)
        repeated = repeated or again
        for name, sources in directives.items():
            if position == 0:
                merged[name] = sources
            elif name not in narrowed:
                merged[name] = _shared(merged.get(name, frozenset()), sources)
                narrowed.add(name)
    none = frozenset({"'none'"})
    return ReadPolicies({name: sources or none for name, sources in merged.items()}, repeated)


def _read(policy: str) -> tuple[dict[str, frozenset[str]], bool]:
    found: dict[str, frozenset[str]] = {}
    repeated = False
    for part in policy.split(";"):
        words = part.lower().split()
        if not words:
            continue
        name, *sources = words
        if name in found:
            if name not in _MAY_REPEAT:
                raise InvalidPolicy(f"{name} is there twice")
            repeated = True
        if not sources and name.endswith("-src"):
            sources = ["'none'"]
        found[name] = frozenset(sources)
    return found, repeated


def _of_metas(policies: Sequence[str]) -> frozenset[str]:
    """The directives that count in <meta>."""
    return frozenset(read_policies(policies).directives) - _NOT_IN_META


def _shared(left: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    pairs = [(left, other), (other, left)]
    return frozenset(
        source for mine, theirs in pairs for source in mine if any(_covers(wide, source) for wide in theirs)
    )


def _covers(wide: str, source: str) -> bool:
    """Whether they are the same, or `wide` is a folder above `source`."""
    if not wide.endswith("/"):
        return unquote(wide) == unquote(source)
    return unquote(source).startswith(unquote(wide))


def _judge(directives: Mapping[str, frozenset[str]], *, secure: bool) -> str:
    lists = {name: set(sources) for name, sources in directives.items()}
    anything = {"*"}
    script = lists.get("script-src", lists.get("default-src", anything))
    style = lists.get("style-src", lists.get("default-src", anything))
    objects = lists.get("object-src", lists.get("default-src", anything))
    # If a directive falls back, this changes default-src itself, and so what other directives inherit.
    for sources in (script, style):
        if _has_secret(sources):
            sources.discard("'unsafe-inline'")
    if "'strict-dynamic'" in script:
        if not _has_secret(script):
            return "csp-header-invalid"
        script -= {
            source
            for source in script
            if source in ("'self'", "'unsafe-inline'") or source.startswith(tuple(_BROAD))
        }
    active = {
        source
        for name, sources in lists.items()
        if name not in (*_PASSIVE, "script-src")
        for source in sources
    }
    passive = {source for name in _PASSIVE for source in lists.get(name, lists.get("default-src", set()))}
    rules = (
        (bool(script & (_BROAD | _INLINE) or objects & _BROAD), "csp-implemented-with-unsafe-inline"),
        (secure and _insecure(active | script), "csp-implemented-with-insecure-scheme"),
        ("'unsafe-eval'" in script | style, "csp-implemented-with-unsafe-eval"),
        (secure and _insecure(passive), "csp-implemented-with-insecure-scheme-in-passive-content-only"),
        (bool(style & (_BROAD | _INLINE)), "csp-implemented-with-unsafe-inline-in-style-src-only"),
        (lists.get("default-src") == {"'none'"}, "csp-implemented-with-no-unsafe-default-src-none"),
    )
    return next((result for holds, result in rules if holds), "csp-implemented-with-no-unsafe")


def _has_secret(sources: Iterable[str]) -> bool:
    return any(source.startswith(_SECRETS) for source in sources)


def _insecure(sources: Iterable[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in sources)
