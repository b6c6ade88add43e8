"""Tests that a handler does what its release says, and that CloudFront accepts what it returns.

Every case is called twice, in order and in reverse: a function stays warm between requests, and
one response must not influence the next.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.handlers.refusals import refusals
from edgerollout.handlers.results import HandlerFailure, Started
from edgerollout.handlers.runner import HandlerRunner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.handlers.cases import Case
    from edgerollout.handlers.code import FunctionCode
    from edgerollout.handlers.refusals import Refusal
    from edgerollout.policy.render import RenderedResponse

Headers = Mapping[str, tuple[str, ...]]
"""Lower-case name → its values, one a header line."""

_TIMEOUTS = 2
"""After this many time-outs no more cases are run: each takes the function's whole timeout."""


@dataclass(frozen=True)
class HeaderMismatch:
    """A header that differs from the release; () means it is missing."""

    header: str
    expected: tuple[str, ...]
    got: tuple[str, ...]


@dataclass(frozen=True)
class CaseResult:
    """The result of one case.

    `expected` has the release's headers only, `got` everything that the handler returned. `failure` is
    what the handler did instead of returning. `when_warm`: the first call was fine and a
    later one was not. `notes` are harmless changes by the handler. `not_run` says why the
    case was left out.
    """

    case: Case
    expected: Headers
    got: Headers
    mismatches: tuple[HeaderMismatch, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    failure: HandlerFailure | None = None
    notes: tuple[str, ...] = ()
    duration_ms: float | None = None
    when_warm: bool = False
    not_run: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; a case that was not run counts as ok."""
        return not (self.mismatches or self.refusals or self.failure)


@dataclass(frozen=True)
class Report:
    """A handler against its release. Times are this machine's, in milliseconds, and only informative.

    `interpreter` is what ran here instead of `runtime`. `init_failure`: the handler could not be
    loaded, and no case was run. `call_ms` is the median of the warm calls.
    """

    runtime: str
    entry: str
    interpreter: str | None
    results: tuple[CaseResult, ...]
    init_ms: float | None = None
    call_ms: float | None = None
    init_failure: HandlerFailure | None = None

    @property
    def ok(self) -> bool:
        return self.init_failure is None and all(result.ok for result in self.results)

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        return tuple(result for result in self.results if not result.ok)


def run(code: FunctionCode, release: RenderedResponse, cases: Sequence[Case]) -> Report:
    """Call a function version with every case and judge what it returns.

    Raises EdgerolloutError when this machine has no interpreter for the runtime; the handler's
    errors are in the report.
    """
    with HandlerRunner(code) as runner:
        started = runner.start()
        if isinstance(started, HandlerFailure):
            left_out = "the handler could not be loaded"
            results = tuple(_left_out(case, release, case.skipped or left_out) for case in cases)
            return Report(code.runtime, code.handler, None, results, init_failure=started)
        first = _pass(runner, release, cases)
        if any(result.failure is not None and result.failure.kind == "timeout" for result in first):
            again = first
        else:
            again = tuple(reversed(_pass(runner, release, tuple(reversed(cases)))))
    return _report(code, started, first, again)


def _report(
    code: FunctionCode, started: Started, first: tuple[CaseResult, ...], again: tuple[CaseResult, ...]
) -> Report:
    calls = [result.duration_ms for result in again if result.duration_ms is not None]
    return Report(
        code.runtime,
        code.handler,
        started.interpreter,
        tuple(_worse(cold, warm) for cold, warm in zip(first, again, strict=True)),
        started.duration_ms,
        statistics.median(calls) if calls else None,
    )


def _worse(cold: CaseResult, warm: CaseResult) -> CaseResult:
    if cold.ok and not warm.ok:
        return replace(warm, when_warm=True)
    return replace(cold, duration_ms=warm.duration_ms)


def _pass(runner: HandlerRunner, release: RenderedResponse, cases: Sequence[Case]) -> tuple[CaseResult, ...]:
    results: list[CaseResult] = []
    timeouts = 0
    for case in cases:
        if case.skipped is not None:
            results.append(_left_out(case, release, case.skipped))
        elif timeouts >= _TIMEOUTS:
            results.append(_left_out(case, release, f"the handler timed out {timeouts} times"))
        else:
            result = _call(runner, release, case)
            timeouts += result.failure is not None and result.failure.kind == "timeout"
            results.append(result)
    return tuple(results)


def _left_out(case: Case, release: RenderedResponse, why: str) -> CaseResult:
    return CaseResult(case, expected_headers(release, _sent(case)), {}, not_run=why)


def _call(runner: HandlerRunner, release: RenderedResponse, case: Case) -> CaseResult:
    sent = _sent(case)
    expected = expected_headers(release, sent)
    outcome = runner.invoke(case.event)
    if isinstance(outcome, HandlerFailure):
        return CaseResult(case, expected, {}, failure=outcome)
    refused = refusals(case.event_type, _cf(case), outcome.value)
    result = outcome.value if isinstance(outcome.value, Mapping) else {}
    got = header_values(result.get("headers"))
    mismatches = tuple(
        HeaderMismatch(name, wanted, got.get(name, ()))
        for name, wanted in expected.items()
        if got.get(name, ()) != wanted
    )
    # A refused result never reaches a browser: report only the refusal.
    return CaseResult(
        case,
        expected,
        got,
        () if any(refusal.rule == "shape" for refusal in refused) else mismatches,
        refused,
        notes=() if refused else tuple(_notes(case, result, expected, header_values(sent), got)),
        duration_ms=outcome.duration_ms,
    )


def expected_headers(release: RenderedResponse, sent: object) -> Headers:
    """The release's headers on a response with the headers `sent`; () for a removed one."""
    own = header_values(sent)
    expected: dict[str, tuple[str, ...]] = {name: (value,) for name, (_, value) in release.set.items()}
    expected |= {name: own.get(name) or (value,) for name, (_, value) in release.keep.items()}
    expected |= dict.fromkeys(release.remove, ())
    return dict(sorted(expected.items()))


def header_values(lists: object) -> Headers:
    """Headers of an event or a result as name → values; other shapes are left out."""
    if not isinstance(lists, Mapping):
        return {}
    return {
        str(name).lower(): tuple(
            str(line["value"]) for line in lines if isinstance(line, Mapping) and "value" in line
        )
        for name, lines in lists.items()
        if isinstance(lines, list) and lines
    }


def _notes(
    case: Case, result: Mapping[object, object], expected: Headers, before: Headers, after: Headers
) -> list[str]:
    """What the handler does beyond its release: allowed, but worth a note."""
    found: list[str] = []
    for name in sorted({*before, *after} - {*expected}):
        if before.get(name) == after.get(name):
            continue
        did = "sets" if name not in before else "removes" if name not in after else "changes"
        found.append(f"{did} {name}, which the release does not mention")
    response = _cf(case).get("response")
    status = response.get("status") if isinstance(response, Mapping) else None
    if str(result.get("status")) != str(status):
        found.append(f"answers {result.get('status')} instead of {status}")
    if result.get("body") is not None:
        found.append("replaces the origin's body")
    return found


def _cf(case: Case) -> Mapping[str, object]:
    records = case.event["Records"]
    if not isinstance(records, list):
        raise AssertionError("a case's event has records")
    found = records[0]["cf"]
    if not isinstance(found, Mapping):
        raise AssertionError("a record's cf is an object")
    return found


def _sent(case: Case) -> object:
    response = _cf(case).get("response")
    return response.get("headers") if isinstance(response, Mapping) else None
