"""What to do about AWS's refusals: the causes of known error texts."""

from __future__ import annotations

from edgerollout.aws.denials import denial_of

_VERSIONS = "arn:aws:lambda:us-east-1:ACCOUNT:function:NAME:*"
_TOO_FAST = "AWS throttled the calls: run the same command again in some minutes"

# (a part of AWS's message, what to do). First match wins.
_BY_MESSAGE: tuple[tuple[str, str], ...] = (
    (
        "must be assumable with edgelambda",
        "let the execution role's trust policy name both lambda.amazonaws.com and edgelambda.amazonaws.com",
    ),
    (
        "cannot be assumed by Lambda",
        "let the execution role trust lambda and edgelambda; a role made a moment ago needs some seconds",
    ),
    (
        "cannot retrieve the specified Lambda function",
        f"the caller needs lambda:GetFunction on the function's versions too: {_VERSIONS}",
    ),
    (
        "cannot enable replication",
        f"the caller needs lambda:EnableReplication* (asterisk included) on its versions: {_VERSIONS}",
    ),
    (
        "service linked role",
        "the caller needs iam:CreateServiceLinkedRole once, for replicator.lambda and logger.cloudfront",
    ),
    ("must reference a specific function version", "attach a numbered version, never $LATEST or an alias"),
    ("must be in region 'us-east-1'", "Lambda@Edge functions live in us-east-1"),
    ("cannot have environment variables", "remove the function's environment variables and publish again"),
    (
        "cannot have a layer",
        "remove the function's layers (monitoring extensions add them) and publish again",
    ),
    ("architecture of arm64", "set the function to x86_64 and publish again"),
    ("runtime that is not supported by Lambda@Edge", "choose one of the runtimes the message lists"),
    ("memory size is larger", "viewer events take 128 MB at most: lower the memory, or use origin-response"),
    ("timeout is larger", "lower the function's time-out (5 s for viewer events, 30 s for origin events)"),
    ("event type of a function association must be unique", "the slot is taken: use another event"),
    ("because it is a replicated function", "replicas go some hours after the last trigger: try again then"),
    (
        "account must be verified",
        "AWS has not yet allowed this account to use CloudFront: send this message to AWS Support",
    ),
    (
        "Unable to verify read permissions on Web ACL",
        "the caller needs wafv2:GetWebACL on the distribution's web ACL (AWS WAF Classic: waf:GetWebACL)",
    ),
    (
        "must be in an Active state",
        "invoke an Inactive function once: it wakes up; `aws lambda get-function` says why one Failed",
    ),
    ("Code storage limit exceeded", "delete old versions of functions in us-east-1"),
    (
        "larger than the maximum allowed size for functions that are triggered",
        "make the handler's bundle smaller",
    ),
)

_BY_CODE: dict[str, str] = {
    "PreconditionFailed": "something changed the distribution in between: read it again",
    "InvalidIfMatchVersion": "something changed the distribution in between: read it again",
    "PreconditionFailedException": "something changed the function in between: run `plan` again",
    "ResourceConflictException": "an update of the function is in progress: it ends within seconds",
    "TooManyInvalidationsInProgress": "at most 15 wildcard invalidations run at once: try again in minutes",
    "CodeStorageExceededException": "delete old versions of functions in us-east-1",
    "TooManyDistributionsWithLambdaAssociations": "ask for a higher CloudFront quota in Service Quotas",
    "TooManyDistributionsWithSingleFunctionARN": "ask for a higher CloudFront quota in Service Quotas",
    "TooManyLambdaFunctionAssociations": "ask for a higher CloudFront quota in Service Quotas",
    "ServiceUnavailable": "CloudFront is busy: run the same command again in some minutes",
    "ExpiredToken": "get fresh credentials, then repeat the command",
    "ExpiredTokenException": "get fresh credentials, then repeat the command",
    "RequestExpired": "get fresh credentials, and check this machine's clock",
    "InvalidClientTokenId": "the access key is unknown to AWS: check AWS_* variables and the profile",
    "UnrecognizedClientException": "the access key is unknown to AWS: check AWS_* variables and the profile",
    "SignatureDoesNotMatch": "the secret key does not match the access key, or this machine's clock is wrong",
    "InvalidSignatureException": (
        "the secret key does not match the access key, or this machine's clock is wrong"
    ),
    "Throttling": _TOO_FAST,
    "TooManyRequestsException": _TOO_FAST,
}

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


def hint_for(operation: str, code: str, message: str) -> str | None:
    """What to do about AWS's error; None if its own message says everything."""
    for part, hint in _BY_MESSAGE:
        if part in message:
            return hint
    if code in _DENIED:
        denial = denial_of(message)
        if operation.startswith("sts:AssumeRole") and (denial is None or denial.kind is None):
            # Without a reason the cause may be the caller's policies or the role's trust policy.
            return "the caller needs sts:AssumeRole on the role, whose trust policy must name the caller"
        if denial is not None:
            return denial.advice
        return f"the caller needs the permission {operation}"
    return _BY_CODE.get(code)
