"""The `preview` document: the address of a preview, and what it serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgerollout.edge.preview import HELD_BACK
from edgerollout.policy.header_rules import ResponseEvent
from edgerollout.views.output.encoder import DocumentJson

if TYPE_CHECKING:
    from edgerollout.edge.preview import PreviewContent, RunningPreview
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.release import Release


class PreviewJson(DocumentJson):
    """A site with the handler's headers on this machine: `preview`. Printed once, when it is ready."""

    environment: str
    """its name"""
    url: str
    """its address"""
    port: int
    """its port"""
    ca_file: str | None
    """the certificate authority to trust; null with plain HTTP"""
    site: str | None
    """the folder that is served"""
    upstream: str | None
    """the development server behind it"""
    distribution: str | None
    """with `--from-live`: the distribution that has these behaviors"""
    not_run: Sequence[str]
    """with `--from-live`: functions of the distribution that are not run"""
    spa: bool
    """whether unknown paths without an extension get index.html"""
    event: ResponseEvent
    """the event of the handler"""
    enforced: str | None
    """the digest of the enforced policy that is served"""
    report_only: str | None
    """the digest of the report-only policy that is served"""
    held_back: Sequence[str]
    """headers of the release that a preview does not send"""


def ready_json(
    running: RunningPreview, content: PreviewContent, environment: Environment, release: Release
) -> PreviewJson:
    """The document that is printed when the preview is ready."""
    return PreviewJson.of(
        running,
        environment=environment.name,
        ca_file=None if running.ca_file is None else str(running.ca_file),
        site=None if content.site is None else str(content.site),
        upstream=None if content.upstream is None else content.upstream.url,
        distribution=None if content.layout is None else content.layout.distribution,
        not_run=() if content.layout is None else content.layout.not_run,
        spa=content.spa,
        event=environment.function.event,
        enforced=release.enforced_digest,
        report_only=release.report_only_digest,
        held_back=sorted(HELD_BACK & {*release.response().set, *release.response().keep}),
    )
