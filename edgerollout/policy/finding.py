"""Something that planning, lint or a check found: how bad, by which rule, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from edgerollout.policy.severity import Severity

HintT = TypeVar("HintT")
"""What to do, said by lint in words; by what knows our commands, in those."""


@dataclass(frozen=True)
class Finding(Generic[HintT]):
    """What was found. `rule` names it, `hint` is what to do, `override` the word that sets it aside, if any.

    `distribution` is the id of the one it is about, where it is about one. `lifted_by` are the options with
    which whoever means it goes on all the same.
    """

    severity: Severity
    rule: str
    message: str
    hint: HintT | None = None
    distribution: str | None = None
    override: str | None = None
    lifted_by: tuple[str, ...] = ()
