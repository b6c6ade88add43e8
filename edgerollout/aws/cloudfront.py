"""The CloudFront control plane, with DistributionConfigs read and sent as the raw documents they are."""

from __future__ import annotations

import functools
from contextvars import ContextVar
from datetime import UTC
from typing import TYPE_CHECKING, cast

from edgerollout.aws.distributions import (
    from_distribution,
    from_headers_policy,
    from_invalidation,
    from_summary,
)
from edgerollout.aws.retry import Caller, Operation, Repeat
from edgerollout.release.live import likeliest
from edgerollout.rollout.ports import AwsFailure, Document, NotFound, Updated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from botocore.awsrequest import AWSResponse
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudfront.type_defs import (
        DistributionConfigTypeDef,
        InvalidationSummaryTypeDef,
        ListDistributionsResultTypeDef,
        ListInvalidationsResultTypeDef,
    )

    from edgerollout.release.snapshot import Distribution, HeadersPolicy, Invalidation

LOOK_BACK_PAGES = 10
"""Pages of invalidations that are listed at most, 100 on each, in search of ours."""

_PAGE = "100"
_RAW = "RawDocument"

_LIST = Operation("cloudfront", "ListDistributions")
_GET = Operation("cloudfront", "GetDistribution")
_GET_CONFIG = Operation("cloudfront", "GetDistributionConfig")
# A repeat after a lost answer meets our own new ETag and says 412, as if somebody else had been here.
_UPDATE = Operation("cloudfront", "UpdateDistribution", Repeat.ONCE)
# The same caller reference and paths give back the earlier invalidation.
_INVALIDATE = Operation("cloudfront", "CreateInvalidation", Repeat.SAME)
_GET_INVALIDATION = Operation("cloudfront", "GetInvalidation")
_GET_HEADERS_POLICY = Operation("cloudfront", "GetResponseHeadersPolicy")
_LIST_INVALIDATIONS = Operation("cloudfront", "ListInvalidations")
_LIST_TAGS = Operation("cloudfront", "ListTagsForResource")

# What goes out instead of the body botocore built. botocore calls its handlers in the thread that
# makes the request, so that a context variable keeps parallel updates apart.
_document: ContextVar[bytes | None] = ContextVar("_document", default=None)

# Satisfies the SDK's validation; the request's body is replaced before it is signed.
_PLACEHOLDER: DistributionConfigTypeDef = {
    "CallerReference": "replaced",
    "Origins": {"Quantity": 1, "Items": [{"Id": "replaced", "DomainName": "replaced"}]},
    "DefaultCacheBehavior": {"TargetOriginId": "replaced", "ViewerProtocolPolicy": "allow-all"},
    "Comment": "",
    "Enabled": False,
}


