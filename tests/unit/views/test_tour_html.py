from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise

import pytest

from edgerollout.policy.csp import Csp
from edgerollout.tour.judgement import judge_causes
from edgerollout.tour.model import Box, Gathered, SelfTest
from edgerollout.tour.next_step import Circumstances
from edgerollout.views.tour_html import tour_html
from edgerollout.views.tour_rows import TourHeading
from tests.samples import THOROUGH
from tests.spelling import spell
from tests.unit.views import tours
from tests.unit.views.document import Document, Element, read

TOURS = {
    "clean": tours.clean,
    "dirty": tours.dirty,
    "hostile": tours.hostile,
    "headers": tours.broken_by_headers,
}
CSS = files("edgerollout.views").joinpath("tour_html.css").read_text(encoding="utf-8")
_TAGS = (
    "html head meta title link style body header main nav section article div footer h1 h2 h3 h4 p ul li"
    " dl dt dd pre table thead tbody tr th td details summary figure figcaption a strong span time code"
    " ins del svg use defs image rect fieldset legend label input"
)


def report(tour: Gathered) -> str:
    verdict = tours.judged(tour)
    return tour_html(tour, verdict, tours.heading_of(tour), spell=spell, grades=tours.grades(verdict))


def causes(page: Document) -> list[Element]:
    return [detail for detail in page.all("details") if "cause" in detail.attributes.get("class", "").split()]


def document(tour: Gathered) -> Document:
    return read(report(tour))


@pytest.mark.parametrize("name", TOURS)
def test_a_report_is_made_of_its_own_elements_only(name: str) -> None:
    page = document(TOURS[name]())

    assert {element.tag for element in page.elements} <= set(_TAGS.split())
    assert [
        element
        for element in page.elements
        for key in element.attributes
        if key.startswith("on") or key == "style"
    ] == []
    addresses = [*page.values("href"), *page.values("src")]
    assert all(
        address.startswith(("#", "https://", "data:,", "data:image/png;base64,")) for address in addresses
    )


def test_hostile_text_is_shown_as_text() -> None:
    page = document(tours.hostile())

    assert "</script><script>alert(1)</script>" in page.text
    assert "\\u202egnp.exe" in page.text
    assert "\u202e" not in report(tours.hostile())
    assert "\0" not in report(tours.hostile())


