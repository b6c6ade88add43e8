"""First contact with an account: one line for each assumption, and below it what AWS answered instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.facts.contact import Contact
from edgerollout.views.document import Doc, Item, List, Marker, Strong, Verdict
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from edgerollout.release.facts.contact import Assumption


_MARKERS = {
    Contact.SEEN: Marker.DONE,
    Contact.DIFFERS: Marker.FAILED,
    Contact.NOT_SEEN: Marker.UNKNOWN,
}


def contact_document(environment: str, found: tuple[Assumption, ...], *, quiet: bool = False) -> Doc:
    """The assumptions. `quiet` leaves out those that proved true."""
    shown = [item for item in found if not quiet or item.state is not Contact.SEEN]
    title = f"First contact of {environment}"
    return Doc(title, (List(tuple(map(_assumption, shown))),), _verdict(found))


def _assumption(assumption: Assumption) -> Item:
    label = "came" if assumption.state is Contact.DIFFERS else "why"
    under = () if assumption.came is None else (Item(assumption.came, label=label),)
    words = (Strong(assumption.name), f": {assumption.state}, {assumption.subject}: {assumption.assumed}")
    return Item(words, _MARKERS[assumption.state], under=under)


def _verdict(found: tuple[Assumption, ...]) -> Verdict:
    counts = {state: sum(item.state is state for item in found) for state in Contact}
    differ, well = counts[Contact.DIFFERS], not counts[Contact.DIFFERS]
    if not differ and not counts[Contact.SEEN]:
        words, well = "nothing could be seen", False
    elif not differ:
        words = "all as edgerollout expects"
    else:
        words = f"{count_words(differ, 'thing')} {'differs' if differ == 1 else 'differ'}"
    words += f" ({counts[Contact.SEEN]} seen, {counts[Contact.NOT_SEEN]} not seen)"
    return Verdict(words, Marker.DONE if well else Marker.FAILED)
