"""Which functions CloudFront accepts as triggers, and the messages of its refusals.

Rules: Developer Guide, "Restrictions on Lambda@Edge". Texts are from users' reports if there
are any; the others (VPC, dead-letter queue, tracing, image, storage, key) are similar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from edgerollout.emulator.cloudfront.config_rules import behaviors
from edgerollout.emulator.cloudfront.errors import refusal
from edgerollout.emulator.names import FunctionArn
from edgerollout.emulator.sink import VersionCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgerollout.emulator.messages import Members, ServiceError
    from edgerollout.emulator.settings import Quotas, Switches

EDGE_REGION = "us-east-1"
EDGE_SERVICE = "edgelambda.amazonaws.com"
LAMBDA_SERVICE = "lambda.amazonaws.com"
VIEWER_EVENTS = ("viewer-request", "viewer-response")
REQUEST_EVENTS = ("viewer-request", "origin-request")
SUPPORTED_RUNTIMES = (
    "nodejs18.x",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
)
_MAX_CODE = 50 * 1024 * 1024
_MAX_VIEWER_MEMORY = 128
_MAX_ORIGIN_TIMEOUT = 30


class AssociatedVersion(Protocol):
    """A published version, as far as the rules need it."""

    @property
    def arn(self) -> str: ...
    @property
    def configuration(self) -> Members: ...
    @property
    def code(self) -> bytes: ...
    @property
    def state(self) -> str: ...


@dataclass(frozen=True)
class Rules:
    """What the rules need: versions by ARN, and whether a role trusts a service."""

    account: str
    find_version: Callable[[FunctionArn], AssociatedVersion | None]
    role_trusts: Callable[[str, str], bool]
    switches: Switches
    quotas: Quotas


def _invalid(message: str) -> ServiceError:
    return refusal("InvalidLambdaFunctionAssociation", message)


def check_associations(config: Members, rules: Rules) -> Mapping[str, VersionCode]:
    """The code behind every Lambda ARN of the config. Raises ServiceError for the first wrong one."""
    code: dict[str, VersionCode] = {}
    for _, behavior in behaviors(config):
        lambdas = behavior["LambdaFunctionAssociations"].get("Items", ())
        functions = behavior["FunctionAssociations"].get("Items", ())
        _check_slots(
            [association["EventType"] for association in lambdas],
            [function["EventType"] for function in functions],
            rules,
        )
        for association in lambdas:
            if association.get("IncludeBody") and association["EventType"] not in REQUEST_EVENTS:
                raise _invalid(
                    "The IncludeBody option can only be used with viewer-request or origin-request events."
                )
            version = _version(association["LambdaFunctionARN"], rules)
            _check_version(version, association["EventType"], rules)
            code[version.arn] = _code(version)
    if len(code) > rules.quotas.functions_per_distribution:
        raise refusal(
            "TooManyLambdaFunctionAssociations",
            "Your request contains more Lambda@Edge function associations than are allowed per distribution.",
        )
    return code


def _check_slots(lambdas: list[str], functions: list[str], rules: Rules) -> None:
    if len(lambdas) > rules.quotas.associations_per_behavior:
        raise refusal(
            "TooManyLambdaFunctionAssociations",
            "Your request contains more Lambda@Edge function associations than are allowed per distribution.",
        )
    if any(event not in VIEWER_EVENTS for event in functions):
        raise refusal(
            "InvalidFunctionAssociation", "A CloudFront function can only be associated with viewer events."
        )
    both = [*lambdas, *functions]
    for event in both:
        if both.count(event) > 1:
            raise _invalid(
                "The event type of a function association must be unique in the cache behavior. "
                f"Event type {event} cannot be associated with two functions."
            )
    if functions and any(event in VIEWER_EVENTS for event in lambdas):
        raise refusal(
            "InvalidFunctionAssociation",
            "A cache behavior cannot have both CloudFront functions and Lambda@Edge functions "
            "on viewer events.",
        )


def _version(text: str, rules: Rules) -> AssociatedVersion:
    arn = FunctionArn.parse(text)
    if arn is None:
        raise _invalid(f"The function ARN is not valid. ARN: {text}")
    if arn.region != EDGE_REGION:
        raise _invalid(f"The function must be in region '{EDGE_REGION}'. ARN: {text}")
    if arn.number is None:
        raise _invalid(
            "The function ARN must reference a specific function version. "
            f"(The ARN must end with the version number.) ARN: {text}"
        )
    version = rules.find_version(arn) if arn.account == rules.account else None
    if version is None:
        # CloudFront answers the same for an unreadable and a missing function.
        raise _invalid(
            "Lambda@Edge cannot retrieve the specified Lambda function. Update the IAM policy to add "
            f"permission: lambda:GetFunction for resource: {text} and try again."
        )
    return version


def _forbidden(configuration: Members) -> str | None:
    """The settings of a function that Lambda@Edge does not accept."""
    found: list[tuple[str, bool]] = [
        ("environment variables", bool(configuration.get("Environment", {}).get("Variables"))),
        ("a layer", bool(configuration.get("Layers"))),
        ("a VPC configuration", bool(configuration.get("VpcConfig", {}).get("SubnetIds"))),
        ("a dead-letter queue", bool(configuration.get("DeadLetterConfig", {}).get("TargetArn"))),
        ("active tracing", configuration.get("TracingConfig", {}).get("Mode") == "Active"),
        ("a customer managed key", bool(configuration.get("KMSKeyArn"))),
        ("a container image", configuration.get("PackageType", "Zip") != "Zip"),
        ("ephemeral storage above 512 MB", configuration.get("EphemeralStorage", {}).get("Size", 512) > 512),
    ]
    return next((setting for setting, present in found if present), None)


def _check_version(version: AssociatedVersion, event: str, rules: Rules) -> None:
    configuration, arn = version.configuration, version.arn
    if version.state != "Active":
        raise _invalid(
            "The function must be in an Active state. "
            f"The current state for function {arn} is {version.state}"
        )
    architectures = configuration.get("Architectures", ["x86_64"])
    if architectures != ["x86_64"]:
        raise _invalid(
            "Lambda@Edge does not support functions with an architecture of "
            f"{architectures[0]}. Function: {arn}"
        )
    forbidden = _forbidden(configuration)
    if forbidden is not None:
        raise _invalid(f"The function cannot have {forbidden}. Function: {arn}")
    if configuration["Runtime"] not in SUPPORTED_RUNTIMES:
        raise _invalid(
            f"The function has a runtime that is not supported by Lambda@Edge: {configuration['Runtime']} "
            f"Function: {arn} Supported runtimes: [{', '.join(SUPPORTED_RUNTIMES)}]"
        )
    viewer = event in VIEWER_EVENTS
    _check_limit("code size", len(version.code), _MAX_CODE, arn)
    if viewer:
        _check_limit("memory size", configuration["MemorySize"], _MAX_VIEWER_MEMORY, arn)
    timeout = rules.switches.viewer_timeout_seconds if viewer else _MAX_ORIGIN_TIMEOUT
    _check_limit("timeout", configuration["Timeout"], timeout, arn)
    role = configuration["Role"]
    if not (rules.role_trusts(role, EDGE_SERVICE) and rules.role_trusts(role, LAMBDA_SERVICE)):
        raise _invalid(
            "The function execution role must be assumable with edgelambda.amazonaws.com as well as "
            f"lambda.amazonaws.com principals. Update the IAM role and try again. Role: {role}"
        )


def _check_limit(setting: str, value: int, limit: int, arn: str) -> None:
    if value > limit:
        allowed = "maximum allowed" if setting == "timeout" else "maximum allowed size"
        raise _invalid(
            f"The function {setting} is larger than the {allowed} for functions that are triggered by a "
            f"CloudFront event: {value} Max allowed: {limit} Function: {arn}"
        )


def _code(version: AssociatedVersion) -> VersionCode:
    configuration = version.configuration
    return VersionCode(
        arn=version.arn,
        zip_bytes=version.code,
        handler=configuration["Handler"],
        runtime=configuration["Runtime"],
        memory=configuration["MemorySize"],
        timeout=configuration["Timeout"],
    )
