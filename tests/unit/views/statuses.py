"""States of an environment, as every view of a status shall draw them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from edgerollout.release.facts.standing import LiveRelease
from edgerollout.release.status.owner import Owner
from edgerollout.release.status.status import (
    BehaviorState,
    BehaviorStatus,
    DistributionStatus,
    Handed,
    Status,
)

NOW = datetime(2026, 3, 14, 16, 5, 0, tzinfo=UTC)
LIVE_SINCE = datetime(2026, 3, 12, 9, 30, 12, tzinfo=UTC)

WWW, ASSETS = "E1WWWEXAMPLE", "E2ASSETSEXAM"
_IMAGES = "arn:aws:lambda:us-east-1:123456789012:function:image-resizer:7"


def _on(
    identifier: str,
    name: str,
    *behaviors: tuple[str, int | None, BehaviorState],
    status: str = "Deployed",
    invalidated: bool | None = True,
) -> DistributionStatus:
    return DistributionStatus(
        identifier,
        name,
        status,
        invalidated,
        tuple(
            BehaviorStatus(path, version, state, _IMAGES if state is BehaviorState.FOREIGN else None)
            for path, version, state in behaviors
        ),
    )


_CURRENT, _OLD, _MISSING = BehaviorState.CURRENT, BehaviorState.OLD, BehaviorState.MISSING

CURRENT = Status(
    environment="staging",
    account="123456789012",
    function="security-headers-staging",
    event="origin-response",
    live=LiveRelease(42, None, "9f86d081884c7d65", "60303ae22b998861", "fd61a03af4f77d87", counts=((42, 5),)),
    base="2c26b46b68ffc68f",
    commit="0d1b8bdbd9a9e8b9c8c6d4a1f8f0a6b7c1d2e3f4",
    live_since=LIVE_SINCE,
    withdrawn=False,
    unattached=(),
    distributions=(
        _on(WWW, "www.staging.example.com", ("/api/*", 42, _CURRENT), ("Default (*)", 42, _CURRENT)),
        _on(
            ASSETS,
            "assets.staging.example.com",
            ("/fonts/*", 42, _CURRENT),
            ("/images/thumbnails/generated/*", 42, _CURRENT),
            ("Default (*)", 42, _CURRENT),
        ),
    ),
)

NOTHING = replace(
    CURRENT,
    live=None,
    base=None,
    commit=None,
    live_since=None,
    distributions=(
        _on(
            WWW,
            "www.staging.example.com",
            ("/api/*", None, _MISSING),
            ("Default (*)", None, _MISSING),
            invalidated=None,
        ),
    ),
)

MIXED = replace(
    CURRENT,
    live=LiveRelease(42, None, "9f86d081884c7d65", None, "fd61a03af4f77d87", counts=((41, 3), (42, 2))),
    distributions=(
        _on(WWW, "www.staging.example.com", ("/api/*", 42, _CURRENT), ("Default (*)", 42, _CURRENT)),
        _on(
            ASSETS,
            "assets.staging.example.com",
            ("/fonts/*", 41, _OLD),
            ("/images/*", 41, _OLD),
            ("Default (*)", 41, _OLD),
            invalidated=False,
        ),
    ),
)

DRIFT = replace(
    CURRENT,
    live=LiveRelease(42, None, "9f86d081884c7d65", "60303ae22b998861", None, counts=((40, 1), (42, 2))),
    distributions=(
        _on(
            WWW,
            "www.staging.example.com",
            ("/api/*", None, _MISSING),
            ("/images/*", None, BehaviorState.FOREIGN),
            ("/internal/*", None, BehaviorState.EXCLUDED),
            ("/static/*", 40, _OLD),
            ("Default (*)", 42, _CURRENT),
        ),
        _on(ASSETS, "assets.staging.example.com", ("Default (*)", 42, _CURRENT)),
    ),
)

MISSING = replace(
    CURRENT,
    live=LiveRelease(42, None, "9f86d081884c7d65", "60303ae22b998861", None, counts=((42, 1),)),
    distributions=(
        _on(WWW, "www.staging.example.com", ("/new/*", None, _MISSING), ("Default (*)", 42, _CURRENT)),
    ),
)

IN_PROGRESS = replace(
    CURRENT,
    live=LiveRelease(42, None, "9f86d081884c7d65", None, "fd61a03af4f77d87", counts=((42, 5),)),
    live_since=datetime(2026, 3, 14, 16, 4, 21, tzinfo=UTC),
    distributions=(
        replace(CURRENT.distributions[0], status="InProgress", invalidated=False),
        CURRENT.distributions[1],
    ),
)

WITHDRAWN = replace(CURRENT, withdrawn=True, unattached=(43, 44))

_STACK = Owner("CloudFormation", "stack web", "aws:cloudformation:stack-name=web")

OWNED = replace(
    CURRENT,
    overrides=("soak", "tour"),
    owner=Owner("Terraform", None, "ManagedBy=terraform"),
    distributions=tuple(replace(distribution, owner=_STACK) for distribution in CURRENT.distributions),
)
"""Enforced in spite of two gates, and others manage what it runs on."""

TAKEN_BACK = replace(CURRENT, unattached=(43, 44), taken_back=frozenset({43}))

UNATTACHED = replace(NOTHING, unattached=(1,))

UNKNOWN = replace(
    CURRENT,
    live=LiveRelease(7, None, None, None, None, counts=((7, 5),)),
    base=None,
    commit=None,
    distributions=(_on(WWW, "www.staging.example.com", ("Default (*)", 7, _CURRENT), invalidated=None),),
)
"""A version that somebody published by hand."""

HANDED = replace(
    CURRENT, unattached=(43,), handed=Handed(43, applied=False, folder="terraform/apply/staging")
)

HANDED_BACK = replace(
    CURRENT, withdrawn=True, handed=Handed(None, applied=False, folder="terraform/apply/staging")
)

PARTLY = replace(
    MISSING,
    handed=Handed(
        42,
        applied=False,
        folder="terraform/apply/staging",
        partly=("www.staging.example.com has release 42 on 1 of 2 behaviors, and /new/* none. Mend it.",),
    ),
)

STATUSES = {
    "current": CURRENT,
    "nothing": NOTHING,
    "mixed": MIXED,
    "drift": DRIFT,
    "missing": MISSING,
    "in-progress": IN_PROGRESS,
    "withdrawn": WITHDRAWN,
    "owned": OWNED,
    "taken-back": TAKEN_BACK,
    "unattached": UNATTACHED,
    "unknown": UNKNOWN,
    "handed": HANDED,
    "handed-back": HANDED_BACK,
    "partly": PARTLY,
}
