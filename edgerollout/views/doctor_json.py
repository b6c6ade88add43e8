"""A check-up as the `doctor` document. Fields are contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.views.json_text import json_text

if TYPE_CHECKING:
    from edgerollout.advice import Spell
    from edgerollout.release.facts.check import Checkup

SCHEMA = "1.0"


def doctor_json_text(checkup: Checkup, spell: Spell) -> str:
    """The document as text."""
    document = {
        "schema": SCHEMA,
        "environment": checkup.environment,
        "checks": [
            {
                "name": one.name,
                "state": one.state.value,
                "subject": one.subject,
                "message": one.message,
                "why": one.why,
                "fix": spelled(one.fix, spell),
            }
            for one in checkup.checks
        ],
    }
    return json_text(document)
