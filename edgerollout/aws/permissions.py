"""The IAM rights that each command needs, by resource: one table, and the policies made from it.

A test runs the commands against the sandbox and compares the recorded calls with the table: no right
is missing, and none is unnecessary. The Service Authorization Reference says which rights can be narrowed.
The CloudFront Developer Guide, "Set up IAM permissions and roles for Lambda@Edge", says which rights AWS
checks inside other calls.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.aws.roles import LOGGING_POLICY
from edgerollout.release.facts.account_facts import SERVICE_LINKED_ROLES, Right

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COMMANDS = (
    "plan", "publish", "promote", "advance", "tour", "wait", "status", "verify", "history", "rollback",
    "prune", "detach", "doctor", "terraform",
)  # fmt: skip
"""The commands that talk to AWS."""

MANAGED_POLICY_LIMIT = 6144
"""Characters of a managed policy, white space not counted (IAM User Guide, "IAM and AWS STS quotas")."""

_OIDC = "token.actions.githubusercontent.com"


class On(enum.Enum):
    """The kind of resource of a right. The value is its name in a statement's Sid."""

    ANYTHING = "Account"
    FUNCTION = "Function"
    VERSIONS = "Versions"
    ROLE = "Role"
    DISTRIBUTIONS = "Distributions"
    LINKED_ROLES = "ServiceLinkedRoles"
    PRINCIPALS = "Principals"
    QUOTAS = "Quotas"
    VPC_ORIGINS = "VpcOrigins"
    WEB_ACLS = "WebAcls"
    CLASSIC_WEB_ACLS = "ClassicWebAcls"
    HEADERS_POLICIES = "HeadersPolicies"
    BEFORE_FUNCTION = "FunctionBefore"
    BEFORE_VERSIONS = "VersionsBefore"
    BEFORE_DISTRIBUTIONS = "DistributionsBefore"


@dataclass(frozen=True)
class PermissionTarget:
    """An environment's resources. `distributions`: ids, empty where they are not known.

    `before`: the environment that its policies come from (`after`), where it is in the same account.
    `swaps`: whether edgerollout changes the triggers; else Terraform does, with rights of its own.
    `vpc_origins` (ARNs) and `web_acls` (ARNs, ids of AWS WAF Classic) are what the distributions have.
    """

    account: str
    function: str
    role: str
    distributions: tuple[str, ...]
    before: PermissionTarget | None = None
    swaps: bool = True
    vpc_origins: tuple[str, ...] = ()
    web_acls: tuple[str, ...] = ()
    by_policy: bool = False
    """Whether its releases go by response headers policies."""

    def arns(self, on: On) -> tuple[str, ...]:
        """The resources of a right; () if there are none."""
        function = f"arn:aws:lambda:us-east-1:{self.account}:function:{self.function}"
        roles = f"arn:aws:iam::{self.account}:role"
        match on:
            case On.ANYTHING:
                return ("*",)
            case On.FUNCTION:
                return (function,)
            case On.VERSIONS:
                return (f"{function}:*",)
            case On.ROLE:
                return (f"{roles}/{self.role}",)
            case On.DISTRIBUTIONS:
                return tuple(
                    f"arn:aws:cloudfront::{self.account}:distribution/{distribution}"
                    for distribution in self.distributions or ("*",)
                )
            case On.LINKED_ROLES:
                return tuple(
                    f"{roles}/aws-service-role/{service}/{name}"
                    for name, service in SERVICE_LINKED_ROLES.items()
                )
            case On.PRINCIPALS:
                return (f"{roles}/*", f"arn:aws:iam::{self.account}:user/*")
            case On.QUOTAS:
                return (f"arn:aws:servicequotas:*:{self.account}:cloudfront/*",)
            case On.HEADERS_POLICIES:
                return (f"arn:aws:cloudfront::{self.account}:response-headers-policy/*",)
            case On.VPC_ORIGINS | On.WEB_ACLS:
                named = self.vpc_origins if on is On.VPC_ORIGINS else self.web_acls
                return tuple(arn for arn in named if arn.startswith("arn:"))
            case On.CLASSIC_WEB_ACLS:
                classic = (web_acl for web_acl in self.web_acls if not web_acl.startswith("arn:"))
                return tuple(f"arn:aws:waf::{self.account}:webacl/{web_acl}" for web_acl in classic)
            case _:
                return () if self.before is None else self.before.arns(_BEFORE[on])


