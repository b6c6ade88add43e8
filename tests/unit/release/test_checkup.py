from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.net.answer import HttpAnswer
from edgerollout.release.checks.checkup import check_up
from edgerollout.release.facts.account_facts import (
    SERVICE_LINKED_ROLES,
    CodeStorage,
    Decision,
    Facts,
    Permissions,
    Right,
    Selected,
)
from edgerollout.release.facts.check import Check, CheckState
from edgerollout.release.facts.snapshot import (
    DEFAULT_BEHAVIOR,
    CustomError,
    Distribution,
    HeadersPolicy,
    Role,
)
from edgerollout.release.facts.unreadable import Unreadable
from tests.spelling import said
from tests.unit.release.builders import (
    ACCOUNT,
    FOREIGN_ARN,
    ROLE,
    TRUSTED,
    VIEWER,
    make_behavior,
    make_distribution,
    make_environment,
    make_function,
    make_settings,
)

if TYPE_CHECKING:
    from edgerollout.release.facts.environment import Environment

USER = f"arn:aws:iam::{ACCOUNT}:user/deployer"
DENIED = Unreadable("it", "AccessDenied: not authorized")
PAGE = "https://www.example.com/"
RIGHTS = {
    "publish": (
        Right("lambda:UpdateFunctionCode", ("function",)),
        Right("lambda:EnableReplication*", ("versions",)),
        Right("iam:GetRole", ("role",), optional=True, note="whom does it trust?"),
    ),
    "rollback": (Right("cloudfront:UpdateDistribution", ("d1", "d2")),),
}
ALLOWED = tuple(
    Decision(right.action, resource, allowed=True)
    for rights in RIGHTS.values()
    for right in rights
    for resource in right.resources
    if right.askable
)


def page(**headers: str) -> HttpAnswer:
    pairs = {"content-type": "text/html", **{key.replace("_", "-"): value for key, value in headers.items()}}
    return HttpAnswer(PAGE, 200, tuple(pairs.items()))


def facts(*distributions: Distribution, **changes: object) -> Facts:
    """All is well, but for `changes`."""
    own = distributions or (make_distribution(),)
    linked = {name: replace(TRUSTED, name=name) for name in SERVICE_LINKED_ROLES}
    well = Facts(
        account=ACCOUNT,
        caller=USER,
        region=None,
        rights=RIGHTS,
        permissions=Permissions(USER, ALLOWED),
        role=TRUSTED,
        service_linked=linked,
        function=make_function(),
        distributions=tuple(Selected(distribution.id, distribution) for distribution in own),
        account_distributions=own,
        headers_policies={},
        wins=frozenset({"content-security-policy", "referrer-policy"}),
        flat_rate=frozenset(),
        edge_quota=500.0,
        code_storage=CodeStorage(1_000_000, 75_000_000_000),
        site=(page(cache_control="no-cache"),),
    )
    return replace(well, **changes)  # type: ignore[arg-type]


def checks(name: str, given: Facts, environment: Environment | None = None) -> list[Check]:
    return [
        check for check in check_up(environment or make_environment(), given).checks if check.name == name
    ]


def only(name: str, given: Facts, environment: Environment | None = None) -> Check:
    """The check of that name that is not well; every other check of the check-up is."""
    made = check_up(environment or make_environment(), given)
    (found,) = [check for check in made.checks if check.state is not CheckState.OK]
    assert found.name == name
    return found


def test_where_all_is_well_every_check_says_so() -> None:
    made = check_up(make_environment(), facts())
    assert {check.state for check in made.checks} == {CheckState.OK}
    assert not made.forbidden
    assert {check.name for check in made.checks} == {
        "credentials", "region", "permissions", "role", "function", "runtime", "service-linked-role",
        "distributions", "pricing-plan", "slots", "headers-policies", "error-pages", "quota", "code-storage",
        "cached-documents",
    }  # fmt: skip


def test_of_another_account_nothing_else_is_said() -> None:
    made = check_up(make_environment(), facts(account="999999999999"))
    (check,) = made.checks
    assert (check.name, check.state) == ("credentials", CheckState.ERROR)
    assert "999999999999" in check.message
    assert ACCOUNT in check.message
    assert made.forbidden


