"""A live distribution's document as arguments of the generated distribution module.

Settings that the module does not know are listed, element by element: Terraform sends a distribution as a
whole, so a setting it does not know is lost with the first apply. Values of origin custom headers are often
secrets; they become variables and are never returned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from edgerollout.release.facts.arn import is_ours
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR
from edgerollout.terraform.document_element import DocumentElement
from edgerollout.terraform.hcl import Expression

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from edgerollout.terraform.hcl import Value


@dataclass(frozen=True)
class SecretHeader:
    """The value of an origin custom header, set by `variable`."""

    variable: str
    origin: str
    header: str


@dataclass(frozen=True)
class Taken:
    """A slot that edgerollout's trigger needs, but that somebody else's function has."""

    path: str
    arn: str


@dataclass(frozen=True)
class LiveDistribution:
    """`arguments` of the module; `unmodelled` are the paths of elements without an argument.

    `ours` are the attached versions of edgerollout's function, for each behavior that should have one: slot →
    version ARN. A release's response headers policy counts as a version.
    """

    arguments: Mapping[str, Value]
    tags: Mapping[str, str]
    secrets: tuple[SecretHeader, ...]
    unmodelled: tuple[str, ...]
    taken: tuple[Taken, ...]
    ours: Mapping[str, Mapping[str, str]]


def read_live(
    xml: bytes,
    *,
    label: str,
    function_arn: str,
    event: str,
    tags: Mapping[str, str],
    excluded: Collection[str] = (),
    taken: Collection[str] = (),
    policies: Mapping[str, str] | None = None,
    theirs: Mapping[str, str] | None = None,
) -> LiveDistribution:
    """The document of GetDistributionConfig as module arguments.

    `label` prefixes the names of variables, which avoid `taken`; `function_arn` (unqualified) identifies our
    triggers, which the module adds itself and which are left out here, except on `excluded` behaviors: these
    stay as found. `policies`: where releases are response headers policies, id → version ARN; functions
    are then none of ours. `theirs`: the policy whose place one of these took, by their ids.
    """
    root = DocumentElement.parse(xml)
    # Set once, when the distribution was created; Terraform keeps it.
    root.text("CallerReference")
    secrets: list[SecretHeader] = []
    origins = [_origin(element, label, secrets, taken) for element in _by_id(root.items("Origins", "Origin"))]
    found: dict[str, _Triggers] = {}

    def behavior(element: DocumentElement, path: str | None = None) -> Mapping[str, Value]:
        where = path or element.text("PathPattern") or ""
        by_function = None if where in excluded or policies is not None else function_arn
        found[where] = triggers = _triggers(element, by_function)
        policy = element.text("ResponseHeadersPolicyId")
        own = None if policies is None or where in excluded or policy is None else policies.get(policy)
        if own is not None:
            triggers.ours[event], policy = own, (theirs or {}).get(policy or "")
        return _behavior(element, triggers, policy)

    default = behavior(root.child("DefaultCacheBehavior"), DEFAULT_BEHAVIOR)
    ordered = [behavior(element) for element in root.items("CacheBehaviors", "CacheBehavior")]
    arguments: dict[str, Value | None] = {
        "aliases": root.texts("Aliases", "CNAME") or None,
        "comment": root.text("Comment"),
        "continuous_deployment_policy_id": root.text("ContinuousDeploymentPolicyId"),
        "default_root_object": root.text("DefaultRootObject"),
        "enabled": None if root.flag("Enabled") else False,
        "http_version": _unless(_http_version(root.text("HttpVersion")), "http2"),
        "is_ipv6_enabled": root.flag("IsIPV6Enabled") or None,
        "price_class": _unless(root.text("PriceClass"), "PriceClass_All"),
        "web_acl_id": root.text("WebACLId"),
        "origins": origins,
        "origin_groups": [_group(element) for element in _by_id(root.items("OriginGroups", "OriginGroup"))]
        or None,
        "default_cache_behavior": default,
        "ordered_cache_behaviors": ordered or None,
        "custom_error_responses": [
            _error(element)
            for element in sorted(
                root.items("CustomErrorResponses", "CustomErrorResponse"),
                key=lambda element: element.number("ErrorCode") or 0,
            )
        ]
        or None,
        "logging": _logging(root.child("Logging")),
        "geo_restriction": _geography(root.child("Restrictions").child("GeoRestriction")),
        "viewer_certificate": _certificate(root.child("ViewerCertificate")),
    }
    return LiveDistribution(
        arguments={name: value for name, value in arguments.items() if value is not None},
        tags=tags,
        secrets=tuple(secrets),
        unmodelled=tuple(dict.fromkeys(root.unread())),
        taken=tuple(
            Taken(path, arn)
            for path, there in found.items()
            if path not in excluded and (arn := there.others.get(event)) is not None
        ),
        ours={
            path: there.ours
            for path, there in found.items()
            if path not in excluded and event not in there.others
        },
    )


@dataclass(frozen=True)
class _Triggers:
    """Event → ARN; `kept` are those of other functions, as arguments."""

    ours: dict[str, str]
    others: dict[str, str]
    kept: list[Value]


def _triggers(element: DocumentElement, function_arn: str | None) -> _Triggers:
    """The triggers of a behavior. Without `function_arn` none is edgerollout's."""
    triggers = _Triggers({}, {}, [])
    for association in element.items("LambdaFunctionAssociations", "LambdaFunctionAssociation"):
        event, arn = association.text("EventType") or "", association.text("LambdaFunctionARN") or ""
        body = association.flag("IncludeBody")
        if function_arn is not None and is_ours(arn, function_arn):
            triggers.ours[event] = arn
            continue
        triggers.others[event] = arn
        triggers.kept.append(_given(event_type=event, lambda_arn=arn, include_body=body or None))
    return triggers


