"""What a check-up asks of an account, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.delivery.quota_checks import EDGE_DISTRIBUTIONS_QUOTA, POLICIES_QUOTA
from edgerollout.release.facts.account_facts import CodeStorage, Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.fakes.faults import Faults


class FakeInspection:
    """Fulfils `ports.Inspection`: a user who may do everything but `denied`, in an account with room."""

    def __init__(self, account: str, faults: Faults) -> None:
        self._faults = faults
        self.arn = f"arn:aws:iam::{account}:user/deployer"
        self.denied: set[str] = set()
        """Actions that the user's policies do not allow."""
        self.conditional: dict[str, str] = {}
        """Actions that hang on a condition key nobody gave a value for."""
        self.by_organization = False
        """Whether a service control policy is what denies."""
        self.storage = CodeStorage(used=1_000_000, most=75_000_000_000)
        self.quota: float | None = 500.0
        self.policies_quota: float | None = 20.0
        self.plans: frozenset[str] = frozenset()
        self.updates = "Auto"

    def caller(self) -> str:
        return self.arn

    def decisions(
        self, principal: str, actions: Sequence[str], resources: Sequence[str]
    ) -> tuple[Decision, ...]:
        assert principal.startswith("arn:aws:iam:")
        assert not any("*" in action for action in actions)
        return self._faults.perform(
            "iam:SimulatePrincipalPolicy",
            lambda: tuple(self._decided(action, resource) for action in actions for resource in resources),
        )

    def code_storage(self) -> CodeStorage:
        return self._faults.perform("lambda:GetAccountSettings", lambda: self.storage)

    def cloudfront_quota(self, code: str) -> float | None:
        known = {EDGE_DISTRIBUTIONS_QUOTA: self.quota, POLICIES_QUOTA: self.policies_quota}
        return self._faults.perform("servicequotas:GetServiceQuota", lambda: known.get(code))

    def flat_rate(self) -> frozenset[str]:
        return self._faults.perform("pricingplanmanager:ListSubscriptions", lambda: self.plans)

    def runtime_updates(self, function: str) -> str:
        return self._faults.perform(
            "lambda:GetRuntimeManagementConfig", lambda: self.updates if function else ""
        )

    def _decided(self, action: str, resource: str) -> Decision:
        key = self.conditional.get(action)
        allowed = action not in self.denied and key is None
        return Decision(
            action, resource, allowed, () if key is None else (key,), by_organization=self.by_organization
        )
