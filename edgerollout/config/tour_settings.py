"""[tour] of edgerollout.toml: what the team knows about its pages, for every tour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.wording import listed, printable

if TYPE_CHECKING:
    from edgerollout.config.section import Section

TOUR_KEYS = ("endless", "accept_unseen", "devices", "dark", "patience", "browser_arguments")
DEVICES = ("desktop", "phone")


@dataclass(frozen=True)
class TourSettings:
    """`endless` are streams that never end: URLs, or paths of the site's own, `*` for anything.
    `accept_unseen` are hosts of others that need not answer, if the policy allows the requests to them.
    """

    endless: tuple[str, ...] = ()
    accept_unseen: tuple[str, ...] = ()
    devices: tuple[str, ...] = ("desktop",)
    """The devices whose screens are used."""
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
    devices = section.strings("devices") or ("desktop",)
    for device in devices:
        if device not in DEVICES:
            section.note("devices", f"there is no device {printable(device)}", listed(DEVICES))
    return TourSettings(
        endless=section.strings("endless") or (),
        accept_unseen=hosts,
        devices=devices,
        dark=section.boolean("dark", default=False),
        patience=section.integer("patience", 1, 300, "seconds"),
        browser_arguments=section.strings("browser_arguments") or (),
    )
