"""`scan` as a user runs it: from a live site, from files, with a release in view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Site
    from .project import Project

pytestmark = pytest.mark.sandbox

_GOOD = """\
Strict-Transport-Security: max-age=31536000
Content-Security-Policy: default-src 'none'; frame-ancestors 'none'
X-Content-Type-Options: nosniff
X-Frame-Options: DENY
Referrer-Policy: no-referrer
Permissions-Policy: camera=()
"""


def test_saved_headers_are_graded_without_any_configuration(project: Project) -> None:
    project.write("h.txt", _GOOD)

    words = ("--headers", "h.txt", "--url", "www.site.test", "-C", "nowhere", "--min-grade", "A+")
    result = project.run("scan", *words, "-o", "json", endpoint=False)

    assert result.code == 0
    (graded,) = result.document["results"]
    assert graded["observatory"]["grade"] == "A+"
    assert graded["securityheaders"]["grade"] == "A+"
    assert graded["if_enforced"] is None
    assert any("assumed" in note for note in graded["notes"])


def test_a_grade_below_the_least_one_is_6_and_the_others_are_shown(project: Project, site: Site) -> None:
    site.headers = {"Content-Security-Policy-Report-Only": "default-src 'none'", "X-Frame-Options": "DENY"}

    result = project.run("scan", site.url, "http://127.0.0.1:9/", "--min-grade", "B", endpoint=False)

    assert result.code == 6
    assert "once enforced" in result.out
    assert "connection refused" in result.out
    assert result.err == f"below B: {site.url}\n"


@pytest.mark.parametrize(
    "status", ["500 Internal Server Error", "404 Not Found", "302 Found", "204 No Content"]
)
def test_the_best_headers_of_an_answer_without_a_page_pass_no_least_grade(
    project: Project, status: str
) -> None:
    project.write("h.txt", f"HTTP/1.1 {status}\n{_GOOD}")

    words = ("--headers", "h.txt", "--url", "www.site.test", "--min-grade", "F", "-o", "json")
    result = project.run("scan", *words, endpoint=False)

    assert result.code == 6
    (graded,) = result.document["results"]
    assert (graded["status"], graded["observatory"]) == (int(status[:3]), None)
    assert f"the answer is {status[:3]}" in graded["error"]


def test_the_headers_of_a_page_bring_no_control_characters_and_no_markup(
    project: Project, site: Site
) -> None:
    url = f"{site.url}%1b[31m|<b>"

    for output in ("text", "markdown", "json"):
        result = project.run("scan", url, "-o", output, endpoint=False)

        assert "\x1b" not in result.out
        assert output != "markdown" or "<b>" not in result.out.replace("`", "").partition("summary")[2]


def test_a_release_is_graded_beside_what_is_sent_now(project: Project, site: Site) -> None:
    project.distribution()
    project.publish_here()
    site.headers = {"Server": "S3"}

    result = project.run("scan", site.url, "-e", "testing", "--release", "1", "-o", "json")

    assert result.code == 0, result.err
    (graded,) = result.document["results"]
    after = graded["after"]
    assert graded["observatory"]["tests"]["x-content-type-options"]["modifier"] == -5
    assert after["observatory"]["tests"]["x-content-type-options"]["modifier"] == 0
    assert after["if_enforced"]["observatory"]["score"] > after["observatory"]["score"]
    assert project.writes() == {} or "cloudfront:UpdateDistribution" in project.writes()


def test_an_environments_urls_are_scanned_with_what_publish_would_release(
    project: Project, site: Site
) -> None:
    project.configure(urls=(site.url,))
    project.distribution()

    result = project.run("scan", "-e", "testing", "-o", "json")

    assert result.code == 0, result.err
    (graded,) = result.document["results"]
    assert graded["url"] == site.url
    assert graded["after"]["observatory"]["tests"]["referrer-policy"]["result"] == "referrer-policy-private"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing to scan"),
        (("ftp://a",), "cannot be scanned"),
        (("a.test", "--har", "x"), "cannot be combined"),
        (("--headers", "x"), "--url"),
        (("--html", "x", "a.test"), "need --headers"),
        (("a.test", "--min-grade", "Z"), "the grade"),
        (("a.test", "--resolve", "a.test"), "HOST:PORT:ADDRESS"),
        (("a.test", "--ca-file", "nowhere"), "cannot be used"),
    ],
)
def test_what_cannot_be_carried_out_is_2(project: Project, arguments: tuple[str, ...], said: str) -> None:
    result = project.run("scan", *arguments, endpoint=False)

    assert result.code == 2
    assert said in result.err
    assert result.out == ""
