"""Calls that only `doctor` makes: IAM's simulation, quotas, pricing plans."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Protocol, TypedDict, cast

from edgerollout.aws.answers import ListPage, pages
from edgerollout.aws.retry import Operation, RetryingCaller
from edgerollout.aws.roles import LOGGING_POLICY
from edgerollout.release.facts.account_facts import CodeStorage, Decision
from edgerollout.rollout.ports import AwsFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.type_defs import (
        ContextEntryTypeDef,
        EvaluationResultTypeDef,
        SimulatePrincipalPolicyRequestTypeDef,
    )
    from mypy_boto3_lambda import LambdaClient

MOST_PAGES = 20
"""The most pages of subscriptions to read."""

PATIENCE = 8.0
"""Seconds for retries of one of these reads: a quick "not known" is better than waiting."""

RESOURCES_AT_ONCE = 50
"""Resources in one simulation. IAM pages its answer, and names no limit."""

_APART = "different authorization information"
"""In IAM's refusal (InvalidInput) to simulate some actions together; IAM does not document which."""

_NOT_KNOWN = frozenset({"InvalidInput", "InvalidInputException"})
"""IAM's codes for an action that it does not know."""

_SIMULATE = Operation("iam", "SimulatePrincipalPolicy")
_SETTINGS = Operation("lambda", "GetAccountSettings")
_RUNTIME = Operation("lambda", "GetRuntimeManagementConfig")
_QUOTA = Operation("servicequotas", "GetServiceQuota")
_SUBSCRIPTIONS = Operation("pricingplanmanager", "ListSubscriptions")

# The conditions on a deployer's rights (aws/permissions.py); anything else that a policy asks
# for stays unknown, and IAM says so.
_CONTEXT: tuple[ContextEntryTypeDef, ...] = (
    {
        "ContextKeyName": "iam:PassedToService",
        "ContextKeyValues": ["lambda.amazonaws.com"],
        "ContextKeyType": "string",
    },
    {
        "ContextKeyName": "iam:PolicyARN",
        "ContextKeyValues": [LOGGING_POLICY],
        "ContextKeyType": "string",
    },
    {
        "ContextKeyName": "iam:AWSServiceName",
        "ContextKeyValues": ["replicator.lambda.amazonaws.com"],
        "ContextKeyType": "string",
    },
)


class _Quota(TypedDict):
    Value: float


class _QuotaAnswer(TypedDict):
    Quota: _Quota


class _ServiceQuotas(Protocol):
    def get_service_quota(self, *, ServiceCode: str, QuotaCode: str) -> _QuotaAnswer: ...  # noqa: N803


class _Subscription(TypedDict, total=False):
    resourceArns: list[str]


class _Subscriptions(TypedDict, total=False):
    subscriptionSummaries: list[_Subscription]
    nextToken: str


class _PricingPlans(Protocol):
    def list_subscriptions(self, **parameters: str) -> _Subscriptions: ...


class AccountInspection:
    """Fulfils `edgerollout.rollout.ports.Inspection`. `client` makes a client of a service."""

    def __init__(
        self,
        client: Callable[[str], object],
        caller: RetryingCaller,
        identity: Callable[[], tuple[str, str]],
    ) -> None:
        self._client = functools.cache(client)
        self._caller = caller.less_patient(PATIENCE)
        self._identity = identity

    def caller(self) -> str:
        return self._identity()[1]

    def decisions(
        self, principal: str, actions: Sequence[str], resources: Sequence[str]
    ) -> tuple[Decision, ...]:
        found: list[Decision] = []
        for first in range(0, len(resources), RESOURCES_AT_ONCE):
            some = resources[first : first + RESOURCES_AT_ONCE]
            try:
                found += self._simulated(principal, list(actions), list(some))
            except AwsFailure as failure:
                if len(actions) == 1 or _APART not in failure.message:
                    raise
                found += self._one_by_one(principal, actions, list(some))
        return tuple(found)

    def code_storage(self) -> CodeStorage:
        client = cast("LambdaClient", self._client("lambda"))

        def ask() -> CodeStorage:
            answer = client.get_account_settings()
            return CodeStorage(
                used=answer["AccountUsage"]["TotalCodeSize"], most=answer["AccountLimit"]["TotalCodeSize"]
            )

        return self._caller.call(_SETTINGS, ask)

    def runtime_updates(self, function: str) -> str:
        client = cast("LambdaClient", self._client("lambda"))
        return self._caller.call(
            _RUNTIME, lambda: client.get_runtime_management_config(FunctionName=function)["UpdateRuntimeOn"]
        )

    def cloudfront_quota(self, code: str) -> float | None:
        client = cast("_ServiceQuotas", self._client("service-quotas"))
        try:
            return self._caller.call(
                _QUOTA,
                lambda: client.get_service_quota(ServiceCode="cloudfront", QuotaCode=code)["Quota"]["Value"],
            )
        except AwsFailure as failure:
            # Service Quotas has values only for accounts whose quota was read before.
            if failure.code == "NoSuchResourceException":
                return None
            raise

    def flat_rate(self) -> frozenset[str]:
        client = cast("_PricingPlans", self._client("pricing-plan-manager"))

        def ask(token: str | None) -> ListPage[str]:
            answer = client.list_subscriptions(**({} if token is None else {"nextToken": token}))
            found = [
                arn
                for subscription_summary in answer.get("subscriptionSummaries", ())
                for arn in subscription_summary.get("resourceArns", ())
            ]
            following = answer.get("nextToken")
            return ListPage.of(tuple(found), following, truncated=bool(following))

        listed = itertools.islice(pages(self._caller, _SUBSCRIPTIONS, ask), MOST_PAGES)
        return frozenset(arn for page in listed for arn in page.items)

    def _one_by_one(self, principal: str, actions: Sequence[str], resources: list[str]) -> Iterator[Decision]:
        for action in actions:
            try:
                yield from self._simulated(principal, [action], resources)
            except AwsFailure as failure:
                # An action that IAM does not know stays open; other failures are reported.
                if failure.code not in _NOT_KNOWN:
                    raise

    def _simulated(self, principal: str, actions: list[str], resources: list[str]) -> Iterator[Decision]:
        client = cast("IAMClient", self._client("iam"))
        asked: SimulatePrincipalPolicyRequestTypeDef = {
            "PolicySourceArn": principal,
            "ActionNames": actions,
            "ResourceArns": resources,
            "ContextEntries": list(_CONTEXT),
        }

        def ask(marker: str | None) -> ListPage[Decision]:
            answer = client.simulate_principal_policy(
                **(asked if marker is None else {**asked, "Marker": marker})
            )
            found = [decision for result in answer["EvaluationResults"] for decision in _decisions(result)]
            return ListPage.of(tuple(found), answer.get("Marker"), truncated=answer["IsTruncated"])

        for page in pages(self._caller, _SIMULATE, ask):
            yield from page.items


def _decisions(result: EvaluationResultTypeDef) -> Iterator[Decision]:
    """One result; for several resources at once IAM may list each inside it."""
    organization = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True)
    specific = result.get("ResourceSpecificResults", ())
    for specific_result in specific:
        yield Decision(
            result["EvalActionName"],
            specific_result["EvalResourceName"],
            specific_result["EvalResourceDecision"] == "allowed",
            tuple(specific_result.get("MissingContextValues", ())),
            by_organization=not organization,
        )
    if not specific:
        yield Decision(
            result["EvalActionName"],
            result.get("EvalResourceName", "*"),
            result["EvalDecision"] == "allowed",
            tuple(result.get("MissingContextValues", ())),
            by_organization=not organization,
        )