@pytest.mark.parametrize("name", TOURS)
def test_the_policy_of_a_report_stands_before_all_it_is_about(name: str) -> None:
    html = report(TOURS[name]())
    style = html.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (value,) = [
        element.attributes["content"]
        for element in read(html).all("meta")
        if element.attributes.get("http-equiv") == "Content-Security-Policy"
    ]

    assert html.index("Content-Security-Policy") < html.index("<style>")
    assert Csp.parse(value).to_json() == {
        "default-src": ["'none'"],
        "style-src": [f"'sha256-{digest}'"],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


@pytest.mark.parametrize("name", TOURS)
def test_headings_go_down_one_level_at_a_time(name: str) -> None:
    levels = [int(h1.tag[1]) for h1 in document(TOURS[name]()).all("h1", "h2", "h3", "h4")]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("name", TOURS)
def test_every_place_is_there_once_and_every_reference_leads_to_one(name: str) -> None:
    page = document(TOURS[name]())
    ids = page.values("id")

    assert len(ids) == len(set(ids))
    assert {value[1:] for value in page.values("href") if value.startswith("#")} <= set(ids)
    assert set(page.values("aria-labelledby")) <= set(ids)


def test_every_picture_says_what_it_shows() -> None:
    shown = [
        element
        for element in document(tours.dirty()).all("svg")
        if element.attributes.get("aria-hidden") != "true"
    ]

    assert len(shown) > 2
    assert all(element.attributes["role"] == "img" and element.attributes["aria-label"] for element in shown)


def test_a_picture_is_in_the_file_once() -> None:
    assert report(tours.dirty()).count("data:image/png;base64,") == 2


def test_a_clean_tour_says_so_first() -> None:
    page = document(tours.clean())

    assert page.all("h1")[0].text == "✓Nothing would break on 2 pages"
    assert page.all("title")[0].text == "Nothing would break on 2 pages · tour of testing"
    assert page.all("ins") == []


def test_a_clean_tour_with_a_deaf_detector_is_not_called_clean() -> None:
    tour = replace(tours.clean(), self_test=SelfTest(("inline-script",), ("third-party-image",)))

    page = document(tour)

    assert (
        page.all("h1")[0].text == "!Nothing would break on what the tour saw, but it did not see everything"
    )
    assert "it missed third-party-image" in page.text
    assert "passed its test" not in page.text


def test_a_tour_of_nothing_is_not_called_clean() -> None:
    assert document(tours.gathered()).all("h1")[0].text == "!The tour saw no page, so nothing is known"


def test_every_cause_says_what_where_and_what_to_do() -> None:
    articles = causes(document(tours.dirty()))
    (image,) = [article.text for article in articles if "images.example.net" in article.text]
    (redirect,) = [article.text for article in articles if "redirected" in article.text]
    (evaluated,) = [article.text for article in articles if "unsafe-eval" in article.text]

    assert len(articles) == 11
    assert "3 images from images.example.net would be blocked" in image
    assert "https://images.example.net/p/2.jpg" in image
    assert f"{tours.SITE}/:42:7" in image
    assert '<img class="hero"' in image
    assert "img-src https://images.example.net" in image
    assert "https://prices.example.io/today.json" in redirect
    assert "connect-src https://prices.example.io" in redirect
    assert "needs a decision" in evaluated
    assert "template.min.js:1:40213" in evaluated


def test_what_to_do_comes_first_with_the_commands_that_do_it() -> None:
    page = document(tours.dirty())
    html = report(tours.dirty())
    commands = [item.text for item in page.all("code") if "command" in item.attributes.get("class", "")]
    assert commands == [
        "edgerollout tour -e testing --write",
        "edgerollout tour -e testing --accept unsafe-eval --write",
    ]
    assert html.index("The policy to copy") < html.index("1 decision<") < html.index('id="causes"')
    balance = "on 3 of 4 pages · 11 fixed by --write · 1 needs you: --accept unsafe-eval"
    assert f"13 things would break {balance}" in page.text
    clean = report(tours.clean())
    assert "edgerollout promote -e testing --enforce" in clean


def test_causes_are_filtered_by_what_they_need_and_by_page_without_a_script() -> None:
    page = document(tours.dirty())
    buttons = [item.attributes["id"] for item in page.all("input")]
    assert buttons[0] == "show-all"
    assert {"show-is-allow", "show-is-decide", "show-is-rework", "show-on-page-3"} <= set(buttons)
    rules = page.all("style")[0].text
    assert all(
        f"#{button}:checked" in rules for button in buttons if button not in ("show-all", "show-every-page")
    )
    (decision,) = [cause for cause in causes(page) if "is-decide" in cause.attributes["class"].split()]
    assert decision.text.startswith("evaldecide: script-src 'unsafe-eval'")


def test_a_picture_shows_the_place_of_what_is_told() -> None:
    seen = tours.record("img-src", "https://images.example.net/a.jpg", mark="1:1")
    boxes = {"1:1": Box(300.2, 1500.0, 200.0, 100.0)}
    tour = tours.gathered(tours.visit("/", seen, screenshot=tours.png(1280, 2400), boxes=boxes))
    (frame,) = document(tour).all("rect")
    assert [frame.attributes[name] for name in ("x", "y", "width", "height")] == ["297", "1497", "206", "106"]
    assert 'viewBox="80 1350 640 400"' in report(tour)


def test_what_the_policy_gains_is_marked() -> None:
    page = document(tours.dirty())

    assert "+ https://images.example.net" in [element.text for element in page.all("ins")]
    assert "until now default-src applied" in page.text
    assert "style-src 'self' 'sha256-" in page.all("pre")[0].text


def test_grades_are_those_of_now_of_enforcing_and_with_the_suggestions() -> None:
    page = document(tours.dirty())

    heads = [element.text for element in page.all("th")]
    assert heads.index("Now") < heads.index("Once enforced") < heads.index("With the suggestions, enforced")
    tour = tours.dirty()
    without = tour_html(tour, tours.judged(tour), tours.heading_of(tour), spell=spell)
    assert "Grades" not in read(without).text


def test_the_report_of_a_tour_that_was_logged_in_holds_no_query_and_no_code() -> None:
    secret = "?token=hunter2#part"
    page = f"{tours.SITE}/account{secret}"
    found = tours.record(
        "script-src-attr",
        "inline",
        page,
        document=page,
        source=f"{tours.SITE}/a.js{secret}",
        element='<b onclick="hunter2()">',
        attribute=("onclick", "hunter2()"),
        sample="hunter2()",
    )
    image = tours.record(
        "img-src", f"https://img.example.net/x.png{secret}", page, element="<img alt=hunter2>"
    )
    visit = tours.visit(
        page, found, image, final_url=page, title="hunter2", incomplete=(f"{page} never settled",)
    )
    tour = tours.gathered(visit, private=True, partial=(f"{page} was not visited",))

    html = report(tour)

    assert "hunter2" not in html
    anonymous = report(replace(tour, private=False))
    assert "hunter2()" in anonymous
    assert secret not in anonymous
    assert f"{tours.SITE}/account" in html


def test_a_report_stays_small_whatever_was_found() -> None:
    many = 3000 if THOROUGH else 300
    records = [
        tours.record("img-src", f"https://host{number}.example.net/{'x' * 3000}", element="<img " * 60)
        for number in range(many)
    ]
    noise = tours.png(800, 600, noise=True)
    pages = [tours.visit(f"/{number}", screenshot=noise) for number in range(60)]
    tour = tours.gathered(tours.visit("/", *records, title="t" * 10_000), *pages)

    html = report(tour)

    assert len(causes(read(html))) == 200
    assert f"And {many - 200} other causes" in html
    assert len(html) < 9_500_000
    assert "screenshots did not fit in this file" in read(html).text


def test_violation_reports_have_a_report_without_pages_or_browser() -> None:
    rows = tours.judged(tours.dirty()).rows
    verdict = judge_causes([row.cause for row in rows], tours.POLICY)

    heading = TourHeading(Circumstances("reports", "production", "reports.json"))
    page = read(tour_html(None, verdict, heading, spell=spell))

    assert page.all("h1")[0].text == "✕13 things would break on 3 pages"
    assert "Browser" not in page.text
    assert page.all("figure") == []


# --- the palette -----------------------------------------------------------------------------------------

TEXTS_ON = {
    "paper": ("ink", "muted", "link", "good", "bad", "warn"),
    "panel": ("ink", "muted", "link", "good"),
    "good-panel": ("good",),
    "warn-panel": ("ink", "muted", "link", "warn"),
    "bad-panel": ("bad",),
}


def _palettes() -> dict[str, dict[str, str]]:
    light, dark, paper = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part)) for part in _roots())
    return {"light": light, "dark": {**light, **dark}, "print": {**light, **paper}}


def _roots() -> list[str]:
    return re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)


def _luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_all_text_can_be_read(scheme: str) -> None:
    """WCAG 2.2, 1.4.3: text has a contrast of 4.5 to what it stands on."""
    palette = _palettes()[scheme]
    for ground, texts in TEXTS_ON.items():
        for text in texts:
            light, dark = sorted((_luminance(palette[ground]), _luminance(palette[text])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, f"--{text} on --{ground}"
