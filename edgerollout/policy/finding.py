"""Something that planning, lint or a check found: its severity, its rule, and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from edgerollout.policy.severity import Severity

HintT = TypeVar("HintT")
"""The type of a hint: text in lint; elsewhere it may contain commands."""


@dataclass(frozen=True)
class Finding(Generic[HintT]):
    """What was found. `hint` says what to do, `override` is the word that sets it aside, if there is one.

    `distribution` is the id of its distribution, if it is about a single one. `lifted_by` are the options
    that allow the run in spite of the finding.
    """

    severity: Severity
    rule: str
    message: str
    hint: HintT | None = None
    distribution: str | None = None
    override: str | None = None
    lifted_by: tuple[str, ...] = ()
