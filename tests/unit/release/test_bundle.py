from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.errors import Refused
from edgerollout.release.facts import bundle as bundles
from edgerollout.release.facts.bundle import code_sha256, file_digests, pack, unpack
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.release import Release, ReplacedTrigger
from edgerollout.release.facts.snapshot import Version
from edgerollout.release.facts.unreadable import UnreadableCause, UnreadableRelease
from tests.fakes import bundles as turned
from tests.fakes.bundles import changed, contents
from tests.unit.release.builders import FILES, P1, at, make_release

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

FIXTURES = Path(__file__).parent / "fixtures"

MANY: Mapping[str, bytes] = {
    "index.py": b"import lib.a",
    "lib/a.py": b"A = 1\n",
    "lib/b.bin": bytes(range(256)),
}
RELEASE = make_release(report_only=P1, files=MANY)
PATHS = st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?\.py", fullmatch=True)


def _version(bundle: bytes, description: str | None = None) -> Version:
    line = str(LedgerLine.of(RELEASE)) if description is None else description
    return Version(7, line, code_sha256(bundle), at(0))


def _unpacked(bundle: bytes) -> Release | UnreadableRelease:
    return unpack(bundle, _version(bundle))


def test_the_order_of_the_files_does_not_change_a_byte() -> None:
    shuffled = list(MANY.items())
    random.Random(1).shuffle(shuffled)
    assert pack(dict(shuffled), RELEASE) == pack(MANY, RELEASE)


@given(st.dictionaries(PATHS, st.binary(max_size=200), min_size=1, max_size=4))
def test_what_is_packed_unpacks_to_the_same_release(files: dict[str, bytes]) -> None:
    release = make_release(enforced=P1, files=files)
    bundle = pack(files, release)
    assert unpack(bundle, _version(bundle, str(LedgerLine.of(release)))) == release


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


def test_a_zip_packed_by_hand_with_the_same_files_is_the_same_release() -> None:
    assert _unpacked(turned.zipped(contents(pack(MANY, RELEASE)))) == RELEASE


def test_unknown_members_of_the_same_schema_are_left_aside() -> None:
    more = changed(pack(MANY, RELEASE), surprise={"of": ["a later", 1.5, "edgerollout"]})
    assert _unpacked(more) == RELEASE


def test_the_digest_is_compared_and_never_computed_again() -> None:
    """An older edgerollout may have come to it in another way."""
    old = changed(pack(MANY, RELEASE), release="ab" * 32)
    line = replace(LedgerLine.of(RELEASE), release="ab" * 8)
    assert unpack(old, _version(old, str(line))) == RELEASE


@pytest.mark.parametrize(
    ("cause", "way"),
    [
        pytest.param(cause, way, id=name)
        for cause, ways in (
            (UnreadableCause.DAMAGED, turned.DAMAGED),
            (UnreadableCause.TOO_LARGE, turned.TOO_LARGE),
            (UnreadableCause.LATER_SCHEMA, turned.LATER_SCHEMA),
            (UnreadableCause.NO_RELEASE, turned.NO_RELEASE),
            (UnreadableCause.OTHER_RELEASE, turned.OTHER_RELEASE),
        )
        for name, way in ways.items()
    ],
)
def test_a_versions_own_bytes_may_tell_nothing_and_why_is_a_value(
    cause: UnreadableCause, way: Callable[[bytes], bytes]
) -> None:
    found = _unpacked(way(pack(MANY, RELEASE)))
    assert isinstance(found, UnreadableRelease)
    assert found.cause is cause
    assert found.why


@pytest.mark.parametrize("content", [b"", b"<html>sign in</html>", b"PK\x03\x04", pack(MANY, RELEASE)[:-1]])
def test_bytes_with_another_sha256_are_not_looked_at(content: bytes) -> None:
    found = unpack(content, _version(pack(MANY, RELEASE)))
    assert isinstance(found, UnreadableRelease)
    assert found.cause is UnreadableCause.OTHER_BYTES


