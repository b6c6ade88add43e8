"""The CloudFront control plane; DistributionConfigs are read and sent as raw documents."""

from __future__ import annotations

import functools
import html
import itertools
import re
from contextvars import ContextVar
from datetime import UTC
from typing import TYPE_CHECKING, cast

from edgerollout.aws.answers import ListPage, pages, same
from edgerollout.aws.distributions import (
    check_document,
    from_distribution,
    from_headers_policy,
    from_invalidation,
    from_own_policy,
    from_summary,
    listed_items,
)
from edgerollout.aws.retry import Operation, Repeat, RetryingCaller
from edgerollout.release.facts.live import CALLER_REFERENCE, likeliest, outlived
from edgerollout.rollout.ports import AwsFailure, Document, NotFound, Updated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from botocore.awsrequest import AWSResponse
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudfront.type_defs import DistributionConfigTypeDef, ResponseHeadersPolicyConfigTypeDef

    from edgerollout.release.facts.headers_policies import StandingPolicy
    from edgerollout.release.facts.snapshot import Distribution, HeadersPolicy, Invalidation

LOOK_BACK_PAGES = 10
"""The most pages of invalidations to search for edgerollout's, 100 on each."""

_PAGE = "100"
_HEADER_VALUE = re.compile(rb"<(?:\w+:)?HeaderValue>([^<]+)<")
_RAW = "RawDocument"

_LIST = Operation("cloudfront", "ListDistributions")
_GET = Operation("cloudfront", "GetDistribution")
_GET_CONFIG = Operation("cloudfront", "GetDistributionConfig")
# A repeat after a lost answer gets 412 because of our own new ETag, as if somebody else had changed it.
_UPDATE = Operation("cloudfront", "UpdateDistribution", Repeat.ONCE)
# The same caller reference and paths return the earlier invalidation.
_INVALIDATE = Operation("cloudfront", "CreateInvalidation", Repeat.SAME)
_GET_INVALIDATION = Operation("cloudfront", "GetInvalidation")
_GET_HEADERS_POLICY = Operation("cloudfront", "GetResponseHeadersPolicy")
_LIST_HEADERS_POLICIES = Operation("cloudfront", "ListResponseHeadersPolicies")
# A second try after a lost answer would meet the name that the first one took.
_CREATE_HEADERS_POLICY = Operation("cloudfront", "CreateResponseHeadersPolicy", Repeat.ONCE)
_GET_HEADERS_POLICY_CONFIG = Operation("cloudfront", "GetResponseHeadersPolicyConfig")
_DELETE_HEADERS_POLICY = Operation("cloudfront", "DeleteResponseHeadersPolicy", Repeat.SAME)
_LIST_INVALIDATIONS = Operation("cloudfront", "ListInvalidations")
_LIST_TAGS = Operation("cloudfront", "ListTagsForResource")

