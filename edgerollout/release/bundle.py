"""The bundle: the zip a version consists of, the same bytes on any machine.

Deflate's output differs between zlib builds, so entries are stored, not compressed (a header
function is a few KB). Names are sorted, dates fixed at the oldest a zip can say, modes 0644:
Lambda runs as another user and answers EACCES to files it may not read.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

from edgerollout.errors import Refused
from edgerollout.release.model import Release

if TYPE_CHECKING:
    from collections.abc import Mapping

RELEASE_FILE = "release.json"

MAX_BUNDLE = 50 * 1024 * 1024
"""Bytes. Lambda@Edge's limit on compressed code, also the one on a direct upload."""

_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644 << 16


def file_digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 (64 hex) of each handler file, by its path inside the bundle."""
    return {path: hashlib.sha256(content).hexdigest() for path, content in sorted(files.items())}


def pack(files: Mapping[str, bytes], release: Release) -> bytes:
    """The zip of the handler `files` (path inside the bundle → content) and the release's release.json.

    Raises Refused when it is larger than Lambda@Edge takes.
    """
    bundle = zipped({**files, RELEASE_FILE: release.to_bytes()})
    if len(bundle) > MAX_BUNDLE:
        raise Refused(
            f"the bundle has {len(bundle):,} bytes, Lambda@Edge takes {MAX_BUNDLE:,}",
            hint="Take out of the handler folder what the function does not need.",
        )
    return bundle


def zipped(content: Mapping[str, bytes]) -> bytes:
    """A zip of files (path inside → content): the same bytes on any machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(content):
            entry = zipfile.ZipInfo(path, _DATE)
            entry.create_system = _UNIX
            entry.external_attr = _MODE
            archive.writestr(entry, content[path])
    return buffer.getvalue()


def code_sha256(bundle: bytes) -> str:
    """CodeSha256 as Lambda says it: base64 of the SHA-256 of the zip."""
    return base64.b64encode(hashlib.sha256(bundle).digest()).decode("ascii")


def unpack(bundle: bytes) -> Release | None:
    """The release a version's zip carries, None when there is no release.json in it.

    Raises Refused as `Release.from_bytes` does, and when the handler files are not the ones the
    release names.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            names = {entry.filename for entry in archive.infolist() if not entry.is_dir()}
            if RELEASE_FILE not in names:
                return None
            release = Release.from_bytes(archive.read(RELEASE_FILE))
            files = file_digests({name: archive.read(name) for name in names - {RELEASE_FILE}})
    except zipfile.BadZipFile as error:
        raise Refused("the version's code is no zip file", why=str(error)) from error
    if files != dict(release.handler.files):
        raise Refused(
            "the version's handler files are not the ones its release.json names",
            hint="The function was edited by hand. Roll back to an earlier release, or publish anew.",
        )
    return release