def test_another_versions_bundle_is_not_believed() -> None:
    """A mirror may hand out $LATEST for every version."""
    newest = pack(MANY, make_release(enforced=P1, files=MANY))
    found = unpack(newest, _version(pack(MANY, RELEASE)))
    assert isinstance(found, UnreadableRelease)
    assert found.cause is UnreadableCause.OTHER_BYTES


@pytest.mark.parametrize(
    ("description", "cause"),
    [("by hand", UnreadableCause.NO_RELEASE), ("edgerollout/3 env=testing", UnreadableCause.LATER_SCHEMA)],
)
def test_a_version_whose_ledger_line_cannot_be_read_tells_nothing(
    description: str, cause: UnreadableCause
) -> None:
    bundle = pack(MANY, RELEASE)
    found = unpack(bundle, _version(bundle, description))
    assert isinstance(found, UnreadableRelease)
    assert found.cause is cause


@given(st.data())
def test_whatever_bytes_a_version_has_it_is_a_release_or_unreadable(data: st.DataObject) -> None:
    bundle = bytearray(turned.zipped(contents(pack(MANY, RELEASE))))
    for _ in range(data.draw(st.integers(1, 4))):
        bundle[data.draw(st.integers(0, len(bundle) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(_unpacked(bytes(bundle)), Release | UnreadableRelease)


@pytest.mark.parametrize("way", sorted(turned.TOO_LARGE))
def test_memory_stays_small_whatever_a_zip_says_of_itself(way: str) -> None:
    bundle = turned.TOO_LARGE[way](pack(MANY, RELEASE))
    version = _version(bundle)
    tracemalloc.start()
    try:
        unpack(bundle, version)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


def test_handler_files_are_hashed_piece_by_piece() -> None:
    files = {"big.bin": bytes(48 * 1024 * 1024)}
    release = make_release(files=files)
    bundle = turned.zipped(contents(pack(files, release)))
    version = _version(bundle, str(LedgerLine.of(release)))
    del files
    tracemalloc.start()
    try:
        assert unpack(bundle, version) == release
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


@pytest.mark.parametrize(
    ("name", "observed"),
    [
        ("schema-1", None),
        ("schema-1-observed-since", at(0)),
        ("schema-1-distributions", at(0)),
    ],
)
def test_releases_of_every_earlier_schema_are_read_as_they_were_written(
    name: str, observed: datetime | None
) -> None:
    """Written by edgerollout as it was when the schema was new; never written anew."""
    content = (FIXTURES / f"{name}.json").read_bytes()
    document = json.loads(content)
    bundle = turned.zipped({**FILES, "release.json": content})
    ledger = f"edgerollout/1 env=testing release={document['release'][:16]}"
    release = unpack(bundle, _version(bundle, ledger))
    assert isinstance(release, Release), release
    assert release.observed_since == observed
    read = release.to_json()
    assert {key: read[key] for key in document if key not in ("release", "response")} == {
        key: value for key, value in document.items() if key not in ("release", "response")
    }


def test_a_release_json_beyond_what_is_read_back_is_not_packed() -> None:
    replaced = tuple(
        ReplacedTrigger("E1", f"/{number}/*", "origin-response", "arn:aws:lambda:x") for number in range(9000)
    )
    with pytest.raises(Refused, match="the limit is"):
        pack(MANY, replace(RELEASE, replaced=replaced))


def test_a_bundle_over_fifty_megabytes_is_refused() -> None:
    files = {"big.bin": bytes(bundles.MAX_BUNDLE)}
    with pytest.raises(Refused, match="bytes"):
        pack(files, make_release(files={}))


def test_file_digests_are_sha256_in_sorted_order() -> None:
    digests = file_digests({"b": b"2", "a": b"1"})
    assert list(digests) == ["a", "b"]
    assert digests["a"] == hashlib.sha256(b"1").hexdigest()
