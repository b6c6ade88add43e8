"""The edge function's execution role in IAM."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from edgerollout.aws.answers import same
from edgerollout.aws.retry import Operation, Repeat, RetryingCaller
from edgerollout.release.delivery.edge_rules import TRUSTED_SERVICES
from edgerollout.release.facts.snapshot import Role
from edgerollout.rollout.ports import AlreadyExists, LostAnswer, NotFound

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.type_defs import RoleTypeDef

DESCRIPTION = "Runs edgerollout's Lambda@Edge function"
"""Marks a role that edgerollout made."""

LOGGING_POLICY = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

_GET = Operation("iam", "GetRole")
# The second time it says that the role exists; `create` then checks whether edgerollout made it.
_CREATE = Operation("iam", "CreateRole", Repeat.SAME)
# Attaching an attached policy is not an error.
_ATTACH = Operation("iam", "AttachRolePolicy", Repeat.SAME)


class IamRoles:
    """Fulfils `edgerollout.rollout.ports.Roles`."""

    def __init__(self, client: IAMClient, caller: RetryingCaller) -> None:
        self._client = client
        self._caller = caller

    def role(self, name: str) -> Role | None:
        try:
            return self._caller.call(_GET, lambda: _role(self._client.get_role(RoleName=name)["Role"], name))
        except NotFound:
            return None

    def create(self, name: str) -> Role:
        def create() -> Role:
            answer = self._client.create_role(
                RoleName=name, AssumeRolePolicyDocument=json.dumps(_trust()), Description=DESCRIPTION
            )
            return _role(answer["Role"], name)

        try:
            role = self._caller.call(_CREATE, create)
        except (LostAnswer, AlreadyExists):
            found = self.role(name)
            if found is None or not found.ours:
                raise
            role = found
        self._caller.call(
            _ATTACH, lambda: self._client.attach_role_policy(RoleName=name, PolicyArn=LOGGING_POLICY)
        )
        return role


def trusted_services(policy: object) -> frozenset[str]:
    """The services that a trust policy (parsed JSON) lets assume the role.

    Statements with a Condition count: only IAM can evaluate it.
    """
    return frozenset(service for statement in _listed(policy, "Statement") for service in _allowed(statement))


def _allowed(statement: object) -> Iterator[str]:
    if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
        return
    actions = {str(action).lower() for action in _listed(statement, "Action")}
    if actions & {"sts:assumerole", "sts:*", "*"}:
        for service in _listed(statement.get("Principal"), "Service"):
            yield str(service)


def _listed(container: object, key: str) -> tuple[object, ...]:
    """IAM writes a single value plain and several as a list."""
    if not isinstance(container, Mapping):
        return ()
    value = container.get(key, ())
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _trust() -> dict[str, object]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": list(TRUSTED_SERVICES)}, "Action": "sts:AssumeRole"}
        ],
    }


def _role(role: RoleTypeDef, name: str) -> Role:
    """Raises KeyError or Incomplete if the answer lacks something or is about another role."""
    policy: object = role["AssumeRolePolicyDocument"]
    if isinstance(policy, str):
        # botocore decodes the document of IAM's answers; others hand it over URL-encoded.
        policy = json.loads(unquote(policy))
    return Role(
        name=same(role["RoleName"], name),
        arn=role["Arn"],
        trusted_services=trusted_services(policy),
        ours=role.get("Description") == DESCRIPTION,
        boundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        tags={tag["Key"]: tag["Value"] for tag in role.get("Tags", ())},
    )
