"""What to do on a page after it has settled: click, fill, press, wait, go somewhere.

A file of steps is TOML, or JSON of the same shape:

    [[page]]
    url   = "/contact"            # or a complete URL
    steps = [
      { fill = "#name", with = "A visitor" },
      { click = "text=Send" },
      { press = "Enter", on = "#search" },
      { wait = 2 },             # seconds, or a selector that has to appear
      { goto = "/thanks" },
      { hover = "#menu" },
      { select = "#country", option = "CH" },
      { upload = "#photo", file = "photo.png" },     # next to this file
      { scroll = "#prices" },
      { click = "#accept-cookies", if_present = true },
    ]

A step with `if_present` is skipped where its element is not visible.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from edgerollout.config.toml_text import parse_toml
from edgerollout.errors import ConfigError, Place, Problem
from edgerollout.release.facts.fields import parse_json
from edgerollout.tour.pages import normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MOST_SECONDS = 30.0
_MOST_STEPS = 100
_LARGEST = 1024 * 1024

_FORMS = "goto, click, hover, scroll, fill (with), select (option), upload (file), press (on) or wait"


@dataclass(frozen=True)
class Goto:
    """Load another page in the same tab; a relative URL belongs to the page."""

    url: str


@dataclass(frozen=True)
class Click:
    """Click the first element of a selector (Playwright's: CSS, or text=…)."""

    selector: str


@dataclass(frozen=True)
class Fill:
    """Write `text` into a field."""

    selector: str
    text: str


@dataclass(frozen=True)
class Press:
    """Press a key (`Enter`, `Control+K`) on an element, or on the focused one."""

    key: str
    selector: str = ""


@dataclass(frozen=True)
class Wait:
    """Wait this many seconds, at most 30, or until an element is there."""

    seconds: float = 0.0
    selector: str = ""


@dataclass(frozen=True)
class Hover:
    """Move the pointer over an element."""

    selector: str


@dataclass(frozen=True)
class Scroll:
    """Scroll an element into view."""

    selector: str


@dataclass(frozen=True)
class Select:
    """Choose an option of a list, by its value or its text."""

    selector: str
    option: str


@dataclass(frozen=True)
class Upload:
    """Put a file of this machine into a field."""

    selector: str
    file: Path


OnElement = Click | Fill | Press | Hover | Scroll | Select | Upload


@dataclass(frozen=True)
class IfPresent:
    """Take the step where its element is visible, and skip it elsewhere."""

    step: OnElement


PageStep = OnElement | Goto | Wait | IfPresent


def read_steps(path: Path) -> Mapping[str, tuple[PageStep, ...]]:
    """Page, as written → its steps. Raises ConfigError with everything that is wrong with the file."""
    name = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ConfigError((Problem(Place(name), "is larger than a megabyte: not a file of steps"),))
        text = content.decode("utf-8-sig")
        data: object = parse_json(text) if path.suffix == ".json" else parse_toml(text)
    except OSError as error:
        raise ConfigError((Problem(Place(name), f"cannot be read: {error.strerror or error}"),)) from error
    except (ValueError, RecursionError) as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise ConfigError((Problem(Place(name), f"is not valid {kind}: {error}"),)) from error
    problems: list[Problem] = []
    pages = data.get("page") if isinstance(data, dict) else None
    found: dict[str, tuple[PageStep, ...]] = {}
    if not isinstance(pages, list) or not pages:
        problems.append(Problem(Place(name), "has no page", "[[page]] with url and steps"))
        pages = []
    for index, page in enumerate(pages, start=1):
        place = Place(name, key=f"page {index}")
        url, steps = (page.get("url"), page.get("steps")) if isinstance(page, dict) else (None, None)
        url = url.strip() if isinstance(url, str) else ""
        if not url or not isinstance(steps, list) or not 0 < len(steps) <= _MOST_STEPS:
            problems.append(Problem(place, f"needs a url and a list of 1 to {_MOST_STEPS} steps"))
            continue
        read = [_step(step, path.parent) for step in steps]
        for number, found_step in enumerate(read, start=1):
            if found_step is None:
                problems.append(
                    Problem(Place(name, key=f"page {index}, step {number}"), "is not a step", _FORMS)
                )
        found[url] = found.get(url, ()) + tuple(known for known in read if known is not None)
    if problems:
        raise ConfigError(tuple(problems))
    return found


def steps_of(written: Iterable[tuple[str, tuple[PageStep, ...]]]) -> Mapping[str, tuple[PageStep, ...]]:
    """The steps of complete URLs, each with the normalised URL of its page. Raises UsageError for text that
    is not a URL.
    """
    found: dict[str, tuple[PageStep, ...]] = {}
    for url, steps in written:
        page = normalised(url)
        led = (Goto(urljoin(page, step.url)) if isinstance(step, Goto) else step for step in steps)
        found[page] = (*found.get(page, ()), *led)
    return found


def _step(step: object, folder: Path) -> PageStep | None:
    if not isinstance(step, dict) or not isinstance(step.get("if_present", False), bool):
        return None
    made = _made({name: value for name, value in step.items() if name != "if_present"}, folder)
    if not step.get("if_present", False):
        return made
    match made:
        case Press(selector=""):
            return None
        case Click() | Fill() | Press() | Hover() | Scroll() | Select() | Upload():
            return IfPresent(made)
        case _:
            return None


def _made(step: Mapping[str, object], folder: Path) -> PageStep | None:
    match step:
        case {"goto": str(url), **rest} if not rest:
            return Goto(url)
        case {"fill": str(selector), "with": str(text), **rest} if not rest and selector:
            return Fill(selector, text)
        case {"select": str(selector), "option": str(option), **rest} if not rest and selector:
            return Select(selector, option)
        case {"upload": str(selector), "file": str(file), **rest} if not rest and selector and file:
            return Upload(selector, folder / file)
        case {"press": str(key), **rest} if key and set(rest) <= {"on"}:
            on = rest.get("on", "")
            return Press(key, on) if isinstance(on, str) else None
        case {"wait": bool(), **_rest}:
            return None
        case {"wait": int() | float() as seconds, **rest} if not rest and 0 <= seconds <= MOST_SECONDS:
            return Wait(seconds=float(seconds))
        case {"wait": str(selector), **rest} if not rest and selector:
            return Wait(selector=selector)
        case {**named} if len(named) == 1:
            return _on_element(*next(iter(named.items())))
        case _:
            return None


def _on_element(name: str, selector: object) -> PageStep | None:
    if not isinstance(selector, str) or not selector:
        return None
    kinds: dict[str, type[Click | Hover | Scroll]] = {"click": Click, "hover": Hover, "scroll": Scroll}
    return kinds[name](selector) if name in kinds else None
