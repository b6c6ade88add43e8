"""Merges reports of inline code: only one channel prints hashes, another has the text, most have neither."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.tour.cause import HASHABLE, ViolationKind, hash_of, kind_of, without_query
from edgerollout.tour.sighting import Sighting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.tour.model import Channel, Record

_Place = tuple[int, str, int]
"""A load, a source and a line."""


def with_attributes(records: list[Record]) -> list[Record]:
    """The records, with those of the console about attributes changed to the directive of attributes.

    The console names the directive that decided, which is the same for elements and attributes. Where the
    policy has 'unsafe-hashes', nothing else in its text distinguishes them.
    """
    others = [record for record in records if record.channel != "log" and kind_of(record) in HASHABLE]
    elements = {_place(record) for record in others if record.directive.endswith("-elem")}
    attributes = {
        (_place(record), record.directive) for record in others if record.directive.endswith("-attr")
    }
    hashes = {
        (record.load, hash_of(record), record.directive)
        for record in others
        if record.directive.endswith("-attr")
    }

    def corrected(record: Record) -> Record:
        if record.channel != "log" or not record.directive.endswith("-elem") or not hash_of(record):
            return record
        sibling = f"{record.directive.removesuffix('-elem')}-attr"
        there = (_place(record), sibling) in attributes and _place(record) not in elements
        if there or (record.load, record.hash, sibling) in hashes:
            return replace(record, directive=sibling)
        return record

    return [corrected(record) for record in records]


def merge_inline(records: list[Record], origin: str) -> Iterator[Sighting]:
    """One sighting for each hash.

    Records without a hash join those with one: only the console prints hashes.
    """
    by_hash: dict[str, list[Record]] = defaultdict(list)
    bare: list[Record] = []
    for record in records:
        known = hash_of(record)
        if known:
            by_hash[known].append(record)
        else:
            bare.append(record)
    left = _joined(bare, by_hash)
    sightings = [_inline(group, origin, known) for known, group in by_hash.items()]
    _mark_unstable(sightings)
    yield from sightings
    by_place: dict[tuple[str, int, str], list[Record]] = defaultdict(list)
    for record in left:
        by_place[(without_query(record.source), record.line, record.sample)].append(record)
    for group in by_place.values():
        yield _inline(group, origin, "")


def _inline(group: list[Record], origin: str, known: str) -> Sighting:
    first = group[0]
    kinds = {kind_of(record) for record in group}
    kind: ViolationKind = "inline"
    if "javascript-url" in kinds:
        kind = "javascript-url"
    elif "attribute" in kinds:
        kind = "attribute"
    return Sighting(first.directive, kind, "inline", first.disposition, origin, "", known, group)


def _joined(bare: list[Record], by_hash: dict[str, list[Record]]) -> list[Record]:
    """Join each record without a hash to one with a hash: at its place, else where one is free.

    The remaining ones were seen by a channel more often than there are hashes: their text is unknown.
    """
    places = _places(by_hash)
    by_channel: dict[tuple[Channel, int], list[Record]] = defaultdict(list)
    for record in bare:
        by_channel[(record.channel, record.load)].append(record)
    left: list[Record] = []
    for (channel, load), group in by_channel.items():
        free = _free(places, by_hash, channel, load)
        unplaced: list[Record] = []
        for record in group:
            at = free.get(_place(record))
            if at:
                by_hash[_take_nearest(record, at, by_hash)].append(record)
            else:
                unplaced.append(record)
        rest = sorted(known for hashes in free.values() for known in hashes)
        if unplaced and len(unplaced) <= len(rest):
            for record, known in zip(unplaced, rest, strict=False):
                by_hash[known].append(record)
        else:
            left += unplaced
    return left


def _place(record: Record) -> _Place:
    return record.load, without_query(record.source), record.line


def _places(by_hash: dict[str, list[Record]]) -> dict[_Place, list[str]]:
    """The hashes seen at each place, each as often as the channel that saw it most often there."""
    places: dict[_Place, list[str]] = defaultdict(list)
    for known, group in by_hash.items():
        counts = Counter((_place(record), record.channel) for record in group)
        for place in dict.fromkeys(map(_place, group)):
            places[place] += [known] * max(count for (at, _), count in counts.items() if at == place)
    return places


def _free(
    places: dict[_Place, list[str]], by_hash: dict[str, list[Record]], channel: Channel, load: int
) -> dict[_Place, list[str]]:
    """The hashes of a load that this channel has not reported itself."""
    free = {place: list(hashes) for place, hashes in places.items() if place[0] == load}
    for known, group in by_hash.items():
        for record in group:
            at = free.get(_place(record), [])
            if record.channel == channel and known in at:
                at.remove(known)
    return free


def _take_nearest(record: Record, hashes: list[str], by_hash: dict[str, list[Record]]) -> str:
    """Take one of the hashes of a line: the one with the record's column, else the first."""
    for known in hashes:
        if record.column and any(record.column == nearest.column for nearest in by_hash[known]):
            hashes.remove(known)
            return known
    return hashes.pop(0)


def _mark_unstable(sightings: list[Sighting]) -> None:
    """Mark texts that differ between the loads: seen in only one load, while the other load has such a text
    at the same place, or at an unknown one.
    """
    once: dict[int, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        loads = {record.load for record in sighting.records}
        if len(loads) == 1:
            once[loads.pop()].append(sighting)
    for mine in once[1]:
        for other in once[2]:
            if _same_place(mine, other):
                mine.unstable = other.unstable = True


def _same_place(sighting: Sighting, other: Sighting) -> bool:
    mine = {
        (without_query(record.source), record.line)
        for record in sighting.records
        if record.source and record.line
    }
    others = {
        (without_query(record.source), record.line)
        for record in other.records
        if record.source and record.line
    }
    return not mine or not others or bool(mine & others)
