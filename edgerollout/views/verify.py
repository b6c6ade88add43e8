"""Live headers against the release: a line for each answer, only what differs at length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.release.facts.difference import Change
from edgerollout.release.facts.header_comparison import DifferenceCause, policies
from edgerollout.views.document import Code, Doc, Item, List, Marker, Strong, Title, Verdict
from edgerollout.views.ink import Style
from edgerollout.views.wording import count_words, duration_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.probe.live_headers import Expectation, LiveProbe, Verified
    from edgerollout.probe.targets import BehaviorPlace, LeftOut
    from edgerollout.release.facts.header_comparison import Difference
    from edgerollout.views.document import Passage


@dataclass(frozen=True)
class Group:
    """One behavior's answers, and the ways it could not be asked."""

    title: str
    probes: tuple[LiveProbe, ...]
    left_out: tuple[LeftOut, ...]


def verify_document(found: Verified, environment: str) -> Doc:
    """The run, by distribution and behavior."""
    parts: list[Passage] = []
    for group in _groups(found):
        parts += [Title(group.title), List(tuple(_items(group, found)))]
    again = f" (looked {found.looks} times in {duration_words(found.elapsed)})" if found.looks > 1 else ""
    verdict = Verdict(_summary(found) + again, Marker.DONE if found.ok else Marker.FAILED)
    return Doc(f"{environment}: {_release(found.expectation)}", tuple(parts), verdict)


def _items(group: Group, found: Verified) -> Iterator[Item]:
    told: dict[tuple[Item, ...], str] = {}
    for one in group.probes:
        yield _probe(one, found, told)
    by_reason: dict[str, list[str]] = {}
    for each in group.left_out:
        by_reason.setdefault(each.why, []).append(each.kind or "")
    for why, kinds in by_reason.items():
        names = ", ".join(kind for kind in kinds if kind)
        yield Item(f"{names}: not seen, {why}" if names else f"not judged: {why}", Marker.WAITING)


def _probe(one: LiveProbe, found: Verified, told: dict[tuple[Item, ...], str]) -> Item:
    """One answer. `told` has the differences that were shown, and of which kind: none is shown twice."""
    kind = one.answer.kind.value
    rows = tuple(_difference(each, found.expectation) for each in one.differences)
    known = told.setdefault(rows, kind) if rows else kind
    shown = rows if known == kind else (Item(f"the same differences as the {known}"),)
    style = Style.MUTED if one.ok else Style.WARNING
    why = (Item(each, style=style) for each in one.why)
    words = (Strong(kind), ": ", Code(one.probed.url), f" ({_status(one)})")
    return Item(words, Marker.DONE if one.ok else Marker.FAILED, under=(*shown, *why))


def _groups(found: Verified) -> tuple[Group, ...]:
    """By distribution and behavior, in the order of the distribution; other hosts first."""
    probes: dict[str, list[LiveProbe]] = {}
    left_out: dict[str, list[LeftOut]] = {}
    for one in found.probes:
        probes.setdefault(_title(one.place), []).append(one)
    for each in found.left_out:
        left_out.setdefault(_title(each.place), []).append(each)
    return tuple(
        Group(title, tuple(probes.get(title, ())), tuple(left_out.get(title, ())))
        for title in dict.fromkeys((*probes, *left_out))
    )


def _summary(found: Verified) -> str:
    """How it came out, in one sentence."""
    release = found.expectation.release
    wrong = sum(1 for one in found.probes if not one.ok)
    count = count_words(len(found.probes), "response")
    if not found.probes:
        return "there was nothing to look at: name a URL, or set the environment's urls"
    if wrong:
        return f"{wrong} of {count} not as release {release} says"
    return f"{count} as release {release} says"


def _release(expectation: Expectation) -> str:
    """What was expected, and where."""
    other = "" if expectation.live in (None, expectation.release) else f", though {expectation.live} is live"
    return f"release {expectation.release} at {expectation.event}{other}"


def _status(one: LiveProbe) -> str:
    """Status, cache state, age and POP of an answer."""
    seen = one.probed
    words = [] if seen.status is None else [str(seen.status)]
    if seen.cache is not None:
        words.append(seen.cache.removesuffix(" from cloudfront"))
    if one.age is not None:
        words.append(f"{one.age} s old")
    if seen.pop is not None:
        words.append(seen.pop)
    return ", ".join(words) or "no answer"


def _difference(one: Difference, expectation: Expectation) -> Item:
    """What it is, and under it what of it differs."""
    old = "the release before" if expectation.previous is None else f"release {expectation.previous}"
    head = one.headline(expectation.before, old)
    values = policies(one.header, one.seen)
    under: tuple[str, ...] = ()
    match one.cause(expectation.before):
        case DifferenceCause.MISSING:
            head += f", expected {one.expected}"
        case DifferenceCause.UNWANTED:
            head += f", is {' | '.join(values)}"
        case DifferenceCause.DUPLICATE:
            head += f", expected once: {one.expected}"
            under = tuple(f"also sent: {value}" for value in values if value != one.expected)
        case DifferenceCause.LEFTOVER if one.expected is None:
            head += f": {' | '.join(one.seen)}"
        case DifferenceCause.LEFTOVER | DifferenceCause.OTHER:
            under = tuple(_values(one))
    return Item(head, style=Style.PLAIN, under=tuple(map(Item, under)))


def _values(one: Difference) -> Iterator[str]:
    if not one.directives:
        yield f"expected: {one.expected}"
        yield f"seen: {' | '.join(one.seen)}"
    for directive in one.directives:
        missing, extra = directive.those(Change.REMOVED), directive.those(Change.ADDED)
        words = [f"missing {' '.join(missing)}"] if missing else []
        words += [f"not expected {' '.join(extra)}"] if extra else []
        match directive.change:
            case Change.REMOVED:
                yield f"{' '.join((directive.name, *missing))}: the directive is missing"
            case Change.ADDED:
                yield f"{' '.join((directive.name, *extra))}: the directive is not expected"
            case _:
                yield f"{directive.name}: {', '.join(words)}"


def _title(place: BehaviorPlace | None) -> str:
    return "(no distribution of this environment)" if place is None else place.name
