"""Every environment as one document. Fields are contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.release.status.overview import Unseen
from edgerollout.views.json_text import json_text
from edgerollout.views.status_json import SCHEMA, status_json

if TYPE_CHECKING:
    from datetime import datetime

    from edgerollout.advice import Spell
    from edgerollout.release.status.overview import Overview, OverviewRow


def overview_text_json(overview: Overview, now: datetime, spell: Spell) -> str:
    """The document as text."""
    return json_text(overview_json(overview, now, spell))


def overview_json(overview: Overview, now: datetime, spell: Spell) -> dict[str, object]:
    """The document: a status document for each environment, or why there is none."""
    return {
        "schema": SCHEMA,
        "generated_at": now.isoformat(),
        "complete": not overview.unseen,
        "drift": overview.drift,
        "environments": [_row(row, now, spell) for row in overview.rows],
    }


def _row(row: OverviewRow, now: datetime, spell: Spell) -> dict[str, object]:
    if isinstance(row.found, Unseen):
        return {
            "environment": row.environment,
            "after": row.after,
            "error": row.found.error,
            "hint": spelled(row.found.hint, spell),
        }
    standing = None if row.standing is None else row.standing.value
    return {**status_json(row.found.status, now, spell), "after": row.after, "standing": standing}
