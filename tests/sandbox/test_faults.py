"""Calls of a publish meet every kind of trouble: survived, or stopped with the right words."""

from __future__ import annotations

import time
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from edgerollout.emulator.faults import BROKEN, FaultKind, FaultRule, Throttle
from edgerollout.errors import ExitCode
from edgerollout.release.facts.events import CallRetried, Noticed, StepFailed, StepProgressed
from tests.samples import some_of_each
from tests.unit.release.builders import VIEWER

from .account import Account, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .account import Ended

pytestmark = pytest.mark.sandbox

DONE, FAILED, IN_PROGRESS = ExitCode.DONE, ExitCode.FAILED, ExitCode.IN_PROGRESS
READ_TIMEOUT = 0.15
LATE = 0.25
"""Seconds an answer takes that comes after the read time-out."""

ALWAYS = 10_000
NUMBER = "710000000001"

FAULTS = {
    "Throttling": FaultRule("", code="Throttling", status=400, message="Rate exceeded"),
    "500, not carried out": FaultRule("", code="InternalError", status=500),
    "500, carried out": FaultRule("", code="InternalError", status=500, after_commit=True),
    "time-out, carried out late": FaultRule("", FaultKind.DELAY, seconds=LATE),
    "time-out, carried out": FaultRule("", FaultKind.DELAY, seconds=LATE, after_commit=True),
    "reset, not carried out": FaultRule("", FaultKind.RESET),
    "reset, carried out": FaultRule("", FaultKind.RESET, after_commit=True),
    "cut": FaultRule("", FaultKind.CUT, after_commit=True),
    "HTML with 200, not carried out": FaultRule("", FaultKind.HTML, status=200),
    "HTML with 403, carried out": FaultRule("", FaultKind.HTML, status=403, after_commit=True),
    "HTML with 502, not carried out": FaultRule("", FaultKind.HTML, status=502),
    "empty, not carried out": FaultRule("", FaultKind.EMPTY, status=200),
    "empty, carried out": FaultRule("", FaultKind.EMPTY, status=200, after_commit=True),
    "member missing": FaultRule("", FaultKind.MISSING, after_commit=True),
    "AccessDenied": FaultRule("", code="AccessDenied", status=403, message="not authorized", times=ALWAYS),
    "ExpiredToken": FaultRule("", code="ExpiredToken", status=403, message="it expired", times=ALWAYS),
}
LAMBDA_SAYS = {
    "Throttling": ("TooManyRequestsException", 429),
    "AccessDenied": ("AccessDeniedException", 403),
    "ExpiredToken": ("ExpiredTokenException", 403),
}

# In the order of the run, with the exit code when the call is denied and when the credentials expire
# there. Every other trouble is survived by every call.
#
# DENIED, DONE: what the call would tell is known from elsewhere (the ledger instead of release.json), or
# is left to AWS to check (the role's trust), or is a hint only (tags).
# EXPIRED, FAILED: nothing has been written yet. IN_PROGRESS: something has, and the next run resumes it.
Codes = tuple[ExitCode, ExitCode]
READS: dict[str, Codes] = {
    "sts:GetCallerIdentity": (FAILED, FAILED),
    "cloudfront:ListDistributions": (FAILED, FAILED),
    "lambda:GetFunction": (DONE, FAILED),
    "lambda:ListVersionsByFunction": (FAILED, FAILED),
    "cloudfront:ListInvalidations": (FAILED, FAILED),
    "cloudfront:GetInvalidation": (FAILED, FAILED),
    "iam:GetRole": (DONE, FAILED),
    "cloudfront:ListTagsForResource": (DONE, FAILED),
}
CREATION: dict[str, Codes] = {
    "iam:CreateRole": (FAILED, FAILED),
    "iam:AttachRolePolicy": (FAILED, IN_PROGRESS),
    "lambda:CreateFunction": (FAILED, IN_PROGRESS),
}
"""Only a first publish calls these."""
ROLLOUT: dict[str, Codes] = {
    "lambda:UpdateFunctionConfiguration": (FAILED, FAILED),
    "lambda:UpdateFunctionCode": (FAILED, FAILED),
    "lambda:GetFunctionConfiguration": (FAILED, IN_PROGRESS),
    "lambda:PublishVersion": (FAILED, IN_PROGRESS),
    "cloudfront:GetDistributionConfig": (FAILED, IN_PROGRESS),
    "cloudfront:UpdateDistribution": (FAILED, IN_PROGRESS),
    "cloudfront:GetDistribution": (FAILED, IN_PROGRESS),
    "cloudfront:CreateInvalidation": (FAILED, IN_PROGRESS),
}
MEMBERS = {
    "sts:GetCallerIdentity": "Account",
    "cloudfront:ListDistributions": "Items",
    "lambda:GetFunction": "Configuration",
    "lambda:ListVersionsByFunction": "Description",
    "cloudfront:ListInvalidations": "Items",
    "cloudfront:GetInvalidation": "CallerReference",
    "iam:GetRole": "Arn",
    "iam:CreateRole": "Arn",
    "lambda:CreateFunction": "FunctionArn",
    "lambda:UpdateFunctionConfiguration": "FunctionArn",
    "lambda:UpdateFunctionCode": "CodeSha256",
    "lambda:GetFunctionConfiguration": "State",
    "lambda:PublishVersion": "Version",
    "cloudfront:GetDistributionConfig": "ETag",
    "cloudfront:UpdateDistribution": "ETag",
    "cloudfront:GetDistribution": "LambdaFunctionAssociations",
    "cloudfront:CreateInvalidation": "Status",
}
"""What is missing from the answer. The rest answer with nothing that is looked at, or need not."""
WITHOUT_BODY = {"lambda:TagResource", "lambda:UntagResource"}
"""Of these, an empty answer is a whole one."""
READ_BACK = {"cloudfront:UpdateDistribution", "lambda:UpdateFunctionCode"}
"""Never simply sent again while their fate is unknown: what became of them is read first."""
TAGGING: dict[str, Codes] = {"lambda:TagResource": (DONE, DONE), "lambda:UntagResource": (DONE, DONE)}
"""Called where an interrupted swap could not be told otherwise, such as a move to a viewer event."""


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with Place.opened() as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_faults_left(place: Place) -> Iterator[None]:
    yield
    place.server.faults.clear()


