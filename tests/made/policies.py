"""Policies for comparing judges: as sites send them, and mutations of those. A seed decides which.

The same seed makes the same policies, on every machine.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

from tests.samples import SEED

if TYPE_CHECKING:
    from collections.abc import Callable

DIRECTIVES = (
    "default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem",
    "style-src-attr", "img-src", "connect-src", "font-src", "frame-src", "child-src", "worker-src",
    "media-src", "object-src", "manifest-src", "base-uri", "form-action", "frame-ancestors", "report-uri",
    "report-to", "sandbox", "upgrade-insecure-requests", "require-trusted-types-for", "trusted-types",
    "prefetch-src", "plugin-types",
)  # fmt: skip
SOURCES = (
    "'self'", "'none'", "*", "https:", "http:", "data:", "blob:", "ws:", "ftp:", "mediastream:", "https://*",
    "http://*", "http://*.*", "'unsafe-inline'", "'unsafe-eval'", "'wasm-unsafe-eval'", "'strict-dynamic'",
    "'unsafe-hashes'", "'report-sample'", "'nonce-r4nd0mr4nd0mr4nd0m'", "'nonce-abc'", "'nonce-'",
    "'sha256-abc'", "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='", "'sha384-'", "'slef'", "self",
    "none", "unsafe-inline", "cdn.example.com", "*.example.com", "https://cdn.example.com",
    "https://cdn.example.com/js/", "cdn.example.com:8443", "https://cdn.example.com:*",
    "http://cdn.example.com", "//cdn.example.com", "https:cdn.example.com", "https//cdn.com",
    "https://cdn.example.com/a?b", "https://cdn.example.com/a#b", "*.com", "a.*.com", "127.0.0.1", "[::1]",
    "localhost", "ajax.googleapis.com", "https://cdn.jsdelivr.net", "cdnjs.cloudflare.com",
    "www.google-analytics.com",
)  # fmt: skip


def real_policies() -> list[str]:
    """Policies that sites send."""
    lines = Path(__file__).with_name("real_policies.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def mutated_policies(count: int, *, kind: str = "") -> list[str]:
    """So many different policies, each one of the real ones with one to four things changed.

    Every `kind` has policies of its own.
    """
    chance = random.Random(f"{SEED} {kind}")
    real = real_policies()
    found: dict[str, None] = {}
    while len(found) < count:
        policy = chance.choice(real)
        for _ in range(chance.randint(1, 4)):
            policy = chance.choice(_MUTATIONS)(policy, chance)
        if policy.strip():
            found[policy] = None
    return list(found)


def _split(policy: str) -> list[list[str]]:
    return [part.split() for part in policy.split(";") if part.strip()]


def _join(parts: list[list[str]]) -> str:
    return "; ".join(" ".join(part) for part in parts)


def _directive_dropped(policy: str, chance: random.Random) -> str:
    parts = _split(policy)
    if len(parts) > 1:
        del parts[chance.randrange(len(parts))]
    return _join(parts)


def _directive_added(policy: str, chance: random.Random) -> str:
    parts = _split(policy)
    sources = [chance.choice(SOURCES) for _ in range(chance.randint(0, 4))]
    parts.insert(chance.randint(0, len(parts)), [chance.choice(DIRECTIVES), *sources])
    return _join(parts)


def _source_dropped(policy: str, chance: random.Random) -> str:
    parts = _split(policy)
    part = chance.choice(parts) if parts else []
    if len(part) > 1:
        del part[chance.randrange(1, len(part))]
    return _join(parts)


def _source_added(policy: str, chance: random.Random) -> str:
    parts = _split(policy)
    if parts:
        part = chance.choice(parts)
        part.insert(chance.randint(1, len(part)), chance.choice(SOURCES))
    return _join(parts)


def _name_changed(policy: str, chance: random.Random) -> str:
    parts = _split(policy)
    if parts:
        chance.choice(parts)[0] = chance.choice(DIRECTIVES)
    return _join(parts)


def _upper_case(policy: str, chance: random.Random) -> str:
    parts = _split(policy)
    if parts:
        part = chance.choice(parts)
        at = chance.randrange(len(part))
        # What is secret is compared letter by letter.
        part[at] = part[at] if part[at].startswith(("'nonce-", "'sha")) else part[at].upper()
    return _join(parts)


def _unquoted(policy: str, chance: random.Random) -> str:
    parts = _split(policy)
    if parts:
        part = chance.choice(parts)
        at = chance.randrange(len(part))
        part[at] = part[at].strip("'") or part[at]
    return _join(parts)


def _semicolon_lost(policy: str, chance: random.Random) -> str:
    places = [index for index, letter in enumerate(policy) if letter == ";"]
    if not places:
        return policy
    at = chance.choice(places)
    return policy[:at] + " " + policy[at + 1 :]


def _blanks(policy: str, chance: random.Random) -> str:
    return policy.replace(" ", chance.choice(("  ", "\t", " ")), 1) + chance.choice((";", ";;", " ; ", ""))


def _twice(policy: str, chance: random.Random) -> str:
    parts = _split(policy)
    if parts:
        parts.append([chance.choice(parts)[0], chance.choice(SOURCES)])
    return _join(parts)


_MUTATIONS: tuple[Callable[[str, random.Random], str], ...] = (
    _directive_dropped, _directive_added, _source_dropped, _source_added, _source_added, _name_changed,
    _upper_case, _unquoted, _semicolon_lost, _blanks, _twice,
)  # fmt: skip