def test_partitions_without_lambda_at_edge_are_refused() -> None:
    made = check_up(make_environment(), facts(caller=f"arn:aws-cn:iam::{ACCOUNT}:user/deployer"))
    assert made.checks[0].state is CheckState.ERROR
    assert "aws-cn" in made.checks[0].message


def test_the_root_user_is_a_warning() -> None:
    assert only("credentials", facts(caller=f"arn:aws:iam::{ACCOUNT}:root")).state is CheckState.WARNING


def test_another_region_of_the_users_settings_is_said_to_be_unused() -> None:
    (check,) = checks("region", facts(region="eu-central-1"))
    assert (check.state, "eu-central-1 is not used" in check.message) == (CheckState.OK, True)


# --- rights ------------------------------------------------------------------------------------------


def denying(action: str, *, unknown: tuple[str, ...] = (), by_organization: bool = False) -> Permissions:
    decisions = (
        replace(decision, allowed=False, unknown=unknown, by_organization=by_organization)
        if decision.action == action
        else decision
        for decision in ALLOWED
    )
    return Permissions(USER, tuple(decisions))


def test_commands_with_all_rights_share_a_line_that_names_what_iam_cannot_say() -> None:
    (check,) = checks("permissions", facts())
    assert check.state is CheckState.OK
    assert check.message.startswith("enough for publish, rollback")
    assert "lambda:EnableReplication*" in check.message


@pytest.mark.parametrize(
    ("action", "state", "command"),
    [
        ("lambda:UpdateFunctionCode", CheckState.ERROR, "publish"),
        ("cloudfront:UpdateDistribution", CheckState.WARNING, "rollback"),
        ("iam:GetRole", CheckState.WARNING, "publish"),
    ],
)
def test_a_right_that_is_missing_is_named(action: str, state: CheckState, command: str) -> None:
    check = only("permissions", facts(permissions=denying(action)))
    assert (check.state, check.subject) == (state, command)
    assert action in check.message
    assert f"--policy {command}" in said(check.fix)


def test_a_service_control_policy_is_a_matter_for_the_organization() -> None:
    given = denying("lambda:UpdateFunctionCode", by_organization=True)
    assert "organization" in said(only("permissions", facts(permissions=given)).fix)


def test_a_decision_that_hangs_on_a_condition_is_not_known() -> None:
    given = denying("lambda:UpdateFunctionCode", unknown=("aws:MultiFactorAuthPresent",))
    check = only("permissions", facts(permissions=given))
    assert check.state is CheckState.UNKNOWN
    assert "aws:MultiFactorAuthPresent" in check.message


def test_rights_that_could_not_be_asked_about_fail_nothing() -> None:
    made = check_up(make_environment(), facts(permissions=DENIED))
    assert made.count(CheckState.UNKNOWN) == 1
    assert not made.forbidden


# --- role and function -------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["lambda.amazonaws.com", "edgelambda.amazonaws.com"])
def test_a_role_must_trust_both_services(service: str) -> None:
    role = Role(ROLE, TRUSTED.arn, TRUSTED.trusted_services - {service})
    check = only("role", facts(role=role))
    assert check.state is CheckState.ERROR
    assert service in check.message


def test_a_role_that_may_not_be_read_is_not_known() -> None:
    assert only("role", facts(role=DENIED)).state is CheckState.UNKNOWN


def test_before_the_first_publish_role_and_function_are_only_not_there_yet() -> None:
    made = check_up(make_environment(), facts(role=None, function=None))
    found = [check for check in made.checks if check.state is not CheckState.OK]
    assert [(check.name, check.state) for check in found] == [
        ("role", CheckState.WARNING),
        ("function", CheckState.WARNING),
    ]
    assert all("--create" in said(check.fix) for check in found)


def test_a_function_without_its_role_cannot_be_published() -> None:
    assert only("role", facts(role=None)).state is CheckState.ERROR


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"architectures": ("arm64",)}, "arm64"),
        ({"environment_variables": ("LEVEL",)}, "environment variables"),
        ({"in_vpc": True}, "VPC"),
        ({"layers": ("arn:layer",)}, "layers"),
        ({"tracing": True}, "X-Ray"),
        ({"package_type": "Image"}, "Image"),
    ],
)
def test_what_lambda_at_edge_refuses_of_a_function_is_an_error(change: dict[str, object], word: str) -> None:
    check = only("function", facts(function=replace(make_function(), **change)))  # type: ignore[arg-type]
    assert check.state is CheckState.ERROR
    assert word in check.message


