"""The stage of a CSP policy."""

from __future__ import annotations

import enum


class Stage(enum.StrEnum):
    """Whether browsers only report violations of a policy, or block them."""

    REPORT_ONLY = "report-only"
    ENFORCED = "enforced"
