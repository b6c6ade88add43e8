from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError
from urllib3.exceptions import SSLError

from edgerollout.aws.faults import MalformedAnswer
from edgerollout.aws.retry import BUDGET, MOST_ATTEMPTS, SHORT_ATTEMPTS, Operation, Repeat, RetryingCaller
from edgerollout.release.facts.events import CallRetried
from edgerollout.rollout.ports import (
    AlreadyExists,
    AwsFailure,
    Busy,
    CredentialsExpired,
    LostAnswer,
    NotFound,
    PreconditionFailed,
)
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.release.facts.events import Event

READ = Operation("cloudfront", "GetDistribution")
SAME = Operation("cloudfront", "CreateInvalidation", Repeat.SAME)
ONCE = Operation("cloudfront", "UpdateDistribution", Repeat.ONCE)

URL = "https://cloudfront.amazonaws.com/"


def answered(code: str, status: int, operation: str, *, retry_after: str | None = None) -> boto.ClientError:
    headers = {} if retry_after is None else {"retry-after": retry_after}
    return boto.ClientError(
        {
            "Error": {"Code": code, "Message": "words"},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "HTTPHeaders": headers,
                "RequestId": "1",
                "HostId": "",
                "RetryAttempts": 0,
            },
        },
        operation,
    )


@dataclass
class Calls:
    """A request that fails with each of `errors` in turn, then answers."""

    errors: list[Exception]
    made: int = 0

    def __call__(self) -> str:
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


@dataclass
class Bench:
    clock: FakeClock = field(default_factory=FakeClock)
    events: list[Event] = field(default_factory=list)

    def caller(self, jitter: Callable[[], float] = lambda: 1.0, budget: float = BUDGET) -> RetryingCaller:
        return RetryingCaller(self.clock, self.events.append, budget=budget, jitter=jitter)

    @property
    def retries(self) -> list[CallRetried]:
        return [event for event in self.events if isinstance(event, CallRetried)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def throttles(count: int, operation: str = "UpdateDistribution") -> list[Exception]:
    return [answered("Throttling", 400, operation) for _ in range(count)]


@pytest.mark.parametrize("operation", [READ, SAME, ONCE], ids=lambda operation: operation.repeat.name)
def test_a_throttled_call_is_tried_again_whatever_it_is(bench: Bench, operation: Operation) -> None:
    calls = Calls(throttles(3, operation.name))
    assert bench.caller().call(operation, calls) == "answer"
    assert calls.made == 4


def test_every_retry_is_an_event_with_the_wait_that_follows(bench: Bench) -> None:
    bench.caller().call(ONCE, Calls(throttles(3)))
    assert bench.retries == [
        CallRetried("cloudfront", "UpdateDistribution", "Throttling", attempt=1, wait=0.5),
        CallRetried("cloudfront", "UpdateDistribution", "Throttling", attempt=2, wait=1.0),
        CallRetried("cloudfront", "UpdateDistribution", "Throttling", attempt=3, wait=2.0),
    ]
    assert bench.clock.slept == [0.5, 1.0, 2.0]


def test_waits_after_throttles_rest_at_the_rate_cloudfront_grants_and_grow_when_that_does_not_help(
    bench: Bench,
) -> None:
    bench.caller().call(ONCE, Calls(throttles(13)))
    assert bench.clock.slept == [0.5, 1.0, *[2.0] * 6, 4.0, 8.0, 16.0, 20.0, 20.0]


def test_waits_after_failures_grow_without_a_rest(bench: Bench) -> None:
    failures = [answered("ServiceUnavailable", 503, "GetDistribution") for _ in range(7)]
    bench.caller().call(READ, Calls(list(failures)))
    assert bench.clock.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0]


def test_jitter_takes_at_most_half_of_a_wait(bench: Bench) -> None:
    bench.caller(jitter=lambda: 0.0).call(ONCE, Calls(throttles(3)))
    assert bench.clock.slept == [0.25, 0.5, 1.0]


