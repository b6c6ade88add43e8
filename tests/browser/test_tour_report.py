"""The tour's report in a real Chromium: it loads nothing, keeps its own policy, and can be read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from edgerollout.views.tour_html import tour_html
from tests.outside import LEFT_OUT, chromium
from tests.spelling import spell
from tests.unit.views import tours

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

SCREENS = {"phone": (390, 844), "desktop": (1280, 900)}

_CONTRASTS = """() => {
  const parse = text => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return {r, g, b, a};
  };
  const luminance = ({r, g, b}) => {
    const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.a === 1) return colour;
    }
    return {r: 255, g: 255, b: 255};
  };
  const weak = [];
  let seen = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim()) continue;
    seen++;
    const pair = [luminance(parse(getComputedStyle(element).color)), luminance(ground(element))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) weak.push(`${element.className}: ${walk.currentNode.data} ${ratio}`);
  }
  return [seen, weak];
}"""

_FOCUS = """() => {
  const at = document.activeElement;
  return [at.outerHTML, getComputedStyle(at).outlineStyle];
}"""

_REACHABLE = """() => [...document.querySelectorAll('a[href], summary, [tabindex], input:checked')]
  .filter(one => one.checkVisibility()).length"""

_PICTURES = """() => [...document.querySelectorAll('.shot svg, .thumb svg')]
  .map(one => one.getBoundingClientRect().width)"""

_SMALL = """() => [...document.querySelectorAll('body *')]
  .filter(one => one.textContent.trim() && parseFloat(getComputedStyle(one).fontSize) < 12)
  .map(one => one.outerHTML)"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a report of each kind."""
    folder = tmp_path_factory.mktemp("reports")
    for name, tour in (("clean", tours.clean()), ("dirty", tours.dirty()), ("hostile", tours.hostile())):
        verdict = tours.judged(tour)
        heading, grades = tours.heading_of(tour), tours.grades(verdict)
        text = tour_html(tour, verdict, heading, spell=spell, grades=grades)
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip(f"{LEFT_OUT}playwright is not installed (pip install edgerollout[tour])")
    with sync_playwright() as started:
        launched = started.chromium.launch(
            executable_path=str(program), args=["--no-sandbox", "--disable-gpu", "--disable-component-update"]
        )
        try:
            yield launched
        finally:
            launched.close()


class Opened:
    """A report in the browser, with all it said and asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.answered: list[str] = []
        page.on("response", lambda response: self.answered.append(response.url))
        page.on("request", lambda request: self.asked.append(request.url))


@contextmanager
def opened(browser: Browser, file: Path, screen: str = "desktop", scheme: str = "light") -> Iterator[Opened]:
    width, height = SCREENS[screen]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
    )
    try:
        seen = Opened(context.new_page())
        seen.page.goto(file.as_uri())
        yield seen
    finally:
        context.close()


@pytest.mark.parametrize("name", ["clean", "dirty", "hostile"])
def test_a_report_breaks_no_policy_and_asks_for_nothing(name: str, browser: Browser, reports: Path) -> None:
    file = reports / f"{name}.html"
    with opened(browser, file) as seen:
        seen.page.wait_for_timeout(200)

        assert seen.said == []
        assert [url for url in seen.asked if not url.startswith("data:")] == [file.as_uri()]
        # The style sheet took effect: its hash is right.
        assert seen.page.evaluate("getComputedStyle(document.querySelector('.figures')).display") == "flex"


def test_a_report_of_136_causes_is_short_filtered_and_unfolds_where_a_link_leads(
    browser: Browser, reports: Path
) -> None:
    tour = tours.many_causes()
    text = tour_html(tour, tours.judged(tour), tours.heading_of(tour), spell=spell)
    file = reports / "many.html"
    file.write_text(text, encoding="utf-8")
    with opened(browser, file) as seen:
        page = seen.page
        assert page.locator(".cause").count() == 136
        assert page.evaluate("document.documentElement.scrollHeight") < 9_000
        page.get_by_label("needs a change of the page").check()
        shown = page.locator(".cause:visible")
        assert 0 < shown.count() < 50
        assert page.locator(".group:visible").count() == 2
        page.locator("[name=page]").nth(2).check()
        assert 0 < shown.count() < 10
        page.get_by_label("everything").check()
        page.get_by_label("every page").check()
        page.locator("#todo a[href^='#cause-']").first.click()
        assert page.locator(".cause[open] h4").count() == 1
        assert seen.said == []


def test_the_policy_of_a_report_stops_what_would_get_in(browser: Browser, reports: Path) -> None:
    """What a hole in the escaping would let in still does nothing."""
    text = (reports / "dirty.html").read_text(encoding="utf-8")
    smuggled = (
        "<script>alert(1)</script><img src='https://evil.example/x.png' onerror='alert(2)'>"
        "<base href='https://evil.example/'>"
    )
    file = reports / "smuggled.html"
    file.write_text(text.replace("<footer>", f"{smuggled}<footer>"), encoding="utf-8")

    with opened(browser, file) as seen:
        seen.page.wait_for_timeout(200)

        assert seen.answered == [file.as_uri()]
        assert seen.page.evaluate("document.baseURI") == file.as_uri()
        assert len([line for line in seen.said if "Content Security Policy" in line]) >= 3
        assert not {"1", "2"} & set(seen.said)


@pytest.mark.parametrize("name", ["clean", "dirty", "hostile"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_report_is_never_wider_than_the_screen(
    screen: str, name: str, browser: Browser, reports: Path
) -> None:
    with opened(browser, reports / f"{name}.html", screen) as seen:
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= SCREENS[screen][0]
        assert seen.page.evaluate(_SMALL) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["clean", "dirty"])
def test_every_word_of_a_report_can_be_told_from_its_ground(
    name: str, scheme: str, browser: Browser, reports: Path
) -> None:
    """WCAG 2.2, 1.4.3, as the browser computes the colours."""
    with opened(browser, reports / f"{name}.html", scheme=scheme) as seen:
        count, weak = seen.page.evaluate(_CONTRASTS)

        assert count > 40
        assert weak == []


def test_the_keyboard_reaches_the_findings_first_and_every_link(browser: Browser, reports: Path) -> None:
    with opened(browser, reports / "dirty.html") as seen:
        links = seen.page.evaluate(_REACHABLE)
        reached = []
        for _ in range(links):
            seen.page.keyboard.press("Tab")
            reached.append(seen.page.evaluate(_FOCUS))

        assert "Skip to the findings" in reached[0][0]
        assert len({html for html, _ in reached}) > links // 2
        assert {outline for _, outline in reached} == {"solid"}


def test_pictures_are_shown_large_and_small(browser: Browser, reports: Path) -> None:
    with opened(browser, reports / "dirty.html") as seen:
        boxes = seen.page.evaluate(_PICTURES)

        assert max(boxes) > 250
        assert 0 < min(boxes) < 400


def test_paper_shows_what_is_folded_on_the_screen(browser: Browser, reports: Path) -> None:
    with opened(browser, reports / "dirty.html") as seen:
        assert seen.page.evaluate("document.querySelector('details pre').checkVisibility()") is False
        seen.page.emulate_media(media="print")

        seen.page.wait_for_function("document.querySelector('details pre').checkVisibility()")
        assert seen.page.evaluate("getComputedStyle(document.querySelector('.contents')).display") == "none"
