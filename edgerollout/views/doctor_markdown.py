"""A check-up as Markdown, for a job summary or a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.release.facts.check import CheckState
from edgerollout.views.doctor_text import subject_words, verdict_words
from edgerollout.views.markdown import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Spell
    from edgerollout.release.facts.check import Checkup

_MARKS = {CheckState.OK: "✔", CheckState.WARNING: "!", CheckState.ERROR: "✖", CheckState.UNKNOWN: "?"}


def doctor_markdown(checkup: Checkup, spell: Spell) -> str:
    """One table of all checks, ending in a line end. Text that comes from AWS is escaped."""
    return "\n".join(_lines(checkup, spell)) + "\n"


def _lines(checkup: Checkup, spell: Spell) -> Iterator[str]:
    yield f"## {plain(checkup.environment)}: {verdict_words(checkup)}"
    yield ""
    yield "| | check | seen | why it matters | next |"
    yield "|---|---|---|---|---|"
    for one in checkup.checks:
        seen = plain(subject_words(one) + one.message)
        fix = spelled(one.fix or "", spell)
        why, fix = ("", "") if one.state is CheckState.OK else (plain(one.why or ""), plain(fix))
        yield f"| {_MARKS[one.state]} | {plain(one.name)} | {seen} | {why} | {fix} |"
