"""The `build` document: a bundle's digests and size, and the headers in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from edgerollout.release.facts.bundle import code_sha256
from edgerollout.views.output.encoder import DocumentJson, Output

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.release.facts.release import Release


class HeaderLineJson(Output):
    """A header line."""

    key: str
    """its name, as sent"""
    value: str
    """its value"""


class ResponseJson(Output):
    """What the function does to a response."""

    set: Mapping[str, HeaderLineJson]
    """by lower-case name: what it sets"""
    keep: Mapping[str, HeaderLineJson]
    """by lower-case name: what it sets unless the origin sends its own"""
    remove: Sequence[str]
    """names that it takes off"""


class BundleJson(Output):
    """The zip."""

    file: str | None
    """where it was written; null when it was not"""
    bytes: int
    """its size"""
    code_sha256: str
    """base64, as Lambda says it"""
    runtime: str
    """its Lambda runtime"""
    entry: str
    """its handler, as Lambda names it"""


class BuildJson(DocumentJson):
    """What a release would be: `build`."""

    environment: str
    """its name"""
    release: str
    """the release digest, 64 hex digits"""
    enforced: str | None
    """the digest of its enforced policy"""
    report_only: str | None
    """the digest of its report-only policy"""
    response: ResponseJson
    """what the function does to a response"""
    bundle: BundleJson
    """the zip"""


def build_json(release: Release, bundle: bytes, out: Path | None) -> BuildJson:
    """The document."""
    response = release.response()
    return BuildJson(
        environment=release.environment,
        release=release.digest(),
        enforced=release.enforced_digest,
        report_only=release.report_only_digest,
        response=ResponseJson(
            set=_lines(response.set), keep=_lines(response.keep), remove=sorted(response.remove)
        ),
        bundle=BundleJson(
            file=None if out is None else str(out),
            bytes=len(bundle),
            code_sha256=code_sha256(bundle),
            runtime=release.handler.runtime,
            entry=release.handler.entry,
        ),
    )


def _lines(of: Mapping[str, tuple[str, str]]) -> dict[str, HeaderLineJson]:
    return {name: HeaderLineJson(key=key, value=value) for name, (key, value) in sorted(of.items())}
