"""The documents of `doctor`: a check-up, and first contact with an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.release.facts.check import CheckState
from edgerollout.release.facts.contact import Contact
from edgerollout.views.output.encoder import DocumentJson, Output

if TYPE_CHECKING:
    from edgerollout.advice import Spell
    from edgerollout.release.facts.check import Checkup
    from edgerollout.release.facts.contact import Assumption


class CheckJson(Output):
    """A check."""

    name: str
    """its name"""
    state: CheckState
    """`ok`, `warning`, `error` (it forbids a publish: exit code 6) or `unknown` (it could not be read; the
    exit code does not change)"""
    subject: str
    """the account, function, distribution or URL that was checked"""
    message: str
    """what was found"""
    why: str | None
    """why it matters"""
    fix: str | None
    """what to do"""


class CheckupJson(DocumentJson):
    """Whether a publish can succeed: `doctor`."""

    environment: str
    """its name"""
    checks: Sequence[CheckJson]
    """all checks"""


class AssumptionJson(Output):
    """Something that edgerollout assumes about AWS."""

    name: str
    """its name"""
    subject: str
    """where it was checked"""
    assumed: str
    """what is assumed"""
    state: Contact
    """`seen`, `differs` (exit code 6) or `not seen` (the exit code does not change)"""
    came: str | None
    """what AWS answered instead, or why it was not seen"""


class ContactJson(DocumentJson):
    """What edgerollout assumes about AWS, checked in an account: `doctor --contact`."""

    environment: str
    """its name"""
    assumptions: Sequence[AssumptionJson]
    """all assumptions"""


def doctor_json(checkup: Checkup, spell: Spell) -> CheckupJson:
    """The document."""
    return CheckupJson(
        environment=checkup.environment,
        checks=[CheckJson.of(check, fix=spelled(check.fix, spell)) for check in checkup.checks],
    )


def contact_json(environment: str, found: tuple[Assumption, ...]) -> ContactJson:
    """The document."""
    return ContactJson(
        environment=environment,
        assumptions=[AssumptionJson.of(assumption) for assumption in found],
    )
