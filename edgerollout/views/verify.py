"""Live headers compared with the release: a line for each answer; only differences are shown in detail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.release.facts.difference import Change
from edgerollout.release.facts.header_comparison import DifferenceCause, policies
from edgerollout.release.facts.headers_policies import SLOT
from edgerollout.views.document import Code, Doc, Item, List, Marker, Strong, Title, Verdict
from edgerollout.views.ink import Style
from edgerollout.views.status import edited
from edgerollout.views.wording import count_words, duration_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.probe.live_headers import Expectation, LiveProbe, Verified
    from edgerollout.probe.targets import BehaviorPlace, LeftOut
    from edgerollout.release.facts.header_comparison import Difference
    from edgerollout.views.document import Passage


@dataclass(frozen=True)
class Group:
    """The answers of a behavior, and the requests that were not possible."""

    title: str
    probes: tuple[LiveProbe, ...]
    left_out: tuple[LeftOut, ...]


def verify_document(found: Verified, environment: str) -> Doc:
    """The result of verify, by distribution and behavior."""
    parts: list[Passage] = []
    for group in _groups(found):
        parts += [Title(group.title), List(tuple(_items(group, found)))]
    expected = found.expectation
    edits = edited(expected.altered, expected.stale, environment)
    parts.append(List(tuple(Item(words, Marker.WARNING) for words in edits)))
    again = f" (checked {found.looks} times in {duration_words(found.elapsed)})" if found.looks > 1 else ""
    verdict = Verdict(_summary(found) + again, Marker.DONE if found.ok else Marker.FAILED)
    return Doc(f"{environment}: {_release(expected)}", tuple(parts), verdict)


def _items(group: Group, found: Verified) -> Iterator[Item]:
    told: dict[tuple[Item, ...], str] = {}
    for probe in group.probes:
        yield _probe(probe, found, told)
    by_reason: dict[str, list[str]] = {}
    for item in group.left_out:
        by_reason.setdefault(item.why, []).append(item.kind or "")
    for why, kinds in by_reason.items():
        names = ", ".join(kind for kind in kinds if kind)
        yield Item(f"{names}: not seen, {why}" if names else f"not judged: {why}", Marker.WAITING)


def _probe(probe: LiveProbe, found: Verified, told: dict[tuple[Item, ...], str]) -> Item:
    """An answer. `told` maps differences that were shown to their kind, so that none is shown twice."""
    kind = probe.answer.kind.value
    rows = tuple(_difference(difference, found.expectation) for difference in probe.differences)
    known = told.setdefault(rows, kind) if rows else kind
    shown = rows if known == kind else (Item(f"the same differences as the {known}"),)
    style = Style.MUTED if probe.ok else Style.WARNING
    why = (Item(item, style=style) for item in probe.why)
    words = (Strong(kind), ": ", Code(probe.probed.url), f" ({_status(probe)})")
    return Item(words, Marker.DONE if probe.ok else Marker.FAILED, under=(*shown, *why))


def _groups(found: Verified) -> tuple[Group, ...]:
    """Groups by distribution and behavior, in the order of the distribution; other hosts come first."""
    probes: dict[str, list[LiveProbe]] = {}
    left_out: dict[str, list[LeftOut]] = {}
    for probe in found.probes:
        probes.setdefault(_title(probe.place), []).append(probe)
    for item in found.left_out:
        left_out.setdefault(_title(item.place), []).append(item)
    return tuple(
        Group(title, tuple(probes.get(title, ())), tuple(left_out.get(title, ())))
        for title in dict.fromkeys((*probes, *left_out))
    )


def _summary(found: Verified) -> str:
    """The result, in a sentence."""
    release = found.expectation.release
    wrong = sum(1 for probe in found.probes if not probe.ok)
    count = count_words(len(found.probes), "response")
    if not found.probes:
        return "there was nothing to check: name a URL, or set the environment's urls"
    if wrong:
        return f"{wrong} of {count} without the headers of release {release}"
    return f"{count} with the headers of release {release}"


def _release(expectation: Expectation) -> str:
    """Which release was expected, and at which event."""
    other = "" if expectation.live in (None, expectation.release) else f", though {expectation.live} is live"
    by = "by response headers policies" if expectation.event == SLOT else f"at {expectation.event}"
    return f"release {expectation.release} {by}{other}"


def _status(probe: LiveProbe) -> str:
    """Status, cache state, age and POP of an answer."""
    seen = probe.probed
    words = [] if seen.status is None else [str(seen.status)]
    if seen.cache is not None:
        words.append(seen.cache.removesuffix(" from cloudfront"))
    if probe.age is not None:
        words.append(f"{probe.age} s old")
    if seen.pop is not None:
        words.append(seen.pop)
    return ", ".join(words) or "no answer"


def _difference(difference: Difference, expectation: Expectation) -> Item:
    """The difference, and under it the parts that differ."""
    old = "the release before" if expectation.previous is None else f"release {expectation.previous}"
    head = difference.headline(expectation.before, old)
    values = policies(difference.header, difference.seen)
    under: tuple[str, ...] = ()
    match difference.cause(expectation.before):
        case DifferenceCause.MISSING:
            head += f", expected {difference.expected}"
        case DifferenceCause.UNWANTED:
            head += f", is {' | '.join(values)}"
        case DifferenceCause.DUPLICATE:
            head += f", expected once: {difference.expected}"
            under = tuple(f"also sent: {value}" for value in values if value != difference.expected)
        case DifferenceCause.LEFTOVER if difference.expected is None:
            head += f": {' | '.join(difference.seen)}"
        case DifferenceCause.LEFTOVER | DifferenceCause.OTHER:
            under = tuple(_values(difference))
    return Item(head, style=Style.PLAIN, under=tuple(map(Item, under)))


def _values(difference: Difference) -> Iterator[str]:
    if not difference.directives:
        yield f"expected: {difference.expected}"
        yield f"seen: {' | '.join(difference.seen)}"
    for directive in difference.directives:
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
