"""A DistributionConfig as sent: its XML, with AWS's defaults filled in, and its parsed form.

GetDistributionConfig answers with the XML. Fields that are newer than the installed botocore survive a
read-modify-write there, as on AWS; the parsed form has only fields of the model.
"""

from __future__ import annotations

import functools
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from edgerollout.emulator.codec.model import service_model
from edgerollout.emulator.codec.rest_xml import NAMESPACE, structure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import StructureShape

    from edgerollout.emulator.messages import Members

_NONE = "<Quantity>0</Quantity>"
_METHODS = "<Quantity>2</Quantity><Items><Method>HEAD</Method><Method>GET</Method></Items>"

_CONFIG_DEFAULTS = {
    "Aliases": _NONE,
    "DefaultRootObject": "",
    "OriginGroups": _NONE,
    "CacheBehaviors": _NONE,
    "CustomErrorResponses": _NONE,
    "Logging": (
        "<Enabled>false</Enabled><IncludeCookies>false</IncludeCookies><Bucket></Bucket><Prefix></Prefix>"
    ),
    "PriceClass": "PriceClass_All",
    "ViewerCertificate": (
        "<CloudFrontDefaultCertificate>true</CloudFrontDefaultCertificate><SSLSupportMethod>vip</SSLSupportMethod>"
        "<MinimumProtocolVersion>TLSv1</MinimumProtocolVersion>"
        "<CertificateSource>cloudfront</CertificateSource>"
    ),
    "Restrictions": f"<GeoRestriction><RestrictionType>none</RestrictionType>{_NONE}</GeoRestriction>",
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": "false",
    "ContinuousDeploymentPolicyId": "",
    "Staging": "false",
}
_ORIGIN_DEFAULTS = {
    "OriginPath": "",
    "CustomHeaders": _NONE,
    "ConnectionAttempts": "3",
    "ConnectionTimeout": "10",
    "OriginShield": "<Enabled>false</Enabled>",
    "OriginAccessControlId": "",
}
_CUSTOM_ORIGIN_DEFAULTS = {
    "OriginSslProtocols": (
        "<Quantity>3</Quantity><Items><SslProtocol>TLSv1</SslProtocol><SslProtocol>TLSv1.1</SslProtocol>"
        "<SslProtocol>TLSv1.2</SslProtocol></Items>"
    ),
    "OriginReadTimeout": "30",
    "OriginKeepaliveTimeout": "5",
}
_BEHAVIOR_DEFAULTS = {
    "TrustedSigners": f"<Enabled>false</Enabled>{_NONE}",
    "TrustedKeyGroups": f"<Enabled>false</Enabled>{_NONE}",
    "AllowedMethods": f"{_METHODS}<CachedMethods>{_METHODS}</CachedMethods>",
    "SmoothStreaming": "false",
    "Compress": "false",
    "LambdaFunctionAssociations": _NONE,
    "FunctionAssociations": _NONE,
    "FieldLevelEncryptionId": "",
    "GrpcConfig": "<Enabled>false</Enabled>",
}
_TTL_DEFAULTS = {"MinTTL": "0", "DefaultTTL": "86400", "MaxTTL": "31536000"}
_METHOD_DEFAULTS = {"CachedMethods": _METHODS}
_ASSOCIATION_DEFAULTS = {"IncludeBody": "false"}

_SUMMARY_MEMBERS = (
    "Aliases",
    "Origins",
    "OriginGroups",
    "DefaultCacheBehavior",
    "CacheBehaviors",
    "CustomErrorResponses",
    "Comment",
    "PriceClass",
    "Enabled",
    "ViewerCertificate",
    "Restrictions",
    "WebACLId",
    "HttpVersion",
    "IsIPV6Enabled",
    "Staging",
    "ConnectionMode",
    "AnycastIpListId",
)


@dataclass(frozen=True)
class ConfigDocument:
    """`xml` is the whole element without a namespace declaration; `summary` the children that a
    DistributionSummary shows, serialised once, because a list of 500 distributions mostly consists of them.
    """

    config: Members
    xml: str = field(repr=False)
    summary: str = field(repr=False)

    @property
    def standalone(self) -> str:
        """The element as a separate document."""
        return self.xml.replace("<DistributionConfig>", f'<DistributionConfig xmlns="{NAMESPACE}">', 1)


@functools.cache
def _shape(name: str) -> StructureShape:
    return cast("StructureShape", service_model("cloudfront").shape_for(name))


def _fill(element: ET.Element, shape: str, defaults: dict[str, str]) -> None:
    """Add missing elements, each at its place in the model's order."""
    order = {name: place for place, name in enumerate(_shape(shape).members)}
    present = {child.tag for child in element}
    for name, inner in defaults.items():
        if name in present:
            continue
        new = ET.fromstring(f"<{name}>{inner}</{name}>")
        after = next(
            (place for place, child in enumerate(element) if order.get(child.tag, -1) > order[name]),
            len(element),
        )
        element.insert(after, new)


def _behaviors(root: ET.Element) -> Iterator[tuple[str, ET.Element]]:
    for default in root.findall("DefaultCacheBehavior"):
        yield "DefaultCacheBehavior", default
    for behavior in root.findall("CacheBehaviors/Items/CacheBehavior"):
        yield "CacheBehavior", behavior


def _fill_all(root: ET.Element) -> None:
    _fill(root, "DistributionConfig", _CONFIG_DEFAULTS)
    for origin in root.findall("Origins/Items/Origin"):
        _fill(origin, "Origin", _ORIGIN_DEFAULTS)
        for custom in origin.findall("CustomOriginConfig"):
            _fill(custom, "CustomOriginConfig", _CUSTOM_ORIGIN_DEFAULTS)
    for shape, behavior in _behaviors(root):
        _fill(behavior, shape, _BEHAVIOR_DEFAULTS)
        if behavior.find("ForwardedValues") is not None:
            _fill(behavior, shape, _TTL_DEFAULTS)
        for methods in behavior.findall("AllowedMethods"):
            _fill(methods, "AllowedMethods", _METHOD_DEFAULTS)
        for association in behavior.findall("LambdaFunctionAssociations/Items/LambdaFunctionAssociation"):
            _fill(association, "LambdaFunctionAssociation", _ASSOCIATION_DEFAULTS)


def read_config(root: ET.Element) -> ConfigDocument:
    """The document under `root` (a DistributionConfig without namespace), completed with defaults in place.

    Raises MalformedXML when it does not fit the model.
    """
    root.tail = None
    _fill_all(root)
    summary = "".join(
        ET.tostring(child, encoding="unicode", short_empty_elements=False)
        for name in _SUMMARY_MEMBERS
        if (child := root.find(name)) is not None
    )
    return ConfigDocument(
        config=structure(root, _shape("DistributionConfig")),
        xml=ET.tostring(root, encoding="unicode", short_empty_elements=False),
        summary=summary,
    )
