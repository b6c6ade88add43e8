"""A history as the `history` document. Fields are contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.views.json_text import json_text

if TYPE_CHECKING:
    from edgerollout.release.status.history import History, PastRelease

SCHEMA = "1.0"

_NOTHING_KNOWN = LedgerLine(environment="", release="")


def history_text_json(history: History) -> str:
    """The document as text."""
    return json_text(history_json(history))


def history_json(history: History) -> dict[str, object]:
    """The document, newest release first. Digests are 16 hex digits."""
    return {
        "schema": SCHEMA,
        "environment": history.environment,
        "account": history.account,
        "function": history.function,
        "releases": [_release(one, marks_known=history.marks_known) for one in history.releases],
        "older": history.older,
    }


def _release(one: PastRelease, *, marks_known: bool) -> dict[str, object]:
    line = one.line or _NOTHING_KNOWN
    return {
        "version": one.version,
        "publisher": one.publisher.value,
        "published_for": line.environment or None,
        "digest": line.release or None,
        "base": line.base,
        "enforced": line.enforced,
        "report_only": line.report_only,
        "previous": line.previous,
        "overrides": list(line.overrides),
        "withdrawn": one.withdrawn if marks_known else None,
        "commit": line.commit,
        "published_at": one.published_at.isoformat(),
        "live": one.live,
        "live_on": [
            {"id": place.distribution, "name": place.name, "behaviors": place.behaviors, "own": place.own}
            for place in one.places
        ],
    }