@pytest.mark.parametrize(
    ("updates", "state"),
    [("Manual", CheckState.ERROR), ("FunctionUpdate", CheckState.ERROR), (DENIED, CheckState.UNKNOWN)],
)
def test_a_runtime_that_is_not_updated_automatically_is_an_error(
    updates: str | Unreadable, state: CheckState
) -> None:
    found = check_up(make_environment(), facts(runtime_updates=updates))
    assert state in {check.state for check in found.checks if check.name == "function"}


def test_a_runtime_that_nobody_knows_at_the_edge_is_not_known() -> None:
    settings = replace(make_settings(), runtime="nodejs26.x")
    assert only("runtime", facts(), make_environment(settings=settings)).state is CheckState.UNKNOWN


def test_a_function_that_runs_as_another_role_is_a_warning() -> None:
    function = replace(make_function(), role_arn=f"arn:aws:iam::{ACCOUNT}:role/old")
    assert "role/old" in only("function", facts(function=function)).message


def test_a_runtime_that_aws_takes_no_more_is_an_error() -> None:
    settings = replace(make_settings(), runtime="nodejs16.x")
    check = only("runtime", facts(), make_environment(settings=settings))
    assert (check.state, "nodejs16.x" in check.message) == (CheckState.ERROR, True)


@pytest.mark.parametrize("name", SERVICE_LINKED_ROLES)
@pytest.mark.parametrize(("role", "state"), [(None, CheckState.WARNING), (DENIED, CheckState.UNKNOWN)])
def test_service_linked_roles_are_looked_for(name: str, role: Unreadable | None, state: CheckState) -> None:
    linked = {**facts().service_linked, name: role}
    check = only("service-linked-role", facts(service_linked=linked))
    assert (check.subject, check.state) == (name, state)
    assert SERVICE_LINKED_ROLES[name] in said(check.fix)


def test_another_tool_that_manages_the_distribution_is_a_warning() -> None:
    given = facts(tags={"E1": {"aws:cloudformation:stack-name": "web"}})
    check = only("owner", given)
    assert (check.state, "CloudFormation stack web" in check.message) == (CheckState.WARNING, True)


# --- distributions -----------------------------------------------------------------------------------


def test_distributions_that_could_not_be_listed_hide_no_other_check() -> None:
    made = check_up(make_environment(), facts(distributions=DENIED, account_distributions=()))
    assert {"role", "function", "code-storage", "cached-documents"} <= {check.name for check in made.checks}
    assert [check.name for check in made.checks if check.state is CheckState.UNKNOWN] == ["distributions"]


def test_a_distribution_that_is_not_there_is_an_error_and_the_next_is_checked() -> None:
    missing = Selected("www.example.com", None, "there is none", "see the console")
    given = facts(distributions=(missing, Selected("E1", make_distribution())))
    check = only("distributions", given)
    assert (check.state, check.subject, check.fix) == (CheckState.ERROR, "www.example.com", "see the console")
    assert [item.subject for item in checks("slots", given)] == ["e1.example.com"]


def test_a_multi_tenant_distribution_is_an_error() -> None:
    assert only("distributions", facts(make_distribution(multi_tenant=True))).state is CheckState.ERROR


def test_a_disabled_distribution_is_a_warning() -> None:
    assert only("distributions", facts(make_distribution(enabled=False))).state is CheckState.WARNING


def test_a_flat_rate_plan_is_an_error() -> None:
    distribution = make_distribution()
    check = only("pricing-plan", facts(distribution, flat_rate=frozenset({distribution.arn})))
    assert check.state is CheckState.ERROR


def test_a_plan_that_could_not_be_read_is_not_known() -> None:
    assert only("pricing-plan", facts(flat_rate=DENIED)).state is CheckState.UNKNOWN


