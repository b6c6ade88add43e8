from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.grade.grades import grade_change, grades_of
from edgerollout.policy.grade.observation import assumed_site
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.scan import scan_json
from edgerollout.views.scan import Failed, Graded, Scanned, grade_change_words, scan_document

from .drawing import markdown_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

_BARE = (("server", "S3"), ("content-type", "text/html"))
_OBSERVED = (
    *_BARE,
    ("content-security-policy-report-only", "default-src 'self' 'unsafe-inline'"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains; preload"),
    ("x-frame-options", "DENY"),
)


def _graded(url: str, headers: tuple[tuple[str, str], ...], **more: int) -> Graded:
    seen = assumed_site(url, headers, **more)
    change = grade_change(headers, _OBSERVED, url)
    return Graded(seen, grades_of(seen), change.after if headers == _BARE else None)


SCANS: dict[str, tuple[Scanned, ...]] = {
    "one": (_graded("https://www.example.com/", _OBSERVED),),
    "several": (
        _graded("https://www.example.com/", _BARE),
        Failed("https://gone.example.com/", "connection refused"),
        _graded("https://staging.example.com/", _OBSERVED),
        Failed("https://inner.example.com/", "10.0.0.1 is not a public address", "--allow-private scans it"),
    ),
}


@pytest.mark.parametrize("width", [100, 40])
@pytest.mark.parametrize("name", SCANS)
def test_a_scan_is_text(name: str, width: int, golden: Callable[[str, str], None]) -> None:
    text = text_of(scan_document(SCANS[name]), width)

    golden(f"scan-{name}-{width}", text)
    assert [line for line in text.splitlines() if len(line) > width] == []


@pytest.mark.parametrize("name", SCANS)
def test_a_scan_is_markdown(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"scan-{name}-markdown", markdown_of(scan_document(SCANS[name])))


def test_a_scan_is_json(golden: Callable[[str, str], None]) -> None:
    golden("scan-several-json", json_text(scan_json(SCANS["several"])))


def test_a_change_of_grade_is_one_line() -> None:
    assert grade_change_words(grade_change(_BARE, _OBSERVED)) == (
        "Observatory D (30), securityheaders style F → Observatory B (70), securityheaders style D;"
        " once enforced Observatory B (75), securityheaders style C"
    )


def test_what_a_site_sends_brings_no_markup_and_moves_no_cursor() -> None:
    hostile: tuple[Scanned, ...] = (
        _graded("https://a.test/\x1b[31m|<img>`", _OBSERVED),
        Failed("https://b.test/", "TLS: \x1b[31m<img>|"),
    )

    text = text_of(scan_document(hostile))
    markdown = markdown_of(scan_document(hostile))

    assert "\x1b" not in text + markdown
    outside_code = re.sub(r"(`+).*?\1", "", markdown)
    assert not re.search(r"(?<!\\)<img", outside_code)
