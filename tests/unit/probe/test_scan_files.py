from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.errors import ConfigError, UsageError
from edgerollout.policy.grade.observation import SentCookie
from edgerollout.policy.grade.observatory import observatory_grade
from edgerollout.probe.scan_files import read_har, read_headers

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://www.site.test/"


def _headers(folder: Path, text: str) -> Path:
    path = folder / "headers.txt"
    path.write_text(text)
    return path


def test_repeated_headers_are_kept_apart(tmp_path: Path) -> None:
    seen = read_headers(_headers(tmp_path, "Set-Cookie: a=1\nset-cookie:b=2\nX-A: 1:2\n"), URL)

    assert seen.cookies == (SentCookie("www.site.test", "a=1"), SentCookie("www.site.test", "b=2"))
    assert seen.page.values("x-a") == ("1:2",)
    assert seen.secure
    assert any("assumed" in text for text in seen.assumed)


def test_of_several_answers_as_curl_prints_them_the_last_counts(tmp_path: Path) -> None:
    text = "HTTP/1.1 301 Moved\r\nLocation: /b\r\n\r\nHTTP/2 403\r\nX-Frame-Options: DENY\r\n\r\n"

    seen = read_headers(_headers(tmp_path, text), URL)

    assert (seen.page.status, seen.page.headers) == (403, (("x-frame-options", "DENY"),))


def test_the_page_may_come_from_a_file(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<script src="http://other.test/a.js"></script>')

    seen = read_headers(_headers(tmp_path, "X-A: 1"), URL, page)

    assert observatory_grade(seen).test("subresource-integrity").modifier == -50


def test_every_line_that_is_no_header_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_headers(_headers(tmp_path, "X-A: 1\nnonsense\n bad: 2\n\nX-B: 3\n"), URL)

    assert [problem.place.line for problem in caught.value.problems] == [2, 3, 5]


def test_of_a_file_that_is_something_else_the_first_lines_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_headers(_headers(tmp_path, "nonsense\n" * 1000), URL)

    assert len(caught.value.problems) == 20


def test_a_file_without_anything_is_no_site(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no header in it"):
        read_headers(_headers(tmp_path, "\n\n"), URL)

    assert read_headers(_headers(tmp_path, "HTTP/2 204\n\n"), URL).page.status == 204


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_headers(tmp_path / "nowhere", URL)


def _entry(url: str, *, status: int = 200, kind: str | None = "document", **more: Any) -> dict[str, Any]:
    redirect = more.pop("redirect", "")
    return {
        "pageref": more.pop("page", "page_1"),
        **({} if kind is None else {"_resourceType": kind}),
        "request": {"url": url, "headers": more.pop("asked", [])},
        "response": {
            "status": status,
            "headers": [{"name": "X-Frame-Options", "value": "DENY"}, *more.pop("headers", [])],
            "redirectURL": redirect,
            "content": {"mimeType": "text/html", "text": "<p>"},
        },
    }


def _har(folder: Path, *entries: object) -> Path:
    path = folder / "a.har"
    path.write_text(json.dumps({"log": {"entries": entries}}))
    return path


def test_a_space_before_the_colon_is_taken_as_browsers_take_it(tmp_path: Path) -> None:
    seen = read_headers(_headers(tmp_path, "X-Frame-Options : DENY\n"), URL)

    assert seen.page.values("x-frame-options") == ("DENY",)


def test_a_har_gives_the_document_of_each_page(tmp_path: Path) -> None:
    frame = [{"name": "Sec-Fetch-Dest", "value": "iframe"}]
    path = _har(
        tmp_path,
        _entry("https://frame.test/", asked=frame),
        _entry(URL, headers=[{"name": "Set-Cookie", "value": "a=1\nb=2"}]),
        _entry("https://www.site.test/a.js", kind="script"),
        _entry("https://www.site.test/later"),
        _entry("https://second.test/", page="page_2"),
    )

    first, second = read_har(path)

    assert (first.url, second.url) == (URL, "https://second.test/")
    assert [sent.value for sent in first.cookies] == ["a=1", "b=2"]


def test_the_redirects_in_a_har_are_the_way_from_http(tmp_path: Path) -> None:
    path = _har(tmp_path, _entry("http://www.site.test/", status=301, redirect=URL), _entry(URL))

    (seen,) = read_har(path)

    assert seen.http_route == ("http://www.site.test/", URL)
    assert seen.page.url == URL


def test_a_har_without_resource_types_goes_by_the_kind_of_content(tmp_path: Path) -> None:
    (seen,) = read_har(_har(tmp_path, _entry(URL, kind=None)))

    assert seen.url == URL


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"log": 1}', '{"log": {"entries": [1]}}', '{"log": {"entries": []}}', "[" * 100_000],
)
def test_what_is_no_har_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.har"
    path.write_text(text)

    with pytest.raises(UsageError):
        read_har(path)