def test_a_slot_that_somebody_elses_function_has_is_an_error_with_a_way_out() -> None:
    check = only(
        "slots", facts(make_distribution("E1", make_behavior("/api/*", FOREIGN_ARN), make_behavior()))
    )
    assert check.state is CheckState.ERROR
    assert "/api/*" in check.message
    assert "--replace" in said(check.fix)
    assert "exclude" in said(check.fix)


def test_an_excluded_slot_and_one_of_ours_are_fine() -> None:
    distribution = make_distribution("E1", make_behavior("/api/*", FOREIGN_ARN), make_behavior(version=3))
    given = facts(distribution)
    assert checks("slots", given, make_environment(exclude=("/api/*",)))[0].state is CheckState.OK


def test_a_cloudfront_function_on_the_viewer_side_bars_viewer_events_only() -> None:
    behavior = make_behavior(cloudfront_functions=("viewer-request",))
    given = facts(make_distribution("E1", behavior))
    assert checks("slots", given)[0].state is CheckState.OK
    (check,) = checks("slots", given, make_environment(event=VIEWER))
    assert check.state is CheckState.ERROR
    assert "CloudFront Function" in check.message


def with_policy() -> Distribution:
    return make_distribution("E1", make_behavior(response_headers_policy="rhp"))


def test_a_response_headers_policy_that_wins_over_ours_is_a_warning() -> None:
    policy = HeadersPolicy("rhp", "corporate", overrides=frozenset({"referrer-policy", "x-frame-options"}))
    check = only("headers-policies", facts(with_policy(), headers_policies={"rhp": policy}))
    assert check.state is CheckState.WARNING
    assert "corporate" in check.message
    assert "Referrer-Policy" in check.message
    assert "X-Frame-Options" not in check.message


def test_a_response_headers_policy_for_other_headers_is_fine() -> None:
    policy = HeadersPolicy("rhp", "cors", overrides=frozenset({"access-control-allow-origin"}))
    assert (
        checks("headers-policies", facts(with_policy(), headers_policies={"rhp": policy}))[0].state
        is CheckState.OK
    )


def test_a_response_headers_policy_that_could_not_be_read_is_not_known() -> None:
    check = only("headers-policies", facts(with_policy(), headers_policies={"rhp": DENIED}))
    assert check.state is CheckState.UNKNOWN
    assert "GetResponseHeadersPolicy" in said(check.fix)


NOT_FOUND = CustomError(404, "/errors/404.html", 404)


def test_an_error_page_from_a_behavior_without_our_function_is_a_warning() -> None:
    distribution = make_distribution(
        "E1", make_behavior("/errors/*"), make_behavior(), custom_errors=(NOT_FOUND,)
    )
    assert checks("error-pages", facts(distribution))[0].state is CheckState.OK
    (check,) = checks("error-pages", facts(distribution), make_environment(exclude=("/errors/*",)))
    assert check.state is CheckState.WARNING
    assert "404 (/errors/404.html)" in check.message
    assert "/errors/*" in check.message


def test_an_error_page_whose_behavior_lost_its_trigger_is_a_warning() -> None:
    behaviors = (make_behavior("/errors/*"), make_behavior(version=3))
    check = only("error-pages", facts(make_distribution("E1", *behaviors, custom_errors=(NOT_FOUND,))))
    assert check.state is CheckState.WARNING
    assert "publish again" in said(check.fix)


def test_at_viewer_response_error_pages_stay_bare() -> None:
    distribution = make_distribution(custom_errors=(NOT_FOUND,))
    (check,) = checks("error-pages", facts(distribution), make_environment(event=VIEWER))
    assert check.state is CheckState.WARNING
    assert "404 (/errors/404.html)" in check.message


# --- quotas ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quota", "state"), [(1.0, CheckState.ERROR), (2.0, CheckState.WARNING), (500.0, CheckState.OK)]
)
def test_distributions_with_triggers_count_against_the_quota(quota: float, state: CheckState) -> None:
    elsewhere = make_distribution("E9", make_behavior(version=FOREIGN_ARN))
    own = make_distribution()
    given = facts(own, account_distributions=(own, elsewhere), edge_quota=quota)
    assert [check.state for check in checks("quota", given)] == [state]


