"""Reports from the world: both formats, anything between them, in memory that does not grow."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.errors import UsageError
from edgerollout.tour.insertion import apply
from edgerollout.tour.json_stream import CHUNK, CutShort, Garbage, objects_in
from edgerollout.tour.judgement import HeaderBreakage
from edgerollout.tour.model import Record
from edgerollout.tour.noise import BROWSER, EXTENSION, FOREIGN, INJECTED
from edgerollout.tour.reports import read_reports, record_of
from edgerollout.tour.suggestion import SuggestionChoices
from edgerollout.tour.tally import ALLOWED, OLD_POLICY, OTHER_PAGES, OTHER_REPORTS, Tally
from tests.unit.tour.sightings import APP, CDN, PAGE, POLICY

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.policy.csp import Csp


def legacy(**more: object) -> dict[str, Any]:
    """What report-uri sends."""
    body = {
        "document-uri": PAGE,
        "effective-directive": "img-src",
        "violated-directive": "img-src",
        "original-policy": POLICY.header_value(),
        "disposition": "report",
        "blocked-uri": f"{CDN}/a.png",
        "line-number": 3,
        "source-file": f"{APP}/app.js",
        "status-code": 200,
    }
    return {"csp-report": {**body, **{key.replace("_", "-"): value for key, value in more.items()}}}


def modern(**more: object) -> dict[str, Any]:
    """What the Reporting API sends."""
    body = {
        "documentURL": PAGE,
        "effectiveDirective": "img-src",
        "blockedURL": f"{CDN}/a.png",
        "originalPolicy": POLICY.header_value(),
        "disposition": "report",
        "lineNumber": 3,
        "sourceFile": f"{APP}/app.js",
    }
    return {"type": "csp-violation", "age": 10, "url": PAGE, "user_agent": "x", "body": {**body, **more}}


def tally(
    *reports: dict[str, Any], policy: Csp = POLICY, own: tuple[str, ...] = (APP,), most: int = 5_000
) -> Tally:
    made = Tally(policy, own, most=most)
    made.add_all(record_of(report) for report in reports)
    return made


def found_in(content: bytes) -> list[object]:
    return list(objects_in(io.BytesIO(content)))


# --- reading ---------------------------------------------------------------------------------------------


def test_both_formats_tell_the_same() -> None:
    record, two = record_of(legacy()), record_of(modern())
    assert isinstance(record, Record)
    assert record == two


@pytest.mark.parametrize(
    "content",
    [
        "{0}\n{1}\n",
        "[{0},{1}]",
        "[{0}]\n[{1}]\n",
        "[\n  {0},\n  {1}\n",
        "{0}{1}",
        "\ufeff{0}\r\n\r\n{1}",
    ],
)
def test_reports_come_in_lines_in_arrays_and_one_after_the_other(content: str) -> None:
    text = content.format(json.dumps(legacy()), json.dumps(modern(), indent=2))
    assert found_in(text.encode()) == [legacy(), modern()]
    assert found_in(gzip.compress(text.encode())) == [legacy(), modern()]


def test_garbage_between_costs_its_own_line_only() -> None:
    lines = [
        "127.0.0.1 POST /csp",
        json.dumps(legacy()),
        '{"csp-report": {"document',
        "17",
        json.dumps(modern()),
        "\x00",
    ]
    found = found_in("\n".join(lines).encode() + b"\xff\xfe")
    assert [item for item in found if isinstance(item, dict)] == [legacy(), modern()]
    garbage = [item.start for item in found if isinstance(item, Garbage)]
    assert garbage[:3] == [lines[0], lines[2], "17"]


def test_a_gzip_that_ends_too_early_is_read_as_far_as_it_goes() -> None:
    packed = gzip.compress(b"".join(json.dumps(legacy(line_number=n)).encode() + b"\n" for n in range(500)))
    found = found_in(packed[: len(packed) // 2])
    assert any(isinstance(item, dict) for item in found)
    assert any(isinstance(item, CutShort) for item in found)


@given(st.binary(max_size=400))
def test_no_bytes_whatever_raise(content: bytes) -> None:
    for item in objects_in(io.BytesIO(content)):
        if isinstance(item, dict):
            record_of(item)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
        max_leaves=9,
    ),
    st.sampled_from(["csp-report", "body", "type", "url"]),
)
def test_no_report_whatever_raises(value: object, key: str) -> None:
    for report in ({key: value}, {"csp-report": {"document-uri": value, "effective-directive": value}}):
        record = record_of(report)
        if isinstance(record, Record):
            Tally(POLICY, ()).add(record)


@given(st.lists(st.integers(0, 3), max_size=30), st.integers(1, 50))
def test_objects_are_found_wherever_the_pieces_are_cut(kinds: list[int], step: int) -> None:
    texts = [json.dumps({"n": n, "t": '"}{[\n é' * kind}) for n, kind in enumerate(kinds)]

    class Dribble(io.RawIOBase):
        def __init__(self) -> None:
            self.left = "\n".join(texts).encode()

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            piece = self.left[: min(step, len(buffer))]
            self.left = self.left[len(piece) :]
            buffer[: len(piece)] = piece
            return len(piece)

    found = list(objects_in(Dribble()))  # type: ignore[arg-type]
    assert [item["n"] for item in found if isinstance(item, dict)] == list(range(len(kinds)))
    assert len(found) == len(kinds)


def test_depth_and_digits_beyond_reason_are_garbage() -> None:
    found = found_in(b'{"a":' * 100_000 + b"\n" + b'{"n": ' + b"9" * 10_000 + b"}\n" + b'{"ok": 1}')
    assert [type(item) for item in found] == [Garbage, Garbage, dict]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        list(read_reports(tmp_path / "none.ndjson"))


@pytest.mark.parametrize(
    ("report", "directive"),
    [
        (legacy(effective_directive="", violated_directive="img-src 'self' https://a.example"), "img-src"),
        (modern(effectiveDirective="IMG-SRC"), "img-src"),
    ],
)
def test_older_browsers_name_the_whole_directive(report: dict[str, Any], directive: str) -> None:
    found = record_of(report)
    assert isinstance(found, Record)
    assert found.directive == directive


# --- adding up -------------------------------------------------------------------------------------------


def test_a_thousand_reports_of_one_cause_are_one_row() -> None:
    verdict = tally(*(legacy() for _ in range(1_000))).verdict(SuggestionChoices())
    (row,) = verdict.rows
    assert row.cause.sightings == ((PAGE, 1_000),)
    assert [(suggestion.directive, suggestion.source) for suggestion in verdict.suggestions] == [
        ("img-src", CDN)
    ]
    assert verdict.complete


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (legacy(blocked_uri="chrome-extension"), EXTENSION),
        (modern(sourceFile="moz-extension://ab/c.js"), EXTENSION),
        (legacy(source_file="safari-web-extension://ab/c.js"), EXTENSION),
        (legacy(document_uri="https://mirror.example.org/"), FOREIGN),
        (legacy(document_uri="about:blank", blocked_uri="https://x.example/"), FOREIGN),
        (legacy(blocked_uri="about"), BROWSER),
        (legacy(source_file="user-script"), INJECTED),
        (legacy(blocked_uri="https://gc.kaspersky-labs.com/a.js"), INJECTED),
        (legacy(effective_directive="script-src-elem", blocked_uri=f"{APP}/app.js"), ALLOWED),
        (
            legacy(
                effective_directive="script-src-elem",
                blocked_uri="inline",
                original_policy="script-src 'self'",
            ),
            OLD_POLICY,
        ),
        ({"type": "deprecation", "body": {}}, OTHER_REPORTS),
    ],
)
def test_what_says_nothing_about_the_policy_is_left_out_and_counted(
    report: dict[str, Any], reason: str
) -> None:
    made = tally(report)
    assert dict(made.dropped) == {reason: 1}
    assert not made.verdict(SuggestionChoices()).rows


def test_reports_of_an_older_policy_count_where_the_newer_still_forbids_it() -> None:
    report = legacy(original_policy="default-src 'none'")
    assert len(tally(report).verdict(SuggestionChoices()).rows) == 1
    assert not tally(report, policy=apply(POLICY, [("img-src", CDN)])).verdict(SuggestionChoices()).rows


def test_inline_code_of_reports_has_no_hash_and_says_what_to_do() -> None:
    report = modern(effectiveDirective="script-src-elem", blockedURL="inline", sample="var a =")
    (row,) = tally(report).verdict(SuggestionChoices()).open
    assert "tour the page" in getattr(row.advice, "why", "")


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"<html>not found</html>", b'{"type": "deprecation", "body": {}}']
)
def test_a_file_without_a_report_never_passes(content: bytes) -> None:
    made = Tally(POLICY, (APP,))
    made.add_all(
        record_of(item) if isinstance(item, dict) else item for item in objects_in(io.BytesIO(content))
    )
    verdict = made.verdict(SuggestionChoices())
    assert not verdict.passed
    assert any("no report" in text for text in verdict.partial)


def test_beyond_the_bound_causes_are_told_by_host_and_then_counted() -> None:
    made = tally(*(legacy(blocked_uri=f"https://cdn.example.net/{n}.png") for n in range(30)), most=10)
    verdict = made.verdict(SuggestionChoices())
    assert sum(row.cause.count for row in verdict.rows) == 30
    assert [suggestion.source for suggestion in verdict.suggestions] == [CDN]
    many = tally(*(legacy(blocked_uri=f"https://h{n}.example.net/") for n in range(30)), most=10).verdict(
        SuggestionChoices()
    )
    assert (len(many.rows), many.omitted) == (20, 10)
    assert not many.passed


def test_pages_of_a_cause_are_named_up_to_a_bound() -> None:
    verdict = tally(*(legacy(document_uri=f"{APP}/{n}") for n in range(100))).verdict(SuggestionChoices())
    (row,) = verdict.rows
    assert dict(row.cause.sightings)[OTHER_PAGES] == 80


class Endless(io.RawIOBase):
    """A stream of reports with 1,000 paths on 1,000 pages, never in memory as a whole."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.number = 0
        self.rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.rest and self.left > 0:
            self.number += 1
            path = self.number % 1_000
            report = legacy(blocked_uri=f"{CDN}/{path}.png", document_uri=f"{APP}/{path}")
            self.rest = json.dumps(report).encode() + b"\n"
            self.left -= len(self.rest)
        piece = self.rest[: len(buffer)]
        self.rest = self.rest[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)