_BEFORE = {
    On.BEFORE_FUNCTION: On.FUNCTION,
    On.BEFORE_VERSIONS: On.VERSIONS,
    On.BEFORE_DISTRIBUTIONS: On.DISTRIBUTIONS,
}
"""The same values for the previous environment."""


@dataclass(frozen=True)
class Grant:
    """One row: an action, its resource, its commands, the reason.

    `within`: AWS checks it inside another call; it is not a call itself. `only`: when it is needed,
    if not always. `optional`: the command continues without it. `first`: only a first rollout
    needs it, which makes the function, its role, and the account's first trigger. `swapping`: those of the
    commands that need it only where they change triggers. `by_policy`: only where releases go by response
    headers policies.
    """

    action: str
    on: tuple[On, ...]
    commands: frozenset[str]
    why: str
    within: bool = False
    only: str = ""
    optional: bool = False
    first: bool = False
    swapping: frozenset[str] = frozenset()
    condition: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    by_policy: bool = False

    def needed_by(self, target: PermissionTarget) -> frozenset[str]:
        """The commands that need it on that environment."""
        if self.by_policy and not target.by_policy:
            return frozenset()
        return self.commands if target.swaps else self.commands - self.swapping


def _of(names: str) -> frozenset[str]:
    return frozenset(names.split())


_LOOKING = frozenset(COMMANDS)
_JUDGING = _of("plan publish promote advance tour wait status rollback prune detach verify")
_PUBLISHING = _of("publish promote advance")
_SWAPPING = _of("publish promote advance rollback detach")
_PROMOTING = _of("promote advance")
_MAKING_POLICIES = _PUBLISHING | _of("rollback")
_DELETING_POLICIES = _MAKING_POLICIES | _of("prune")
_DOCTOR = _of("doctor")
_LISTING = _LOOKING - _of("terraform")
"""What reads an environment's releases."""

_NO_RESOURCE = "AWS only allows it on *"

