"""What edgerollout assumes about AWS, compared with one account: seen, different, or not seen."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Contact(enum.StrEnum):
    """The result of comparing an assumption with AWS."""

    SEEN = "seen"
    DIFFERS = "differs"
    NOT_SEEN = "not seen"
    """It could not be tested: there is nothing yet, the right is missing, or time ran out."""


@dataclass(frozen=True)
class Assumption:
    """One assumption about AWS. `subject` is where it was tested. `came` is what was found instead, or why it
    could not be tested.
    """

    name: str
    subject: str
    assumed: str
    state: Contact
    came: str | None = None
