from __future__ import annotations

import pytest

from edgerollout.net.answer import HttpAnswer
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.edge_rules import check_slots
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, Trigger
from edgerollout.rollout.ports import AwsFailure
from edgerollout.scaffold.survey import Survey, ask_pages, differences, findings_of, look_at, replaceable
from tests.fakes.aws import ACCOUNT, FakeAws
from tests.fakes.cloudfront import SECURITY_HEADERS
from tests.fakes.documents import document
from tests.fakes.probe import FakeProbe, answer

ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function"
FOREIGN = Trigger("origin-response", f"{ARN}:old-headers:4")
OURS = Trigger("origin-response", f"{ARN}:security-headers-testing:4")
BESIDE = Trigger("viewer-request", f"{ARN}:redirects:7")
URL = "https://www.example.com/"
CSP = "content-security-policy"


def survey(xml: bytes, *site: HttpAnswer) -> Survey:
    aws = FakeAws()
    aws.cloudfront.add("E1", xml)
    return Survey("testing", ACCOUNT, (look_at(aws, aws.cloudfront.distributions()[0]),), site)


def told(seen: Survey, *headers: str) -> dict[str, Severity]:
    return {finding.rule: finding.severity for finding in findings_of(seen, frozenset(headers))}


def test_a_bare_distribution_has_nothing_in_the_way() -> None:
    seen = survey(document())

    assert told(seen) == {}
    assert replaceable(seen) == ()
    assert seen.found[0].origins


def test_a_foreign_function_on_the_slot_is_a_conflict_with_the_way_out() -> None:
    seen = survey(document(["/a/*"], {"/a/*": [FOREIGN], DEFAULT_BEHAVIOR: [FOREIGN]}))

    assert told(seen) == {"slot-taken": Severity.ERROR}
    assert replaceable(seen) == (f"{ARN}:old-headers",)
    [finding] = findings_of(seen, frozenset())
    assert f"--replace {ARN}:old-headers" in str(finding.hint)
    assert [finding] == list(
        check_slots(
            seen.found[0].distribution, f"{ARN}:security-headers-testing", "origin-response", frozenset()
        )
    )


def test_a_function_of_ours_is_in_nobodys_way() -> None:
    seen = survey(document(triggers={DEFAULT_BEHAVIOR: [OURS]}))

    assert told(seen) == {}
    assert replaceable(seen) == ()


def test_functions_on_other_events_stay_and_are_mentioned() -> None:
    seen = survey(document(triggers={DEFAULT_BEHAVIOR: [BESIDE]}))

    assert told(seen) == {"function-beside": Severity.NOTE}


def test_a_cloudfront_function_is_mentioned_with_what_it_rules_out() -> None:
    seen = survey(document(cloudfront_functions={DEFAULT_BEHAVIOR: ["viewer-response"]}))

    assert told(seen) == {"cloudfront-function": Severity.NOTE}


def test_a_response_headers_policy_that_would_win_is_told() -> None:
    seen = survey(document(response_headers_policies={DEFAULT_BEHAVIOR: SECURITY_HEADERS.id}))

    assert told(seen, "x-content-type-options") == {"response-headers-policy": Severity.WARNING}
    assert told(seen, "referrer-policy") == {}


def test_a_page_that_does_not_answer_is_told() -> None:
    seen = survey(document(), HttpAnswer(URL, error="no answer within 10 s"), HttpAnswer(URL, 503))

    assert [finding.rule for finding in findings_of(seen, frozenset())] == ["page-unread", "page-unread"]


@pytest.mark.parametrize(
    "operation", ["cloudfront:GetDistributionConfig", "cloudfront:GetResponseHeadersPolicy"]
)
def test_what_may_not_be_read_hides_nothing_else(operation: str) -> None:
    aws = FakeAws()
    aws.cloudfront.add("E1", document(response_headers_policies={DEFAULT_BEHAVIOR: SECURITY_HEADERS.id}))
    distribution = aws.cloudfront.distributions()[0]
    aws.faults.fail(operation, AwsFailure(operation, "AccessDenied", "no"))

    found = look_at(aws, distribution)

    assert found.distribution == distribution


def test_pages_are_asked_once_each() -> None:
    probe = FakeProbe()
    probe.script(URL, answer(URL, headers={"X-Frame-Options": "DENY"}))

    [heard] = ask_pages(probe, (URL,))

    assert heard.values("x-frame-options") == ("DENY",)
    assert probe.asked == [URL]


def test_environments_that_differ_are_told_once() -> None:
    chosen = Survey("production", ACCOUNT, site=(HttpAnswer(URL, 200, ((CSP, "img-src *"),)),))
    other = Survey("testing", ACCOUNT, site=(HttpAnswer(URL, 200),))

    [finding] = differences((other, chosen), chosen, CSP)

    assert "testing and production send different values" in finding.message
    assert list(differences((chosen,), chosen, CSP)) == []
