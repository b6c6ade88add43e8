"""`hashes`: what a build has of inline code, and whether a policy has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.inline_code import hash_source

if TYPE_CHECKING:
    from .project import Project

pytestmark = pytest.mark.sandbox

PAGE = "<script>start()</script><style>p{}</style><p onclick='go()'>"
SCRIPT, STYLE, HANDLER = map(hash_source, ("start()", "p{}", "go()"))


def build(project: Project, *pages: str) -> None:
    for number, page in enumerate(pages):
        project.write(f"dist/{number or 'index'}.html", f"<meta charset=utf-8>{page}")


def test_the_hashes_of_a_build_are_listed_once_with_their_places(project: Project) -> None:
    build(project, PAGE, PAGE)
    project.write("dist/node_modules/x/index.html", "<script>not_ours()</script>")
    project.write("dist/about", "<!doctype html><script>about()</script>")
    document = project.run("hashes", "--site", "dist", "-o", "json").document
    assert document["pages"] == 3
    assert {(code["kind"], code["source"]) for code in document["code"]} == {
        ("script", SCRIPT),
        ("style", STYLE),
        ("handler", HANDLER),
        ("script", hash_source("about()")),
    }
    assert [
        place["file"] for code in document["code"] if code["source"] == SCRIPT for place in code["places"]
    ] == [
        "1.html",
        "index.html",
    ]
    told = project.run("hashes", "--site", "dist").out
    assert SCRIPT in told
    assert "2 scripts, 1 style, 1 event handler" in told


def test_a_policy_is_checked_written_and_checked_again(project: Project) -> None:
    build(project, "<script>start()</script>")
    project.policy("[csp]\ndefault-src = [\"'self'\"]\nscript-src = [\"'self'\", \"'sha256-old='\"]\n")
    blocked = project.run("hashes", "--site", "dist", "--check", "-o", "json")
    assert blocked.code == 6
    assert [code["allowed"] for code in blocked.document["code"]] == [False]
    assert blocked.document["idle"] == [{"directive": "script-src", "source": "'sha256-old='"}]
    written = project.run("hashes", "--site", "dist", "--write")
    assert written.code == 0, written.out
    assert "1 hash in marked blocks" in written.err
    assert project.run("hashes", "--site", "dist", "--check").code == 0
    build(project, "<script>changed()</script>")
    assert project.run("hashes", "--site", "dist", "--check").code == 6
    assert project.run("hashes", "--site", "dist", "--write").code == 0
    policy = (project.folder / "config/policy.toml").read_text(encoding="utf-8")
    assert hash_source("changed()") in policy
    assert SCRIPT not in policy
    assert "'sha256-old='" in policy


def test_code_in_attributes_needs_more_than_a_hash_and_the_check_says_so(project: Project) -> None:
    build(project, PAGE)
    written = project.run("hashes", "--site", "dist", "--write")
    assert written.code == 6
    assert "'unsafe-hashes'" in written.out


def test_the_live_release_is_checked_too(project: Project) -> None:
    build(project, "<script>start()</script>")
    project.distribution()
    nothing = project.run("hashes", "--site", "dist", "--check", "--live")
    assert nothing.code == 6
    assert "nothing is live in testing" in nothing.err
    project.run("hashes", "--site", "dist", "--write")
    assert project.run("publish", "-e", "testing", "--create", "--yes").code == 0
    assert project.run("hashes", "--site", "dist", "--check", "--live").code == 0
    build(project, "<script>changed()</script>")
    late = project.run("hashes", "--site", "dist", "--check", "--live")
    assert late.code == 6
    assert "release 1, live in testing, blocks 1 script" in late.out


def test_a_build_that_cannot_be_read_whole_is_refused(project: Project) -> None:
    cases = {
        ("--site", "nowhere"): "nowhere does not exist",
        ("--site", "config"): "config has no HTML file",
        (): "--site is missing",
        ("--site", "config", "--live"): "--live needs --check",
        ("--site", "config", "--check", "--write"): "exclude each other",
    }
    for options, said in cases.items():
        result = project.run("hashes", *options)
        assert (result.code, said in result.err) == (2, True), (options, result.err)
    build(project, PAGE)
    (project.folder / "dist" / "gone.html").symlink_to("nowhere")
    result = project.run("hashes", "--site", "dist")
    assert (result.code, "gone.html cannot be read" in result.err) == (2, True), result.err


def test_a_build_is_copied_with_its_inline_code_in_files(project: Project) -> None:
    build(project, PAGE, PAGE.replace("go()", "stay()"))
    project.write("dist/app.js", "app()")
    moved = project.run("externalise", "--site", "dist", "--out", "new", "-o", "json").document
    assert (moved["moved"], moved["files"]) == (4, 2)
    assert {(left["kind"], left["source"]) for left in moved["left"]} == {
        ("handler", HANDLER),
        ("handler", hash_source("stay()")),
    }
    assert (project.folder / "new/app.js").read_text(encoding="utf-8") == "app()"
    code = project.run("hashes", "--site", "new", "-o", "json").document["code"]
    assert {found["kind"] for found in code} == {"handler"}
    again = project.run("externalise", "--site", "dist", "--out", "new")
    assert (again.code, "new is not empty" in again.err) == (2, True)
    within = project.run("externalise", "--site", "dist", "--out", "dist/new")
    assert (within.code, (project.folder / "dist/new").exists()) == (2, False)
    based = project.run("externalise", "--site", "dist", "--out", "based", "--base-path", "/docs")
    assert based.code == 0
    assert 'src="/docs/_inline/' in (project.folder / "based/index.html").read_text(encoding="utf-8")