@pytest.fixture(scope="module")
def kept() -> list[Account]:
    """The account in which one cell after the other publishes; empty after a cell that failed."""
    return []


def meet(place: Place, operation: str, fault: str, account: Account) -> Ended:
    """Publish while `operation` has that trouble; what was carried out late is through as well."""
    rule = FAULTS[fault]
    if operation.startswith("lambda:") and fault in LAMBDA_SAYS:
        code, status = LAMBDA_SAYS[fault]
        rule = replace(rule, code=code, status=status)
    place.server.faults.add(replace(rule, operation=operation, member=MEMBERS.get(operation, "")))
    impatient = rule.kind is FaultKind.DELAY
    ended = account.publish(desk=account.desk(READ_TIMEOUT) if impatient else None)
    if impatient and not rule.after_commit:
        time.sleep(LATE - READ_TIMEOUT + 0.05)
    assert all(left.times < rule.times for left in place.server.faults.rules()), "nothing was met"
    place.server.faults.clear()
    return ended


def speaks(ended: Ended, operation: str, fault: str) -> None:
    """A stop says which call failed, with AWS's code, and what to do next; a repeat is told as well."""
    if ended.code is not DONE:
        said = LAMBDA_SAYS[fault][0] if operation.startswith("lambda:") else FAULTS[fault].code
        assert ended.words.startswith(f"{operation} failed: {said}")
        failed = [event.hint for event in ended.events if isinstance(event, StepFailed)]
        assert all([ended.hint, *failed]), "it says what to do next"
    elif fault not in {"AccessDenied", "ExpiredToken"}:
        retried = [
            f"{event.service}:{event.operation}" for event in ended.events if isinstance(event, CallRetried)
        ]
        assert operation in retried or operation in READ_BACK


def _differs(operation: str, rule: FaultRule) -> bool:
    """Whether the call is troubled by it, and in another way than by the same thing not carried out."""
    match rule.kind:
        case FaultKind.CUT:
            return operation not in WITHOUT_BODY
        case FaultKind.MISSING:
            return operation in MEMBERS
        case FaultKind.EMPTY if operation in WITHOUT_BODY:
            return False
        case FaultKind.HTML if rule.status == HTTPStatus.FORBIDDEN:
            return True
        case _:
            read = operation.partition(":")[2].startswith(("Get", "List"))
            return not (rule.after_commit and read)


def cells(table: dict[str, Codes]) -> pytest.MarkDecorator:
    """Every call of the table with every trouble, or with one refusal and one broken answer each."""
    found = [
        pytest.param(operation, fault, {"AccessDenied": codes[0], "ExpiredToken": codes[1]}.get(fault, DONE))
        for operation, codes in table.items()
        for fault, rule in FAULTS.items()
        if _differs(operation, rule)
    ]
    found = some_of_each(found, lambda cell: (cell.values[0], FAULTS[cell.values[1]].kind in BROKEN), most=1)
    ids = [
        f"{operation}, {fault}" for operation, fault, _ in (parameter_set.values for parameter_set in found)
    ]
    return pytest.mark.parametrize(("operation", "fault", "code"), found, ids=ids)


@cells({**READS, **ROLLOUT})
def test_trouble_with_a_call_is_survived_or_stops_with_words_and_the_next_run_completes(
    place: Place, kept: list[Account], operation: str, fault: str, code: ExitCode
) -> None:
    if not kept:
        kept.append(Account(place, 1))
        kept[0].published()
    account = kept.pop()
    release = len(account.versions()) + 1
    account.wants(f"https://{release}.example")
    if operation == "lambda:UpdateFunctionConfiguration":
        account.wants_memory(128 + release)

    ended = meet(place, operation, fault, account)

    assert ended.code is code, ended
    speaks(ended, operation, fault)
    assert account.publish().code is DONE
    assert account.ending() == account.released(*range(1, release + 1))
    kept.append(account)


