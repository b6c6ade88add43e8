"""The pages in the HTML report, their screenshots, and how reliable the tour is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.release.facts.release import SHORT
from edgerollout.tour.origin import origin_of
from edgerollout.views.ink import fitted
from edgerollout.views.markup import Html, element, web_link
from edgerollout.views.screenshot import Picture, cropped
from edgerollout.views.tour_wording import mode_words, shown_url, shown_words
from edgerollout.views.wording import count_words, duration_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.tour.judgement import JudgedPage, TourVerdict
    from edgerollout.tour.model import Box, Gathered, Visit
    from edgerollout.views.tour_entries import Entry

MOST_PAGES = 500
"""Up to this many pages are in the table; the others are counted."""

_MOST_PICTURES = 40
_PICTURE_BYTES = 400_000
_ALL_BYTES = 6_000_000
"""Largest size of a screenshot, and of all screenshots, in bytes. base64 adds a third."""

_AROUND_WIDTH, _AROUND_HEIGHT = 640, 400
"""Smallest part of a screenshot that is shown around a place, in pixels."""

_OPEN_PAGES = 10
"""Up to this many pages are shown without a click."""

_URL = 300
_LISTED = 50


@dataclass(frozen=True)
class Gallery:
    """The screenshots of a report, by page. Each is in the file only once, even if it is shown often."""

    pictures: Mapping[str, Picture] = field(default_factory=dict)
    left_out: int = 0
    origin: str | None = None
    """The origin of all pages, which is then not repeated; None if there are several origins."""
    boxes: Mapping[str, Mapping[str, Box]] = field(default_factory=dict)
    """The positions of marked elements, by page and mark."""

    @classmethod
    def of(cls, gathered: Gathered | None, verdict: TourVerdict) -> Gallery:
        """The screenshots that fit. Pages with causes come first."""
        origins = {origin_of(page.url) for page in verdict.pages}
        origin = origins.pop() if len(origins) == 1 else None
        if gathered is None:
            return cls(origin=origin)
        shots = [visit for visit in gathered.visits if visit.screenshot]
        touched = {page for row in verdict.rows for page in row.cause.pages}
        found: dict[str, Picture] = {}
        room = _ALL_BYTES
        for visit in sorted(shots, key=lambda shot: shot.url not in touched):
            if len(found) == _MOST_PICTURES or room < _PICTURE_BYTES // 10:
                break
            lowest = max((box.top + box.height for box in visit.boxes.values()), default=0.0)
            picture = cropped(
                visit.screenshot or b"",
                most_bytes=min(_PICTURE_BYTES, room),
                least_rows=round(lowest) + _AROUND_HEIGHT // 2,
            )
            if picture is not None:
                found[visit.url] = picture
                room -= len(picture.png)
        boxes = {visit.url: visit.boxes for visit in shots if visit.url in found}
        return cls(found, len(shots) - len(found), origin, boxes)

    def short(self, url: str) -> str:
        """The short form of a page's URL in this report: only its path if there is a single site."""
        if not self.origin or origin_of(url) != self.origin:
            return url
        parts = urlsplit(url)
        path = parts.path if len(parts.path) > 1 else f"{parts.netloc}/"
        path += f"?{parts.query}" if parts.query else ""
        return f"{path}#{parts.fragment}" if parts.fragment else path

    def place(self, entry: Entry) -> Html | None:
        """A link to the large screenshot. It shows the place of the cause with a frame around it, or else the
        top of the first page with a screenshot."""
        pages = [page for page in entry.pages if page in self.pictures]
        if not pages:
            return None
        marks = [mark for row in entry.rows for mark in row.cause.marks]
        boxes = ((page, self.boxes.get(page, {}).get(mark)) for page in pages for mark in marks)
        page, box = next(((page, box) for page, box in boxes if box is not None), (pages[0], None))
        picture, number = self.pictures[page], self._number(page)
        if box is None or box.top + box.height > picture.height:
            label = f"The top of the page {self.short(page)}, large picture below"
            drawn = _picture(picture, number, label, tallest=picture.width * 5 // 8)
        else:
            label = f"Its place on the page {self.short(page)}, large picture below"
            drawn = _framed(picture, number, box, label)
        return element("a", drawn, class_="thumb", href=f"#picture-{number}")

    def figures(self) -> Html | None:
        """All pictures, large."""
        if not self.pictures:
            return None
        shown = (
            element(
                "figure",
                _picture(picture, self._number(page), f"Top of the page {self.short(page)}"),
                element("figcaption", fitted(self.short(page), _URL)),
                class_="shot",
                id=f"picture-{self._number(page)}",
            )
            for page, picture in self.pictures.items()
        )
        left = None
        if self.left_out:
            left = element(
                "p", f"{count_words(self.left_out, 'screenshot')} did not fit in this file.", class_="muted"
            )
        summary = element("summary", count_words(len(self.pictures), "screenshot"))
        return element("details", summary, element("div", *shown, class_="shots"), left)

    def store(self) -> Html | None:
        """The data of the screenshots; everything else refers to them."""
        if not self.pictures:
            return None
        images = (
            element(
                "image",
                id=f"shot-{self._number(page)}",
                href=picture.data_url,
                width=picture.width,
                height=picture.height,
            )
            for page, picture in self.pictures.items()
        )
        return element("svg", element("defs", *images), class_="store", width=0, height=0, aria_hidden="true")

    def _number(self, page: str) -> int:
        return list(self.pictures).index(page) + 1


def _picture(picture: Picture, number: int, label: str, *, tallest: int | None = None) -> Html:
    height = picture.height if tallest is None else min(picture.height, tallest)
    box = f"0 0 {picture.width} {height}"
    attributes = {"viewBox": box, "role": "img", "aria_label": label}
    return element("svg", element("use", href=f"#shot-{number}"), **attributes)


def _framed(picture: Picture, number: int, box: Box, label: str) -> Html:
    """The part of a screenshot around a box, with a frame around the box."""
    left, top = max(0, round(box.left)), max(0, round(box.top))
    width, height = max(4, round(box.width)), max(4, round(box.height))
    wide = min(picture.width, max(_AROUND_WIDTH, width + 80))
    tall = min(picture.height, max(_AROUND_HEIGHT, height + 80))
    x = min(max(0, left + width // 2 - wide // 2), picture.width - wide)
    y = min(max(0, top + height // 2 - tall // 2), picture.height - tall)
    frame = element("rect", x=left - 3, y=top - 3, width=width + 6, height=height + 6, class_="frame")
    attributes = {"viewBox": f"{x} {y} {wide} {tall}", "role": "img", "aria_label": label}
    return element("svg", element("use", href=f"#shot-{number}"), frame, **attributes)


def pages_section(gathered: Gathered | None, verdict: TourVerdict, gallery: Gallery) -> Html:
    """Every page with its causes, and whether it was seen completely."""
    visits = {} if gathered is None else {visit.url: visit for visit in gathered.visits}
    private = gathered is not None and gathered.private
    causes = Counter(page for row in verdict.rows for page in row.cause.pages)
    rows = (
        _page(page, visits.get(page.url), causes[page.url], gallery, private=private)
        for page in verdict.pages[:MOST_PAGES]
    )
    left = len(verdict.pages) - MOST_PAGES
    head = element(
        "tr",
        element("th", "Page", scope="col"),
        element("th", "Causes", scope="col", class_="number"),
        element("th", "Seen", scope="col"),
    )
    table = element(
        "div",
        element("table", element("thead", head), element("tbody", *rows)),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label="Pages",
    )
    where = f"All of {gallery.origin}." if gallery.origin is not None else None
    return element(
        "section",
        element("h2", "Pages", id="pages-title"),
        element("p", where) if where else None,
        element(
            "details",
            element("summary", count_words(min(len(verdict.pages), MOST_PAGES), "page")),
            table,
        )
        if len(verdict.pages) > _OPEN_PAGES
        else table,
        element("p", f"And {count_words(left, 'other page')}.") if left > 0 else None,
        gallery.figures(),
        id="pages",
        aria_labelledby="pages-title",
    )


def _page(page: JudgedPage, visit: Visit | None, causes: int, gallery: Gallery, *, private: bool) -> Html:
    url = shown_url(page.url)
    notes = [
        *_visit_notes(visit, url, private=private),
        *(shown_words(reason) for reason in page.reasons),
    ]
    whole = (
        element("span", "complete", class_="badge good")
        if page.complete
        else element("span", "partly", class_="badge warn")
    )
    return element(
        "tr",
        element(
            "td",
            web_link(url, fitted(gallery.short(url), _URL)),
            *(element("span", note, class_="muted") for note in notes),
        ),
        element("td", f"{causes:,}", class_="number"),
        element("td", whole),
    )


def _visit_notes(visit: Visit | None, url: str, *, private: bool) -> Iterator[str]:
    if visit is None:
        return
    if visit.title and not private:
        yield fitted(visit.title, _URL)
    final = shown_url(visit.final_url)
    if final and final != url:
        yield f"led to {fitted(final, _URL)}"
    if visit.status is not None and visit.status != 200:
        yield f"answered {visit.status}"
    if visit.service_worker:
        yield "a service worker answers for it"


def coverage_section(gathered: Gathered | None, verdict: TourVerdict) -> Html:
    """What the tour saw, with which browser, and what it did not see."""
    facts = [] if gathered is None else list(_tour_facts(gathered))
    facts.append(("Policy", f"digest {verdict.digest[:SHORT]}, {_stage(verdict)}"))
    facts += [
        ("Left out", f"{count_words(count, 'record')} of {reason}")
        for reason, count in verdict.dropped.items()
    ]
    if verdict.omitted:
        facts.append(("Not examined", f"{count_words(verdict.omitted, 'record')} beyond the limit"))
    return element(
        "section",
        element("h2", "How the tour was made", id="coverage-title"),
        element(
            "dl",
            *(part for name, words in facts for part in (element("dt", name), element("dd", words))),
            class_="facts",
        ),
        id="coverage",
        aria_labelledby="coverage-title",
    )


def _stage(verdict: TourVerdict) -> str:
    return "report-only" if verdict.disposition == "report" else "enforced"


def _tour_facts(gathered: Gathered) -> Iterator[tuple[str, str]]:
    took = max(0.0, (gathered.ended - gathered.started).total_seconds())
    yield "Toured", mode_words(gathered.mode)
    yield "Browser", f"{gathered.browser.name} {gathered.browser.version}"
    began = gathered.started.strftime("%Y-%m-%d %H:%M:%S UTC")
    yield "Began", f"{began}, took {duration_words(took)}"
    test = gathered.self_test
    if test.passed:
        yield "Detector", f"passed its test in this run: {', '.join(test.kinds)}"
    else:
        yield "Detector", f"FAILED its test, it missed {', '.join(test.missed) or 'everything'}"
    if gathered.stubbed:
        hosts = ", ".join(gathered.stubbed[:_LISTED])
        yield "No answer", f"{hosts}: replaced by empty answers, so the tour did not see what they load"
    if gathered.private:
        yield "Logged in", "yes; titles and code are left out of this report"
