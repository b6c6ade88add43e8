"""What only a check-up asks: IAM's simulation, quotas, pricing plans."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Protocol, TypedDict, cast

from edgerollout.aws.retry import Caller, Operation
from edgerollout.aws.roles import LOGGING_POLICY
from edgerollout.release.account_facts import CodeStorage, Decision
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
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

MOST_PAGES = 20
"""Pages of subscriptions that are read at most."""

PATIENCE = 8.0
"""Seconds for trying one of these reads again: a check-up that says "not known" soon is worth more."""

RESOURCES_AT_ONCE = 50
"""Resources in one simulation. IAM pages its answer, and names no limit."""

_SIMULATE = Operation("iam", "SimulatePrincipalPolicy")
_SETTINGS = Operation("lambda", "GetAccountSettings")
_QUOTA = Operation("servicequotas", "GetServiceQuota")
_SUBSCRIPTIONS = Operation("pricingplanmanager", "ListSubscriptions")

# What the rights of a deployer are bound to by condition (aws/permissions.py); whatever else a policy asks
# about stays unanswered, and IAM says so.
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
        caller: Caller,
        identity: Callable[[], GetCallerIdentityResponseTypeDef],
    ) -> None:
        self._client = functools.cache(client)
        self._caller = caller.less_patient(PATIENCE)
        self._identity = identity

    def caller(self) -> str:
        return self._identity()["Arn"]

    def decisions(
        self, principal: str, actions: Sequence[str], resources: Sequence[str]
    ) -> tuple[Decision, ...]:
        found: list[Decision] = []
        for first in range(0, len(resources), RESOURCES_AT_ONCE):
            some = resources[first : first + RESOURCES_AT_ONCE]
            found += self._simulated(principal, list(actions), list(some))
        return tuple(found)

    def code_storage(self) -> CodeStorage:
        client = cast("LambdaClient", self._client("lambda"))
        answer = self._caller.call(_SETTINGS, client.get_account_settings)
        return CodeStorage(
            used=answer["AccountUsage"]["TotalCodeSize"], most=answer["AccountLimit"]["TotalCodeSize"]
        )

    def cloudfront_quota(self, code: str) -> float | None:
        client = cast("_ServiceQuotas", self._client("service-quotas"))
        try:
            answer = self._caller.call(
                _QUOTA, lambda: client.get_service_quota(ServiceCode="cloudfront", QuotaCode=code)
            )
        except AwsFailure as failure:
            # Service Quotas has values of its own only for accounts whose quota was ever looked at.
            if failure.code == "NoSuchResourceException":
                return None
            raise
        return answer["Quota"]["Value"]

    def flat_rate(self) -> frozenset[str]:
        client = cast("_PricingPlans", self._client("pricing-plan-manager"))
        found: set[str] = set()
        token: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            page = self._caller.call(_SUBSCRIPTIONS, functools.partial(client.list_subscriptions, **token))
            for one in page.get("subscriptionSummaries", ()):
                found.update(one.get("resourceArns", ()))
            if not page.get("nextToken"):
                break
            token = {"nextToken": page["nextToken"]}
        return frozenset(found)

    def _simulated(self, principal: str, actions: list[str], resources: list[str]) -> Iterator[Decision]:
        client = cast("IAMClient", self._client("iam"))
        asked: SimulatePrincipalPolicyRequestTypeDef = {
            "PolicySourceArn": principal,
            "ActionNames": actions,
            "ResourceArns": resources,
            "ContextEntries": list(_CONTEXT),
        }
        while True:
            page = self._caller.call(_SIMULATE, functools.partial(client.simulate_principal_policy, **asked))
            for result in page["EvaluationResults"]:
                yield from _decisions(result)
            marker = page.get("Marker", "")
            if not page.get("IsTruncated") or not marker:
                return
            asked = {**asked, "Marker": marker}


def _decisions(result: EvaluationResultTypeDef) -> Iterator[Decision]:
    """One result; asked about several resources at once, IAM may tell them apart inside of it."""
    organization = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True)
    specific = result.get("ResourceSpecificResults", ())
    for each in specific:
        yield Decision(
            result["EvalActionName"],
            each["EvalResourceName"],
            each["EvalResourceDecision"] == "allowed",
            tuple(each.get("MissingContextValues", ())),
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
