"""Something that planning or a check found: how bad, by which rule, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.policy.severity import Severity


@dataclass(frozen=True)
class Finding:
    """Something preflight found. `rule` names it, `override` is the word that sets it aside, if any."""

    severity: Severity
    rule: str
    message: str
    hint: str | None = None
    distribution: str | None = None
    override: str | None = None
