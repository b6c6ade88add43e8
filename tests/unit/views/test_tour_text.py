from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.tour.model import BrowserStarted, HostStubbed, PageFinished, PageStarted, SelfTest
from edgerollout.views.glyphs import ASCII
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.tour import tour_json
from edgerollout.views.tour import tour_document
from edgerollout.views.tour_progress import progress_line

from .drawing import text_of
from .tours import SITE, broken_by_headers, clean, dirty, gathered, heading_of, hostile, judged, record, visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.tour.model import Gathered
    from edgerollout.views.document import Doc

TOURS: dict[str, Gathered] = {
    "clean": clean(),
    "dirty": dirty(),
    "hostile": hostile(),
    "headers": broken_by_headers(),
}


def document(tour: Gathered, *, details: bool = False) -> Doc:
    return tour_document(judged(tour), tour, heading_of(tour), details=details)


@pytest.mark.parametrize("width", [100, 40])
@pytest.mark.parametrize("name", ["clean", "dirty", "headers"])
def test_a_tour_is_text(name: str, width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"tour-{name}-{width}", text_of(document(TOURS[name]), width))


@pytest.mark.parametrize("width", [100, 40])
def test_with_v_a_tour_tells_all_of_each_cause(width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"tour-dirty-details-{width}", text_of(document(dirty(), details=True), width))


def test_the_last_lines_are_the_balance_and_the_command() -> None:
    asked, written = (text_of_one(written=written) for written in (False, True))
    words = "1 needs you: --accept unsafe-eval · 1 needs a change of the page · not everything was seen"
    start = "✖ 13 things would break on 3 of 4 pages · 11 fixed by --write"
    assert asked[-2] == f"{start} · {words}"
    assert asked[-1] == "next: edgerollout tour -e testing --write"
    assert "11 fixed in policy.toml" in written[-2]
    assert "policy.toml has gained 11 sources" in written
    assert written[-1] == "next: edgerollout publish -e testing"


def text_of_one(*, written: bool) -> list[str]:
    told = tour_document(judged(dirty()), dirty(), heading_of(dirty(), written=written))
    return text_of(told, 400).splitlines()


@pytest.mark.parametrize("name", ["clean", "dirty", "headers"])
def test_a_tour_is_json(name: str, golden: Callable[[str, str], None]) -> None:
    golden(
        f"tour-{name}-json", json_text(tour_json(judged(TOURS[name]), TOURS[name], heading_of(TOURS[name])))
    )


@pytest.mark.parametrize("width", [100, 40])
@pytest.mark.parametrize("name", TOURS)
def test_no_page_moves_the_cursor_or_begins_a_line(name: str, width: int | None) -> None:
    text = text_of(document(TOURS[name]), width)
    assert all(character.isprintable() for character in text.replace("\n", ""))
    assert text.rstrip(" ") == text


def test_progress_is_a_line_an_event_and_none_for_a_beginning() -> None:
    tour = clean()
    works = progress_line(BrowserStarted(tour.browser, SelfTest(("inline-script",))), ASCII)
    deaf = progress_line(BrowserStarted(tour.browser, SelfTest((), ("inline-script",))), ASCII)
    page = progress_line(PageFinished("https://www.example.com/\x1b[2J", 1, 3, 2, (), 1.5), ASCII)
    short = progress_line(PageFinished("https://www.example.com/", 2, 3, 0, ("it timed out",), 30.0), ASCII)
    stubbed = progress_line(HostStubbed("slow.example.net"), ASCII)
    assert works is not None
    assert "works" in works.text
    assert "sandbox" not in works.text
    bare = progress_line(BrowserStarted(tour.browser, SelfTest(("x",)), sandboxed=False), ASCII)
    assert bare is not None
    assert "without its sandbox" in bare.text
    assert deaf is not None
    assert "missed inline-script" in deaf.text
    assert page is not None
    assert page.text == "| 1/3 https://www.example.com/\\u001b[2J  2 records, 1.5s"
    assert short is not None
    assert short.text.endswith("it timed out")
    assert stubbed is not None
    assert "slow.example.net" in stubbed.text
    assert progress_line(PageStarted("https://www.example.com/", 1, 3), ASCII) is None


def test_no_query_of_an_address_is_in_text_or_json() -> None:
    page = f"{SITE}/account?token=hunter2"
    found = record("img-src", "https://img.example.net/?token=hunter2", page, source=page, line=4)
    seen = visit(page, found, final_url=page, incomplete=(f"{page} never settled",))
    tour = gathered(seen, partial=(f"{page} was seen only once",))
    verdict = judged(tour)
    told = text_of(tour_document(verdict, tour, heading_of(tour), details=True))

    assert "hunter2" not in told
    assert "hunter2" not in json_text(tour_json(verdict, tour, heading_of(tour)))