def test_a_wait_is_never_shorter_than_aws_asked_for(bench: Bench) -> None:
    asked = answered("TooManyRequestsException", 429, "UpdateDistribution", retry_after="7")
    bench.caller().call(ONCE, Calls([asked]))
    assert bench.clock.slept == [7.0]


def test_a_retry_after_that_is_a_date_falls_back_to_our_own_wait(bench: Bench) -> None:
    asked = answered("Throttling", 429, "UpdateDistribution", retry_after="Sun, 22 Nov 2026 12:00:00 GMT")
    bench.caller().call(ONCE, Calls([asked]))
    assert bench.clock.slept == [0.5]


def test_throttling_is_given_up_after_many_attempts_within_the_budget(bench: Bench) -> None:
    calls = Calls(throttles(1000))
    with pytest.raises(AwsFailure) as failed:
        bench.caller().call(ONCE, calls)
    assert failed.value.code == "Throttling"
    assert 10 <= calls.made <= MOST_ATTEMPTS
    assert bench.clock.monotonic() <= BUDGET


def test_no_wait_begins_that_would_end_after_the_budget(bench: Bench) -> None:
    with pytest.raises(AwsFailure):
        bench.caller(budget=10).call(ONCE, Calls(throttles(1000)))
    assert bench.clock.slept == [0.5, 1.0, 2.0, 2.0, 2.0, 2.0]


UNKNOWN_FATES = [
    answered("ServiceUnavailable", 503, "UpdateDistribution"),
    answered("InternalError", 500, "UpdateDistribution"),
    boto.ReadTimeoutError(endpoint_url=URL),
    boto.ConnectionClosedError(endpoint_url=URL),
]


@pytest.mark.parametrize("error", UNKNOWN_FATES, ids=["503", "500", "time-out", "reset"])
def test_a_write_of_unknown_fate_is_never_sent_twice(bench: Bench, error: Exception) -> None:
    calls = Calls([error])
    with pytest.raises(LostAnswer):
        bench.caller().call(ONCE, calls)
    assert calls.made == 1
    assert bench.events == []


@pytest.mark.parametrize("error", UNKNOWN_FATES, ids=["503", "500", "time-out", "reset"])
@pytest.mark.parametrize("repeat", [Repeat.READ, Repeat.SAME])
def test_reads_and_repeatable_writes_are_tried_again(bench: Bench, error: Exception, repeat: Repeat) -> None:
    calls = Calls([error, error])
    assert bench.caller().call(Operation("cloudfront", "UpdateDistribution", repeat), calls) == "answer"
    assert calls.made == 3


def test_a_read_that_keeps_failing_is_a_failure_and_no_lost_answer(bench: Bench) -> None:
    with pytest.raises(AwsFailure) as failed:
        bench.caller().call(READ, Calls([answered("ServiceUnavailable", 503, READ.name)] * 50))
    assert type(failed.value) is AwsFailure
    assert failed.value.code == "ServiceUnavailable"


def test_a_repeatable_write_that_keeps_failing_is_a_lost_answer(bench: Bench) -> None:
    with pytest.raises(LostAnswer):
        bench.caller().call(SAME, Calls([boto.ReadTimeoutError(endpoint_url=URL)] * 50))


