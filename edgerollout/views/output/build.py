"""The `build` document: the digests and the size of a bundle, and the headers in it."""

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
    """headers that it sets, by name in lower case"""
    keep: Mapping[str, HeaderLineJson]
    """headers that it sets unless the origin sends its own, by name in lower case"""
    remove: Sequence[str]
    """names of headers that it removes"""


class BundleJson(Output):
    """The zip."""

    file: str | None
    """where it was written; null if it was not written"""
    bytes: int
    """its size"""
    code_sha256: str
    """its SHA-256 in base64, as Lambda shows it"""
    runtime: str
    """its Lambda runtime"""
    entry: str
    """its handler, as Lambda names it"""


class BuildJson(DocumentJson):
    """The content of a release: `build`."""

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