@cells(CREATION)
def test_trouble_while_role_and_function_are_made_is_survived_or_the_next_run_completes(
    place: Place, operation: str, fault: str, code: ExitCode
) -> None:
    account = Account(place, 1, number=NUMBER)
    ended = meet(place, operation, fault, account)
    assert ended.code is code, ended
    speaks(ended, operation, fault)
    assert account.publish().code is DONE
    assert account.ending() == account.released(1)


@cells(TAGGING)
def test_trouble_with_a_tag_never_stops_a_publish(
    place: Place, operation: str, fault: str, code: ExitCode
) -> None:
    account = Account(place, 1, number=NUMBER)
    account.published()
    account.wants("https://two.example")
    account.moves_to(VIEWER)
    ended = meet(place, operation, fault, account)
    assert ended.code is code, ended
    told = any(isinstance(event, Noticed) for event in ended.events)
    assert told == (fault in {"AccessDenied", "ExpiredToken"})
    assert account.publish().code is DONE
    assert account.ending() == account.released(1, 2)


def test_a_rate_that_aws_does_not_allow_only_makes_it_slower(place: Place) -> None:
    account = Account(place, 3)
    account.published()
    account.wants("https://two.example")
    for operation in ("cloudfront:UpdateDistribution", "cloudfront:CreateInvalidation"):
        place.server.faults.throttle(operation, Throttle(per_second=0.5))
    ended = account.publish()
    assert ended.code is DONE
    assert {event.code for event in ended.events if isinstance(event, CallRetried)} == {"Throttling"}
    assert account.ending() == account.released(1, 2)


@pytest.mark.parametrize(
    ("rule", "operation"),
    [
        (
            FaultRule("", code="Throttling", status=400, message="Rate exceeded", times=ALWAYS),
            "UpdateDistribution",
        ),
        (FaultRule("", code="InternalError", status=500, times=ALWAYS), "UpdateDistribution"),
        (FaultRule("", FaultKind.RESET, times=ALWAYS), "UpdateDistribution"),
        (FaultRule("", code="InternalError", status=500, times=ALWAYS), "CreateInvalidation"),
        (FaultRule("", code="InternalError", status=500, times=ALWAYS), "GetDistribution"),
    ],
    ids=lambda name: f"{name.code} {name.kind.value}" if isinstance(name, FaultRule) else name,
)
def test_trouble_that_does_not_end_is_given_up_with_words_and_the_next_run_completes(
    place: Place, rule: FaultRule, operation: str
) -> None:
    account = Account(place, number=NUMBER)
    account.published()
    account.wants("https://two.example")
    place.server.faults.add(replace(rule, operation=operation, path_contains=account.ids[0]))
    ended = account.publish()
    assert ended.code is FAILED, ended
    assert f"cloudfront:{operation} failed" in ended.words
    assert account.everywhere(2)[account.ids[1]] == account.triggers(account.ids[1]), "the other one is done"
    place.server.faults.clear()
    assert account.publish().code is DONE
    assert account.ending() == account.released(1, 2)


# --- AWS is not ready yet ----------------------------------------------------------------------------


def progress(ended: Ended) -> set[str]:
    return {event.status for event in ended.events if isinstance(event, StepProgressed)}


def test_fifteen_wildcard_invalidations_in_progress_are_waited_out(place: Place) -> None:
    account = Account(place)
    account.published()
    account.wants("https://two.example")
    with place.slower(invalidation_seconds=300):
        for n in range(15):
            account.colleague.cloudfront.invalidate(account.ids[0], ("/*",), f"theirs-{n}")
    began = account.clock.monotonic()
    ended = account.publish()
    assert ended.code is DONE
    assert "TooManyInvalidationsInProgress" in progress(ended)
    assert account.clock.monotonic() - began >= 250
    assert account.ending() == account.released(1, 2)


def test_a_role_that_lambda_cannot_assume_yet_is_waited_for(place: Place) -> None:
    account = Account(place)
    with place.slower(role_seconds=12):
        ended = account.publish()
    assert ended.code is DONE
    assert "InvalidParameterValueException" in progress(ended)
    assert account.ending() == account.released(1)


def test_a_role_that_never_becomes_assumable_stops_the_run_and_the_next_one_goes_on(place: Place) -> None:
    account = Account(place)
    with place.slower(role_seconds=3600):
        ended = account.publish()
    assert ended.code is FAILED
    assert "cannot be assumed by Lambda" in ended.words
    assert account.publish().code is DONE
    assert account.ending() == account.released(1)


@pytest.mark.parametrize("prepare", [lambda _: None, Account.published], ids=["created", "updated"])
def test_a_function_that_is_pending_for_long_is_waited_for(
    place: Place, prepare: Callable[[Account], None]
) -> None:
    account = Account(place)
    prepare(account)
    account.wants("https://slow.example")
    with place.slower(function_seconds=45):
        ended = account.publish()
    assert ended.code is DONE
    assert progress(ended) & {"Pending", "InProgress"}
    assert account.ending() == account.released(*range(1, len(account.versions()) + 1))
