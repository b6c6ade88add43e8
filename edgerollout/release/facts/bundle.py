"""The bundle: the zip that a version consists of. It has the same bytes on every machine.

Deflate's output differs between zlib builds, so entries are stored, not compressed (a header function is a
few KB). Names are sorted. Every date is the oldest that a zip can hold. Modes are 0644, because Lambda runs
as another user and answers EACCES to files it may not read.
"""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

from edgerollout.errors import Refused
from edgerollout.release.facts.fields import Fields, parse_json
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.release import SCHEMA, Release
from edgerollout.release.facts.unreadable import UnreadableCause, UnreadableRelease

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.release.facts.snapshot import Version

RELEASE_FILE = "release.json"

MAX_BUNDLE = 50 * 1024 * 1024
"""Bytes. Lambda@Edge's limit on compressed code, and also Lambda's limit on a direct upload."""

MAX_RELEASE_FILE = 1024 * 1024
"""Bytes. A release.json has a few KB, and about a hundred bytes more for each trigger that it replaces."""

_MAX_INFLATED = 250 * 1024 * 1024
"""Bytes. Lambda's limit on unzipped code."""
_MAX_DIRECTORY = 1024 * 1024
"""Bytes of a zip's list of files: some ten thousand."""
_CHUNK = 64 * 1024
_END, _END_SIZE, _END_64 = b"PK\x05\x06", 22, b"PK\x06\x07"
"""APPNOTE.TXT 4.3.16 and 4.3.15: the record that ends a zip, and the one before it in a zip64 file."""
_ENCRYPTED = 0x1
"""APPNOTE.TXT 4.4.4."""

_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644 << 16


def file_digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 (64 hex) of each handler file, by its path inside the bundle."""
    return {path: hashlib.sha256(content).hexdigest() for path, content in sorted(files.items())}


def pack(files: Mapping[str, bytes], release: Release) -> bytes:
    """The zip of the handler `files` (path inside the bundle → content) and the release's release.json.

    Raises Refused when the zip is larger than Lambda@Edge accepts, or its release.json larger than `unpack`
    reads.
    """
    told = release.to_bytes()
    if len(told) > MAX_RELEASE_FILE:
        raise Refused(
            f"the release.json of the release has {len(told):,} bytes; the limit is {MAX_RELEASE_FILE:,}",
            hint="Take over fewer triggers at once, or shorten the policy.",
        )
    bundle = zipped({**files, RELEASE_FILE: told})
    if len(bundle) > MAX_BUNDLE:
        raise Refused(
            f"the bundle has {len(bundle):,} bytes; Lambda@Edge accepts {MAX_BUNDLE:,}",
            hint="Remove from the handler folder what the function does not need.",
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
    """CodeSha256 as Lambda reports it: base64 of the SHA-256 of the zip."""
    return base64.b64encode(hashlib.sha256(bundle).digest()).decode("ascii")


def unpack(bundle: bytes, version: Version) -> Release | UnreadableRelease:
    """The release in a version's downloaded zip, or why it cannot be read.

    The release is accepted when three things hold: the bytes have the SHA-256 that Lambda reports for the
    version; the digest in release.json is the one in the version's ledger line; the handler files are those
    that release.json names. The inflated size has a limit, and only release.json is held in memory.
    """
    try:
        return _unpack(bundle, version)
    except _Untold as untold:
        return UnreadableRelease(f"release {version.number}", str(untold), untold.cause)


class _Untold(Exception):
    def __init__(self, cause: UnreadableCause, why: str) -> None:
        super().__init__(why)
        self.cause = cause


def _unpack(bundle: bytes, version: Version) -> Release:
    if code_sha256(bundle) != version.code_sha256:
        page = " but a web page" if bundle.lstrip()[:1] == b"<" else ""
        raise _Untold(UnreadableCause.OTHER_BYTES, f"the download is not the version's code{page}")
    try:
        line = LedgerLine.parse(version.description)
    except Refused as refused:
        raise _Untold(UnreadableCause.LATER_SCHEMA, refused.summary) from None
    if line is None:
        raise _Untold(UnreadableCause.NO_RELEASE, "the version was not published by edgerollout")
    content, files = _contents(bundle)
    if content is None:
        raise _Untold(UnreadableCause.NO_RELEASE, "the version carries no release.json")
    release = _release(content, line)
    if files != dict(release.handler.files):
        why = "its handler files are not the ones that its release.json names: it was edited by hand"
        raise _Untold(UnreadableCause.OTHER_RELEASE, why)
    return release


def _release(content: bytes, line: LedgerLine) -> Release:
    try:
        document = Fields(parse_json(content), "release.json")
        schema = document.count("schema")
        if schema == SCHEMA:
            recorded, release = document.digest("release"), Release.from_json(document)
    except (ValueError, UnicodeError) as error:
        raise _Untold(UnreadableCause.DAMAGED, f"its release.json is damaged: {error}") from None
    if schema != SCHEMA:
        why = f"its release.json has schema {schema}, this edgerollout knows {SCHEMA}"
        raise _Untold(UnreadableCause.LATER_SCHEMA if schema > SCHEMA else UnreadableCause.DAMAGED, why)
    if not recorded.startswith(line.release):
        raise _Untold(
            UnreadableCause.OTHER_RELEASE,
            "its release.json describes another release than its ledger line names",
        )
    return release


def _contents(bundle: bytes) -> tuple[bytes | None, dict[str, str]]:
    """release.json, and the SHA-256 of every other file by its path."""
    _check_directory(bundle)
    release: bytes | None = None
    files: dict[str, str] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check_entries(entries)
            for entry in entries:
                with archive.open(entry) as file:
                    if entry.filename == RELEASE_FILE:
                        release = file.read(MAX_RELEASE_FILE)
                    else:
                        files[entry.filename] = _digest(file)
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
        struct.error,
    ) as error:
        raise _Untold(UnreadableCause.DAMAGED, f"its zip is damaged ({type(error).__name__})") from None
    return release, files


def _check_directory(bundle: bytes) -> None:
    """Check the list of files before zipfile reads it into memory: it may be as large as the zip itself."""
    end = bundle.rfind(_END, max(0, len(bundle) - _END_SIZE - 0xFFFF))
    if end < 0 or end + _END_SIZE > len(bundle):
        raise _Untold(UnreadableCause.DAMAGED, "its code is not a zip file")
    (size,) = struct.unpack_from("<L", bundle, end + 12)
    if size > _MAX_DIRECTORY or bundle[max(0, end - 20) : end].startswith(_END_64):
        raise _Untold(UnreadableCause.TOO_LARGE, "its zip lists more files than a handler has")


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len({entry.filename for entry in entries}) != len(entries):
        raise _Untold(UnreadableCause.DAMAGED, "its zip has a file twice")
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            raise _Untold(UnreadableCause.DAMAGED, "its zip is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _Untold(
                UnreadableCause.DAMAGED, "its zip is compressed by a method that Lambda does not know"
            )
        if entry.filename == RELEASE_FILE and entry.file_size > MAX_RELEASE_FILE:
            raise _Untold(UnreadableCause.TOO_LARGE, f"its release.json has {entry.file_size:,} bytes")
    if sum(entry.file_size for entry in entries) > _MAX_INFLATED:
        raise _Untold(UnreadableCause.TOO_LARGE, "its files are larger than Lambda accepts")


def _digest(file: IO[bytes]) -> str:
    # zipfile gives no more bytes than the size in the list of files, and that size was checked.
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
