"""The progress of a tour: a line for each event."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.tour.model import BrowserStarted, HostStubbed, PageFinished, PageStarted
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.tour_wording import shown_url
from edgerollout.views.wording import count_words, duration_words

if TYPE_CHECKING:
    from edgerollout.tour.model import TourEvent
    from edgerollout.views.glyphs import Glyphs


def progress_line(event: TourEvent, glyphs: Glyphs) -> Line | None:
    """The line of an event; None if there is nothing to say yet."""
    match event:
        case BrowserStarted():
            test = event.self_test
            name = f"{event.browser.name} {event.browser.version}"
            if test.passed:
                bare = "" if event.sandboxed else "; it runs without its sandbox: tour only sites you trust"
                return Line(f"{glyphs.done} {name}, its detector works{bare}", Style.MUTED)
            return Line(f"{glyphs.failed} {name}: its detector missed {', '.join(test.missed)}", Style.BAD)
        case PageStarted():
            return None
        case PageFinished():
            return _finished(event, glyphs)
        case HostStubbed():
            words = f"{glyphs.warning} {visible(event.host)} does not answer: the tour goes on without it"
            return Line(words, Style.WARNING)
        case _:
            assert_never(event)


def _finished(event: PageFinished, glyphs: Glyphs) -> Line:
    counter = f"{event.number}/{event.known}"
    seen = f"{count_words(event.violations, 'record')}, {duration_words(event.took)}"
    text = f"{counter} {visible(shown_url(event.url))}  {seen}"
    if event.incomplete:
        return Line(f"{glyphs.warning} {text}; {visible(event.incomplete[0])}", Style.WARNING, hang=4)
    return Line(f"{glyphs.dot} {text}", Style.MUTED, hang=4)