@pytest.mark.parametrize(
    ("code", "status"),
    [("EntityAlreadyExists", 409), ("ResourceConflictException", 409), ("PreconditionFailedException", 412)],
)
def test_a_repeat_that_finds_the_change_made_after_a_lost_answer_does_not_blame_others(
    bench: Bench, code: str, status: int
) -> None:
    operation = Operation("lambda", "UpdateFunctionConfiguration", Repeat.SAME)
    lost = boto.ReadTimeoutError(endpoint_url=URL)
    with pytest.raises(LostAnswer):
        bench.caller().call(operation, Calls([lost, answered(code, status, operation.name)]))


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("PreconditionFailed", 412, PreconditionFailed),
        ("NoSuchDistribution", 404, NotFound),
        ("ResourceConflictException", 409, Busy),
        ("EntityAlreadyExists", 409, AlreadyExists),
        ("AccessDenied", 403, AwsFailure),
        ("ExpiredToken", 403, CredentialsExpired),
        ("TooManyInvalidationsInProgress", 400, AwsFailure),
        ("InvalidArgument", 400, AwsFailure),
    ],
)
@pytest.mark.parametrize("repeat", list(Repeat))
def test_a_definite_answer_is_never_tried_again(
    bench: Bench, code: str, status: int, kind: type[AwsFailure], repeat: Repeat
) -> None:
    calls = Calls([answered(code, status, "UpdateDistribution")])
    with pytest.raises(kind):
        bench.caller().call(Operation("cloudfront", "UpdateDistribution", repeat), calls)
    assert calls.made == 1
    assert bench.events == []


def test_a_call_that_was_never_sent_is_tried_again_even_when_it_must_go_out_once(bench: Bench) -> None:
    calls = Calls(
        [boto.ConnectTimeoutError(endpoint_url=URL), boto.EndpointConnectionError(endpoint_url=URL)]
    )
    assert bench.caller().call(ONCE, calls) == "answer"


def test_an_endpoint_nobody_listens_on_is_given_up_soon(bench: Bench) -> None:
    calls = Calls([boto.EndpointConnectionError(endpoint_url=URL)] * 50)
    with pytest.raises(AwsFailure) as failed:
        bench.caller().call(ONCE, calls)
    assert calls.made == SHORT_ATTEMPTS
    assert type(failed.value) is AwsFailure
    assert bench.clock.monotonic() < 15


def tls(reason: Exception) -> boto.SSLError:
    return boto.SSLError(endpoint_url=URL, error=SSLError(reason))


def test_tls_that_breaks_within_an_answer_leaves_a_write_s_fate_unknown(bench: Bench) -> None:
    with pytest.raises(LostAnswer):
        bench.caller().call(ONCE, Calls([tls(ssl.SSLEOFError(8, "EOF occurred in violation of protocol"))]))


@pytest.mark.parametrize(
    "reason", [ssl.SSLCertVerificationError("self-signed certificate"), FileNotFoundError(2, "No such file")]
)
def test_a_certificate_that_is_not_accepted_is_a_definite_failure(bench: Bench, reason: Exception) -> None:
    calls = Calls([tls(reason)])
    with pytest.raises(AwsFailure) as failed:
        bench.caller().call(ONCE, calls)
    assert type(failed.value) is AwsFailure
    assert "AWS_CA_BUNDLE" in (failed.value.hint or "")
    assert calls.made == 1


def test_credentials_that_cannot_be_renewed_have_expired(bench: Bench) -> None:
    stale = RuntimeError("Credentials were refreshed, but the refreshed credentials are still expired.")
    with pytest.raises(CredentialsExpired):
        bench.caller().call(ONCE, Calls([stale]))


def test_sts_failing_inside_a_call_leaves_no_doubt_about_the_call(bench: Bench) -> None:
    calls = Calls([answered("ServiceUnavailable", 503, "AssumeRole")])
    assert bench.caller().call(ONCE, calls) == "answer"
    assert calls.made == 2


def test_what_is_no_failure_of_aws_passes_untouched(bench: Bench) -> None:
    with pytest.raises(ZeroDivisionError):
        bench.caller().call(READ, lambda: str(1 / 0))
    with pytest.raises(KeyboardInterrupt):
        bench.caller().call(READ, _interrupt)


def _interrupt() -> str:
    raise KeyboardInterrupt


