"""The origins behind the sandbox's edge: its own buckets, the sample site's backend and the other hosts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

from edgerollout.edge.message import EdgeResponse, first
from edgerollout.edge.model import CacheRules, EdgeBehavior, EdgeDistribution, OriginSettings
from edgerollout.edge.origins import (
    Origin,
    OriginRequest,
    OriginUnreachable,
    StoredObject,
    folder_origin,
    s3_origin,
)
from edgerollout.sandbox.distribution_config import ORIGIN_SECRET, ORIGIN_SECRET_HEADER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.sandbox.sample_site import SiteFile

_FOR_EVERY_PAGE = (("Access-Control-Allow-Origin", "*"), ("Cross-Origin-Resource-Policy", "cross-origin"))


@dataclass
class Origins:
    """Finds the origin behind a domain name. It never calls anything outside this process."""

    servers: dict[str, Origin] = field(default_factory=dict)
    """By domain name."""

    def connect(self, settings: OriginSettings) -> Origin:
        if settings.bucket is not None:
            return s3_origin(stored_object, settings.bucket)
        return self.servers.get(settings.domain_name, _UNKNOWN)

    def add_backend(self, host: str, files: Mapping[str, SiteFile]) -> None:
        """Add a custom origin that answers only requests with the secret header."""
        self.servers[host] = _Guarded(folder_origin(_stored(files), missing_status=404))

    def add_public_host(self, host: str, files: Mapping[str, SiteFile]) -> EdgeDistribution:
        """Add somebody else's host, from which pages load. Returns what serves it at the edge."""
        self.servers[host] = folder_origin(_stored(files), missing_status=404)
        return EdgeDistribution(
            id=f"host:{host}",
            domain_name=host,
            behaviors=(EdgeBehavior("*", host, cache=CacheRules(max_ttl=60)),),
            origins=(OriginSettings(host, host),),
        )


def stored_object(bucket: str, key: str) -> StoredObject | None:
    """An object of the sandbox's S3, whichever account owns the bucket; None when there is none.

    It reads from moto directly, because the edge's own reads must not count as calls.
    """
    from moto.s3.models import s3_backends

    owner = s3_backends.bucket_accounts.get(bucket)
    if owner is None:
        return None
    partition, account = owner
    found = s3_backends[account][partition].get_object(bucket, key)
    if found is None:
        return None
    metadata: Mapping[str, str] = found.metadata
    sent = {"cache-control": "Cache-Control", "content-encoding": "Content-Encoding"}
    return StoredObject(
        body=found.value,
        content_type=metadata.get("content-type", "binary/octet-stream"),
        etag=found.etag,
        # S3's times have whole seconds, and moto's lack the time zone, which is UTC.
        last_modified=found.last_modified.replace(microsecond=0, tzinfo=UTC),
        headers=tuple((cased, metadata[name]) for name, cased in sent.items() if name in metadata),
    )


@dataclass(frozen=True)
class _Guarded:
    """A server that needs the secret, so that nobody reaches it without CloudFront."""

    site: Origin

    def fetch(self, request: OriginRequest) -> EdgeResponse:
        if first(request.headers, ORIGIN_SECRET_HEADER) != ORIGIN_SECRET:
            body = b'{"error": "come through CloudFront"}'
            headers = (("Content-Type", "application/json"), ("Content-Length", str(len(body))))
            return EdgeResponse(403, "Forbidden", headers, body)
        return self.site.fetch(request)


class _Unknown:
    """An origin that is not in the sandbox."""

    def fetch(self, request: OriginRequest) -> EdgeResponse:  # noqa: ARG002 - the Protocol's
        raise OriginUnreachable("the sandbox does not have this server, and calls none outside")


_UNKNOWN = _Unknown()


def _stored(files: Mapping[str, SiteFile]) -> Mapping[str, StoredObject]:
    return {
        key: StoredObject(
            file.body,
            file.content_type,
            headers=(("Cache-Control", file.cache_control), *_FOR_EVERY_PAGE),
        )
        for key, file in files.items()
    }