# The body to send instead of botocore's. botocore calls its handlers in the thread that
# makes the request, so a context variable separates parallel updates.
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

    def __init__(self, client: CloudFrontClient, caller: RetryingCaller) -> None:
        self._client = client
        self._caller = caller
        events = client.meta.events
        events.register("after-call.cloudfront.GetDistributionConfig", _keep_document)
        events.register("before-call.cloudfront.UpdateDistribution", _send_document)

    def distributions(self) -> tuple[Distribution, ...]:
        found = pages(self._caller, _LIST, self._page)
        return tuple(distribution for page in found for distribution in page.items)

    def distribution(self, distribution_id: str) -> Distribution:
        def ask() -> Distribution:
            answer = self._client.get_distribution(Id=distribution_id)
            same(answer["Distribution"]["Id"], distribution_id)
            return from_distribution(answer["Distribution"], answer["ETag"])

        return self._caller.call(_GET, ask)

    def document(self, distribution_id: str) -> Document:
        def ask() -> Document:
            answer = self._client.get_distribution_config(Id=distribution_id)
            xml = cast("dict[str, bytes]", answer)[_RAW]
            check_document(answer["DistributionConfig"])
            return Document(etag=answer["ETag"], xml=xml)

        return self._caller.call(_GET_CONFIG, ask)

    def update(self, distribution_id: str, document: Document) -> Updated:
        def ask() -> Updated:
            answer = self._client.update_distribution(
                Id=distribution_id, IfMatch=document.etag, DistributionConfig=_PLACEHOLDER
            )
            distribution = answer["Distribution"]
            same(distribution["Id"], distribution_id)
            last_modified = distribution["LastModifiedTime"].astimezone(UTC)
            return Updated(answer["ETag"], distribution["Status"], last_modified)

        token = _document.set(document.xml)
        try:
            return self._caller.call(_UPDATE, ask, hidden=_origin_secrets(document.xml))
        finally:
            _document.reset(token)

    def invalidate(self, distribution_id: str, paths: Sequence[str], caller_reference: str) -> Invalidation:
        def ask() -> Invalidation:
            answer = self._client.create_invalidation(
                DistributionId=distribution_id,
                InvalidationBatch={
                    "Paths": {"Quantity": len(paths), "Items": list(paths)},
                    "CallerReference": caller_reference,
                },
            )
            same(answer["Invalidation"]["InvalidationBatch"]["CallerReference"], caller_reference)
            return from_invalidation(answer["Invalidation"])

        return self._caller.call(_INVALIDATE, ask)

    def invalidation(self, distribution_id: str, invalidation_id: str) -> Invalidation:
        def ask() -> Invalidation:
            answer = self._client.get_invalidation(DistributionId=distribution_id, Id=invalidation_id)
            same(answer["Invalidation"]["Id"], invalidation_id)
            return from_invalidation(answer["Invalidation"])

        return self._caller.call(_GET_INVALIDATION, ask)

    def own_invalidation(
        self, distribution_id: str, prefix: str, since: Sequence[datetime]
    ) -> Invalidation | None:
        listed = self._listed_invalidations(distribution_id, min(since)) if since else []
        of_others: list[datetime] = []
        for index in likeliest([made_at for _, made_at in listed], since):
            try:
                candidate = self.invalidation(distribution_id, listed[index][0])
            except NotFound:
                # CloudFront forgets old invalidations; one may be gone after the list.
                continue
            if candidate.caller_reference.startswith(prefix):
                return None if outlived(candidate.created_at, of_others) else candidate
            if candidate.caller_reference.startswith(CALLER_REFERENCE):
                of_others.append(candidate.created_at)
        return None

    def headers_policy(self, policy_id: str) -> HeadersPolicy:
        def ask() -> HeadersPolicy:
            answer = self._client.get_response_headers_policy(Id=policy_id)
            same(answer["ResponseHeadersPolicy"]["Id"], policy_id)
            return from_headers_policy(answer["ResponseHeadersPolicy"])

        return self._caller.call(_GET_HEADERS_POLICY, ask)

    def own_headers_policies(self) -> tuple[StandingPolicy, ...]:
        found = pages(self._caller, _LIST_HEADERS_POLICIES, self._policies_page)
        return tuple(policy for page in found for policy in page.items)

    def create_headers_policy(self, config: Mapping[str, object]) -> StandingPolicy:
        def ask() -> StandingPolicy:
            wanted = cast("ResponseHeadersPolicyConfigTypeDef", config)
            answer = self._client.create_response_headers_policy(ResponseHeadersPolicyConfig=wanted)
            made = from_own_policy(answer["ResponseHeadersPolicy"])
            same(made.name, str(config["Name"]))
            return made

        return self._caller.call(_CREATE_HEADERS_POLICY, ask)

    def delete_headers_policy(self, policy_id: str) -> None:
        def etag() -> str:
            return self._client.get_response_headers_policy_config(Id=policy_id)["ETag"]

        current = self._caller.call(_GET_HEADERS_POLICY_CONFIG, etag)

        def ask() -> None:
            self._client.delete_response_headers_policy(Id=policy_id, IfMatch=current)

        self._caller.call(_DELETE_HEADERS_POLICY, ask)

    def tags(self, distribution_arn: str) -> Mapping[str, str]:
        def ask() -> Mapping[str, str]:
            answer = self._client.list_tags_for_resource(Resource=distribution_arn)
            return {tag["Key"]: tag.get("Value", "") for tag in answer["Tags"].get("Items", ())}

        return self._caller.call(_LIST_TAGS, ask)

    def _listed_invalidations(self, distribution_id: str, since: datetime) -> list[tuple[str, datetime]]:
        """(id, when it was made), page after page, newest first, until they are older than `since`."""
        listed: list[tuple[str, datetime]] = []
        ask = functools.partial(self._invalidation_page, distribution_id)
        for page in itertools.islice(pages(self._caller, _LIST_INVALIDATIONS, ask), LOOK_BACK_PAGES):
            listed.extend(page.items)
            if listed and listed[-1][1] < since:
                break
        return listed

    def _invalidation_page(self, distribution_id: str, marker: str | None) -> ListPage[tuple[str, datetime]]:
        following = {} if marker is None else {"Marker": marker}
        answer = self._client.list_invalidations(DistributionId=distribution_id, MaxItems=_PAGE, **following)
        found = answer["InvalidationList"]
        listed = tuple(
            (listed_item["Id"], listed_item["CreateTime"].astimezone(UTC))
            for listed_item in listed_items(found)
        )
        return ListPage.of(listed, found.get("NextMarker"), truncated=found["IsTruncated"])

    def _policies_page(self, marker: str | None) -> ListPage[StandingPolicy]:
        following = {} if marker is None else {"Marker": marker}
        answer = self._client.list_response_headers_policies(Type="custom", MaxItems=_PAGE, **following)
        found = answer["ResponseHeadersPolicyList"]
        listed = tuple(
            from_own_policy(listed_item["ResponseHeadersPolicy"]) for listed_item in listed_items(found)
        )
        return ListPage.of(listed, found.get("NextMarker"), truncated="NextMarker" in found)

    def _page(self, marker: str | None) -> ListPage[Distribution]:
        following = {} if marker is None else {"Marker": marker}
        found = self._client.list_distributions(MaxItems=_PAGE, **following)["DistributionList"]
        listed = tuple(from_summary(listed_item) for listed_item in listed_items(found))
        return ListPage.of(listed, found.get("NextMarker"), truncated=found["IsTruncated"])


def _origin_secrets(xml: bytes) -> Iterator[str]:
    """The values of origins' custom headers: AWS may quote them in an error."""
    for value in _HEADER_VALUE.findall(xml):
        yield from {value.decode("utf-8", "replace"), html.unescape(value.decode("utf-8", "replace"))}


def _keep_document(http_response: AWSResponse, parsed: dict[str, object], **_: object) -> None:
    """Keep the document next to the parsed tree, which lacks fields that botocore does not know."""
    parsed[_RAW] = http_response.content


def _send_document(params: dict[str, object], **_: object) -> None:
    """Send the document itself. Raises AwsFailure rather than let the placeholder out."""
    document = _document.get()
    if document is None:
        raise AwsFailure(
            str(_UPDATE), "NoDocument", "an update would have been sent without the distribution's document"
        )
    params["body"] = document
