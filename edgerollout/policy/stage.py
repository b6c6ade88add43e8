"""The stage of a CSP policy."""

from __future__ import annotations

import enum


class Stage(enum.StrEnum):
    """Of a policy in an environment, of a header in an answer."""

    REPORT_ONLY = "report-only"
    ENFORCED = "enforced"
