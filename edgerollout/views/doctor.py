"""A check-up: one line for each check; below a failed check, why it matters and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.release.facts.check import CheckState
from edgerollout.views.document import Advised, Doc, Item, List, Marker, Strong, Verdict
from edgerollout.views.ink import Style
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from edgerollout.release.facts.check import Check, Checkup

_MARKERS = {
    CheckState.OK: Marker.DONE,
    CheckState.WARNING: Marker.WARNING,
    CheckState.ERROR: Marker.FAILED,
    CheckState.UNKNOWN: Marker.UNKNOWN,
}


def doctor_document(checkup: Checkup, *, quiet: bool = False) -> Doc:
    """The check-up and the next command. `quiet` leaves out the checks that passed."""
    shown = [check for check in checkup.checks if not quiet or check.state is not CheckState.OK]
    verdict = Verdict(verdict_words(checkup), Marker.FAILED if checkup.forbidden else Marker.DONE)
    name = checkup.environment
    again = advise("Fix what is marked, then run ", CommandLine("doctor", name))
    follows = Advised("next", again if checkup.forbidden else advise(CommandLine("plan", name)))
    return Doc(f"Check-up of {name}", (List(tuple(map(_check, shown))),), verdict, (follows,))


def _check(check: Check) -> Item:
    under = []
    if check.state is not CheckState.OK:
        under += [] if check.why is None else [Item(check.why, label="why", style=Style.MUTED)]
        under += [] if check.fix is None else [Item(check.fix, label="next")]
    words = (Strong(check.name), f": {_subject(check)}{check.message}")
    return Item(words, _MARKERS[check.state], under=tuple(under))


def verdict_words(checkup: Checkup) -> str:
    """The result of all checks, in a sentence."""
    errors, warnings, unknown = (
        checkup.count(item) for item in (CheckState.ERROR, CheckState.WARNING, CheckState.UNKNOWN)
    )
    counts = [count_words(warnings, "warning")] if warnings else []
    if unknown:
        counts.append(f"{unknown} not known")
    rest = f" ({', '.join(counts)})" if counts else ""
    if errors:
        verb = "forbids" if errors == 1 else "forbid"
        return f"{count_words(errors, 'check')} {verb} a publish{rest}"
    return f"nothing forbids a publish{rest}"


def _subject(check: Check) -> str:
    """The subject, unless the message begins with it."""
    return "" if check.message.startswith(check.subject) else f"{check.subject}: "
