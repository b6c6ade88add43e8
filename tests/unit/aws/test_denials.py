"""AWS's sentences about what is not allowed, as they were met in the wild."""

from __future__ import annotations

import botocore.exceptions as boto
import pytest

from edgerollout.aws.denials import Denial, denial_of
from edgerollout.aws.errors import translate

USER = "arn:aws:iam::123456789012:user/ci/deployer"
SESSION = "arn:aws:sts::123456789012:assumed-role/deployer/GitHubActions"
ROLE = "arn:aws:iam::123456789012:role/edge"
SCP = "arn:aws:organizations::111111111111:policy/o-abc/service_control_policy/p-def"

SENTENCES = {
    f"User: {SESSION} is not authorized to perform: iam:PassRole on resource: {ROLE} because no"
    " identity-based policy allows the iam:PassRole action": (
        Denial("iam:PassRole", SESSION, ROLE, "identity-based policy"),
        f"role deployer needs the permission iam:PassRole on {ROLE}: whoever manages its policies",
    ),
    f"User: {USER} is not authorized to perform: lambda:CreateFunction with an explicit deny in a service"
    f" control policy: {SCP}": (
        Denial("lambda:CreateFunction", USER, None, "service control policy", explicit=True, policy=SCP),
        f"a service control policy of the organization ({SCP}) denies lambda:CreateFunction",
    ),
    f"User: {SESSION} is not authorized to perform: iam:CreateRole on resource: {ROLE} with an"
    " explicit deny in a service control policy": (
        Denial("iam:CreateRole", SESSION, ROLE, "service control policy", explicit=True),
        "whoever manages the organization",
    ),
    f"User: {SESSION} is not authorized to perform: iam:GetRole on resource: role edge because no permissions"
    " boundary allows the iam:GetRole action": (
        Denial("iam:GetRole", SESSION, "role edge", "permissions boundary"),
        "the permissions boundary of role deployer does not allow iam:GetRole on role edge",
    ),
    f"User: {USER} is not authorized to perform: cloudfront:GetVpcOrigin because no session policy allows the"
    " cloudfront:GetVpcOrigin action": (
        Denial("cloudfront:GetVpcOrigin", USER, None, "session policy"),
        "the session of user deployer was made with does not allow cloudfront:GetVpcOrigin",
    ),
    f"User: {USER} is not authorized to perform: wafv2:GetWebACL with an explicit deny in an identity-based"
    " policy": (
        Denial("wafv2:GetWebACL", USER, None, "identity-based policy", explicit=True),
        "a policy of user deployer denies wafv2:GetWebACL",
    ),
    f"User: {USER} is not authorized to perform: sts:AssumeRole on resource: {ROLE} because no resource-based"
    " policy allows the sts:AssumeRole action": (
        Denial("sts:AssumeRole", USER, ROLE, "resource-based policy"),
        f"the policy of {ROLE} does not allow sts:AssumeRole to user deployer",
    ),
    f"User: {USER} is not authorized to perform: lambda:GetFunction because no VPC endpoint policy allows the"
    " lambda:GetFunction action": (
        Denial("lambda:GetFunction", USER, None, "vpc endpoint policy"),
        "whoever manages the network",
    ),
    f"User: {USER} is not authorized to perform: lambda:EnableReplication* on resource: {ROLE}.": (
        Denial("lambda:EnableReplication*", USER, ROLE),
        "user deployer needs the permission lambda:EnableReplication*",
    ),
    "not authorized to perform: cloudfront:ListDistributions": (
        Denial("cloudfront:ListDistributions"),
        "the caller needs the permission cloudfront:ListDistributions",
    ),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_denial_names_action_resource_and_who_must_act(sentence: str) -> None:
    denial, advice = SENTENCES[sentence]
    assert denial_of(sentence) == denial
    assert advice in denial.advice


@pytest.mark.parametrize("text", ["", "Access Denied", "User: x is not authorized to perform this"])
def test_other_words_are_no_denial(text: str) -> None:
    assert denial_of(text) is None


def test_a_role_that_may_not_be_passed_is_not_told_as_the_call_around_it() -> None:
    sentence = next(iter(SENTENCES))
    error = boto.ClientError(
        {"Error": {"Code": "AccessDeniedException", "Message": sentence}}, "CreateFunction"
    )
    hint = translate(error, "lambda:CreateFunction").hint or ""
    assert f"iam:PassRole on {ROLE}" in hint
    assert "lambda:CreateFunction" not in hint


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        (
            "AccessDenied",
            "Your account must be verified before you can add new CloudFront resources.",
            "AWS Support",
        ),
        (
            "InvalidWebACLId",
            "Unable to verify read permissions on Web ACL. Please retry the request.",
            "wafv2:GetWebACL",
        ),
    ],
)
def test_what_reads_like_a_missing_right_and_is_none_has_its_own_line(
    code: str, message: str, said: str
) -> None:
    error = boto.ClientError({"Error": {"Code": code, "Message": message}}, "UpdateDistribution")
    assert said in (translate(error, "cloudfront:UpdateDistribution").hint or "")
