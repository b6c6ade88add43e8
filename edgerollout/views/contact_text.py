"""First contact with an account for people: a line an assumption, and below it what came instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.release.facts.contact import Contact
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.facts.contact import Assumption
    from edgerollout.views.glyphs import Glyphs


def contact_lines(
    environment: str, found: tuple[Assumption, ...], glyphs: Glyphs, *, quiet: bool = False
) -> tuple[Line, ...]:
    """The assumptions in lines; `quiet` leaves out what was seen."""
    return tuple(_lines(environment, found, glyphs, quiet=quiet))


def _lines(environment: str, found: tuple[Assumption, ...], glyphs: Glyphs, *, quiet: bool) -> Iterator[Line]:
    for one in found:
        if quiet and one.state is Contact.SEEN:
            continue
        mark, style = _mark(one.state, glyphs)
        text = f"{one.name}: {one.state}, {visible(one.subject)}: {visible(one.assumed)}"
        yield Line(f"{mark} {text}", style, hang=2, lead=2)
        if one.came is not None:
            yield Line(
                f"    {'came' if one.state is Contact.DIFFERS else 'why'}: {visible(one.came)}", hang=10
            )
    yield Line("")
    counts = {state: sum(one.state is state for one in found) for state in Contact}
    differ, well = counts[Contact.DIFFERS], not counts[Contact.DIFFERS]
    if not differ and not counts[Contact.SEEN]:
        words, well = "nothing could be seen", False
    elif not differ:
        words = "all as edgerollout takes it"
    else:
        words = f"{count_words(differ, 'thing')} {'differs' if differ == 1 else 'differ'}"
    words += f" ({counts[Contact.SEEN]} seen, {counts[Contact.NOT_SEEN]} not seen)"
    mark = glyphs.done if well else glyphs.failed
    yield Line(f"{mark} {visible(environment)}: {words}", Style.GOOD if well else Style.BAD, hang=2)


def _mark(state: Contact, glyphs: Glyphs) -> tuple[str, Style]:
    match state:
        case Contact.SEEN:
            return glyphs.done, Style.PLAIN
        case Contact.DIFFERS:
            return glyphs.failed, Style.BAD
        case Contact.NOT_SEEN:
            return "?", Style.MUTED
        case _:
            assert_never(state)