TABLE: tuple[Grant, ...] = (
    # --- looking -------------------------------------------------------------------------------------
    Grant("cloudfront:ListDistributions", (On.ANYTHING,), _LOOKING, _NO_RESOURCE),
    Grant("cloudfront:ListInvalidations", (On.DISTRIBUTIONS,), _JUDGING, "was the live release's made?"),
    Grant("cloudfront:GetInvalidation", (On.DISTRIBUTIONS,), _JUDGING, "lists name no caller reference"),
    Grant("lambda:GetFunction", (On.FUNCTION,), _LOOKING, "its configuration and tags"),
    Grant("lambda:ListTags", (On.FUNCTION,), _LOOKING, "GetFunction returns tags only with it: which releases"
          " are withdrawn", within=True),
    Grant("lambda:ListVersionsByFunction", (On.FUNCTION,), _LOOKING, "releases are versions",
          only="where the function exists"),
    Grant("lambda:GetFunction", (On.VERSIONS,), _JUDGING - _of("prune detach"),
          "release.json is in the version's zip"),
    Grant("iam:GetRole", (On.ROLE,), _of("plan publish promote advance doctor terraform"),
          "which services may assume the role?", optional=True),
    Grant("cloudfront:GetResponseHeadersPolicy", (On.ANYTHING,), _of("plan publish promote advance doctor"),
          "which headers replace edgerollout's? Policies that AWS manages belong to no account",
          only="where a behavior has one", optional=True),
    Grant("cloudfront:ListTagsForResource", (On.DISTRIBUTIONS,),
          _of("plan publish promote advance status doctor"),
          "does Terraform or CloudFormation own it?",
          only="where triggers are to change, or up to 20 are shown", optional=True),
    Grant("cloudfront:ListTagsForResource", (On.DISTRIBUTIONS,), _of("terraform"), "Terraform keeps them",
          only="with --from-live, as all of it"),
    Grant("cloudfront:GetDistributionConfig", (On.DISTRIBUTIONS,), _of("terraform"), "the files' content",
          only="with --from-live"),
    # --- the environment before, for promote ----------------------------------------------------------
    Grant("cloudfront:ListInvalidations", (On.BEFORE_DISTRIBUTIONS,), _PROMOTING, "since when is it live?"),
    Grant("cloudfront:GetInvalidation", (On.BEFORE_DISTRIBUTIONS,), _PROMOTING, "the same"),
    Grant("lambda:GetFunction", (On.BEFORE_FUNCTION, On.BEFORE_VERSIONS), _PROMOTING, "what is live there?"),
    Grant("lambda:ListTags", (On.BEFORE_FUNCTION,), _PROMOTING, "is it withdrawn?", within=True),
    Grant("lambda:ListVersionsByFunction", (On.BEFORE_FUNCTION,), _PROMOTING, "its releases"),
    # --- the function ---------------------------------------------------------------------------------
    Grant("lambda:UpdateFunctionConfiguration", (On.FUNCTION,), _PUBLISHING, "runtime, memory, time-out",
          only="where they differ"),
    Grant("iam:PassRole", (On.ROLE,), _PUBLISHING, "asked where a function's configuration names its role",
          within=True, condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
    Grant("lambda:UpdateFunctionCode", (On.FUNCTION,), _PUBLISHING, "the bundle"),
    Grant("lambda:PublishVersion", (On.FUNCTION,), _PUBLISHING, "the release's number"),
    Grant("lambda:GetFunctionConfiguration", (On.FUNCTION, On.VERSIONS), _PUBLISHING, "is it Active yet?"),
    Grant("lambda:TagResource", (On.FUNCTION,), _SWAPPING | _of("wait"),
          "marks: withdrawn, unfinished, replaced",
          only="where something is rolled back or taken over, or two steps are needed", optional=True),
    Grant("lambda:UntagResource", (On.FUNCTION,), _SWAPPING | _of("wait prune"), "removes the marks",
          only="where there are marks", optional=True),
    # --- the swap -------------------------------------------------------------------------------------
    Grant("cloudfront:GetDistributionConfig", (On.DISTRIBUTIONS,), _SWAPPING, "the document that is edited",
          swapping=_SWAPPING),
    Grant("cloudfront:UpdateDistribution", (On.DISTRIBUTIONS,), _SWAPPING, "the swap", swapping=_SWAPPING),
    Grant("cloudfront:GetDistribution", (On.DISTRIBUTIONS,), _SWAPPING | _of("wait"), "is it Deployed yet?",
          only="where something is under way", swapping=_SWAPPING),
    Grant("cloudfront:CreateInvalidation", (On.DISTRIBUTIONS,), _SWAPPING | _of("wait"),
          "cached responses carry the old headers", only="for origin-response", swapping=_SWAPPING),
    Grant("lambda:GetFunction", (On.VERSIONS,), _of("detach"), "asked by UpdateDistribution", within=True,
          swapping=_SWAPPING),
    Grant("lambda:EnableReplication*", (On.VERSIONS,), _SWAPPING, "asked by UpdateDistribution; the asterisk"
          " is part of the action's name", within=True, swapping=_SWAPPING),
    Grant("lambda:DisableReplication*", (On.VERSIONS,), _SWAPPING, "the same, of what is detached",
          within=True, swapping=_SWAPPING),
    Grant("cloudfront:GetVpcOrigin", (On.VPC_ORIGINS,), _SWAPPING, "asked by UpdateDistribution", within=True,
          only="where a distribution has VPC origins", swapping=_SWAPPING),
    Grant("wafv2:GetWebACL", (On.WEB_ACLS,), _SWAPPING, "asked by UpdateDistribution", within=True,
          only="where a distribution has a web ACL", swapping=_SWAPPING),
    Grant("waf:GetWebACL", (On.CLASSIC_WEB_ACLS,), _SWAPPING, "the same", within=True,
          only="where it is one of AWS WAF Classic", swapping=_SWAPPING),
    # --- response headers policies --------------------------------------------------------------------
    Grant("cloudfront:ListResponseHeadersPolicies", (On.ANYTHING,), _LISTING,
          "which release is which policy?", by_policy=True),
    Grant("cloudfront:CreateResponseHeadersPolicy", (On.ANYTHING,), _MAKING_POLICIES | _of("detach"),
          _NO_RESOURCE, by_policy=True),
    Grant("cloudfront:GetResponseHeadersPolicyConfig", (On.HEADERS_POLICIES,), _DELETING_POLICIES,
          "its ETag, to delete it", only="where there are some that nobody needs", by_policy=True),
    Grant("cloudfront:DeleteResponseHeadersPolicy", (On.HEADERS_POLICIES,), _DELETING_POLICIES,
          "an account may have 20", only="where there are some that nobody needs", by_policy=True),
    Grant("servicequotas:GetServiceQuota", (On.QUOTAS,), _MAKING_POLICIES | _of("plan"),
          "how many policies may there be?", only="where there are 20 and more", optional=True,
          by_policy=True),
    # --- only a first rollout -------------------------------------------------------------------------
    Grant("iam:CreateRole", (On.ROLE,), _PUBLISHING, "publish --create", first=True),
    Grant("iam:AttachRolePolicy", (On.ROLE,), _PUBLISHING, "publish --create; that one policy only",
          first=True, condition={"ArnEquals": {"iam:PolicyARN": LOGGING_POLICY}}),
    Grant("lambda:CreateFunction", (On.FUNCTION,), _PUBLISHING, "publish --create", first=True),
    Grant("iam:CreateServiceLinkedRole", (On.LINKED_ROLES,), _PUBLISHING, "the account's first trigger",
          within=True, first=True, swapping=_SWAPPING,
          condition={"StringEquals": {"iam:AWSServiceName": sorted(SERVICE_LINKED_ROLES.values())}}),
    # --- prune ----------------------------------------------------------------------------------------
    Grant("lambda:ListAliases", (On.FUNCTION,), _of("prune"), "a version with an alias is spared"),
    Grant("lambda:DeleteFunction", (On.VERSIONS,), _of("prune"), "versions only: on the function itself it"
          " would allow deleting everything"),
    # --- doctor ---------------------------------------------------------------------------------------
    Grant("iam:GetRole", (On.LINKED_ROLES,), _DOCTOR, "are they there?", optional=True),
    Grant("iam:GetRole", (On.PRINCIPALS,), _DOCTOR, "the ARN of the role behind a session",
          only="for an assumed role", optional=True),
    Grant("iam:SimulatePrincipalPolicy", (On.PRINCIPALS,), _DOCTOR, "what are these credentials allowed?",
          only="for a user or a role", optional=True),
    Grant("lambda:GetRuntimeManagementConfig", (On.FUNCTION,),
          _of("plan publish promote advance doctor"), "is the runtime kept up to date?",
          only="where the function exists", optional=True),
    Grant("lambda:GetAccountSettings", (On.ANYTHING,), _DOCTOR, _NO_RESOURCE, optional=True),
    Grant("servicequotas:GetServiceQuota", (On.QUOTAS,), _DOCTOR, "how many may have functions?",
          optional=True),
    Grant("cloudfront:GetDistribution", (On.DISTRIBUTIONS,), _DOCTOR, "does it agree with the list?",
          only="with --contact", optional=True),
    Grant("cloudfront:GetDistributionConfig", (On.DISTRIBUTIONS,), _DOCTOR, "can the document be edited?",
          only="with --contact", optional=True),
    Grant("cloudfront:ListInvalidations", (On.DISTRIBUTIONS,), _DOCTOR, "are edgerollout's recognized?",
          only="with --contact", optional=True),
    Grant("cloudfront:GetInvalidation", (On.DISTRIBUTIONS,), _DOCTOR, "the same",
          only="with --contact, where there are any", optional=True),
    Grant("lambda:GetFunction", (On.VERSIONS,), _DOCTOR, "does a version's code arrive?",
          only="with --contact", optional=True),
    Grant("lambda:GetFunctionConfiguration", (On.FUNCTION,), _DOCTOR, "has the state a known form?",
          only="with --contact", optional=True),
    Grant("pricingplanmanager:ListSubscriptions", (On.ANYTHING,), _of("plan publish promote advance doctor"),
          _NO_RESOURCE, only="where a distribution has no Lambda function yet", optional=True),
)  # fmt: skip


def rights(command: str, target: PermissionTarget) -> tuple[Right, ...]:
    """The rights that a command needs; those of a first rollout are optional."""
    return tuple(
        Right(grant.action, arns, optional=grant.optional or grant.first, note=grant.only or grant.why)
        for grant in TABLE
        if command in grant.needed_by(target) and (arns := _arns(grant, target))
    )


def policy(commands: Iterable[str], target: PermissionTarget, *, first: bool = False) -> dict[str, object]:
    """The smallest identity policy for these commands on that environment.

    `first` adds what only a first rollout needs.
    """
    wanted = frozenset(commands)
    statements: dict[str, dict[str, object]] = {}
    actions: dict[str, set[str]] = {}
    for grant in TABLE:
        arns = _arns(grant, target)
        if not (wanted & grant.needed_by(target)) or (grant.first and not first) or not arns:
            continue
        key = repr((arns, grant.condition, _writes(grant.action)))
        sid = "".join(on.value for on in grant.on) + ("Write" if _writes(grant.action) else "Read")
        if grant.condition:
            sid = grant.action.partition(":")[2]
        actions.setdefault(key, set()).add(grant.action)
        statements.setdefault(
            key,
            {
                "Sid": sid,
                "Effect": "Allow",
                "Action": [],
                "Resource": list(arns) if len(arns) > 1 else arns[0],
                **({"Condition": grant.condition} if grant.condition else {}),
            },
        )
    for key, statement in statements.items():
        statement["Action"] = sorted(actions[key])
    return {"Version": "2012-10-17", "Statement": list(statements.values())}


def wildcards(commands: Iterable[str], target: PermissionTarget) -> tuple[tuple[str, str], ...]:
    """The actions that can only be allowed on `*`, and why."""
    wanted = frozenset(commands)
    return tuple(
        (grant.action, grant.why)
        for grant in TABLE
        if On.ANYTHING in grant.on and wanted & grant.needed_by(target)
    )


def github_trust(account: str, repository: str, environment: str) -> dict[str, object]:
    """The trust policy of a role that only jobs of one GitHub environment of one repository may assume.

    `repository` is `OWNER/REPO`, or `OWNER@ID/REPO@ID` for the immutable subjects that GitHub gives to
    repositories made since July 2026 (GitHub Docs, "OpenID Connect reference").
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "GitHubActions",
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{_OIDC}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{_OIDC}:aud": "sts.amazonaws.com",
                        f"{_OIDC}:sub": f"repo:{repository}:environment:{environment}",
                    }
                },
            }
        ],
    }


def called(command: str) -> frozenset[str]:
    """The actions that are the command's own calls."""
    return frozenset(grant.action for grant in TABLE if command in grant.commands and not grant.within)


def _arns(grant: Grant, target: PermissionTarget) -> tuple[str, ...]:
    return tuple(arn for on in grant.on for arn in target.arns(on))


def _writes(action: str) -> bool:
    return not action.partition(":")[2].startswith(("Get", "List", "Simulate"))