def test_a_less_patient_caller_gives_up_sooner() -> None:
    bench = Bench()
    calls = Calls([answered("InternalError", 500, "GetDistribution") for _ in range(MOST_ATTEMPTS)])
    with pytest.raises(AwsFailure):
        bench.caller().less_patient(8.0).call(READ, calls)
    assert bench.clock.monotonic() <= 8.0
    assert 1 < calls.made < MOST_ATTEMPTS


# --- answers that are none -----------------------------------------------------------------------------

CUT = MalformedAnswer("UpdateDistribution", "it ended after 1 of 2 bytes")
BROKEN = [
    CUT,
    ResponseParserError("Unable to parse response: s3cr3t"),
    KeyError("LastModifiedTime"),
    KeyError("s3cr3t value"),
    ValueError("Invalid timestamp s3cr3t"),
    TypeError("s3cr3t"),
    AttributeError("s3cr3t"),
    RecursionError("s3cr3t"),
]


@pytest.mark.parametrize("error", BROKEN, ids=repr)
def test_after_a_malformed_answer_a_write_s_fate_is_unknown_and_it_is_never_sent_twice(
    bench: Bench, error: Exception
) -> None:
    calls = Calls([error])
    with pytest.raises(LostAnswer) as lost:
        bench.caller().call(ONCE, calls)
    assert calls.made == 1
    assert lost.value.code == "MalformedAnswer"
    assert "s3cr3t" not in f"{lost.value} {lost.value.__cause__!r} {lost.value.hint}"


@pytest.mark.parametrize("error", BROKEN, ids=repr)
@pytest.mark.parametrize("repeat", [Repeat.READ, Repeat.SAME])
def test_a_malformed_answer_is_asked_for_again_and_given_up_within_seconds(
    bench: Bench, error: Exception, repeat: Repeat
) -> None:
    operation = Operation("cloudfront", "UpdateDistribution", repeat)
    assert bench.caller().call(operation, Calls([error])) == "answer"
    calls = Calls([error] * 50)
    with pytest.raises(AwsFailure) as failed:
        bench.caller().call(operation, calls)
    assert calls.made == SHORT_ATTEMPTS
    assert isinstance(failed.value, LostAnswer) == (repeat is Repeat.SAME)
    assert failed.value.hint is not None
    assert "s3cr3t" not in f"{failed.value} {failed.value.__cause__!r}"


def test_a_missing_member_is_named(bench: Bench) -> None:
    with pytest.raises(AwsFailure, match="it has no LastModifiedTime"):
        bench.caller().call(READ, Calls([KeyError("LastModifiedTime")] * 9))


@pytest.mark.parametrize(
    ("status", "made"), [(403, SHORT_ATTEMPTS), (502, MOST_ATTEMPTS), (429, MOST_ATTEMPTS)]
)
def test_a_page_in_place_of_an_answer_is_judged_by_its_status(bench: Bench, status: int, made: int) -> None:
    calls = Calls([MalformedAnswer(READ.name, "HTML came", status)] * 50)
    with pytest.raises(AwsFailure) as failed:
        bench.caller(budget=10_000).call(READ, calls)
    assert failed.value.code == f"HTTP{status}"
    assert calls.made == made


def test_a_malformed_answer_of_sts_inside_a_call_leaves_no_doubt_about_the_call(bench: Bench) -> None:
    calls = Calls([MalformedAnswer("AssumeRole", "it is empty")])
    assert bench.caller().call(ONCE, calls) == "answer"
    with pytest.raises(AwsFailure, match="sts:AssumeRole failed") as failed:
        bench.caller().call(ONCE, Calls([MalformedAnswer("AssumeRole", "it is empty")] * 50))
    assert not isinstance(failed.value, LostAnswer)


def test_values_that_were_sent_are_never_shown(bench: Bench) -> None:
    refused = answered("InvalidArgument", 400, ONCE.name)
    refused.response["Error"]["Message"] = "the value hunter22 is wrong"
    with pytest.raises(AwsFailure, match="the value … is wrong"):
        bench.caller().call(ONCE, Calls([refused]), hidden=("hunter22", "is"))
