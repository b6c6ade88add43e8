"""Something that planning or a check found: how bad, by which rule, in words."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Severity(enum.StrEnum):
    ERROR = "error"
    """Refuses the run."""
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """Something preflight found. `rule` names it, `override` is the word that sets it aside, if any."""

    severity: Severity
    rule: str
    message: str
    hint: str | None = None
    distribution: str | None = None
    override: str | None = None
