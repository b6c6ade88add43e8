"""Evidence as a clean tour would leave it just now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from edgerollout.release.facts.evidence import WITHOUT_CSP, Evidence, TouredPage, digest_seen

if TYPE_CHECKING:
    from edgerollout.policy.csp import LayeredCsp


def clean(policy: LayeredCsp | None, pages: tuple[str, ...], /, **told: Any) -> bytes:
    """The file of a tour of `policy` over `pages`; `told` says of what it is, or what is otherwise."""
    now = datetime.now(UTC)
    evidence: dict[str, Any] = {
        "tool": "edgerollout 0.1.0",
        "mode": "deployed",
        "release": None,
        "digest": WITHOUT_CSP if policy is None else policy.digest,
        "asked": pages,
        "pages": tuple(TouredPage(url, digest_seen(policy)) for url in pages),
        "rows": (),
        "omitted": 0,
        "partial": (),
        "browser_name": "Chromium",
        "browser_version": "150.0",
        "started": now,
        "ended": now,
        "self_test_passed": True,
        "kinds": ("inline-script",),
        **told,
    }
    return Evidence(**evidence).to_bytes()
