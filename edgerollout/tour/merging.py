"""From raw sightings to causes: every channel tells some, none tells all, and several tell the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from edgerollout.policy.effective import allows
from edgerollout.tour.cause import (
    HASHABLE,
    UNKNOWN_TARGET,
    Cause,
    Kind,
    Spot,
    blocked_of,
    bones,
    hash_of,
    kind_of,
    origin_of,
    without_query,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgerollout.policy.csp import Csp
    from edgerollout.release.evidence import Disposition
    from edgerollout.tour.model import Channel, Record, Request

_Place = tuple[int, str, int]
"""A load, a source and a line."""

SHOWN = 5
"""Places and documents kept of a cause at most."""


class _Group(NamedTuple):
    """What records must share to be one violation. `policy` is "" where a channel did not tell it."""

    origin: str
    directive: str
    family: str
    disposition: Disposition
    policy: str


@dataclass
class _Sighting:
    """Records of one page that are one violation: what each channel told of it."""

    directive: str
    kind: Kind
    blocked: str
    disposition: Disposition
    origin: str
    target: str
    hash: str
    records: list[Record] = field(default_factory=list)
    unstable: bool = False

    def take(self, records: Iterable[Record]) -> None:
        self.records += records

    @property
    def count(self) -> int:
        """How often it happened in one load, by the channel that saw the most of it."""
        return max(Counter((one.channel, one.load) for one in self.records).values())

    @property
    def confirmed(self) -> bool:
        return any(one.channel != "dom" for one in self.records)

    def spots(self) -> tuple[Spot, ...]:
        known = (Spot(without_query(one.source), one.line, one.column) for one in self.records if one.source)
        # Of the same line the spot with a column says more.
        by_line = {str(one): one for one in sorted(known, key=lambda one: (one.line, one.column))}
        return tuple(by_line.values())[:SHOWN]


def merge_records(records: Iterable[Record], requests: Iterable[Request], policy: Csp) -> tuple[Cause, ...]:
    """The causes among the records of one page, of the documents of all origins that are in them.

    `requests` are the page's, to find where redirects led to; `policy` is the one toured: what it allows
    and is reported all the same was redirected.
    """
    found = _with_attributes(list(records))
    chains = [one.chain for one in requests if len(one.chain) > 1]
    groups: dict[_Group, list[Record]] = defaultdict(list)
    for record in found:
        groups[_group_of(record)].append(record)
    sightings: list[_Sighting] = []
    for group, members in _with_unnamed_policies(groups).items():
        if group.family == "inline":
            sightings += _merge_inline(members, group.origin)
        else:
            sightings += _merge_urls(members, group.origin, policy, chains)
    return tuple(_cause(one) for one in sightings)


def _with_attributes(records: list[Record]) -> list[Record]:
    """The records, those of the console about attributes under the directive of attributes.

    Its text names the directive that decided, and the same one for elements and attributes; where the
    policy has 'unsafe-hashes' nothing else in it tells them apart.
    """
    others = [one for one in records if one.channel != "log" and kind_of(one) in HASHABLE]
    elements = {_place(one) for one in others if one.directive.endswith("-elem")}
    attributes = {(_place(one), one.directive) for one in others if one.directive.endswith("-attr")}
    hashes = {(one.load, hash_of(one), one.directive) for one in others if one.directive.endswith("-attr")}

    def corrected(record: Record) -> Record:
        if record.channel != "log" or not record.directive.endswith("-elem") or not hash_of(record):
            return record
        sibling = f"{record.directive.removesuffix('-elem')}-attr"
        there = (_place(record), sibling) in attributes and _place(record) not in elements
        if there or (record.load, record.hash, sibling) in hashes:
            return replace(record, directive=sibling)
        return record

    return [corrected(record) for record in records]


def _group_of(record: Record) -> _Group:
    origin = origin_of(record.document) or origin_of(record.page) or ""
    family = "inline" if kind_of(record) in HASHABLE else blocked_family(record)
    policy = bones(record.original_policy) if record.original_policy else ""
    return _Group(origin, record.directive, family, record.disposition, policy)


def blocked_family(record: Record) -> str:
    """What records must share to be one violation: the origin of a URL, or the word."""
    blocked = blocked_of(record)
    return origin_of(blocked) or blocked


def _with_unnamed_policies(groups: dict[_Group, list[Record]]) -> dict[_Group, list[Record]]:
    """The console does not say which policy was violated: where just one is known, it was that one."""
    named: dict[_Group, list[_Group]] = defaultdict(list)
    for group in groups:
        if group.policy:
            named[group._replace(policy="")].append(group)
    merged: dict[_Group, list[Record]] = defaultdict(list)
    for group, records in groups.items():
        # With several, a line of the console may be any of theirs: each gets it.
        for one in (named.get(group) or [group]) if not group.policy else [group]:
            merged[one] += records
    return merged


def _merge_urls(
    records: list[Record], origin: str, policy: Csp, chains: list[tuple[str, ...]]
) -> Iterator[_Sighting]:
    """One sighting a blocked URL and target; those that know less join one that knows more."""
    by_thing: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        by_thing[(_thing(record), _target(record))].append(record)
    knows_more = _knowing_more(by_thing)
    # An origin alone comes before what it is the origin of.
    for key in sorted(by_thing, key=lambda one: len(one[0])):
        more = knows_more.get(key[0]) if not key[1] else None
        if more is not None and more != key and more in by_thing:
            by_thing[more] += by_thing.pop(key)
    for (_, target), group in by_thing.items():
        first = group[0]
        blocked = max((blocked_of(one) for one in group), key=len)
        sighting = _Sighting(
            first.directive, kind_of(first), blocked, first.disposition, origin, target, "", group
        )
        if sighting.kind == "url" and not target and _must_be_redirected(sighting, policy):
            yield from _redirected(sighting, policy, chains)
        else:
            yield sighting


def _thing(record: Record) -> str:
    if kind_of(record) == "trusted-types":
        return record.sample.partition("|")[0]
    return blocked_of(record)


def _target(record: Record) -> str:
    """Where a redirect led to, without query; "" where the record tells of none."""
    return without_query(record.redirect_target) if record.redirect_target else ""


def _knowing_more(things: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """For what a channel told in part, the thing and target of one that told it whole.

    Of a redirect most tell only where it started, and the event of a blocked frame names its origin only,
    without a path.
    """
    found: dict[str, tuple[str, str]] = {}
    for thing, target in things:
        scheme, separator, rest = thing.partition("://")
        host, slash, _ = rest.partition("/")
        if separator and slash:
            found.setdefault(f"{scheme}://{host}", (thing, target))
    found.update({thing: (thing, target) for thing, target in things if target})
    return found


def _must_be_redirected(sighting: _Sighting, policy: Csp) -> bool:
    ours = all(
        not one.original_policy or bones(one.original_policy) == bones(policy) for one in sighting.records
    )
    return ours and allows(policy, sighting.directive, sighting.blocked, self_origin=sighting.origin)


def _redirected(sighting: _Sighting, policy: Csp, chains: list[tuple[str, ...]]) -> Iterator[_Sighting]:
    """The sighting once for each hop that the policy forbids, as the page's requests tell."""
    targets = dict.fromkeys(
        without_query(hop)
        for chain in chains
        if without_query(chain[0]) == sighting.blocked
        for hop in chain[1:]
        if not allows(policy, sighting.directive, hop, self_origin=sighting.origin, redirected=True)
    )
    for target in targets or (UNKNOWN_TARGET,):
        yield replace(sighting, target=target)


