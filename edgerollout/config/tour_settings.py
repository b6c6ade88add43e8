"""[tour] of edgerollout.toml: what the team knows of its pages, for every tour of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.wording import printable

if TYPE_CHECKING:
    from edgerollout.config.section import Section

TOUR_KEYS = ("endless", "accept_unseen")


@dataclass(frozen=True)
class TourSettings:
    """`endless` are streams that never end: URLs, or paths of the site's own, `*` for anything.
    `accept_unseen` are hosts of others that need not answer, where the policy allows what is asked of them.
    """

    endless: tuple[str, ...] = ()
    accept_unseen: tuple[str, ...] = ()


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
                "accept_unseen", f"{printable(host)} is no host", "a name alone: fonts.googleapis.com"
            )
    return TourSettings(section.strings("endless") or (), hosts)
