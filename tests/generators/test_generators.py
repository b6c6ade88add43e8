"""Builds of real generators: the hashes that Chromium asks for, and the same pages with their code in files.

Only in `make thorough`, which installs the generators; docs/static-sites.md says what was last seen.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.inline.build import html_files, read_build
from edgerollout.inline.moving import externalise_build
from edgerollout.inline.page import read_page
from edgerollout.policy.inline_code import InlineKind
from tests.outside import LEFT_OUT, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

pytestmark = pytest.mark.thorough

HERE = Path(__file__).parent
BUILDS = {
    "astro": (("astro", "build"), "dist"),
    "docusaurus": (("docusaurus", "build"), "build"),
    "eleventy": (("eleventy",), "_site"),
    "next": (("next", "build"), "out"),
    "svelte": (("vite", "build"), "build"),
    "vitepress": (("vitepress", "build", "docs"), "docs/.vitepress/dist"),
}
"""By the project's folder: how it is built, and where."""

NOTHING = "script-src 'none'; script-src-attr 'none'; style-src 'none'"
ALLOWING = (
    "default-src 'self' data:; script-src 'self' {0}; script-src-attr 'unsafe-hashes' {0};"
    " style-src 'self' 'unsafe-hashes' {0}"
)
"""A policy with a build's hashes in it."""
UNTOLD = {InlineKind.HANDLER, InlineKind.JAVASCRIPT_URL}
"""Chromium prints no hash of them."""

DOM = """() => {
  const told = element => [
    element.localName, ...[...element.attributes].map(a => `${a.name}=${a.value}`).sort(),
    element.children.length ? '' : element.textContent].join('|');
  const code = ['script', 'style', 'link'];
  const shown = [...document.querySelectorAll('*')].filter(element => !code.includes(element.localName));
  const looks = element => { const style = getComputedStyle(element); return style.color + style.margin; };
  // Libraries write into the head in an order that depends on time.
  const head = shown.filter(element => document.head.contains(element)).map(told).sort();
  const body = shown.filter(element => document.body.contains(element));
  return [head, body.map(told), body.map(looks)];
}"""


class Site:
    """A folder as a browser sees it, under a policy."""

    def __init__(self, browser: Browser, root: Path) -> None:
        self._browser, self._root = browser, root

    def look(self, page: str, policy: str) -> tuple[list[str], Any]:
        """What the browser says while it shows the page, and the DOM once nothing comes any more."""
        tab = self._browser.new_page()
        said: list[str] = []
        session = tab.context.new_cdp_session(tab)
        session.on("Log.entryAdded", lambda event: said.append(event["entry"]["text"]))
        session.send("Log.enable")
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.route("**/*", lambda route: self._answer(route, policy))
        tab.goto(f"https://site.example/{page}", wait_until="networkidle")
        tab.wait_for_timeout(1000)
        dom = tab.evaluate(DOM)
        tab.close()
        return said, dom

    def _answer(self, route: Route, policy: str) -> None:
        path = route.request.url.removeprefix("https://site.example/").split("?")[0]
        file = self._root / path
        file = file / "index.html" if file.is_dir() else file
        if not route.request.url.startswith("https://site.example/") or not file.is_file():
            route.fulfill(status=404, body="")
            return
        kind = guess_type(file.name)[0] or "application/octet-stream"
        headers = {"content-type": kind, "content-security-policy": policy}
        route.fulfill(status=200, headers=headers, body=file.read_bytes())


@pytest.mark.parametrize("project", BUILDS)
def test_a_build_has_the_hashes_that_chromium_asks_for_and_is_the_same_with_its_code_in_files(
    project: str, tmp_path: Path
) -> None:
    root, moved = built(project, tmp_path), tmp_path / "moved"
    externalise_build(root, moved, "/")
    allowing, less = (ALLOWING.format(" ".join(hashes(folder))) for folder in (root, moved))
    assert len(less) <= len(allowing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(chromium()), args=["--no-sandbox"])
        before, after = Site(browser, root), Site(browser, moved)
        for file in html_files(root):
            page = file.relative_to(root).as_posix()
            said, _ = before.look(page, NOTHING)
            asked = set(re.findall(r"'sha256-[A-Za-z0-9+/=]+'", " ".join(said)))
            ours = {code.source for code in read_page(file.read_bytes()).codes if code.kind not in UNTOLD}
            assert asked == ours, page
            old, new = before.look(page, allowing), after.look(page, less)
            assert [without_policy(text) for text in new[0]] == [without_policy(text) for text in old[0]], (
                page
            )
            assert new[1] == old[1], page
        browser.close()


def hashes(folder: Path) -> list[str]:
    return sorted({code.source for code in read_build(folder).found})


def without_policy(text: str) -> str:
    return re.sub(r"directive '[^;]*?''?\.", "", text)


def built(project: str, folder: Path) -> Path:
    """The build of a project; skips the test, loudly, where its generator is missing."""
    packages = HERE / "node_modules"
    (program, *words), out = BUILDS[project]
    if shutil.which("node") is None or not (packages / ".bin" / program).exists():
        pytest.skip(f"{LEFT_OUT}{program} of tests/generators is not installed (make thorough installs it)")
    source = folder / project
    shutil.copytree(HERE / "projects" / project, source)
    (source / "node_modules").symlink_to(packages)
    quiet = {"ASTRO_TELEMETRY_DISABLED": "1", "NEXT_TELEMETRY_DISABLED": "1", "DOCUSAURUS_NO_TELEMETRY": "1"}
    done = subprocess.run(
        [str(packages / ".bin" / program), *words],
        cwd=source,
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return source / out