def add_all(size: int) -> None:
    made = Tally(POLICY, (APP,), most=200)
    for item in objects_in(Endless(size)):  # type: ignore[arg-type]
        assert isinstance(item, dict)
        record = record_of(item)
        assert isinstance(record, Record)
        made.add(record)


def test_memory_does_not_grow_with_the_number_of_reports() -> None:
    def peak(size: int) -> int:
        tracemalloc.start()
        try:
            add_all(size)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    add_all(2 * CHUNK)  # fills what is remembered of URLs
    assert peak(4 * CHUNK) < peak(CHUNK) + CHUNK // 2


def test_reports_of_other_headers_are_kept_with_their_header_and_pages() -> None:
    tally = Tally(POLICY, {APP})
    for page in (f"{APP}/a?secret=1", f"{APP}/b", "https://elsewhere.example/"):
        body = {"blockedURL": f"{CDN}/x.js?v=2", "destination": "script", "documentURL": page}
        found = record_of({"type": "integrity-violation", "url": page, "body": body})
        tally.add_all([found])
    verdict = tally.verdict(SuggestionChoices())
    assert verdict.breakages == (
        HeaderBreakage(
            "integrity-policy",
            "",
            f"integrity-violation report: {CDN}/x.js, script",
            (f"{APP}/a", f"{APP}/b"),
        ),
    )
    assert not verdict.clean
    assert tally.dropped == {FOREIGN: 1}
