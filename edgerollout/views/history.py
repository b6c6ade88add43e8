"""A history: a few lines for each release, newest first. Releases that are live are marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.release.facts.environment import RESPONSE_HEADERS_POLICY
from edgerollout.release.status.history import Publisher
from edgerollout.views.document import Doc, Item, List, Marker, Strong
from edgerollout.views.ink import Style
from edgerollout.views.wording import count_words, duration_words, stages_of

if TYPE_CHECKING:
    from datetime import datetime

    from edgerollout.release.status.history import History, PastRelease


def history_document(history: History, now: datetime) -> Doc:
    """The history, newest first. Ages are counted from `now`."""
    releases = tuple(_release(release, history.environment, now) for release in history.releases)
    remarks = tuple(Item(note, Marker.NOTE) for note in _notes(history))
    return Doc(_title(history), (List(releases), List(remarks)))


def _title(history: History) -> str:
    """Which function this is the history of, and how many versions it has."""
    if not history.exists:
        return f"{history.environment}: no function {history.function} yet, so no releases"
    count = len(history.releases) + history.older
    versions = count_words(count, "version") if count else "no version yet"
    return f"{history.environment}: {versions} of {history.function}, account {history.account}"


def _policies(release: PastRelease) -> str:
    """The stages of a release's policies with their digests."""
    match release.publisher:
        case Publisher.OTHER:
            return "not published by edgerollout"
        case Publisher.LATER:
            return "published by a later edgerollout: update this one to read it"
        case Publisher.US:
            line = release.line
            known = () if line is None else stages_of(line)
            parts = [f"{stage} {digest}" for stage, digest in known if digest is not None]
            return ", ".join(parts) or "no policy"
        case _:
            assert_never(release.publisher)


def _age(release: PastRelease, now: datetime) -> str:
    """How long ago it was published."""
    return duration_words(max(0.0, (now - release.published_at).total_seconds()))


def _places(release: PastRelease) -> str:
    """The distributions on which it is live."""
    return ", ".join(
        f"{place.name} ({count_words(place.behaviors, 'behavior')}"
        + ("" if place.own else ", not of this environment")
        + ")"
        for place in release.places
    )


def _notes(history: History) -> tuple[str, ...]:
    """Notes about the whole history."""
    found: list[str] = []
    if not history.marks_known:
        found.append("which releases are withdrawn is not known: allow lambda:ListTags on the function")
    if history.older:
        everything = len(history.releases) + history.older
        found.append(f"{history.older} older not shown: --limit {everything} shows all")
    return tuple(found)


def _remarks(release: PastRelease, environment: str) -> tuple[str, ...]:
    """What is unusual about a release."""
    line = release.line
    found: list[str] = []
    if release.withdrawn:
        found.append("withdrawn: a rollback went back to an older release")
    if line is not None and line.overrides:
        found.append(f"overridden: {', '.join(line.overrides)}")
    if line is not None and line.environment != environment:
        found.append(f"published for {line.environment}")
    return tuple(found)


def _release(release: PastRelease, environment: str, now: datetime) -> Item:
    facts = [f"{release.published_at:%Y-%m-%d %H:%M} UTC ({_age(release, now)} ago)"]
    if release.line is not None and release.line.previous is not None:
        facts.append(f"after {release.line.previous}")
    if release.line is not None and release.line.deliver == RESPONSE_HEADERS_POLICY:
        facts.append("by response headers policy")
    if release.line is not None and release.line.commit is not None:
        facts.append(f"commit {release.line.commit}")
    under = [Item(_policies(release))]
    if release.places:
        under.append(Item(f"live on {_places(release)}", style=Style.GOOD if release.live else Style.WARNING))
    under += [Item(remark, style=Style.WARNING) for remark in _remarks(release, environment)]
    words = (Strong(str(release.version)), f": {', '.join(facts)}")
    style = Style.STRONG if release.live else Style.PLAIN
    return Item(words, Marker.DONE if release.live else Marker.WAITING, style, under=tuple(under))