@pytest.mark.parametrize("quota", [None, DENIED])
def test_a_quota_that_is_not_known_is_said_beside_what_is_used(quota: Unreadable | None) -> None:
    check = only("quota", facts(edge_quota=quota))
    assert check.state is CheckState.UNKNOWN
    assert check.message.startswith("1 distribution")


def test_more_triggers_than_a_distribution_may_have_are_a_warning() -> None:
    distribution = make_distribution("E1", *(make_behavior(f"/p{n}/*") for n in range(100)), make_behavior())
    check = only("quota", facts(distribution))
    assert (check.state, check.subject) == (CheckState.WARNING, "e1.example.com")
    assert "101 triggers" in check.message


@pytest.mark.parametrize(
    ("used", "state"), [(100, CheckState.ERROR), (95, CheckState.WARNING), (89, CheckState.OK)]
)
def test_code_storage_that_runs_full_is_told(used: int, state: CheckState) -> None:
    (check,) = checks("code-storage", facts(code_storage=CodeStorage(used, 100)))
    assert check.state is state


def test_code_storage_that_could_not_be_read_is_not_known() -> None:
    assert only("code-storage", facts(code_storage=DENIED)).state is CheckState.UNKNOWN


# --- documents ---------------------------------------------------------------------------------------

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
A_MONTH_AGO = "Thu, 22 Oct 2026 12:00:00 GMT"
TOMORROW = "Mon, 23 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (page(cache_control="public, max-age=86400"), "24 hours"),
        (page(cache_control="max-age=31536000, immutable"), "365 days, immutable"),
        (page(date=NOON, expires=TOMORROW), "24 hours"),
        (page(date=NOON, last_modified=A_MONTH_AGO), "a tenth of its age"),
    ],
)
def test_documents_that_browsers_keep_longer_than_a_rollback_takes_are_a_warning(
    answer: HttpAnswer, word: str
) -> None:
    check = only("cached-documents", facts(site=(answer,)))
    assert check.state is CheckState.WARNING
    assert word in check.message
    assert check.subject == PAGE


@pytest.mark.parametrize(
    "answer",
    [
        page(cache_control="max-age=60"),
        page(cache_control="no-store, max-age=86400"),
        page(cache_control="s-maxage=86400, max-age=0"),
        page(cache_control="max-age=nonsense"),
        page(date=NOON, expires="0"),
        page(date=NOON, last_modified="nonsense"),
        page(date=NOON, last_modified="Sun, 22 Nov 2026 11:30:00 GMT"),
        HttpAnswer(PAGE, 200, (("content-type", "image/png"), ("cache-control", "max-age=86400"))),
        HttpAnswer(PAGE, 301, (("cache-control", "max-age=86400"), ("x-cache", "Redirect from cloudfront"))),
    ],
)
def test_documents_that_are_asked_for_in_time_are_fine(answer: HttpAnswer) -> None:
    assert all(check.state is CheckState.OK for check in checks("cached-documents", facts(site=(answer,))))


def test_a_site_that_does_not_answer_is_not_known() -> None:
    check = only(
        "cached-documents",
        facts(site=(HttpAnswer(PAGE, error="connection refused"), page(cache_control="no-cache"))),
    )
    assert check.state is CheckState.UNKNOWN
    assert "connection refused" in check.message


def test_without_urls_nothing_is_known_of_documents() -> None:
    assert only("cached-documents", facts(site=())).state is CheckState.UNKNOWN


def test_the_default_behavior_is_where_an_error_page_without_a_match_comes_from() -> None:
    distribution = make_distribution(
        "E1", make_behavior("/api/*"), make_behavior(), custom_errors=(NOT_FOUND,)
    )
    (check,) = checks("error-pages", facts(distribution), make_environment(exclude=(DEFAULT_BEHAVIOR,)))
    assert DEFAULT_BEHAVIOR in check.message


def test_a_function_whose_tags_are_used_up_is_a_warning() -> None:
    function = make_function(tags={f"team-{number}": "" for number in range(48)})
    assert only("function", facts(function=function)).state is CheckState.WARNING
    roomy = make_function(tags={f"team-{number}": "" for number in range(47)})
    assert {check.state for check in check_up(make_environment(), facts(function=roomy)).checks} == {
        CheckState.OK
    }
