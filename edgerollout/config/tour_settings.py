"""[tour] of edgerollout.toml: what the team knows of its pages, for every tour of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.config.section import Section

TOUR_KEYS = ("endless",)


@dataclass(frozen=True)
class TourSettings:
    """`endless` are streams that never end: URLs, or paths of the site's own, `*` for anything."""

    endless: tuple[str, ...] = ()


def read_tour_settings(top: Section) -> TourSettings:
    """The table; problems are noted in its file."""
    section = top.table("tour")
    if section is None:
        return TourSettings()
    section.refuse_unknown(TOUR_KEYS)
    return TourSettings(endless=section.strings("endless") or ())
