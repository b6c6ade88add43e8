"""The `test` document: a handler compared with its release."""

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
    """How a handler failed."""

    kind: FailureKind
    """`init`, `exception`, `timeout` or `invalid response`"""
    message: str
    """what happened, on one line"""
    trace: Sequence[str]
    """the stack trace of the handler, as its runtime prints it"""
    logs: Sequence[str]
    """the lines it printed"""


class HeaderMismatchJson(Output):
    """A header that differs from the release."""

    header: str
    """its name"""
    expected: Sequence[str]
    """its values; empty: it should be removed"""
    got: Sequence[str]
    """its values in the response"""


class RefusalJson(Output):
    """Why CloudFront would answer 502."""

    rule: str
    """CloudFront's rule"""
    header: str | None
    """the header"""
    text: str
    """the text on CloudFront's error page"""
    log: str
    """the text in the owner's log"""


class CaseJson(Output):
    """An event, and the result of the handler."""

    group: str
    """its group"""
    name: str
    """its name"""
    event: ResponseEvent
    """the event of the trigger"""
    ok: bool
    """whether the result is right, or the case was not run"""
    not_run: str | None
    """why it was not run"""
    expected: Mapping[str, Sequence[str]]
    """the headers of the release: name → values, one for each header line; an empty list: the header should
    be removed"""
    got: Mapping[str, Sequence[str]]
    """all headers in the response"""
    differences: Sequence[HeaderMismatchJson]
    """all headers that differ"""
    refusals: Sequence[RefusalJson]
    """why CloudFront would answer 502"""
    failure: HandlerFailureJson | None
    """why it would answer 503"""
    when_warm: bool
    """whether the first call was right and a later call was not"""
    notes: Sequence[str]
    """other changes that the handler makes"""
    duration_ms: float | None
    """duration of the call on this machine, in milliseconds"""


class HandlerTestJson(DocumentJson):
    """Whether a handler does what its release says: `test`."""

    environment: str
    """its name"""
    ok: bool
    """whether every case that was run is right"""
    runtime: str
    """the function's runtime, from the configuration"""
    entry: str
    """the function's handler, from the configuration"""
    interpreter: str | None
    """what ran here instead of Lambda's runtime; null if the handler could not be loaded"""
    init_ms: float | None
    """time to load the handler on this machine, in milliseconds"""
    call_ms: float | None
    """median time of a warm call on this machine, in milliseconds"""
    failure: HandlerFailureJson | None
    """why the handler could not be loaded"""
    cases: Sequence[CaseJson]
    """all cases"""


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
