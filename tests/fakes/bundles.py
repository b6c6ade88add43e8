"""Zips of a version as they may turn out: each takes the real one and is damaged in its own way."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LOCAL, _CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
_MIB = 1024 * 1024


def contents(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def zipped(files: Mapping[str, bytes], level: int | None = None) -> bytes:
    """As a person packs it: compressed. What is huge is packed quickly at level 1."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return buffer.getvalue()


def with_release_json(bundle: bytes, content: bytes) -> bytes:
    return zipped({**contents(bundle), "release.json": content})


def changed(bundle: bytes, **members: object) -> bytes:
    """With other members in release.json."""
    document = {**json.loads(contents(bundle)["release.json"]), **members}
    return with_release_json(bundle, json.dumps(document).encode())


def _patched(bundle: bytes, local: int, central: int, value: int) -> bytes:
    """With a two-byte field of every header set, at its offset in local and central ones."""
    patched = bytearray(zipped(contents(bundle)))
    for mark, offset in ((_LOCAL, local), (_CENTRAL, central)):
        at = patched.find(mark)
        while at >= 0:
            struct.pack_into("<H", patched, at + offset, value)
            at = patched.find(mark, at + 4)
    return bytes(patched)


def _bad_deflate(bundle: bytes) -> bytes:
    packed = bytearray(zipped(contents(bundle)))
    # The first local header: 30 bytes, then the name; after that the compressed bytes.
    begin = 30 + struct.unpack_from("<H", packed, 26)[0]
    packed[begin : begin + 8] = b"\xff" * 8
    return bytes(packed)


def _flipped(bundle: bytes) -> bytes:
    """With the first byte of a stored file another one than its checksum is of."""
    flipped = bytearray(bundle)
    flipped[30 + struct.unpack_from("<H", bundle, 26)[0]] ^= 1
    return bytes(flipped)


def _huge(bundle: bytes) -> bytes:
    files = contents(bundle)
    blank = json.dumps({**json.loads(files["release.json"]), "commit": ""}).encode()
    huge = blank.replace(b'"commit": ""', b'"commit": "' + b"a" * 200 * _MIB + b'"')
    return zipped({**files, "release.json": huge}, level=1)


def _many_files(bundle: bytes) -> bytes:
    return zipped({**contents(bundle), **{f"{number:0200d}.py": b"" for number in range(5000)}})


DAMAGED: Mapping[str, Callable[[bytes], bytes]] = {
    "no zip": lambda _: b"this is no zip",
    "nothing": lambda _: b"",
    "cut in two": lambda bundle: bundle[: len(bundle) // 2],
    "bad deflate": _bad_deflate,
    "another content": _flipped,
    "encrypted": lambda bundle: _patched(bundle, 6, 8, 1),
    "an unknown method": lambda bundle: _patched(bundle, 8, 10, 99),
    "no JSON": lambda bundle: with_release_json(bundle, b"{"),
    "deep nesting": lambda bundle: with_release_json(bundle, b"[" * 200_000 + b"]" * 200_000),
    "deep objects": lambda bundle: with_release_json(bundle, b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "a deep unknown member": lambda bundle: with_release_json(
        bundle, b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    ),
    "a huge number": lambda bundle: with_release_json(
        bundle, contents(bundle)["release.json"].replace(b'"schema": 1', b'"schema": 1' + b"0" * 4000)
    ),
    "a list": lambda bundle: with_release_json(bundle, b"[]"),
    "no schema": lambda bundle: with_release_json(bundle, b"{}"),
    "fields of another kind": lambda bundle: changed(bundle, handler=[]),
}
"""Ways in which a version's own bytes are damaged."""

TOO_LARGE: Mapping[str, Callable[[bytes], bytes]] = {
    "a release.json of 200 MiB": _huge,
    "more files than a handler has": _many_files,
}

LATER_SCHEMA: Mapping[str, Callable[[bytes], bytes]] = {
    "a later schema": lambda bundle: changed(bundle, schema=2),
}

NO_RELEASE: Mapping[str, Callable[[bytes], bytes]] = {
    "no release.json": lambda bundle: zipped(
        {name: data for name, data in contents(bundle).items() if name != "release.json"}
    ),
}

OTHER_RELEASE: Mapping[str, Callable[[bytes], bytes]] = {
    "another release's release.json": lambda bundle: changed(bundle, release="0" * 64),
    "a file that was changed": lambda bundle: zipped({**contents(bundle), "index.py": b"import os"}),
    "a file more": lambda bundle: zipped({**contents(bundle), "extra.py": b""}),
}

WAYS: Mapping[str, Callable[[bytes], bytes]] = {
    **DAMAGED,
    **TOO_LARGE,
    **LATER_SCHEMA,
    **NO_RELEASE,
    **OTHER_RELEASE,
}
"""All of them."""
