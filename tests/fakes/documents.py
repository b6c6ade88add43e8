"""Raw DistributionConfig documents as CloudFront writes them, and what a listing shows of one."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from edgerollout.release.delivery.distribution_document import NAMESPACE, elements
from edgerollout.release.delivery.response_headers_policy import ResponseHeadersPolicies
from edgerollout.release.delivery.xml_spans import parse, spliced
from edgerollout.release.facts.headers_policies import SLOT
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, CustomError, Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UNKNOWN_FIELD = "<NewIn2031><Mode>bold</Mode></NewIn2031>"
"""A member no SDK knows: it has to survive every edit."""


def document(
    behaviors: int | Sequence[str] = 0,
    triggers: Mapping[str, Sequence[Trigger]] | None = None,
    *,
    alias: str | None = "www.example.com",
    caller_reference: str = "made-by-hand",
    cloudfront_functions: Mapping[str, Sequence[str]] | None = None,
    response_headers_policies: Mapping[str, str] | None = None,
    custom_errors: Sequence[CustomError] = (),
    extra: str = UNKNOWN_FIELD,
    multi_tenant: bool = False,
    staging: bool = False,
    enabled: bool = True,
) -> bytes:
    """A DistributionConfig with `behaviors` path patterns (a number makes `/p0/*`…) and the default one.

    `triggers` and the other mappings go by path; DEFAULT_BEHAVIOR names the default behavior.
    `extra` is XML put at the end of the document and of the default behavior.
    """
    paths = [f"/p{n}/*" for n in range(behaviors)] if isinstance(behaviors, int) else list(behaviors)
    all_triggers, functions = triggers or {}, cloudfront_functions or {}
    policies = response_headers_policies or {}
    strangers = (set(all_triggers) | set(functions) | set(policies)) - {*paths, DEFAULT_BEHAVIOR}
    if strangers:
        raise ValueError(f"no such behaviors: {sorted(strangers)}")

    def body(path: str) -> str:
        pattern = "" if path == DEFAULT_BEHAVIOR else f"<PathPattern>{escape(path)}</PathPattern>"
        policy = policies.get(path)
        return (
            f"{pattern}<TargetOriginId>site</TargetOriginId>"
            "<ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy>"
            "<CachePolicyId>658327ea-f89d-4fab-a63d-7e88639e58f6</CachePolicyId><Compress>true</Compress>"
            + (f"<ResponseHeadersPolicyId>{policy}</ResponseHeadersPolicyId>" if policy else "")
            + _triggers(all_triggers.get(path, ()))
            + _functions(functions.get(path, ()))
        )

    items = "".join(f"<CacheBehavior>{body(path)}</CacheBehavior>" for path in paths)
    text = (
        '<?xml version="1.0"?>\n'
        f'<DistributionConfig xmlns="{NAMESPACE}">'
        f"<CallerReference>{escape(caller_reference)}</CallerReference>"
        + _quantity("Aliases", f"<CNAME>{escape(alias)}</CNAME>" if alias else "", 1 if alias else 0)
        + "<DefaultRootObject>index.html</DefaultRootObject>"
        + _quantity(
            "Origins",
            "<Origin><Id>site</Id><DomainName>site.s3.amazonaws.com</DomainName><OriginPath/>"
            "<S3OriginConfig><OriginAccessIdentity/></S3OriginConfig></Origin>",
            1,
        )
        + f"<DefaultCacheBehavior>{body(DEFAULT_BEHAVIOR)}{extra}</DefaultCacheBehavior>"
        + _quantity("CacheBehaviors", items, len(paths))
        + _quantity("CustomErrorResponses", "".join(map(_custom_error, custom_errors)), len(custom_errors))
        + f"<Comment>a site</Comment><Enabled>{str(enabled).lower()}</Enabled>"
        + f"<Staging>{str(staging).lower()}</Staging>"
        + (
            "<ConnectionMode>tenant-only</ConnectionMode>"
            if multi_tenant
            else "<ConnectionMode>direct</ConnectionMode>"
        )
        + f"{extra}</DistributionConfig>"
    )
    return text.encode()


def with_policy(xml: bytes, wanted: str | None, only: str | None = None) -> bytes:
    """The document with this response headers policy, or none, on every behavior, or on one."""
    means, after = ResponseHeadersPolicies("", {}), None if wanted is None else Trigger(SLOT, wanted)
    found = [element for path, element in elements(parse(xml)) if only in (None, path)]
    return spliced(xml, [splice for element in found for splice in means.policy_splices(element, after)])


def text_of(xml: bytes, name: str) -> str:
    """The text of a member at the top of the document, empty when it is not there."""
    return _parsed(xml).findtext(f"{{{NAMESPACE}}}{name}", "")


def aliases_of(xml: bytes) -> tuple[str, ...]:
    root = _parsed(xml)
    return tuple(item.text or "" for item in root.iterfind(f"{_n('Aliases')}/{_n('Items')}/{_n('CNAME')}"))


def custom_errors_of(xml: bytes) -> tuple[CustomError, ...]:
    found = _parsed(xml).iterfind(f"{_n('CustomErrorResponses')}/{_n('Items')}/{_n('CustomErrorResponse')}")
    return tuple(
        CustomError(
            status=int(item.findtext(_n("ErrorCode"), "0")),
            page=item.findtext(_n("ResponsePagePath")) or None,
            answered_as=int(code) if (code := item.findtext(_n("ResponseCode"))) else None,
        )
        for item in found
    )


def wrong_quantities(xml: bytes) -> list[str]:
    """Names of the lists whose Quantity differs from their number of Items."""
    wrong = []
    for element in _parsed(xml).iter():
        quantity = element.findtext(_n("Quantity"))
        if quantity is not None:
            items = element.find(_n("Items"))
            if int(quantity) != (0 if items is None else len(items)):
                wrong.append(element.tag.rpartition("}")[2])
    return wrong


def _triggers(triggers: Sequence[Trigger]) -> str:
    return _quantity(
        "LambdaFunctionAssociations",
        "".join(
            "<LambdaFunctionAssociation>"
            f"<LambdaFunctionARN>{trigger.arn}</LambdaFunctionARN><EventType>{trigger.event}</EventType>"
            f"<IncludeBody>{str(trigger.include_body).lower()}</IncludeBody></LambdaFunctionAssociation>"
            for trigger in triggers
        ),
        len(triggers),
    )


def _functions(events: Sequence[str]) -> str:
    return _quantity(
        "FunctionAssociations",
        "".join(
            "<FunctionAssociation><FunctionARN>arn:aws:cloudfront::123456789012:function/rewrite</FunctionARN>"
            f"<EventType>{event}</EventType></FunctionAssociation>"
            for event in events
        ),
        len(events),
    )


def _custom_error(error: CustomError) -> str:
    page = "" if error.page is None else f"<ResponsePagePath>{escape(error.page)}</ResponsePagePath>"
    code = "" if error.answered_as is None else f"<ResponseCode>{error.answered_as}</ResponseCode>"
    return (
        f"<CustomErrorResponse><ErrorCode>{error.status}</ErrorCode>{page}{code}"
        "<ErrorCachingMinTTL>10</ErrorCachingMinTTL></CustomErrorResponse>"
    )


def _quantity(name: str, items: str, quantity: int) -> str:
    inner = f"<Items>{items}</Items>" if quantity else ""
    return f"<{name}><Quantity>{quantity}</Quantity>{inner}</{name}>"


@functools.lru_cache(maxsize=64)
def _parsed(xml: bytes) -> ET.Element:
    """The document, to be read only: a poll asks about the same one again and again."""
    return ET.fromstring(xml)


def _n(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
