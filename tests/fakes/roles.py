"""IAM roles in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from edgerollout.release.facts.snapshot import Role
from edgerollout.rollout.ports import AlreadyExists, AwsFailure

if TYPE_CHECKING:
    from tests.fakes.clock import FakeClock
    from tests.fakes.faults import Faults

BOTH_SERVICES = frozenset({"lambda.amazonaws.com", "edgelambda.amazonaws.com"})


@dataclass(frozen=True)
class _Stored:
    role: Role
    made_at: datetime


class FakeRoles:
    """Fulfils `ports.Roles`."""

    def __init__(self, account: str, clock: FakeClock, faults: Faults) -> None:
        self._account = account
        self._clock = clock
        self._faults = faults
        self._stored: dict[str, _Stored] = {}
        self.readable = True

    def add(self, name: str, trusted: frozenset[str] = BOTH_SERVICES) -> str:
        """A role that has been there for long. Returns its ARN."""
        role = Role(name, f"arn:aws:iam::{self._account}:role/{name}", trusted)
        self._stored[name] = _Stored(role, self._clock.now() - timedelta(days=1))
        return role.arn

    def trusted(self, role_arn: str) -> frozenset[str] | None:
        """Who may assume the role; None for a role that is not kept here."""
        return next(
            (stored.role.trusted_services for stored in self._stored.values() if stored.role.arn == role_arn),
            None,
        )

    def assumable(self, role_arn: str, settle_seconds: float) -> bool:
        """Whether Lambda can assume the role already."""
        return any(
            stored.role.arn == role_arn
            and "lambda.amazonaws.com" in stored.role.trusted_services
            and (self._clock.now() - stored.made_at).total_seconds() >= settle_seconds
            for stored in self._stored.values()
        )

    def role(self, name: str) -> Role | None:
        operation = "iam:GetRole"

        def body() -> Role | None:
            if not self.readable:
                raise AwsFailure(operation, "AccessDenied", "not authorized to perform: iam:GetRole")
            stored = self._stored.get(name)
            return None if stored is None else stored.role

        return self._faults.perform(operation, body)

    def create(self, name: str) -> Role:
        operation = "iam:CreateRole"

        def body() -> Role:
            if name in self._stored and self._stored[name].role.ours:
                return self._stored[name].role
            if name in self._stored:
                raise AlreadyExists(
                    operation, "EntityAlreadyExists", f"Role with name {name} already exists."
                )
            role = Role(name, f"arn:aws:iam::{self._account}:role/{name}", BOTH_SERVICES, ours=True)
            self._stored[name] = _Stored(role, self._clock.now())
            return role

        role = self._faults.perform(operation, body)
        self._faults.perform("iam:AttachRolePolicy", lambda: None)
        return role