def _merge_inline(records: list[Record], origin: str) -> Iterator[_Sighting]:
    """One sighting a hash. Records without one join those that have: the console alone prints hashes."""
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


def _inline(group: list[Record], origin: str, known: str) -> _Sighting:
    first = group[0]
    kinds = {kind_of(one) for one in group}
    kind: Kind = "inline"
    if "javascript-url" in kinds:
        kind = "javascript-url"
    elif "attribute" in kinds:
        kind = "attribute"
    return _Sighting(first.directive, kind, "inline", first.disposition, origin, "", known, group)


def _joined(bare: list[Record], by_hash: dict[str, list[Record]]) -> list[Record]:
    """Give each record without a hash to one that has: at its place, else where none is short of a hash.

    What is left was seen by a channel more often than there are hashes: some text is not known.
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
    """The hashes seen at each place, each as often as the channel told that saw it most often there."""
    places: dict[_Place, list[str]] = defaultdict(list)
    for known, group in by_hash.items():
        counts = Counter((_place(one), one.channel) for one in group)
        for place in dict.fromkeys(map(_place, group)):
            places[place] += [known] * max(count for (at, _), count in counts.items() if at == place)
    return places


def _free(
    places: dict[_Place, list[str]], by_hash: dict[str, list[Record]], channel: Channel, load: int
) -> dict[_Place, list[str]]:
    """The hashes of a load that this channel has not told of itself."""
    free = {place: list(hashes) for place, hashes in places.items() if place[0] == load}
    for known, group in by_hash.items():
        for record in group:
            at = free.get(_place(record), [])
            if record.channel == channel and known in at:
                at.remove(known)
    return free


def _take_nearest(record: Record, hashes: list[str], by_hash: dict[str, list[Record]]) -> str:
    """Take one of the hashes of a line: that whose column is the record's, else the first."""
    for known in hashes:
        if record.column and any(record.column == one.column for one in by_hash[known]):
            hashes.remove(known)
            return known
    return hashes.pop(0)


