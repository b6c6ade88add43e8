"""What verify found, put in order and in words: the same for text and Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.release.facts.difference import Change
from edgerollout.release.facts.header_comparison import DifferenceCause, policies
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.probe.live_headers import Expectation, LiveProbe, Verified
    from edgerollout.probe.targets import BehaviorPlace, LeftOut
    from edgerollout.release.facts.header_comparison import Difference


@dataclass(frozen=True)
class Group:
    """One behavior's answers, and the ways it could not be asked."""

    title: str
    probes: tuple[LiveProbe, ...]
    left_out: tuple[LeftOut, ...]


def groups(found: Verified) -> tuple[Group, ...]:
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


def summary(found: Verified) -> str:
    """How it came out, in one sentence."""
    release = found.expectation.release
    wrong = sum(1 for one in found.probes if not one.ok)
    count = count_words(len(found.probes), "response")
    if not found.probes:
        return "there was nothing to look at: name a URL, or set the environment's urls"
    if wrong:
        return f"{wrong} of {count} not as release {release} says"
    return f"{count} as release {release} says"


def release_words(expectation: Expectation) -> str:
    """What was expected, and where."""
    other = "" if expectation.live in (None, expectation.release) else f", though {expectation.live} is live"
    return f"release {expectation.release} at {expectation.event}{other}"


def status_words(one: LiveProbe) -> str:
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


def difference_rows(one: Difference, expectation: Expectation) -> Iterator[str]:
    """A difference in lines: what it is, then what of it differs."""
    old = "the release before" if expectation.previous is None else f"release {expectation.previous}"
    head = one.headline(expectation.before, old)
    values = policies(one.header, one.seen)
    match one.cause(expectation.before):
        case DifferenceCause.MISSING:
            yield f"{head}, expected {one.expected}"
        case DifferenceCause.UNWANTED:
            yield f"{head}, is {' | '.join(values)}"
        case DifferenceCause.DUPLICATE:
            yield f"{head}, expected once: {one.expected}"
            yield from (f"  also sent: {value}" for value in values if value != one.expected)
        case DifferenceCause.LEFTOVER if one.expected is None:
            yield f"{head}: {' | '.join(one.seen)}"
        case DifferenceCause.LEFTOVER | DifferenceCause.OTHER:
            yield head
            yield from _values(one)


def _values(one: Difference) -> Iterator[str]:
    if not one.directives:
        yield f"  expected: {one.expected}"
        yield f"  seen:     {' | '.join(one.seen)}"
    for directive in one.directives:
        missing, extra = directive.those(Change.REMOVED), directive.those(Change.ADDED)
        words = [f"missing {' '.join(missing)}"] if missing else []
        words += [f"not expected {' '.join(extra)}"] if extra else []
        match directive.change:
            case Change.REMOVED:
                yield f"  {' '.join((directive.name, *missing))}: the directive is missing"
            case Change.ADDED:
                yield f"  {' '.join((directive.name, *extra))}: the directive is not expected"
            case _:
                yield f"  {directive.name}: {', '.join(words)}"


def _title(place: BehaviorPlace | None) -> str:
    return "(no distribution of this environment)" if place is None else place.name
