"""A check-up for people: a line a check, and below those that are not well why it matters and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import spelled
from edgerollout.release.facts.check import CheckState
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Spell
    from edgerollout.release.facts.check import Check, Checkup
    from edgerollout.views.glyphs import Glyphs


def doctor_lines(checkup: Checkup, glyphs: Glyphs, spell: Spell, *, quiet: bool = False) -> tuple[Line, ...]:
    """The check-up in lines; `quiet` leaves out what is well."""
    return tuple(_lines(checkup, glyphs, spell, quiet=quiet))


def verdict_words(checkup: Checkup) -> str:
    """What comes of it all, in a sentence."""
    errors, warnings, unknown = (
        checkup.count(one) for one in (CheckState.ERROR, CheckState.WARNING, CheckState.UNKNOWN)
    )
    counts = [count_words(warnings, "warning")] if warnings else []
    if unknown:
        counts.append(f"{unknown} not known")
    rest = f" ({', '.join(counts)})" if counts else ""
    if errors:
        verb = "forbids" if errors == 1 else "forbid"
        return f"{count_words(errors, 'check')} {verb} a publish{rest}"
    return f"nothing forbids a publish{rest}"


def subject_words(check: Check) -> str:
    """The subject where the message does not name it already."""
    subject = visible(check.subject)
    return "" if not subject or subject in visible(check.message) else f"{subject}: "


def _lines(checkup: Checkup, glyphs: Glyphs, spell: Spell, *, quiet: bool) -> Iterator[Line]:
    for check in checkup.checks:
        if quiet and check.state is CheckState.OK:
            continue
        mark, style = _mark(check.state, glyphs)
        text = f"{check.name}: {subject_words(check)}{visible(check.message)}"
        yield Line(f"{mark} {text}", style, hang=2, lead=2)
        if check.state is CheckState.OK:
            continue
        if check.why is not None:
            yield Line(f"    why:  {visible(check.why)}", Style.MUTED, hang=10)
        if check.fix is not None:
            yield Line(f"    next: {visible(spelled(check.fix, spell))}", hang=10)
    yield Line("")
    well = not checkup.forbidden
    mark = glyphs.done if well else glyphs.failed
    words = f"{mark} {visible(checkup.environment)}: {verdict_words(checkup)}"
    yield Line(words, Style.GOOD if well else Style.BAD, hang=2)


def _mark(state: CheckState, glyphs: Glyphs) -> tuple[str, Style]:
    match state:
        case CheckState.OK:
            return glyphs.done, Style.PLAIN
        case CheckState.WARNING:
            return glyphs.warning, Style.WARNING
        case CheckState.ERROR:
            return glyphs.failed, Style.BAD
        case CheckState.UNKNOWN:
            return "?", Style.MUTED
        case _:
            assert_never(state)
