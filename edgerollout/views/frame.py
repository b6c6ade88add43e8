"""One frame of the live view: what happens now, in at most 24 lines of any width. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, assert_never

from edgerollout.release.facts.events import StepKind
from edgerollout.views.ink import Line, Style, fitted, visible
from edgerollout.views.run_state import RowProgress
from edgerollout.views.wording import duration_words, result_words, step_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgerollout.views.glyphs import Glyphs
    from edgerollout.views.run_state import RunRow, RunState

MAX_LINES = 24
RETRY_SHOWN = 4.0
"""Seconds a retry stays on the screen after its next attempt was made."""

_FRAMES_PER_SECOND = 10
_PLAIN = frozenset(
    {StepKind.CREATE_ROLE, StepKind.CREATE_FUNCTION, StepKind.UPDATE_CONFIGURATION, StepKind.UPDATE_CODE}
)
"""Steps with an ARN or a digest as their result, which people who watch do not need."""
_NARROW = 60
"""Below this width the status of a step in AWS's own words is left out, for the distribution's name."""


def frame(state: RunState, now: float, width: int, height: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The lines to show at `now` (monotonic seconds); at most `height` less one, and at most 24."""
    top = [*_header(state, width, glyphs), *_steps(state, now, width, glyphs)]
    bottom = list(_bottom(state, now, width, glyphs))
    room = min(height - 1, MAX_LINES) - len(top) - len(bottom)
    return (*top, *_distributions(state, now, width, max(1, room), glyphs), *bottom)


def _header(state: RunState, width: int, glyphs: Glyphs) -> Iterator[Line]:
    separator = f" {glyphs.dot} "
    text = ""
    for part in state.heading.parts(glyphs):
        joined = f"{text}{separator}{part}" if text else part
        if text and len(joined) > width:
            yield Line(fitted(text, width, glyphs.ellipsis), Style.STRONG)
            joined = part
        text = joined
    yield Line(fitted(text, width, glyphs.ellipsis), Style.STRONG)


def _steps(state: RunState, now: float, width: int, glyphs: Glyphs) -> Iterator[Line]:
    """The steps that belong to no distribution: one line for all that are done, then a line for each step."""
    done = [(kind, row) for kind, row in state.steps.items() if row.progress is RowProgress.DONE]
    if done:
        kind, row = done[-1]
        words = ", ".join(step_words(kind) for kind, _ in done[:-1])
        came = result_words(kind, visible(row.status)) if row.status and kind not in _PLAIN else ""
        last = step_words(kind) + (f" ({came})" if came else "")
        texts = (f"{words}, {last}", f"{len(done)} steps done, {last}") if words else ()
        sign = glyphs.done if row.good else glyphs.warning
        line = _first_fitting((*texts, last), sign, width, glyphs)
        yield Line(line, Style.ADDED if row.good else Style.WARNING)
    for kind, row in state.steps.items():
        if row.progress is not RowProgress.DONE:
            name = step_words(kind)
            yield _line(row, name, visible(row.status), len(name), now, width, glyphs)


def _distributions(state: RunState, now: float, width: int, room: int, glyphs: Glyphs) -> Iterator[Line]:
    shown, counted = state.visible_rows(room)
    longest = max((len(row.name) for row in shown), default=0)
    names = min(longest, max(12, width - 26 if width < _NARROW else width // 2))
    for row in shown:
        yield _line(row, row.name, _now_words(row, width), names, now, width, glyphs)
    if counted:
        yield Line(fitted(f"  {_counted(counted)}", width, glyphs.ellipsis), Style.MUTED)


def _line(
    row: RunRow, name: str, words: str, name_width: int, now: float, width: int, glyphs: Glyphs
) -> Line:
    sign, style = _sign(row, now, glyphs)
    clock = duration_words(now - row.since) if row.progress is RowProgress.MOVING else ""
    shown = fitted(name, name_width, glyphs.ellipsis)
    left = f"{sign} {shown:<{name_width}}  {words}".rstrip()
    space = width - len(clock) - (1 if clock else 0)
    left = fitted(left, space, glyphs.ellipsis)
    return Line(f"{left:<{space}} {clock}" if clock else left, style)


def _now_words(row: RunRow, width: int) -> str:
    step = "" if row.step is None else step_words(row.step)
    match row.progress:
        case RowProgress.MOVING:
            return f"{step}: {visible(row.status)}" if row.status and width >= _NARROW else step
        case RowProgress.BETWEEN:
            return f"{step} done in {duration_words(row.took)}"
        case RowProgress.FAILED:
            return f"{step} failed"
        case RowProgress.DONE | RowProgress.UNCHANGED | RowProgress.WAITING:
            return _progress_words(row.progress)
        case _:
            assert_never(row.progress)


def _progress_words(progress: RowProgress) -> str:
    match progress:
        case RowProgress.FAILED:
            return "failed"
        case RowProgress.MOVING | RowProgress.BETWEEN:
            return "under way"
        case RowProgress.WAITING:
            return "waiting"
        case RowProgress.DONE:
            return "done"
        case RowProgress.UNCHANGED:
            return "nothing to do"
        case _:
            assert_never(progress)


def _counted(rows: Sequence[RunRow]) -> str:
    counts = Counter(_progress_words(row.progress) for row in rows)
    if len(counts) == 1:
        return f"and {len(rows)} more {next(iter(counts))}"
    return f"and {len(rows)} more: " + ", ".join(f"{count} {words}" for words, count in counts.items())


def _bottom(state: RunState, now: float, width: int, glyphs: Glyphs) -> Iterator[Line]:
    if state.rolling_back is not None:
        target = state.rolling_back.to_release
        words = "rolling back" if target is None else f"rolling back to release {target}"
        yield Line(fitted(f"{glyphs.failed} {words}", width, glyphs.ellipsis), Style.BAD)
    retry = state.retry
    if retry is not None and now - state.retried_at < retry.wait + RETRY_SHOWN:
        left = max(0.0, retry.wait - (now - state.retried_at))
        when = f"again in {duration_words(left)}" if left else "tried again"
        code = visible(retry.code)
        texts = (f"{retry.operation}: {code}, {when}", f"{code}, {when}")
        yield Line(_first_fitting(texts, glyphs.retry, width, glyphs), Style.MUTED)


def _first_fitting(texts: Sequence[str], sign: str, width: int, glyphs: Glyphs) -> str:
    """The first text that fits behind the sign. If none fits, the last text, cut."""
    lines = [f"{sign} {text}" for text in texts]
    fitting = next((line for line in lines if len(line) <= width), lines[-1])
    return fitted(fitting, width, glyphs.ellipsis)


def _sign(row: RunRow, now: float, glyphs: Glyphs) -> tuple[str, Style]:
    match row.progress:
        case RowProgress.MOVING:
            return glyphs.spinner[int(now * _FRAMES_PER_SECOND) % len(glyphs.spinner)], Style.PLAIN
        case RowProgress.FAILED:
            return glyphs.failed, Style.BAD
        case RowProgress.DONE | RowProgress.UNCHANGED:
            return glyphs.done, Style.ADDED
        case RowProgress.BETWEEN | RowProgress.WAITING:
            return glyphs.waiting, Style.MUTED
        case _:
            assert_never(row.progress)
