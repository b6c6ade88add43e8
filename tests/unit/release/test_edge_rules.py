"""Every rule of Lambda@Edge fires on what it is about and stays silent on all else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.headers import Header
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.edge_rules import (
    TRUSTED_SERVICES,
    UNREAD_POLICY,
    check_event,
    check_function,
    check_headers_policies,
    check_pricing_plans,
    check_release_runtime,
    check_role,
    check_runtime_updates,
    check_sizes,
    check_slots,
)
from edgerollout.release.delivery.rules import check_distribution, check_lasting_headers
from edgerollout.release.facts.reads import ReadPricingPlans
from edgerollout.release.facts.snapshot import CustomError, HeadersPolicy, Trigger
from edgerollout.release.facts.unreadable import Unreadable
from edgerollout.release.plans.publish import plan_publish
from tests.fakes.answers import planned
from tests.unit.release.builders import (
    FOREIGN_ARN,
    FUNCTION_ARN,
    ORIGIN,
    P1,
    P2,
    ROLE,
    TRUSTED,
    VIEWER,
    csp,
    make_behavior,
    make_distribution,
    make_environment,
    make_function,
    make_release,
    make_request,
    make_snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.policy.header_rules import ResponseEvent
    from edgerollout.release.facts.finding import Finding
    from edgerollout.release.facts.reads import Read
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Behavior, Distribution, Function, Role

FUNCTION = make_function()


def rules(found: Iterable[Finding]) -> list[tuple[str, Severity]]:
    return [(finding.rule, finding.severity) for finding in found]


BARE = make_distribution("E1")
WITH_OURS = make_distribution("E2", make_behavior(version=3))
DENIED = Unreadable("pricing plans", "access denied")


@pytest.mark.parametrize(
    ("plans", "found"),
    [
        (None, []),
        (frozenset(), []),
        (frozenset({WITH_OURS.arn}), []),
        (frozenset({BARE.arn}), [("pricing-plan", Severity.ERROR)]),
        (DENIED, [("pricing-plan", Severity.NOTE)]),
    ],
)
def test_a_flat_rate_plan_is_in_the_way_of_a_first_function_and_may_be_unknown(
    plans: frozenset[str] | Unreadable | None, found: list[tuple[str, Severity]]
) -> None:
    seen = list(check_pricing_plans([BARE, WITH_OURS], plans))
    assert rules(seen) == found
    assert all(finding.hint and "E2" not in finding.message for finding in seen)


def test_where_every_distribution_has_a_function_nobody_asks_for_its_plan() -> None:
    for distribution, wanted in ((BARE, True), (WITH_OURS, False)):
        asked: set[Read] = set()
        snapshot = make_snapshot(distribution, releases={3: make_release(report_only=P1)})
        environment = make_environment(distributions=(distribution.id,))
        planned(plan_publish, make_request(P2, environment=environment), snapshot, asked=asked)
        assert (ReadPricingPlans() in asked) is wanted


@pytest.mark.parametrize(
    ("function", "word"),
    [
        pytest.param(replace(FUNCTION, architectures=("arm64",)), "arm64", id="arm64"),
        pytest.param(
            replace(FUNCTION, environment_variables=("DEBUG",)), "DEBUG", id="environment variables"
        ),
        pytest.param(replace(FUNCTION, layers=("arn:layer:1",)), "layers", id="layers"),
        pytest.param(replace(FUNCTION, in_vpc=True), "VPC", id="a VPC"),
        pytest.param(replace(FUNCTION, package_type="Image"), "Image", id="a container image"),
        pytest.param(replace(FUNCTION, dead_letter_queue=True), "dead-letter", id="a dead-letter queue"),
        pytest.param(replace(FUNCTION, tracing=True), "X-Ray", id="active tracing"),
        pytest.param(replace(FUNCTION, kms_key=True), "KMS", id="a key of one's own"),
        pytest.param(replace(FUNCTION, ephemeral_storage=1024), "1024", id="more ephemeral storage"),
        pytest.param(replace(FUNCTION, peculiar=("SnapStart",)), "SnapStart", id="SnapStart"),
    ],
)
def test_a_function_cloudfront_would_refuse_is_an_error_with_a_way_out(function: Function, word: str) -> None:
    [finding] = check_function(function)
    assert (finding.rule, finding.severity) == ("edge-function", Severity.ERROR)
    assert word in finding.message
    assert finding.hint


def test_an_ordinary_function_passes() -> None:
    assert list(check_function(FUNCTION)) == []


def test_everything_wrong_with_a_function_is_said_at_once() -> None:
    function = replace(FUNCTION, in_vpc=True, tracing=True, layers=("a", "b"))
    assert len(list(check_function(function))) == 3


@pytest.mark.parametrize(
    ("release", "event", "found"),
    [
        pytest.param(make_release(), ORIGIN, [], id="128 MB, 3 s at origin"),
        pytest.param(make_release(), VIEWER, [], id="128 MB, 3 s at viewer"),
        pytest.param(make_release(memory=512, timeout=30), ORIGIN, [], id="large at origin"),
        pytest.param(make_release(memory=256), VIEWER, ["edge-memory"], id="256 MB at viewer"),
        pytest.param(make_release(timeout=5), VIEWER, [], id="5 s at viewer"),
        pytest.param(make_release(timeout=6), VIEWER, ["edge-timeout"], id="6 s at viewer"),
        pytest.param(
            make_release(memory=512, timeout=30), VIEWER, ["edge-memory", "edge-timeout"], id="both at viewer"
        ),
    ],
)
def test_memory_and_timeout_are_judged_by_event(
    release: Release, event: ResponseEvent, found: list[str]
) -> None:
    assert [finding.rule for finding in check_release_runtime(release, event)] == found


@pytest.mark.parametrize(
    ("runtime", "found"),
    [
        ("nodejs18.x", [Severity.ERROR]),
        ("python3.8", [Severity.ERROR]),
        ("python3.13", []),
        ("nodejs22.x", []),
        ("nodejs26.x", [Severity.NOTE]),
        ("provided.al2023", [Severity.NOTE]),
    ],
)
def test_a_runtime_is_refused_fit_or_not_known(runtime: str, found: list[Severity]) -> None:
    release = make_release()
    release = replace(release, handler=replace(release.handler, runtime=runtime))
    assert [finding.severity for finding in check_release_runtime(release, ORIGIN)] == found


@pytest.mark.parametrize(
    ("role", "create", "found"),
    [
        pytest.param(TRUSTED, False, [], id="trusted by both"),
        pytest.param(None, False, [("role-missing", Severity.ERROR)], id="missing"),
        pytest.param(None, True, [], id="missing, to be created"),
        pytest.param(
            Unreadable("role", "AccessDenied"), False, [("role-unreadable", Severity.NOTE)], id="unreadable"
        ),
        *(
            pytest.param(
                replace(TRUSTED, trusted_services=frozenset(TRUSTED_SERVICES) - {service}),
                False,
                [("role-trust", Severity.ERROR)],
                id=f"not trusted by {service}",
            )
            for service in TRUSTED_SERVICES
        ),
    ],
)
def test_the_role_has_to_be_there_and_trusted_by_both_services(
    role: Role | Unreadable | None, create: bool, found: list[tuple[str, Severity]]
) -> None:
    assert rules(check_role(role, ROLE, create=create)) == found


WITH_FUNCTION = make_behavior("/app", cloudfront_functions=("viewer-request",))
ERRORS = (CustomError(404, "/404.html", 404),)


@pytest.mark.parametrize(
    ("distribution", "event", "found"),
    [
        pytest.param(make_distribution(), ORIGIN, [], id="an ordinary one"),
        pytest.param(
            make_distribution(multi_tenant=True),
            ORIGIN,
            [("multi-tenant", Severity.ERROR)],
            id="multi-tenant",
        ),
        pytest.param(
            make_distribution(staging=True), ORIGIN, [("staging", Severity.ERROR)], id="a staging one"
        ),
        pytest.param(
            make_distribution(enabled=False), ORIGIN, [("disabled", Severity.WARNING)], id="disabled"
        ),
        pytest.param(
            make_distribution("E1", WITH_FUNCTION, make_behavior()),
            VIEWER,
            [("viewer-side-taken", Severity.ERROR)],
            id="a CloudFront Function beside viewer-response",
        ),
        pytest.param(
            make_distribution("E1", WITH_FUNCTION),
            ORIGIN,
            [],
            id="a CloudFront Function beside origin-response",
        ),
        pytest.param(
            make_distribution(custom_errors=ERRORS),
            VIEWER,
            [("error-pages-bare", Severity.WARNING)],
            id="custom error pages at viewer-response",
        ),
        pytest.param(
            make_distribution(custom_errors=ERRORS), ORIGIN, [], id="custom error pages at origin-response"
        ),
    ],
)
def test_what_is_in_the_way_on_a_distribution_is_found(
    distribution: Distribution, event: ResponseEvent, found: list[tuple[str, Severity]]
) -> None:
    findings = [*check_distribution(distribution), *check_event(distribution, event)]
    assert rules(findings) == found
    assert {finding.distribution for finding in findings} <= {"E1"}


def test_a_cloudfront_function_on_an_excluded_path_is_in_nobodys_way() -> None:
    distribution = make_distribution("E1", WITH_FUNCTION, make_behavior())
    assert list(check_event(distribution, VIEWER, frozenset({"/app"}))) == []


HEADERS_POLICY = HeadersPolicy(
    "67f7725c",
    "Managed-Sec",
    frozenset({"x-content-type-options", "x-other"}),
    frozenset({"referrer-policy"}),
)
NAMES = frozenset({"x-content-type-options", "referrer-policy", "x-frame-options"})


@pytest.mark.parametrize(
    ("known", "event", "words"),
    [
        pytest.param(
            HEADERS_POLICY,
            ORIGIN,
            "policy Managed-Sec wins over the function's Referrer-Policy and X-Content-Type-Options",
            id="it overrides one header of ours and removes another",
        ),
        pytest.param(HEADERS_POLICY, VIEWER, None, id="a function at viewer-response has the last word"),
        pytest.param(HeadersPolicy("67f7725c", "Cors"), ORIGIN, None, id="it touches no header of ours"),
        pytest.param(Unreadable("it", "denied"), ORIGIN, "(67f7725c)", id="it cannot be read"),
        pytest.param(None, VIEWER, "(67f7725c)", id="it was not asked for"),
    ],
)
def test_a_response_headers_policy_is_told_with_the_headers_it_wins(
    known: HeadersPolicy | Unreadable | None, event: ResponseEvent, words: str | None
) -> None:
    distribution = make_distribution("E1", make_behavior(response_headers_policy="67f7725c"))
    policies = {} if known is None else {"67f7725c": known}
    found = list(check_headers_policies(distribution, event, NAMES, policies))
    rule = "response-headers-policy" if isinstance(known, HeadersPolicy) else UNREAD_POLICY
    assert rules(found) == ([] if words is None else [(rule, Severity.WARNING)])
    assert words is None or words in found[0].message


def test_a_response_headers_policy_of_an_excluded_behavior_is_nobodys_business() -> None:
    distribution = make_distribution("E1", make_behavior("/old/*", response_headers_policy="67f7725c"))
    assert not list(check_headers_policies(distribution, ORIGIN, NAMES, {}, frozenset({"/old/*"})))


def test_the_slots_of_one_function_are_told_together() -> None:
    behaviors = (make_behavior("/a/*", FOREIGN_ARN), make_behavior(version=FOREIGN_ARN))
    [finding] = check_slots(make_distribution("E1", *behaviors), FUNCTION_ARN, ORIGIN, frozenset())
    assert "/a/*, Default (*)" in finding.message
    assert 'exclude = ["/a/*", "Default (*)"]' in (finding.hint or "")


def test_a_taken_slot_is_told_with_the_words_that_take_it_over() -> None:
    distribution = make_distribution("E1", make_behavior(version=FOREIGN_ARN))
    [finding] = check_slots(distribution, FUNCTION_ARN, ORIGIN, frozenset())
    foreign = FOREIGN_ARN.rpartition(":")[0]
    assert finding.hint is not None
    assert f"--replace {foreign}," in finding.hint
    assert not list(check_slots(distribution, FUNCTION_ARN, ORIGIN, frozenset(), frozenset({foreign})))


@pytest.mark.parametrize(
    ("behavior", "taken"),
    [
        pytest.param(make_behavior(), False, id="empty"),
        pytest.param(make_behavior(version=1), False, id="ours"),
        pytest.param(make_behavior("/a", FOREIGN_ARN), True, id="a foreign function"),
        pytest.param(make_behavior("/a", f"{FUNCTION_ARN}-too:1"), True, id="one with a longer name"),
        pytest.param(
            make_behavior(more=(Trigger(VIEWER, FOREIGN_ARN),)), False, id="foreign at another event"
        ),
        pytest.param(make_behavior("/excluded", FOREIGN_ARN), False, id="foreign on an excluded path"),
    ],
)
def test_a_slot_taken_by_a_foreign_function_is_an_error(behavior: Behavior, taken: bool) -> None:
    distribution = make_distribution("E1", behavior)
    found = list(check_slots(distribution, FUNCTION_ARN, ORIGIN, frozenset({"/excluded"})))
    assert rules(found) == ([("slot-taken", Severity.ERROR)] if taken else [])


HSTS, COEP = "strict-transport-security", "cross-origin-embedder-policy"


@pytest.mark.parametrize(
    ("value", "before", "asked"),
    [
        pytest.param("max-age=300", None, False, id="a few minutes"),
        pytest.param("max-age=86400", None, False, id="a day"),
        pytest.param("max-age=86401", None, True, id="over a day"),
        pytest.param("max-age=300; includeSubDomains", None, True, id="subdomains"),
        pytest.param("max-age=31536000; includeSubDomains; preload", None, True, id="all of it"),
        pytest.param("max-age=31536000", "max-age=300", True, id="raised over a day"),
        pytest.param("max-age=31536000", "max-age=172800", False, id="over a day already"),
        pytest.param("max-age=31536000; preload", "max-age=31536000", True, id="preload is new"),
        pytest.param("max-age=300", "max-age=31536000", False, id="lowered"),
    ],
)
def test_hsts_one_cannot_take_back_asks_by_name_the_first_time(
    value: str, before: str | None, asked: bool
) -> None:
    release = make_release(headers=(Header(HSTS, value),))
    live = None if before is None else make_release(headers=(Header(HSTS, before),))
    found = list(check_lasting_headers(release, live, frozenset()))
    assert rules(found) == ([("accept-header", Severity.ERROR)] if asked else [])
    assert all(f"--accept-header {HSTS}" in (finding.hint or "") for finding in found)
    assert list(check_lasting_headers(release, live, frozenset({HSTS}))) == []


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        (Header(COEP, "require-corp"), True),
        (Header(COEP, "credentialless"), False),
        (Header(HSTS, "max-age=31536000", "remove"), False),
        (Header(HSTS, "max-age=31536000", "keep"), True),
        (Header("x-frame-options", "DENY"), False),
    ],
)
def test_which_headers_cannot_be_taken_back(header: Header, asked: bool) -> None:
    assert bool(list(check_lasting_headers(make_release(headers=(header,)), None, frozenset()))) is asked


def test_accepting_one_header_does_not_accept_another() -> None:
    release = make_release(headers=(Header(COEP, "require-corp"), Header(HSTS, "max-age=31536000")))
    [finding] = check_lasting_headers(release, None, frozenset({HSTS}))
    assert COEP in (finding.hint or "")


@pytest.mark.parametrize(
    ("accepted", "errors"),
    [(frozenset(), ["accept-header"]), (frozenset({HSTS}), [])],
    ids=["not yet", "accepted"],
)
def test_a_plan_with_a_lasting_header_is_refused_until_it_is_accepted(
    accepted: frozenset[str], errors: list[str]
) -> None:
    request = make_request(P1, headers=(Header(HSTS, "max-age=31536000"),), accepted=accepted)
    assert [finding.rule for finding in planned(plan_publish, request, make_snapshot()).errors] == errors


def test_a_lasting_header_that_is_live_is_not_asked_about_again() -> None:
    headers = (Header(HSTS, "max-age=31536000"),)
    release = make_release(report_only=P1, headers=headers)
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior(version=1)), releases={1: release}, documents={}
    )
    assert planned(plan_publish, make_request(P1, headers=headers), snapshot).errors == ()


@pytest.mark.parametrize(
    ("hosts", "found"),
    [
        (2, []),
        (100, [("response-size", Severity.WARNING)]),
        (1000, [("response-size", Severity.ERROR), ("response-size", Severity.WARNING)]),
    ],
)
def test_the_size_of_what_is_sent_is_judged(hosts: int, found: list[tuple[str, Severity]]) -> None:
    policy = csp(*(f"https://cdn-{number:04}.example" for number in range(hosts)))
    assert rules(check_sizes(make_release(report_only=policy))) == found


def test_both_policies_of_a_dual_release_count_together() -> None:
    policy = csp(*(f"https://cdn-{number:04}.example" for number in range(450)))
    assert Severity.ERROR not in {finding.severity for finding in check_sizes(make_release(enforced=policy))}
    dual = make_release(enforced=policy, report_only=policy)
    assert Severity.ERROR in {finding.severity for finding in check_sizes(dual)}


def test_the_role_is_judged_only_where_a_version_is_published() -> None:
    release = make_release(report_only=P1)
    live = make_snapshot(make_distribution("E1", make_behavior(version=1)), releases={1: release}, role=None)
    assert planned(plan_publish, make_request(P1), live).errors == ()


@pytest.mark.parametrize(
    ("updates", "told"),
    [
        (None, []),
        ("Auto", []),
        ("Manual", [("runtime-management", Severity.ERROR)]),
        ("FunctionUpdate", [("runtime-management", Severity.ERROR)]),
        (Unreadable("it", "denied"), [("runtime-management", Severity.NOTE)]),
    ],
)
def test_a_runtime_that_is_not_updated_automatically_is_refused_before_a_version_is_made(
    updates: str | Unreadable | None, told: list[tuple[str, Severity]]
) -> None:
    assert rules(check_runtime_updates("headers-testing", updates)) == told
