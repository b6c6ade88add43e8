"""The only place that tries AWS calls again.

botocore's own retries are off: they are silent, sleep on the real clock, and repeat an
UpdateDistribution that was carried out, which then looks like somebody else's change (412).
"""

from __future__ import annotations

import enum
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from edgerollout.aws.errors import translate
from edgerollout.aws.faults import (
    Fault,
    MalformedAnswer,
    TransferBroken,
    classify,
    code_of,
    renewal_failed,
    retry_after,
    unreadable,
)
from edgerollout.release.facts.events import CallRetried, Emit
from edgerollout.rollout.ports import AlreadyExists, Busy, LostAnswer, PreconditionFailed
from edgerollout.waiting import AwsAsked, waits_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tenacity import RetryCallState

    from edgerollout.clock import Clock
    from edgerollout.waiting import Waited

T = TypeVar("T")

FIRST_WAIT = 0.5
LONGEST_WAIT = 20.0
THROTTLED_WAIT = 2.0
"""The longest wait after the first throttles: CloudFront's own write rate is one call in two
seconds (AWS staff, aws-sdk-js#3983); longer waits would leave turns unused."""
THROTTLED_ATTEMPTS = 8
"""Throttled tries after which waits grow again: then somebody else uses up the rate."""
MOST_ATTEMPTS = 20
"""With full-length waits about five minutes."""
SHORT_ATTEMPTS = 5
"""A missing server stays missing, and a proxy that cuts answers will cut again: seconds, not
minutes."""
BUDGET = 300.0
"""Seconds for retries of one operation."""


