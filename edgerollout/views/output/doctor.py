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
    """One thing looked at."""

    name: str
    """which check"""
    state: CheckState
    """`ok`, `warning`, `error` (it forbids a publish: exit code 6) or `unknown` (it could not be read; that
    fails nothing)"""
    subject: str
    """of which account, function, distribution or URL"""
    message: str
    """what was seen"""
    why: str | None
    """why it matters"""
    fix: str | None
    """what to do"""


class CheckupJson(DocumentJson):
    """What a publish rests on: `doctor`."""

    environment: str
    """its name"""
    checks: Sequence[CheckJson]
    """a check each"""


class AssumptionJson(Output):
    """One thing that edgerollout takes for granted of AWS."""

    name: str
    """which one"""
    subject: str
    """what it was looked at on"""
    assumed: str
    """what is taken for granted"""
    state: Contact
    """`seen`, `differs` (exit code 6) or `not seen` (that fails nothing)"""
    came: str | None
    """what came instead, or why it was not seen"""


class ContactJson(DocumentJson):
    """What edgerollout takes for granted of AWS, looked at in an account: `doctor --contact`."""

    environment: str
    """its name"""
    assumptions: Sequence[AssumptionJson]
    """an assumption each"""


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
