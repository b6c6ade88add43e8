"""A built site's folder answers as a bucket with its files would, and as its rules say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgerollout.edge.folder import SiteFolder
from edgerollout.edge.origins import OriginRequest

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.edge.message import EdgeResponse

_FILES = {
    "index.html": "home",
    "about.html": "about",
    "docs/index.html": "docs",
    "docs/guide.html": "guide",
    "assets/app.js": "1",
    "with space.txt": "spaced",
    "v1.2/index.html": "dotted",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "secret.txt").write_text("outside")
    return folder


def get(site: SiteFolder, path: str, method: str = "GET") -> EdgeResponse:
    return site.fetch(OriginRequest(method, path))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/index.html", b"home"),
        ("/", b"home"),
        ("/docs/", b"docs"),
        ("/docs/guide", b"guide"),
        ("/about", b"about"),
        ("/with%20space.txt", b"spaced"),
        ("/v1.2/", b"dotted"),
        ("/tickets", b"home"),
        ("/tickets/42", b"home"),
        ("/tickets/", b"home"),
        ("/sch%C3%B6n", b"home"),
    ],
)
def test_a_path_finds_its_page_or_the_single_page_app(root: Path, path: str, body: bytes) -> None:
    answer = get(SiteFolder(root), path)
    assert (answer.status, answer.body) == (200, body)


@pytest.mark.parametrize("path", ["/assets/gone.js", "/../secret.txt", "/%2e%2e/secret.txt", "/a%00b.js"])
def test_a_file_that_is_missing_or_outside_is_a_404_also_in_a_single_page_app(root: Path, path: str) -> None:
    assert get(SiteFolder(root), path).status == 404


def test_without_the_single_page_app_an_unknown_path_is_missing(root: Path) -> None:
    site = SiteFolder(root, spa=False)
    assert get(site, "/tickets").status == 404
    assert get(site, "/about").status == 200


@pytest.mark.parametrize("path", ["/", "/docs/", "/docs", "/about", "/tickets"])
def test_a_bare_bucket_knows_keys_only(root: Path, path: str) -> None:
    assert get(SiteFolder(root, spa=False, pages=False, missing_status=403), path).status == 403


def test_a_folder_without_its_slash_leads_to_the_one_with_it(root: Path) -> None:
    answer = SiteFolder(root).fetch(OriginRequest("GET", "/docs", "q=1"))
    assert (answer.status, answer.header("location")) == (302, "/docs/?q=1")


def test_a_missing_file_gets_the_sites_own_error_page(root: Path) -> None:
    (root / "404.html").write_text("lost")
    answer = get(SiteFolder(root, spa=False), "/tickets")
    assert (answer.status, answer.body, answer.header("content-type")) == (404, b"lost", "text/html")


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("page.html", "text/html"),
        ("app.js", "text/javascript"),
        ("app.mjs", "text/javascript"),
        ("app.js.map", "application/json"),
        ("font.woff2", "font/woff2"),
        ("engine.wasm", "application/wasm"),
        ("site.webmanifest", "application/manifest+json"),
        ("photo.AVIF", "image/avif"),
        ("mark.svg", "image/svg+xml"),
        ("favicon.ico", "image/x-icon"),
        ("data.unheard-of", "binary/octet-stream"),
    ],
)
def test_content_types_are_right_on_any_machine(root: Path, name: str, content_type: str) -> None:
    (root / name).write_text("x")
    assert get(SiteFolder(root), f"/{name}").header("content-type") == content_type


@given(st.text(alphabet=st.sampled_from("./%2e\\:~ \x00ädocsindexhtml"), max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_path_leaves_the_folder_or_breaks_it(root: Path, path: str) -> None:
    answer = get(SiteFolder(root), f"/{path}")
    assert answer.status in (200, 302, 404)
    assert b"outside" not in answer.body


def test_a_rebuilt_file_is_served_as_it_stands_and_nobody_keeps_it(root: Path) -> None:
    site = SiteFolder(root)
    assert get(site, "/assets/app.js").header("cache-control") == "no-store"
    (root / "assets/app.js").write_text("2")
    assert get(site, "/assets/app.js").body == b"2"


def test_a_folder_takes_no_posts(root: Path) -> None:
    assert get(SiteFolder(root), "/index.html", "POST").status == 405


def test_a_head_has_the_length_and_no_body(root: Path) -> None:
    answer = get(SiteFolder(root), "/tickets", "HEAD")
    assert (answer.status, answer.header("content-length"), answer.body) == (200, "4", b"")