_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""The errors of reading a malformed answer, in botocore's parser or in our own
reading of its members."""


class Repeat(enum.Enum):
    """The effect of sending a call again."""

    READ = enum.auto()
    """Changes nothing."""
    SAME = enum.auto()
    """A write with the same result when carried out twice."""
    ONCE = enum.auto()
    """A write that must not be sent again while the first result is unknown."""


@dataclass(frozen=True)
class Operation:
    """One AWS operation: `cloudfront`, `UpdateDistribution`, and what repeating it means."""

    service: str
    name: str
    repeat: Repeat = Repeat.READ

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"


class RetryingCaller:
    """Makes AWS calls, retries what may succeed, and raises the engine's own errors.

    Waits grow exponentially (after throttles they first stay at CloudFront's rate), with
    jitter so that parallel writers do not meet again, never shorter than AWS's Retry-After. Throttles
    are always retried (nothing happened). A call with an unknown result is retried for reads and
    repeatable writes; other writes raise LostAnswer. An answer that is cut, empty, not AWS's or lacks
    a member also has an unknown result.
    """

    def __init__(
        self,
        clock: Clock,
        emit: Emit,
        *,
        budget: float = BUDGET,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._emit = emit
        self._budget = budget
        self._jitter = jitter

    @property
    def clock(self) -> Clock:
        """The clock for waits."""
        return self._clock

    def less_patient(self, budget: float) -> RetryingCaller:
        """The same caller with other seconds for an operation: for reads that may stay unknown."""
        return RetryingCaller(self._clock, self._emit, budget=budget, jitter=self._jitter)

    def call(
        self,
        operation: Operation,
        request: Callable[[], T],
        hidden: Iterable[str] = (),
        told: Waited | None = None,
    ) -> T:
        """The answer of `request`, which performs `operation` once each time it is called.

        `request` also reads the answer: a missing member there is a malformed
        answer. `hidden` are sent values that AWS may quote and nobody should see. `told`:
        what is waited for, where that is more than the operation.

        Raises what edgerollout.rollout.ports declares. After an attempt with an unknown fate, a repeat that
        finds the thing already changed raises LostAnswer: the change may be our own.
        """
        from botocore.exceptions import BotoCoreError
        from botocore.parsers import ResponseParserError

        waits_for(told or AwsAsked(operation.service, operation.name))
        attempts = _Attempts(operation, self._clock.monotonic() + self._budget, tuple(hidden))

        def attempt() -> T:
            try:
                return request()
            except BotoCoreError:
                raise  # Two of them are ValueErrors, too.
            except (*_UNREADABLE, ResponseParserError) as error:
                raise unreadable(error, operation.name) from None

        try:
            return attempt()
        except Exception as error:
            return self._again(attempt, attempts, error)

    def _again(self, attempt: Callable[[], T], attempts: _Attempts, failed: Exception) -> T:
        """The result of a call whose first attempt `failed`. Only then is tenacity imported."""
        from tenacity import Retrying

        operation, failures = attempts.operation, [failed]

        def next_attempt() -> T:
            if failures:
                raise failures.pop()
            return attempt()

        def stop(state: RetryCallState) -> bool:
            short = attempts.fault in (Fault.NOT_SENT, Fault.MALFORMED)
            limit = SHORT_ATTEMPTS if short else MOST_ATTEMPTS
            return (
                state.attempt_number >= limit
                or self._clock.monotonic() + state.upcoming_sleep > attempts.deadline
            )

        def tell(state: RetryCallState) -> None:
            self._emit(
                CallRetried(
                    service=operation.service,
                    operation=operation.name,
                    code=attempts.code,
                    attempt=state.attempt_number,
                    wait=round(state.upcoming_sleep, 3),
                )
            )

        retrying = Retrying(
            sleep=self._clock.sleep,
            stop=stop,
            wait=lambda state: self._wait(state.attempt_number, attempts),
            retry=lambda state: attempts.worth_another(_exception(state)),
            before_sleep=tell,
            reraise=True,
        )
        try:
            return retrying(next_attempt)
        except Exception as error:
            # Every botocore error becomes one of ours here; any other error passes.
            raise attempts.verdict(error) from None

    def _wait(self, attempt: int, attempts: _Attempts) -> float:
        exponential = FIRST_WAIT * 2.0 ** (attempt - 1)
        if attempts.fault is Fault.THROTTLED:
            patient = THROTTLED_WAIT * 2.0 ** max(0, attempt - THROTTLED_ATTEMPTS)
            exponential = min(exponential, patient)
        return max(attempts.asked, min(LONGEST_WAIT, exponential) * (0.5 + self._jitter() / 2))


class _Attempts:
    """The attempts of one call so far."""

    def __init__(self, operation: Operation, deadline: float, hidden: tuple[str, ...]) -> None:
        self.operation = operation
        self.deadline = deadline
        self.hidden = hidden
        self.fault = Fault.REFUSED
        self.code = ""
        self.asked = 0.0
        self.maybe_done = False

    def worth_another(self, error: BaseException | None) -> bool:
        """Note the failure; returns whether another attempt makes sense and is safe."""
        if not isinstance(error, Exception):
            return False
        self.fault = classify(error, self.operation.name)
        self.code = code_of(error)
        self.asked = retry_after(error)
        match self.fault:
            case Fault.THROTTLED | Fault.NOT_SENT:
                return True
            case Fault.UNKNOWN | Fault.MALFORMED:
                self.maybe_done = self.operation.repeat is not Repeat.READ
                return self.operation.repeat is not Repeat.ONCE
            case Fault.REFUSED:
                return False

    def verdict(self, error: Exception) -> Exception:
        """The error the caller sees."""
        from botocore.exceptions import BotoCoreError, ClientError

        ended_here = BotoCoreError | ClientError | TransferBroken | MalformedAnswer
        if not (isinstance(error, ended_here) or renewal_failed(error)):
            return error
        lost = self.maybe_done and self.fault is not Fault.REFUSED
        failure = translate(error, str(self.operation), lost=lost, hidden=self.hidden)
        if self.maybe_done and isinstance(failure, AlreadyExists | Busy | PreconditionFailed):
            return LostAnswer(failure.operation, failure.code, failure.message, hint=failure.hint)
        return failure


def _exception(state: RetryCallState) -> BaseException | None:
    return None if state.outcome is None else state.outcome.exception()
