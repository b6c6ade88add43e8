"""The severity of a finding."""

from __future__ import annotations

import enum


class Severity(enum.StrEnum):
    ERROR = "error"
    """Refuses the run."""
    WARNING = "warning"
    NOTE = "note"
