"""A handler test: a line for each group of cases; only failures are shown in detail."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from edgerollout.views.document import Code, Doc, Item, Labelled, List, Marker, Strong, Verdict
from edgerollout.views.ink import Style
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.handlers.acceptance import CaseResult, Report
    from edgerollout.handlers.results import HandlerFailure

_TRACE_LINES = 12
"""How many lines of a stack trace are shown, counted from its end."""


def handler_test_document(report: Report, title: str) -> Doc:
    """The report. `title` names the environment and the kind of test."""
    facts = Labelled((("runtime", stand_in(report)), ("time", times(report))))
    if report.init_failure is not None:
        first, *others = init_lines(report.init_failure)
        trace = List(tuple(Item(Code(line)) for line in others))
        return Doc(title, (facts, trace), Verdict(first, Marker.FAILED))
    told: dict[tuple[str, ...], str] = {}
    items = tuple(_group(group, results, told) for group, results in groups(report).items())
    verdict = Verdict(summary(report), Marker.DONE if report.ok else Marker.FAILED)
    return Doc(title, (facts, List(items)), verdict)


def summary(report: Report) -> str:
    """The result, in a few words."""
    ran = [result for result in report.results if result.not_run is None]
    words = count_words(len(ran), "case")
    words += f", {len(report.failed)} failed" if report.failed else ", all as the release says" if ran else ""
    skipped = len(report.results) - len(ran)
    return words + (f", {skipped} not run" if skipped else "")


def times(report: Report) -> str | None:
    """Init time and time of a warm call, in milliseconds; None if nothing was called."""
    if report.init_ms is None:
        return None
    call = "" if report.call_ms is None else f", {report.call_ms:.3f} ms for a warm call (median)"
    return f"init {report.init_ms:.1f} ms{call}, on this machine"


def stand_in(report: Report) -> str | None:
    """Which interpreter ran instead of Lambda's runtime; None if it is the same."""
    return None if report.interpreter is None else f"{report.interpreter} instead of {report.runtime}"


def groups(report: Report) -> dict[str, list[CaseResult]]:
    """The results by group of cases, in order."""
    found: dict[str, list[CaseResult]] = {}
    for result in report.results:
        found.setdefault(result.case.group, []).append(result)
    return found


def problem_lines(result: CaseResult) -> Iterator[str]:
    """The problems of a case, as plain lines."""
    if result.when_warm:
        yield "the first call was fine, a later one of the same warm function was not"
    if result.failure is not None:
        yield from _failure(result.failure)
    for refusal in result.refusals:
        yield f"CloudFront answers 502: {refusal.text}"
        yield f"and logs: {refusal.log}"
    for mismatch in result.mismatches:
        yield f"{mismatch.header}: expected {_values(mismatch.expected)}"
        yield f"{' ' * len(mismatch.header)}  got {_values(mismatch.got)}"


def init_lines(failure: HandlerFailure) -> Iterator[str]:
    """Why the handler cannot be loaded."""
    yield f"the handler cannot be loaded: {failure.message}"
    yield from _trace(failure)


def _group(group: str, results: list[CaseResult], told: dict[tuple[str, ...], str]) -> Item:
    """A group. `told` maps problems that were shown to their case, so that none is shown twice."""
    ran = [result for result in results if result.not_run is None]
    good = sum(1 for item in ran if item.ok)
    under = tuple(_under(results, told))
    if not ran:
        return Item((Strong(group), ": not run"), Marker.WAITING, under=under)
    marker = Marker.DONE if good == len(ran) else Marker.FAILED
    return Item((Strong(group), f": {good} of {len(ran)}"), marker, under=under)


def _under(results: list[CaseResult], told: dict[tuple[str, ...], str]) -> Iterator[Item]:
    for result in results:
        if not result.ok:
            lines = tuple(problem_lines(result))
            same = f": the same as in '{told[lines]}'" if lines in told else ""
            shown = () if same else tuple(Item(Code(line), style=Style.PLAIN) for line in lines)
            yield Item(result.case.name + same, Marker.FAILED, under=shown)
            told.setdefault(lines, result.case.name)
        for note in result.notes:
            yield Item(f"{result.case.name}: {note}", Marker.NOTE, Style.MUTED)
    reasons = Counter(item.not_run for item in results if item.not_run is not None)
    for why, count in reasons.items():
        yield Item(f"{count} not run: {why}", Marker.WAITING)


def _failure(failure: HandlerFailure) -> Iterator[str]:
    yield "the function fails, CloudFront answers 503 (x-cache: LambdaExecutionError)"
    yield f"{failure.kind}: {failure.message}"
    yield from _trace(failure)


def _trace(failure: HandlerFailure) -> Iterator[str]:
    # The message is already the first or the last line of the trace.
    lines = [line for line in failure.trace if line.strip() != failure.message]
    yield from (f"  {line}" for line in lines[-_TRACE_LINES:])
    yield from (f"printed: {line}" for line in failure.logs[-_TRACE_LINES:])


def _values(values: tuple[str, ...]) -> str:
    return " and ".join(f'"{value}"' for value in values) if values else "no such header"
