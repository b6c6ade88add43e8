"""[tour] of edgerollout.toml: what the team knows about its pages, for every tour."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.wording import printable

if TYPE_CHECKING:
    from edgerollout.config.section import Section

TOUR_KEYS = ("endless", "accept_unseen", "devices", "dark", "patience", "browser_arguments")
DEVICE_FORMS = "desktop, phone, or a screen: 1024x768, 1024x768@2"

_SIZE = re.compile(r"([1-9][0-9]{2,3})x([1-9][0-9]{2,3})(?:@([1-5](?:\.[0-9]{1,2})?))?")


@dataclass(frozen=True)
class Screen:
    """A visitor's screen, in points. `scale` is how many pixels a point is wide. A phone's is touched."""

    width: int
    height: int
    scale: float = 1.0
    is_phone: bool = False


DESKTOP = Screen(1280, 720)
_SCREENS = {"desktop": DESKTOP, "phone": Screen(390, 844, 3.0, is_phone=True)}


def screen_of(text: str) -> Screen | None:
    """The screen of that name or size; None for text that is neither."""
    size = _SIZE.fullmatch(text)
    if size is None:
        return _SCREENS.get(text)
    width, height, scale = size.groups()
    return Screen(int(width), int(height), float(scale or 1))


@dataclass(frozen=True)
class TourSettings:
    """`endless` are streams that never end: URLs, or paths of the site's own, `*` for anything.
    `accept_unseen` are hosts of others that need not answer, if the policy allows the requests to them.
    """

    endless: tuple[str, ...] = ()
    accept_unseen: tuple[str, ...] = ()
    devices: tuple[Screen, ...] = (DESKTOP,)
    """The screens that are used, in turn."""
    dark: bool = False
    patience: int | None = None
    """Seconds to wait for a busy page; None: the default."""
    browser_arguments: tuple[str, ...] = ()


def read_tour_settings(top: Section) -> TourSettings:
    """The table; problems are noted in its file."""
    section = top.table("tour")
    if section is None:
        return TourSettings()
    section.refuse_unknown(TOUR_KEYS)
    hosts = tuple(host.lower() for host in section.strings("accept_unseen") or ())
    for host in hosts:
        if "/" in host or ":" in host or "*" in host:
            section.note(
                "accept_unseen", f"{printable(host)} is not a host", "only a host name: fonts.googleapis.com"
            )
    names = section.strings("devices") or ("desktop",)
    screens = {name: screen_of(name) for name in names}
    for name, screen in screens.items():
        if screen is None:
            section.note("devices", f"there is no device {printable(name)}", DEVICE_FORMS)
    return TourSettings(
        endless=section.strings("endless") or (),
        accept_unseen=hosts,
        devices=tuple(screen for name in names if (screen := screens[name]) is not None),
        dark=section.boolean("dark", default=False),
        patience=section.integer("patience", 1, 300, "seconds"),
        browser_arguments=section.strings("browser_arguments") or (),
    )
