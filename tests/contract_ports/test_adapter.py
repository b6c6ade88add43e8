"""What only the adapter can promise, since the ports hide it: retries, hints, raw bytes, isolation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from edgerollout.aws.credentials import Credentials
from edgerollout.aws.session import connect
from edgerollout.emulator.faults import FaultKind, FaultRule
from edgerollout.release.facts.events import CallRetried
from edgerollout.release.facts.snapshot import Function
from edgerollout.rollout.ports import AwsFailure, Document, LostAnswer
from tests.fakes.documents import document

from .conftest import WINDOWS, step, zipped

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

    from .conftest import SandboxWorld

pytestmark = pytest.mark.sandbox


@pytest.fixture
def site(sandbox: SandboxWorld) -> str:
    return sandbox.add_distribution(document(2, alias=None))


def function(sandbox: SandboxWorld) -> str:
    role = sandbox.aws.roles.create("edge")
    sandbox.clock.advance(WINDOWS.role_seconds)
    arn = sandbox.aws.functions.create(step(), role.arn, zipped("one"))
    sandbox.clock.advance(WINDOWS.function_seconds)
    return arn


def test_a_throttled_update_is_tried_again_as_an_event_and_counted(sandbox: SandboxWorld, site: str) -> None:
    sandbox.server.faults.add(
        FaultRule("UpdateDistribution", code="Throttling", status=400, message="Rate exceeded", times=2)
    )
    sandbox.aws.cloudfront.update(site, sandbox.aws.cloudfront.document(site))
    retries = [event for event in sandbox.events if isinstance(event, CallRetried)]
    assert [(retry.operation, retry.code, retry.attempt) for retry in retries] == [
        ("UpdateDistribution", "Throttling", 1),
        ("UpdateDistribution", "Throttling", 2),
    ]
    assert all(retry.wait > 0 for retry in retries)
    assert sandbox.aws.calls["cloudfront:UpdateDistribution"] == 3


def test_lambda_s_own_kind_of_throttle_is_tried_again(sandbox: SandboxWorld) -> None:
    sandbox.server.faults.add(FaultRule("lambda:GetFunction", code="TooManyRequestsException", status=429))
    assert sandbox.aws.functions.function("nobody") is None
    assert sandbox.aws.calls["lambda:GetFunction"] == 2


@pytest.mark.parametrize("kind", [FaultKind.ERROR, FaultKind.RESET])
@pytest.mark.parametrize("after_commit", [False, True], ids=["before", "after"])
def test_an_update_of_unknown_fate_is_sent_once(
    sandbox: SandboxWorld,
    site: str,
    kind: FaultKind,
    after_commit: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "9")
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    before = sandbox.aws.cloudfront.document(site)
    sandbox.server.faults.add(
        FaultRule("UpdateDistribution", kind, code="InternalError", status=500, after_commit=after_commit)
    )
    with pytest.raises(LostAnswer):
        sandbox.aws.cloudfront.update(site, before)
    assert sandbox.aws.calls["cloudfront:UpdateDistribution"] == 1
    assert (sandbox.aws.cloudfront.document(site).etag != before.etag) is after_commit


def test_a_read_survives_errors_and_resets(sandbox: SandboxWorld, site: str) -> None:
    sandbox.server.faults.add(FaultRule("GetDistributionConfig", times=2))
    sandbox.server.faults.add(FaultRule("GetDistributionConfig", FaultKind.RESET, times=2))
    assert sandbox.aws.cloudfront.document(site).xml
    assert sandbox.aws.calls["cloudfront:GetDistributionConfig"] == 5


def test_an_invalidation_whose_answer_is_lost_is_asked_for_again_and_made_once(
    sandbox: SandboxWorld, site: str
) -> None:
    sandbox.server.faults.add(
        FaultRule("CreateInvalidation", code="InternalError", status=500, after_commit=True)
    )
    begin = sandbox.clock.now()
    made = sandbox.aws.cloudfront.invalidate(site, ["/*"], "edgerollout-1-E1")
    assert sandbox.aws.cloudfront.own_invalidation(site, "edgerollout-1-", [begin]) == made
    assert sandbox.aws.calls["cloudfront:CreateInvalidation"] == 2
    assert sandbox.aws.calls["cloudfront:GetInvalidation"] == 1


def test_a_publish_whose_answer_is_lost_is_asked_for_again_and_made_once(sandbox: SandboxWorld) -> None:
    function(sandbox)
    seen = sandbox.aws.functions.function("headers")
    assert isinstance(seen, Function)
    sandbox.server.faults.add(
        FaultRule("PublishVersion", code="ServiceException", status=500, after_commit=True)
    )
    version = sandbox.aws.functions.publish("headers", seen.code_sha256, "first")
    assert sandbox.aws.functions.versions("headers") == (version,)


def test_a_role_whose_answer_is_lost_is_found_again_and_completed(sandbox: SandboxWorld) -> None:
    sandbox.server.faults.add(
        FaultRule("iam:CreateRole", code="ServiceFailure", status=500, after_commit=True)
    )
    role = sandbox.aws.roles.create("edge")
    assert sandbox.aws.roles.role("edge") == role
    assert sandbox.aws.calls["iam:AttachRolePolicy"] == 1


def test_a_refused_call_has_aws_s_words_and_a_hint(sandbox: SandboxWorld, site: str) -> None:
    here = sandbox.aws.cloudfront.document(site)
    sandbox.server.faults.add(
        FaultRule("UpdateDistribution", code="AccessDenied", status=403, message="User: x is not authorized")
    )
    with pytest.raises(AwsFailure) as refused:
        sandbox.aws.cloudfront.update(site, here)
    assert str(refused.value) == (
        "cloudfront:UpdateDistribution failed: AccessDenied: User: x is not authorized"
    )
    assert refused.value.hint == "the caller needs the permission cloudfront:UpdateDistribution"


def test_without_the_right_to_read_code_the_configuration_is_read_alone(sandbox: SandboxWorld) -> None:
    arn = function(sandbox)
    sandbox.aws.functions.tag(arn, {"team": "web"})
    denied = FaultRule("lambda:GetFunction", code="AccessDeniedException", status=403, message="no", times=2)
    sandbox.server.faults.add(denied)
    seen = sandbox.aws.functions.function("headers")
    assert seen is not None
    assert (seen.arn, seen.tags) == (arn, {"team": "web"})
    sandbox.server.faults.add(
        FaultRule("lambda:ListTags", code="AccessDeniedException", status=403, message="no")
    )
    unread = sandbox.aws.functions.function("headers")
    assert unread is not None
    assert unread.tags is None


def test_parallel_updates_never_mix_their_documents(sandbox: SandboxWorld) -> None:
    count = 12
    sites = [
        sandbox.add_distribution(document(1, alias=None, caller_reference=f"site-{n}")) for n in range(count)
    ]

    def change(number: int) -> None:
        for turn in range(3):
            here = sandbox.aws.cloudfront.document(sites[number])
            mark = f"<Comment>site {number} turn {turn}</Comment>".encode()
            start, end = here.xml.index(b"<Comment>"), here.xml.index(b"</Comment>") + len(b"</Comment>")
            sandbox.aws.cloudfront.update(
                sites[number], Document(here.etag, here.xml[:start] + mark + here.xml[end:])
            )

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(change, range(count)))
    for number, site in enumerate(sites):
        xml = sandbox.aws.cloudfront.document(site).xml
        assert f"<Comment>site {number} turn 2</Comment>".encode() in xml
        assert f"<CallerReference>site-{number}</CallerReference>".encode() in xml


def test_the_bytes_of_the_document_go_out_signed_and_unchanged(sandbox: SandboxWorld, site: str) -> None:
    sent: list[AWSPreparedRequest] = []
    events = sandbox.aws.cloudfront._client.meta.events
    events.register("before-send.cloudfront.UpdateDistribution", lambda request, **_: sent.append(request))
    here = sandbox.aws.cloudfront.document(site)
    sandbox.aws.cloudfront.update(site, here)
    (request,) = sent
    assert request.body == here.xml
    assert request.headers["Content-Length"] == str(len(here.xml))
    assert "edgerollout/" in str(request.headers["User-Agent"])
    assert "SignedHeaders" in str(request.headers["Authorization"])


def test_the_sandbox_is_reached_with_nothing_of_the_user_s_configuration(
    sandbox: SandboxWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_PROFILE": "nobody",
        "AWS_ACCESS_KEY_ID": "AKIA999999999999",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_ENDPOINT_URL": "https://collector.example",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_CA_BUNDLE": "/nowhere.pem",
        "AWS_CONFIG_FILE": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    account = connect(
        account_hint="210987654321",
        profile="ignored",
        role_arn="arn:aws:iam::999999999999:role/ignored",
        endpoint_url=sandbox.server.endpoint_url,
        clock=sandbox.clock,
        emit=sandbox.events.append,
        sandbox_secret=sandbox.server.secret,
    )
    assert account.account() == "210987654321"
    assert account.cloudfront.distributions() == ()


def test_a_role_of_another_account_is_assumed_and_reached(sandbox: SandboxWorld) -> None:
    account = connect(
        account_hint=None,
        profile=None,
        role_arn="arn:aws:iam::321098765432:role/deploy",
        endpoint_url=sandbox.server.endpoint_url,
        clock=sandbox.clock,
        emit=sandbox.events.append,
        credentials=Credentials("AKIA210987654321", sandbox.server.secret),
    )
    assert account.account() == "321098765432"
    assert account.cloudfront.distributions() == ()
    assert account.calls == {
        "sts:AssumeRole": 1,
        "sts:GetCallerIdentity": 1,
        "cloudfront:ListDistributions": 1,
    }
