from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.edge.patterns import invalidates
from edgerollout.release.facts.path_pattern import matches


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*", "/", True),
        ("*", "/any/thing.html", True),
        ("/images/*", "/images/a/b.png", True),
        ("images/*", "/images/a.png", True),
        ("/images/*", "/images/", True),
        ("/images/*", "/images", False),
        ("/images/*", "/Images/a.png", False),
        ("*.js", "/deep/app.js", True),
        ("*.js", "/app.jsx", False),
        ("*.js", "/app.JS", False),
        ("/a?.html", "/ab.html", True),
        ("/a?.html", "/a.html", False),
        ("/a?.html", "/abc.html", False),
        ("/a?c", "/a/c", True),
        ("/a*z", "/a/b/z", True),
        ("/a.html", "/a.html", True),
        ("/a.html", "/aXhtml", False),
        ("/(x)[1]", "/(x)[1]", True),
        ("/index.html", "/index.html/more", False),
    ],
)
def test_a_path_pattern_matches_as_cloudfronts_do(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/*", "/", True),
        ("/*", "/a/b.html?x=1", True),
        ("/a.html", "/a.html", True),
        ("/a.html", "/a.html?x=1", False),
        ("/a.html*", "/a.html?x=1", True),
        ("/a.html?x=1", "/a.html?x=1", True),
        ("/images/*", "/images/x/y.png", True),
        ("/images/*", "/image", False),
        ("/*.js", "/app.js", False),
        ("/A.html", "/a.html", False),
    ],
)
def test_an_invalidation_has_a_wildcard_only_at_its_end(pattern: str, path: str, expected: bool) -> None:
    assert invalidates(pattern, path) is expected


@given(st.text())
def test_a_path_without_wildcards_matches_itself_only(path: str) -> None:
    plain = path.replace("*", "").replace("?", "")
    assert matches(f"/{plain}", f"/{plain}")
    assert not matches(f"/{plain}", f"/{plain}x")