class CloudFrontControl:
    """Fulfils `edgerollout.rollout.ports.CloudFront`. Safe to use from several threads."""

    def __init__(self, client: CloudFrontClient, caller: Caller) -> None:
        self._client = client
        self._caller = caller
        events = client.meta.events
        events.register("after-call.cloudfront.GetDistributionConfig", _keep_document)
        events.register("before-call.cloudfront.UpdateDistribution", _send_document)

    def distributions(self) -> tuple[Distribution, ...]:
        found: list[Distribution] = []
        marker: str | None = None
        while True:
            page = self._caller.call(_LIST, functools.partial(self._page, marker))["DistributionList"]
            found.extend(from_summary(summary) for summary in page.get("Items", ()))
            marker = page.get("NextMarker")
            if not page["IsTruncated"] or not marker:
                return tuple(found)

    def distribution(self, distribution_id: str) -> Distribution:
        answer = self._caller.call(_GET, lambda: self._client.get_distribution(Id=distribution_id))
        return from_distribution(answer["Distribution"], answer["ETag"])

    def document(self, distribution_id: str) -> Document:
        answer = self._caller.call(
            _GET_CONFIG, lambda: self._client.get_distribution_config(Id=distribution_id)
        )
        return Document(etag=answer["ETag"], xml=cast("dict[str, bytes]", answer)[_RAW])

    def update(self, distribution_id: str, document: Document) -> Updated:
        token = _document.set(document.xml)
        try:
            answer = self._caller.call(
                _UPDATE,
                lambda: self._client.update_distribution(
                    Id=distribution_id, IfMatch=document.etag, DistributionConfig=_PLACEHOLDER
                ),
            )
        finally:
            _document.reset(token)
        distribution = answer["Distribution"]
        return Updated(
            answer["ETag"], distribution["Status"], distribution["LastModifiedTime"].astimezone(UTC)
        )

    def invalidate(self, distribution_id: str, paths: Sequence[str], caller_reference: str) -> Invalidation:
        answer = self._caller.call(
            _INVALIDATE,
            lambda: self._client.create_invalidation(
                DistributionId=distribution_id,
                InvalidationBatch={
                    "Paths": {"Quantity": len(paths), "Items": list(paths)},
                    "CallerReference": caller_reference,
                },
            ),
        )
        return from_invalidation(answer["Invalidation"])

    def invalidation(self, distribution_id: str, invalidation_id: str) -> Invalidation:
        answer = self._caller.call(
            _GET_INVALIDATION,
            lambda: self._client.get_invalidation(DistributionId=distribution_id, Id=invalidation_id),
        )
        return from_invalidation(answer["Invalidation"])

    def own_invalidation(
        self, distribution_id: str, prefix: str, since: Sequence[datetime]
    ) -> Invalidation | None:
        listed = self._listed_invalidations(distribution_id, min(since)) if since else []
        for index in likeliest([summary["CreateTime"] for summary in listed], since):
            try:
                candidate = self.invalidation(distribution_id, listed[index]["Id"])
            except NotFound:
                # CloudFront forgets old invalidations; one may go between the list and the question.
                continue
            if candidate.caller_reference.startswith(prefix):
                return candidate
        return None

    def headers_policy(self, policy_id: str) -> HeadersPolicy:
        answer = self._caller.call(
            _GET_HEADERS_POLICY, lambda: self._client.get_response_headers_policy(Id=policy_id)
        )
        return from_headers_policy(answer["ResponseHeadersPolicy"])

    def tags(self, distribution_arn: str) -> Mapping[str, str]:
        answer = self._caller.call(
            _LIST_TAGS, lambda: self._client.list_tags_for_resource(Resource=distribution_arn)
        )
        return {tag["Key"]: tag.get("Value", "") for tag in answer["Tags"].get("Items", ())}

    def _listed_invalidations(
        self, distribution_id: str, since: datetime
    ) -> list[InvalidationSummaryTypeDef]:
        """Page after page, newest first, until they are older than `since`."""
        listed: list[InvalidationSummaryTypeDef] = []
        marker = ""
        for _ in range(LOOK_BACK_PAGES):
            page = self._caller.call(
                _LIST_INVALIDATIONS,
                functools.partial(self._invalidation_page, distribution_id, marker),
            )["InvalidationList"]
            listed.extend(page.get("Items", ()))
            marker = page.get("NextMarker", "")
            if not page["IsTruncated"] or not marker or listed[-1]["CreateTime"] < since:
                break
        return listed

    def _invalidation_page(self, distribution_id: str, marker: str) -> ListInvalidationsResultTypeDef:
        if not marker:
            return self._client.list_invalidations(DistributionId=distribution_id, MaxItems=_PAGE)
        return self._client.list_invalidations(DistributionId=distribution_id, MaxItems=_PAGE, Marker=marker)

    def _page(self, marker: str | None) -> ListDistributionsResultTypeDef:
        if marker is None:
            return self._client.list_distributions(MaxItems=_PAGE)
        return self._client.list_distributions(MaxItems=_PAGE, Marker=marker)


def _keep_document(http_response: AWSResponse, parsed: dict[str, object], **_: object) -> None:
    """Put the document beside the parsed tree, which lacks every field botocore does not know yet."""
    parsed[_RAW] = http_response.content


def _send_document(params: dict[str, object], **_: object) -> None:
    """Send the document itself. Raises AwsFailure rather than let the placeholder out."""
    document = _document.get()
    if document is None:
        raise AwsFailure(
            str(_UPDATE), "NoDocument", "an update was about to go out without the distribution's document"
        )
    params["body"] = document
