"""What edgerollout takes for granted of AWS, held against one account: seen, different, or not seen."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Contact(enum.StrEnum):
    """How an assumption fared."""

    SEEN = "seen"
    DIFFERS = "differs"
    NOT_SEEN = "not seen"
    """It could not be looked at: nothing there yet, no right, no time."""


@dataclass(frozen=True)
class Assumption:
    """One assumption about AWS. `subject` is where it was tested; `came` is what was found instead, or why
    nothing was seen.
    """

    name: str
    subject: str
    assumed: str
    state: Contact
    came: str | None = None