def _mark_unstable(sightings: list[_Sighting]) -> None:
    """Mark texts that were another in the other load: seen in one load only, with such a one of the other
    load at the same place, or at an unknown one."""
    once: dict[int, list[_Sighting]] = defaultdict(list)
    for one in sightings:
        loads = {record.load for record in one.records}
        if len(loads) == 1:
            once[loads.pop()].append(one)
    for mine in once[1]:
        for other in once[2]:
            if _same_place(mine, other):
                mine.unstable = other.unstable = True


def _same_place(one: _Sighting, other: _Sighting) -> bool:
    mine = {(without_query(each.source), each.line) for each in one.records if each.source and each.line}
    others = {(without_query(each.source), each.line) for each in other.records if each.source and each.line}
    return not mine or not others or bool(mine & others)


def _cause(sighting: _Sighting) -> Cause:
    records = sighting.records
    element = next((one.element for one in records if one.element), "")
    return Cause(
        directive=sighting.directive,
        kind=sighting.kind,
        blocked=sighting.blocked,
        disposition=sighting.disposition,
        origin=sighting.origin,
        sightings=((records[0].page, sighting.count),),
        target=sighting.target,
        hash=sighting.hash,
        sample=next((one.sample for one in records if one.sample), ""),
        element=element,
        attribute=next((one.attribute for one in records if one.attribute), None),
        spots=sighting.spots(),
        documents=tuple(dict.fromkeys(one.document for one in records))[:SHOWN],
        loads=frozenset(one.load for one in records),
        unstable=sighting.unstable,
        confirmed=sighting.confirmed,
        policy=next((one.original_policy for one in records if one.original_policy), ""),
    )


def join_pages(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """One cause for the same thing on several pages, in the order of directive and what was blocked."""
    joined: dict[tuple[object, ...], Cause] = {}
    for cause in causes:
        key = identity(cause)
        joined[key] = joined_cause(joined[key], cause) if key in joined else cause
    return tuple(sorted(joined.values(), key=_order))


def identity(cause: Cause) -> tuple[object, ...]:
    """What makes a cause the same on another page."""
    place: tuple[object, ...] = ()
    if cause.kind in HASHABLE and not cause.hash:
        place = (cause.spots[:1], cause.sample)
    elif cause.kind == "trusted-types":
        place = (cause.sample.partition("|")[0],)
    return (
        cause.directive,
        cause.kind,
        cause.blocked,
        cause.target,
        cause.hash,
        cause.disposition,
        cause.origin,
        bones(cause.policy) if cause.policy else "",
        place,
    )


def joined_cause(one: Cause, other: Cause) -> Cause:
    """Two sightings of the same cause as one."""
    counts = Counter(dict(one.sightings))
    counts.update(dict(other.sightings))
    return replace(
        one,
        sightings=tuple(counts.items()),
        sample=one.sample or other.sample,
        element=one.element or other.element,
        attribute=one.attribute or other.attribute,
        spots=tuple(dict.fromkeys((*one.spots, *other.spots)))[:SHOWN],
        documents=tuple(dict.fromkeys((*one.documents, *other.documents)))[:SHOWN],
        loads=one.loads | other.loads,
        unstable=one.unstable or other.unstable,
        confirmed=one.confirmed or other.confirmed,
    )


def _order(cause: Cause) -> tuple[str, str, str, str, str]:
    return (cause.directive, cause.kind, cause.target or cause.blocked, cause.hash, cause.origin)