def _behavior(element: DocumentElement, triggers: _Triggers, policy: str | None) -> Mapping[str, Value]:
    methods = element.child("AllowedMethods")
    allowed = sorted(element.texts("AllowedMethods", "Method"))
    cached = sorted(methods.texts("CachedMethods", "Method"))
    plain = ["GET", "HEAD"]
    forwarded = element.child("ForwardedValues")
    return _given(
        path_pattern=element.text("PathPattern"),
        target_origin_id=element.text("TargetOriginId"),
        viewer_protocol_policy=element.text("ViewerProtocolPolicy"),
        allowed_methods=_unless(allowed or plain, plain),
        cached_methods=_unless(cached or plain, plain),
        compress=element.flag("Compress") or None,
        cache_policy_id=element.text("CachePolicyId"),
        origin_request_policy_id=element.text("OriginRequestPolicyId"),
        response_headers_policy_id=policy,
        realtime_log_config_arn=element.text("RealtimeLogConfigArn"),
        field_level_encryption_id=element.text("FieldLevelEncryptionId"),
        smooth_streaming=element.flag("SmoothStreaming") or None,
        grpc=element.child("GrpcConfig").flag("Enabled") or None,
        trusted_key_groups=element.texts("TrustedKeyGroups", "KeyGroup") or None,
        trusted_signers=element.texts("TrustedSigners", "AwsAccountNumber") or None,
        min_ttl=element.number("MinTTL") if forwarded else None,
        default_ttl=element.number("DefaultTTL") if forwarded else None,
        max_ttl=element.number("MaxTTL") if forwarded else None,
        forwarded_values=_forwarded(forwarded),
        functions=[
            _given(event_type=association.text("EventType"), function_arn=association.text("FunctionARN"))
            for association in element.items("FunctionAssociations", "FunctionAssociation")
        ]
        or None,
        lambda_functions=triggers.kept or None,
    )


def _forwarded(element: DocumentElement) -> Mapping[str, Value] | None:
    """The forwarded values of a behavior without a cache policy (the older form)."""
    if not element:
        return None
    cookies = element.child("Cookies")
    return _given(
        query_string=element.flag("QueryString"),
        query_string_cache_keys=element.texts("QueryStringCacheKeys", "Name") or None,
        headers=element.texts("Headers", "Name") or None,
        cookies=cookies.text("Forward"),
        cookie_names=cookies.texts("WhitelistedNames", "Name") or None,
    )


def _by_id(elements: Iterable[DocumentElement]) -> list[DocumentElement]:
    """Sorted: after an apply CloudFront returns them in another order."""
    return sorted(elements, key=lambda element: element.text("Id") or "")


