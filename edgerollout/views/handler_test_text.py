"""A handler test for people: a line for each group of cases, and only what failed at length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.handlers.acceptance import CaseResult, Report
    from edgerollout.handlers.results import HandlerFailure
    from edgerollout.views.glyphs import Glyphs

_TRACE_LINES = 12
"""Of a stack, its last ones; a handler's own is rarely deeper."""


def handler_test_lines(report: Report, title: str, glyphs: Glyphs) -> tuple[Line, ...]:
    """The report; `title` says whose handler was tested, and as what."""
    return tuple(_lines(report, title, glyphs))


def summary(report: Report) -> str:
    """How it came out, in a few words."""
    ran = [one for one in report.results if one.not_run is None]
    words = count_words(len(ran), "case")
    words += f", {len(report.failed)} failed" if report.failed else ", all as the release says" if ran else ""
    skipped = len(report.results) - len(ran)
    return words + (f", {skipped} not run" if skipped else "")


def times(report: Report) -> str | None:
    """Init time and time of a warm call, in milliseconds; None where nothing was called."""
    if report.init_ms is None:
        return None
    call = "" if report.call_ms is None else f", {report.call_ms:.3f} ms for a warm call (median)"
    return f"init {report.init_ms:.1f} ms{call}, on this machine"


def stand_in(report: Report) -> str | None:
    """Which interpreter ran in place of the runtime."""
    return None if report.interpreter is None else f"{report.interpreter} in place of {report.runtime}"


def groups(report: Report) -> dict[str, list[CaseResult]]:
    """The results by what their cases are about, in order."""
    found: dict[str, list[CaseResult]] = {}
    for one in report.results:
        found.setdefault(one.case.group, []).append(one)
    return found


def problem_lines(one: CaseResult) -> Iterator[str]:
    """What is wrong in a case, as plain lines."""
    if one.when_warm:
        yield "the first call was fine, a later one of the same warm function was not"
    if one.failure is not None:
        yield from _failure(one.failure)
    for refusal in one.refusals:
        yield f"CloudFront answers 502: {refusal.text}"
        yield f"and logs: {refusal.log}"
    for mismatch in one.mismatches:
        yield f"{mismatch.header}: expected {_values(mismatch.expected)}"
        yield f"{' ' * len(mismatch.header)}  got {_values(mismatch.got)}"


def init_lines(failure: HandlerFailure) -> Iterator[str]:
    """Why the handler cannot be loaded."""
    yield f"the handler cannot be loaded: {failure.message}"
    yield from _trace(failure)


def _lines(report: Report, title: str, glyphs: Glyphs) -> Iterator[Line]:
    yield Line(title, Style.STRONG, hang=2)
    if (words := stand_in(report)) is not None:
        yield Line(f"  {words}", Style.MUTED, hang=2)
    if report.init_failure is not None:
        yield Line("")
        first, *others = init_lines(report.init_failure)
        yield Line(f"{glyphs.failed} {visible(first)}", Style.BAD, hang=4)
        yield from (Line(f"    {visible(line)}", hang=6) for line in others)
        return
    yield Line("")
    found = groups(report)
    column = max((len(group) for group in found), default=0)
    told: dict[tuple[str, ...], str] = {}
    for group, results in found.items():
        yield from _group(group.ljust(column), results, told, glyphs)
    yield Line("")
    style = Style.GOOD if report.ok else Style.BAD
    yield Line(f"{glyphs.done if report.ok else glyphs.failed} {summary(report)}", style, hang=2)
    if (words := times(report)) is not None:
        yield Line(f"  {words}", Style.MUTED, hang=2)


def _group(
    group: str, results: list[CaseResult], told: dict[tuple[str, ...], str], glyphs: Glyphs
) -> Iterator[Line]:
    """One group. `told` has the problems that were shown, and in which case: none is shown twice."""
    ran = [one for one in results if one.not_run is None]
    good = sum(1 for one in ran if one.ok)
    if not ran:
        yield Line(f"{glyphs.waiting} {group}  not run", Style.MUTED)
    else:
        ok = good == len(ran)
        mark, style = (glyphs.done, Style.PLAIN) if ok else (glyphs.failed, Style.BAD)
        yield Line(f"{mark} {group}  {good} of {len(ran)}", style)
    for one in results:
        if not one.ok:
            lines = tuple(problem_lines(one))
            same = f": the same as in '{visible(told[lines])}'" if lines in told else ""
            yield Line(f"    {glyphs.failed} {visible(one.case.name)}{same}", Style.BAD, hang=6)
            if not same:
                yield from (Line(f"        {_seen(line)}", hang=10) for line in lines)
            told.setdefault(lines, one.case.name)
        for note in one.notes:
            yield Line(f"    {glyphs.note} {visible(one.case.name)}: {visible(note)}", Style.MUTED, hang=6)
    reasons: dict[str, int] = {}
    for one in results:
        if one.not_run is not None:
            reasons[one.not_run] = reasons.get(one.not_run, 0) + 1
    for why, count in reasons.items():
        yield Line(f"    {glyphs.waiting} {count} not run: {visible(why)}", Style.MUTED, hang=6)


def _seen(line: str) -> str:
    """`line` without control characters, its indentation kept."""
    words = line.lstrip(" ")
    return " " * (len(line) - len(words)) + visible(words)


def _failure(failure: HandlerFailure) -> Iterator[str]:
    yield "the function fails, CloudFront answers 503 (x-cache: LambdaExecutionError)"
    yield f"{failure.kind}: {failure.message}"
    yield from _trace(failure)


def _trace(failure: HandlerFailure) -> Iterator[str]:
    # The message is the trace's own first or last line.
    lines = [line for line in failure.trace if line.strip() != failure.message]
    yield from (f"  {line}" for line in lines[-_TRACE_LINES:])
    yield from (f"printed: {line}" for line in failure.logs[-_TRACE_LINES:])


def _values(values: tuple[str, ...]) -> str:
    return " and ".join(f'"{value}"' for value in values) if values else "no such header"
