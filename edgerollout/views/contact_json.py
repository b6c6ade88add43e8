"""First contact with an account as a document. Fields are contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.views.json_text import json_text

if TYPE_CHECKING:
    from edgerollout.release.facts.contact import Assumption

SCHEMA = "1.0"


def contact_json(environment: str, found: tuple[Assumption, ...]) -> str:
    """The document as text."""
    return json_text(
        {
            "schema": SCHEMA,
            "environment": environment,
            "assumptions": [
                {
                    "name": one.name,
                    "subject": one.subject,
                    "assumed": one.assumed,
                    "state": one.state.value,
                    "came": one.came,
                }
                for one in found
            ],
        }
    )