def _origin(
    element: DocumentElement, label: str, secrets: list[SecretHeader], taken: Collection[str]
) -> Mapping[str, Value]:
    identity = element.text("Id") or ""
    headers: list[Value] = []
    for header in element.items("CustomHeaders", "OriginCustomHeader"):
        name = header.text("HeaderName") or ""
        header.text("HeaderValue")
        wanted = identifier(f"{label}_{identity}_{name}")
        variable = unique(wanted, {*taken, *(known.variable for known in secrets)})
        secret = SecretHeader(variable, identity, name)
        secrets.append(secret)
        headers.append({"name": name, "value": Expression(f"var.{secret.variable}")})
    bucket, custom, private = (
        element.child(name) for name in ("S3OriginConfig", "CustomOriginConfig", "VpcOriginConfig")
    )
    shield = element.child("OriginShield")
    identity_of_access = bucket.text("OriginAccessIdentity")
    # CloudFront repeats its default time-out next to an access identity; the provider cannot set another.
    bucket.pass_over("OriginReadTimeout", "30")
    return _given(
        origin_id=identity,
        domain_name=element.text("DomainName"),
        origin_path=element.text("OriginPath"),
        origin_access_control_id=element.text("OriginAccessControlId"),
        # Without both the provider adds an S3 origin by itself.
        origin_access_identity=identity_of_access,
        connection_attempts=_unless(element.number("ConnectionAttempts"), 3),
        connection_timeout=_unless(element.number("ConnectionTimeout"), 10),
        origin_shield_region=shield.text("OriginShieldRegion") if shield.flag("Enabled") else None,
        custom_headers=headers or None,
        custom_origin=_custom_origin(custom),
        vpc_origin=_given(
            vpc_origin_id=private.text("VpcOriginId"),
            read_timeout=private.number("OriginReadTimeout"),
            keepalive_timeout=private.number("OriginKeepaliveTimeout"),
        )
        if private
        else None,
    )


def _custom_origin(element: DocumentElement) -> Mapping[str, Value] | None:
    if not element:
        return None
    return _given(
        http_port=_unless(element.number("HTTPPort"), 80),
        https_port=_unless(element.number("HTTPSPort"), 443),
        protocol_policy=element.text("OriginProtocolPolicy"),
        ssl_protocols=element.texts("OriginSslProtocols", "SslProtocol"),
        read_timeout=_unless(element.number("OriginReadTimeout"), 30),
        keepalive_timeout=_unless(element.number("OriginKeepaliveTimeout"), 5),
    )


def _group(element: DocumentElement) -> Mapping[str, Value]:
    element.pass_over("SelectionCriteria", "default")
    codes = element.child("FailoverCriteria").texts("StatusCodes", "StatusCode")
    return _given(
        origin_id=element.text("Id"),
        status_codes=sorted(int(code) for code in codes),
        members=[member.text("OriginId") or "" for member in element.items("Members", "OriginGroupMember")],
    )


def _error(element: DocumentElement) -> Mapping[str, Value]:
    return _given(
        error_code=element.number("ErrorCode"),
        response_code=element.number("ResponseCode"),
        response_page_path=element.text("ResponsePagePath"),
        error_caching_min_ttl=element.number("ErrorCachingMinTTL"),
    )


def _logging(element: DocumentElement) -> Mapping[str, Value] | None:
    if not element.flag("Enabled"):
        return None
    return _given(
        bucket=element.text("Bucket"),
        prefix=element.text("Prefix"),
        include_cookies=element.flag("IncludeCookies") or None,
    )


def _geography(element: DocumentElement) -> Mapping[str, Value] | None:
    kind, locations = element.text("RestrictionType"), sorted(element.listed_texts("Location"))
    return None if kind in (None, "none") else _given(type=kind, locations=locations)


def _certificate(element: DocumentElement) -> Mapping[str, Value] | None:
    # The last two are older names for the first three.
    for name in ("Certificate", "CertificateSource"):
        element.text(name)
    default = element.flag("CloudFrontDefaultCertificate")
    minimum, support = element.text("MinimumProtocolVersion"), element.text("SSLSupportMethod")
    acm, iam = element.text("ACMCertificateArn"), element.text("IAMCertificateId")
    if not element or default:
        return None
    return _given(acm_arn=acm, iam_id=iam, minimum_protocol_version=minimum, ssl_support_method=support)


def module_name(name: str) -> str:
    """The name of a distribution's module, by its alias or id only: adding a distribution renames none.

    A dot is one underscore and a hyphen two, so that two host names never get the same name; for any other
    character that Terraform does not allow, eight digits of the name's SHA-256 are added.
    """
    plain = name.lower()
    label = plain.replace("-", "__").replace(".", "_")
    if re.fullmatch(r"[a-z][a-z0-9_]*", label) and "_" not in plain:
        return label
    return f"{identifier(plain)}_{sha256(plain.encode()).hexdigest()[:8]}"


def identifier(text: str) -> str:
    """A valid name for variables, modules and resources."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return plain if plain[:1].isalpha() else f"site_{plain}".rstrip("_")


def unique(name: str, taken: Collection[str]) -> str:
    """The name, with a number added if it is taken."""
    wanted, number = name, 2
    while wanted in taken:
        wanted, number = f"{name}_{number}", number + 1
    return wanted


def _http_version(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _unless(value: Value | None, usual: Value) -> Value | None:
    """None for the module's default."""
    return None if value == usual else value


def _given(**arguments: Value | None) -> Mapping[str, Value]:
    return {name: value for name, value in arguments.items() if value is not None}
