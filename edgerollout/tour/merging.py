"""From raw sightings to causes: every channel reports some, none reports all, several report the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from edgerollout.policy.effective import allows
from edgerollout.tour.cause import (
    HASHABLE,
    UNKNOWN_TARGET,
    Cause,
    blocked_of,
    bones,
    kind_of,
    without_query,
)
from edgerollout.tour.inline_merging import merge_inline, with_attributes
from edgerollout.tour.origin import origin_of
from edgerollout.tour.sighting import SHOWN, Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgerollout.policy.csp import Csp
    from edgerollout.release.facts.evidence import Disposition
    from edgerollout.tour.model import PageRequest, Record


class _Group(NamedTuple):
    """What records must share to be one violation. `policy` is "" where a channel did not report it."""

    origin: str
    directive: str
    family: str
    disposition: Disposition
    policy: str


def merge_records(
    records: Iterable[Record], requests: Iterable[PageRequest], policy: Csp
) -> tuple[Cause, ...]:
    """The causes among the records of one page, for the documents of all origins.

    `requests` are the page's, to find the targets of redirects. `policy` is the toured one: what it allows
    but is reported nevertheless was redirected.
    """
    found = with_attributes(list(records))
    chains = [request.chain for request in requests if len(request.chain) > 1]
    groups: dict[_Group, list[Record]] = defaultdict(list)
    for record in found:
        groups[_group_of(record)].append(record)
    sightings: list[Sighting] = []
    for group, members in _with_unnamed_policies(groups).items():
        if group.family == "inline":
            sightings += merge_inline(members, group.origin)
        else:
            sightings += _merge_urls(members, group.origin, policy, chains)
    return tuple(_cause(sighting) for sighting in sightings)


def _group_of(record: Record) -> _Group:
    origin = origin_of(record.document) or origin_of(record.page)
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
        # With several, a line of the console may belong to any of them: each gets it.
        for known in (named.get(group) or [group]) if not group.policy else [group]:
            merged[known] += records
    return merged


def _merge_urls(
    records: list[Record], origin: str, policy: Csp, chains: list[tuple[str, ...]]
) -> Iterator[Sighting]:
    """One sighting for each blocked URL and target; those with less information join one with more."""
    by_thing: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        by_thing[(_thing(record), _target(record))].append(record)
    knows_more = _knowing_more(by_thing)
    # An origin alone comes before its URLs.
    for key in sorted(by_thing, key=lambda pair: len(pair[0])):
        more = knows_more.get(key[0]) if not key[1] else None
        if more is not None and more != key and more in by_thing:
            by_thing[more] += by_thing.pop(key)
    for (_, target), group in by_thing.items():
        first = group[0]
        blocked = max((blocked_of(record) for record in group), key=len)
        sighting = Sighting(
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
    """The target of a redirect, without query; "" where the record has none."""
    return without_query(record.redirect_target) if record.redirect_target else ""


def _knowing_more(things: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """For what a channel reported partly: the thing and target from one that reported it completely.

    For a redirect most channels report only its start, and the event of a blocked frame has only its origin,
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


def _must_be_redirected(sighting: Sighting, policy: Csp) -> bool:
    ours = all(
        not record.original_policy or bones(record.original_policy) == bones(policy)
        for record in sighting.records
    )
    return ours and allows(policy, sighting.directive, sighting.blocked, self_origin=sighting.origin)


def _redirected(sighting: Sighting, policy: Csp, chains: list[tuple[str, ...]]) -> Iterator[Sighting]:
    """The sighting once for each hop that the policy forbids, according to the page's requests."""
    targets = dict.fromkeys(
        without_query(hop)
        for chain in chains
        if without_query(chain[0]) == sighting.blocked
        for hop in chain[1:]
        if not allows(policy, sighting.directive, hop, self_origin=sighting.origin, redirected=True)
    )
    for target in targets or (UNKNOWN_TARGET,):
        yield replace(sighting, target=target)


def _cause(sighting: Sighting) -> Cause:
    records = sighting.records
    element = next((record.element for record in records if record.element), "")
    return Cause(
        directive=sighting.directive,
        kind=sighting.kind,
        blocked=sighting.blocked,
        disposition=sighting.disposition,
        origin=sighting.origin,
        sightings=((records[0].page, sighting.count),),
        target=sighting.target,
        hash=sighting.hash,
        sample=next((record.sample for record in records if record.sample), ""),
        element=element,
        attribute=next((record.attribute for record in records if record.attribute), None),
        spots=sighting.spots(),
        documents=tuple(dict.fromkeys(record.document for record in records))[:SHOWN],
        loads=frozenset(record.load for record in records),
        unstable=sighting.unstable,
        confirmed=sighting.confirmed,
        policy=next((record.original_policy for record in records if record.original_policy), ""),
        marks=tuple(dict.fromkeys(record.mark for record in records if record.mark))[:SHOWN],
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


def joined_cause(cause: Cause, other: Cause) -> Cause:
    """Two sightings of the same cause as one."""
    counts = Counter(dict(cause.sightings))
    counts.update(dict(other.sightings))
    return replace(
        cause,
        sightings=tuple(counts.items()),
        sample=cause.sample or other.sample,
        element=cause.element or other.element,
        attribute=cause.attribute or other.attribute,
        spots=tuple(dict.fromkeys((*cause.spots, *other.spots)))[:SHOWN],
        documents=tuple(dict.fromkeys((*cause.documents, *other.documents)))[:SHOWN],
        loads=cause.loads | other.loads,
        unstable=cause.unstable or other.unstable,
        confirmed=cause.confirmed or other.confirmed,
        code=cause.code or other.code,
        marks=tuple(dict.fromkeys((*cause.marks, *other.marks)))[:SHOWN],
    )


def _order(cause: Cause) -> tuple[str, str, str, str, str]:
    return (cause.directive, cause.kind, cause.target or cause.blocked, cause.hash, cause.origin)
