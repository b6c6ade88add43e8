from __future__ import annotations

import base64
import hashlib
import io
import random
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.errors import Refused
from edgerollout.release import bundle as bundles
from edgerollout.release.bundle import code_sha256, file_digests, pack, unpack
from tests.unit.release.builders import FILES, P1, make_release

if TYPE_CHECKING:
    from collections.abc import Mapping

MANY: Mapping[str, bytes] = {
    "index.py": b"import lib.a",
    "lib/a.py": b"A = 1\n",
    "lib/b.bin": bytes(range(256)),
}
RELEASE = make_release(report_only=P1, files=MANY)
PATHS = st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?\.py", fullmatch=True)


def _zip(content: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in content.items():
            archive.writestr(path, data)
    return buffer.getvalue()


def _contents(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def test_the_order_of_the_files_does_not_change_a_byte() -> None:
    shuffled = list(MANY.items())
    random.Random(1).shuffle(shuffled)
    assert pack(dict(shuffled), RELEASE) == pack(MANY, RELEASE)


@given(st.dictionaries(PATHS, st.binary(max_size=200), min_size=1, max_size=4))
def test_what_is_packed_unpacks_to_the_same_release(files: dict[str, bytes]) -> None:
    release = make_release(enforced=P1, files=files)
    assert unpack(pack(files, release)) == release


def test_entries_are_stored_sorted_dated_1980_and_readable_by_everyone() -> None:
    with zipfile.ZipFile(io.BytesIO(pack(MANY, RELEASE))) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["index.py", "lib/a.py", "lib/b.bin", "release.json"]
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    assert {entry.create_system for entry in entries} == {3}, "Unix, wherever it was packed"


def test_the_bytes_are_the_same_on_every_machine_and_day() -> None:
    """A golden digest: whatever moves it also moves CodeSha256 of an unchanged release."""
    bundle = pack(FILES, make_release(report_only=P1))
    assert (
        hashlib.sha256(bundle).hexdigest()
        == "18bfbe1bef7a396bd788e5bdc2088fe594b66160622c627511721c71b0c88480"
    )


def test_code_sha256_is_said_as_lambda_says_it() -> None:
    assert code_sha256(b"zip") == base64.b64encode(hashlib.sha256(b"zip").digest()).decode()


def test_a_zip_without_release_json_carries_no_release() -> None:
    assert unpack(_zip({"index.py": b""})) is None


def test_a_zip_packed_by_hand_with_the_same_files_is_the_same_release() -> None:
    contents = _contents(pack(MANY, RELEASE))
    assert unpack(_zip(contents)) == RELEASE


@pytest.mark.parametrize(
    ("path", "content"),
    [
        pytest.param("index.py", b"import os", id="a handler file was changed"),
        pytest.param("extra.py", b"", id="a file was added"),
    ],
)
def test_a_bundle_whose_files_are_not_the_releases_is_refused(path: str, content: bytes) -> None:
    tampered = {**_contents(pack(MANY, RELEASE)), path: content}
    with pytest.raises(Refused, match="handler files"):
        unpack(_zip(tampered))


def test_a_bundle_with_a_handler_file_missing_is_refused() -> None:
    contents = _contents(pack(MANY, RELEASE))
    del contents["lib/a.py"]
    with pytest.raises(Refused, match="handler files"):
        unpack(_zip(contents))


def test_a_bundle_with_an_altered_release_json_is_refused() -> None:
    contents = _contents(pack(MANY, RELEASE))
    contents["release.json"] = contents["release.json"].replace(b"one.example", b"two.example")
    with pytest.raises(Refused, match="altered"):
        unpack(_zip(contents))


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04"])
def test_code_that_is_no_zip_is_refused(content: bytes) -> None:
    with pytest.raises(Refused, match="no zip"):
        unpack(content)


def test_a_truncated_or_damaged_zip_is_refused() -> None:
    packed = pack(MANY, RELEASE)
    damaged = packed.replace(b"A = 1\n", b"A = 2\n")
    with pytest.raises(Refused):
        unpack(damaged)


def test_a_bundle_over_fifty_megabytes_is_refused() -> None:
    files = {"big.bin": bytes(bundles.MAX_BUNDLE)}
    with pytest.raises(Refused, match="bytes"):
        pack(files, make_release(files={}))


def test_file_digests_are_sha256_in_sorted_order() -> None:
    digests = file_digests({"b": b"2", "a": b"1"})
    assert list(digests) == ["a", "b"]
    assert digests["a"] == hashlib.sha256(b"1").hexdigest()
