"""`@build` stands for the hashes of a build, list by list."""

from __future__ import annotations

import base64
import hashlib

import pytest

from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.inline_code import (
    InlineHashes,
    InlineKind,
    allows_inline,
    hash_source,
    names_build,
    resolve_build,
    resolve_layers,
)

SCRIPT, STYLE, HANDLER = hash_source("a()"), hash_source("b{}"), hash_source("c()")
HASHES = InlineHashes.of(
    [(InlineKind.SCRIPT, SCRIPT), (InlineKind.STYLE, STYLE), (InlineKind.HANDLER, HANDLER)]
)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("script-src 'self' @build", f"script-src 'self' {SCRIPT}"),
        (
            "script-src @build 'unsafe-hashes'",
            f"script-src {' '.join(sorted((SCRIPT, HANDLER)))} 'unsafe-hashes'",
        ),
        ("style-src @build @build", f"style-src {STYLE}"),
        ("default-src 'self' @build", f"default-src 'self' {' '.join(sorted((SCRIPT, STYLE)))}"),
        ("default-src @build; style-src 'self'", f"default-src {SCRIPT}; style-src 'self'"),
        ("script-src @build; script-src-elem 'self'", "script-src 'none'; script-src-elem 'self'"),
        ("script-src-attr @build 'unsafe-hashes'", f"script-src-attr {HANDLER} 'unsafe-hashes'"),
        ("style-src-attr @build", "style-src-attr 'none'"),
        ("img-src @build 'self'", "img-src 'self'"),
    ],
)
def test_a_list_gets_the_hashes_of_what_it_decides_about(written: str, sent: str) -> None:
    policy = Csp.parse(written)
    assert names_build(policy)
    assert resolve_build(policy, HASHES).header_value() == sent


def test_layers_are_resolved_by_what_decides_in_the_policy_as_sent() -> None:
    layers = LayeredCsp(Csp.parse("script-src 'self'"), Csp.parse("script-src @build 'unsafe-hashes'"))
    resolved = resolve_layers(layers, HASHES)
    assert resolved.base == layers.base
    assert set(resolved.overlay.sources("script-src") or ()) == {SCRIPT, HANDLER, "'unsafe-hashes'"}


@pytest.mark.parametrize(
    ("policy", "kind", "allowed"),
    [
        ("img-src 'self'", InlineKind.SCRIPT, True),
        ("default-src 'self'", InlineKind.SCRIPT, False),
        ("default-src 'self' 'unsafe-inline'", InlineKind.HANDLER, True),
        (f"script-src 'unsafe-inline' {hash_source('other')}", InlineKind.SCRIPT, False),
        ("script-src {hash}", InlineKind.SCRIPT, True),
        ("script-src {hash}", InlineKind.HANDLER, False),
        ("script-src {hash} 'unsafe-hashes'", InlineKind.HANDLER, True),
        ("script-src {sha512}", InlineKind.SCRIPT, True),
        ("script-src {hash}; script-src-elem 'self'", InlineKind.SCRIPT, False),
        ("script-src 'nonce-abc'", InlineKind.SCRIPT, False),
        ("script-src @build", InlineKind.SCRIPT, True),
        ("script-src @build", InlineKind.JAVASCRIPT_URL, False),
        ("script-src 'unsafe-inline' 'strict-dynamic'", InlineKind.SCRIPT, False),
    ],
)
def test_inline_code_is_allowed_as_browsers_do(policy: str, kind: InlineKind, allowed: bool) -> None:
    text = "alert(1)"
    given = policy.replace("{hash}", hash_source(text)).replace("{sha512}", _sha512(text))
    assert allows_inline(Csp.parse(given), kind, text) is allowed


def _sha512(text: str) -> str:
    """In base64's other alphabet and without its end, which browsers take, too."""
    digest = base64.urlsafe_b64encode(hashlib.sha512(text.encode()).digest()).decode()
    return f"'sha512-{digest.rstrip('=')}'"


def test_hashes_survive_json_and_builds_with_the_same_code_have_the_same_digest() -> None:
    assert InlineHashes.from_json(HASHES.to_json()) == HASHES
    again = InlineHashes.of(reversed(HASHES.pairs()))
    assert again.digest == HASHES.digest
    assert InlineHashes.union([again, InlineHashes()]) == HASHES
    assert (
        InlineHashes.of([(InlineKind.STYLE, SCRIPT)]).digest
        != InlineHashes.of([(InlineKind.SCRIPT, SCRIPT)]).digest
    )
    with pytest.raises(ValueError, match="not a valid InlineKind"):
        InlineHashes.from_json({"scripts": []})
