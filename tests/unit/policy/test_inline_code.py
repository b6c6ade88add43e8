"""Which inline code a policy allows; tests/browser compares the hashes with a real Chromium."""

from __future__ import annotations

import base64
import hashlib

import pytest

from edgerollout.policy.csp import Csp
from edgerollout.policy.inline_code import InlineKind, allows_inline, hash_source


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
        ("script-src {hash}", InlineKind.JAVASCRIPT_URL, False),
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
