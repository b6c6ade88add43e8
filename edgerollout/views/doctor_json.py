"""A check-up as the `doctor` document. Fields are contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.views.json_text import json_text

if TYPE_CHECKING:
    from edgerollout.release.facts.check import Checkup

SCHEMA = "1.0"


def doctor_json_text(checkup: Checkup) -> str:
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
                "fix": one.fix,
            }
            for one in checkup.checks
        ],
    }
    return json_text(document)
