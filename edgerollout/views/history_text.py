"""A history for people: a few lines a release, newest first, what is live marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.release.status.history import Publisher
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.wording import count_words, duration_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgerollout.release.status.history import History, PastRelease
    from edgerollout.views.glyphs import Glyphs


def history_lines(history: History, now: datetime, glyphs: Glyphs) -> tuple[Line, ...]:
    """The history in lines; `now` is what ages are counted from."""
    return tuple(_lines(history, now, glyphs))


def title(history: History) -> str:
    """What the history is of, and how much of it there is."""
    if not history.exists:
        return f"{history.environment}: no function {history.function} yet, so no releases"
    count = len(history.releases) + history.older
    versions = count_words(count, "version") if count else "no version yet"
    return f"{history.environment}: {versions} of {history.function}, account {history.account}"


def policy_words(one: PastRelease) -> str:
    """The stages of a release's policies with their digests."""
    match one.publisher:
        case Publisher.OTHER:
            return "not published by edgerollout"
        case Publisher.LATER:
            return "published by a later edgerollout: update this one to read it"
        case Publisher.US:
            line = one.line
            known = () if line is None else (("enforced", line.enforced), ("report-only", line.report_only))
            parts = [f"{stage} {visible(digest)}" for stage, digest in known if digest is not None]
            return ", ".join(parts) or "no policy"
        case _:
            assert_never(one.publisher)


def age_words(one: PastRelease, now: datetime) -> str:
    """How long ago it was published."""
    return f"{duration_words(max(0.0, (now - one.published_at).total_seconds()))} ago"


def live_words(one: PastRelease) -> str | None:
    """Where it is live; None where it is not."""
    if not one.places:
        return None
    return ", ".join(
        f"{visible(place.name)} ({count_words(place.behaviors, 'behavior')}"
        + ("" if place.own else ", not of this environment")
        + ")"
        for place in one.places
    )


def notes(history: History) -> tuple[str, ...]:
    """What one should know beyond the list."""
    found: list[str] = []
    if not history.marks_known:
        found.append("which releases are withdrawn is not known: allow lambda:ListTags on the function")
    if history.older:
        everything = len(history.releases) + history.older
        found.append(f"{history.older} older not shown: --limit {everything} shows all")
    return tuple(found)


def remarks(one: PastRelease, environment: str) -> tuple[str, ...]:
    """What is out of the ordinary about a release."""
    line = one.line
    found: list[str] = []
    if one.withdrawn:
        found.append("withdrawn: a rollback went behind it")
    if line is not None and line.overrides:
        found.append(f"overridden: {visible(', '.join(line.overrides))}")
    if line is not None and line.environment != environment:
        found.append(f"published for {visible(line.environment)}")
    return tuple(found)


def _lines(history: History, now: datetime, glyphs: Glyphs) -> Iterator[Line]:
    yield Line(title(history), Style.STRONG, hang=2)
    for one in history.releases:
        yield Line("")
        yield from _release(one, history.environment, now, glyphs)
    found = notes(history)
    if found:
        yield Line("")
        for note in found:
            yield Line(f"{glyphs.note} {note}", hang=2)


def _release(one: PastRelease, environment: str, now: datetime, glyphs: Glyphs) -> Iterator[Line]:
    mark = glyphs.done if one.live else glyphs.waiting
    facts = [f"{one.published_at:%Y-%m-%d %H:%M} UTC ({age_words(one, now)})"]
    if one.line is not None and one.line.previous is not None:
        facts.append(f"after {one.line.previous}")
    if one.line is not None and one.line.commit is not None:
        facts.append(f"commit {visible(one.line.commit)}")
    yield Line(f"{mark} {one.version}  {', '.join(facts)}", Style.STRONG if one.live else Style.PLAIN, hang=4)
    yield Line(f"    {policy_words(one)}", hang=4)
    live = live_words(one)
    if live is not None:
        yield Line(f"    live on {live}", Style.GOOD if one.live else Style.WARNING, hang=4)
    for remark in remarks(one, environment):
        yield Line(f"    {remark}", Style.WARNING, hang=4)
