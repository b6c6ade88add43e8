"""The `test` document: a handler against its release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from edgerollout.handlers.results import FailureKind
from edgerollout.policy.header_rules import ResponseEvent
from edgerollout.views.output.encoder import DocumentJson, Output

if TYPE_CHECKING:
    from edgerollout.handlers.acceptance import CaseResult, Report
    from edgerollout.handlers.results import HandlerFailure


class HandlerFailureJson(Output):
    """What a handler did instead of returning."""

    kind: FailureKind
    """`init`, `exception`, `timeout` or `invalid response`"""
    message: str
    """what happened, on one line"""
    trace: Sequence[str]
    """the handler's own stack, as its runtime prints it"""
    logs: Sequence[str]
    """the lines it printed"""


class HeaderMismatchJson(Output):
    """A header that is not as the release says."""

    header: str
    """its name"""
    expected: Sequence[str]
    """its values; empty: it should be gone"""
    got: Sequence[str]
    """the values that came"""


class RefusalJson(Output):
    """Why CloudFront would answer 502."""

    rule: str
    """which rule of CloudFront's"""
    header: str | None
    """the header it is about"""
    text: str
    """as on CloudFront's error page"""
    log: str
    """as in the owner's log"""


class CaseJson(Output):
    """An event, and what the handler made of it."""

    group: str
    """what it is about"""
    name: str
    """its name"""
    event: ResponseEvent
    """where the function sits"""
    ok: bool
    """whether it came out right, or was not run"""
    not_run: str | None
    """why it was left out"""
    expected: Mapping[str, Sequence[str]]
    """the release's headers: name → values, one for each header line; an empty list: the header should be
    gone"""
    got: Mapping[str, Sequence[str]]
    """all headers that came back"""
    differences: Sequence[HeaderMismatchJson]
    """a header each"""
    refusals: Sequence[RefusalJson]
    """why CloudFront would answer 502"""
    failure: HandlerFailureJson | None
    """why it would answer 503"""
    when_warm: bool
    """whether the first call was fine and a later one was not"""
    notes: Sequence[str]
    """what the handler changes beyond the release"""
    duration_ms: float | None
    """milliseconds of the call on this machine"""


class HandlerTestJson(DocumentJson):
    """Whether a handler does what its release says: `test`."""

    environment: str
    """its name"""
    ok: bool
    """whether every case that was run came out right"""
    runtime: str
    """the function's, as in the configuration"""
    entry: str
    """the function's, as in the configuration"""
    interpreter: str | None
    """what ran here in place of the runtime; null when the handler could not be loaded"""
    init_ms: float | None
    """loading the handler: milliseconds on this machine"""
    call_ms: float | None
    """the median of its warm calls: milliseconds on this machine"""
    failure: HandlerFailureJson | None
    """why the handler could not be loaded"""
    cases: Sequence[CaseJson]
    """a case each"""


def handler_test_json(report: Report, environment: str) -> HandlerTestJson:
    """The document."""
    return HandlerTestJson.of(
        report,
        environment=environment,
        failure=_failure(report.init_failure),
        cases=[_case(result) for result in report.results],
    )


def _case(result: CaseResult) -> CaseJson:
    return CaseJson.of(
        result,
        group=result.case.group,
        name=result.case.name,
        event=result.case.event_type,
        differences=[HeaderMismatchJson.of(mismatch) for mismatch in result.mismatches],
        refusals=[RefusalJson.of(refusal) for refusal in result.refusals],
        failure=_failure(result.failure),
    )


def _failure(failure: HandlerFailure | None) -> HandlerFailureJson | None:
    if failure is None:
        return None
    return HandlerFailureJson.of(failure)
