"""What to do, at the top of the HTML report: the next command, the policy to copy, the decisions."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from edgerollout.advice import command_text, spelled
from edgerollout.tour.next_step import accepting_words
from edgerollout.tour.suggestion import Decide, Rework
from edgerollout.views.ink import fitted
from edgerollout.views.markup import Html, element, joined
from edgerollout.views.tour_wording import balance_words, gain_place, losses_words, thing, verdict_words
from edgerollout.views.wording import count_words, size_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgerollout.advice import Spell
    from edgerollout.tour.gains import Gain
    from edgerollout.tour.judgement import TourVerdict
    from edgerollout.views.tour_entries import Entry
    from edgerollout.views.tour_rows import TourHeading

_LISTED = 3
_CHANGES = 20
_TEXT, _HEADER = 120, 64_000


def todo_section(
    verdict: TourVerdict, heading: TourHeading, spell: Spell, shown: Sequence[tuple[int, Entry]]
) -> Html:
    """The section. `shown` are the causes in the report, with their numbers."""
    return element(
        "section",
        element("h2", "What to do", id="todo-title"),
        element("p", balance_words(verdict, verdict_words(verdict)[1], fixed_by=heading.fixed_by))
        if verdict.rows
        else None,
        _next(heading, spell),
        _policy_to_copy(verdict),
        _gains(heading),
        _losses(heading),
        *_decisions(heading, spell, shown),
        *_changes(shown),
        id="todo",
        aria_labelledby="todo-title",
    )


def _next(heading: TourHeading, spell: Spell) -> Html | None:
    if heading.next_step is None:
        return None
    words = [
        part if isinstance(part, str) else _command(command_text(part, spell))
        for part in heading.next_step.parts
    ]
    return element("p", element("strong", "Next: "), *words, class_="next")


def _command(words: str) -> Html:
    return element("code", words, class_="copy command")


def _policy_to_copy(verdict: TourVerdict) -> Html | None:
    value = verdict.after.header_value()
    if not verdict.suggestions or not value:
        return None
    gains = count_words(len(verdict.suggestions), "source")
    return joined(
        (
            element("h3", "The policy to copy"),
            element("p", f"With {gains} more, {size_words(len(value))} in all.", class_="muted"),
            element(
                "pre",
                element("span", fitted(value, _HEADER), class_="copy"),
                class_="tall",
                tabindex="0",
                role="region",
                aria_label="The policy to copy",
            ),
        )
    )


def _gains(heading: TourHeading) -> Html | None:
    """Which sources are added to which list in policy.toml: exactly what is written."""
    if not heading.gains:
        return None
    file = "The policy" if heading.environment is None else "policy.toml"
    verb = "has gained" if heading.written else "would gain"
    count = count_words(sum(len(gain.sources) for gain in heading.gains), "source")
    tables = groupby(heading.gains, key=lambda gain: (gain.table, gain.environment, gain.why))
    return element(
        "details",
        element("summary", f"{file} {verb} {count}"),
        *(
            joined(
                (
                    None
                    if heading.environment is None
                    else element("p", gain_place(*place), class_="muted place"),
                    element("ul", *map(_gain, group), class_="policy"),
                )
            )
            for place, group in tables
        ),
    )


def _losses(heading: TourHeading) -> Html | None:
    """Sources that no page used, in a list that unfolds."""
    if not heading.losses:
        return None
    count = count_words(sum(len(loss.sources) for loss in heading.losses), "source")
    rows = []
    for item in heading.losses:
        gone = [piece for source in item.sources for piece in (_gone(source), Html(" "))]
        whose = (
            None if item.environment is None else element("p", f"only of {item.environment}", class_="muted")
        )
        rows.append(
            element("li", element("code", item.directive), element("span", *gone, class_="sources"), whose)
        )
    return element(
        "details",
        element("summary", f"{count} that no page used"),
        element("p", losses_words(pruned=heading.pruned), class_="muted"),
        element("ul", *rows, class_="policy"),
    )


def _gone(source: str) -> Html:
    return element("del", element("code", f"− {source}"))


def _gain(gain: Gain) -> Html:
    sources = [
        Html(" ") if item is None else _added(item) for source in gain.sources for item in (source, None)
    ]
    kept = f"new; keeps {' '.join(gain.copied)} of {gain.copied_from}" if gain.copied else None
    return element(
        "li",
        element("code", gain.directive),
        element("span", *sources, class_="sources"),
        None if kept is None else element("p", kept, class_="muted"),
    )


def _added(source: str) -> Html:
    return element("ins", element("code", f"+ {source}"))


def _decisions(heading: TourHeading, spell: Spell, shown: Sequence[tuple[int, Entry]]) -> Iterator[Html]:
    """The decisions, each with its disadvantage and its command."""
    groups: dict[tuple[str, tuple[str, ...], str], list[tuple[int, Entry]]] = {}
    for at, entry in shown:
        if isinstance(entry.advice, Decide):
            key = (entry.place, entry.advice.sources, entry.advice.why)
            groups.setdefault(key, []).append((at, entry))
    if not groups:
        return
    yield element("h3", f"{count_words(len(groups), 'decision')}")
    for (place, sources, why), waiting in groups.items():
        command = None
        if heading.environment is not None:
            words = heading.now.again(*accepting_words(sources), "--write")
            command = element("p", "To allow it: ", _command(spelled(words, spell)))
        yield element(
            "div",
            element("p", element("code", f"{place} {' '.join(sources)}"), class_="verb"),
            element("p", _sentence(why)),
            command,
            _causes(waiting),
            class_="advice warn",
        )


def _changes(shown: Sequence[tuple[int, Entry]]) -> Iterator[Html]:
    """Changes to the pages that no source can replace; each reason is shown once."""
    groups: dict[str, list[tuple[int, Entry]]] = {}
    for at, entry in shown:
        if isinstance(entry.advice, Rework):
            groups.setdefault(entry.advice.why, []).append((at, entry))
    if not groups:
        return
    yield element("h3", f"{count_words(len(groups), 'change')} to make in the pages")
    for why, waiting in list(groups.items())[:_CHANGES]:
        yield element("div", element("p", _sentence(why)), _causes(waiting), class_="advice warn")
    if len(groups) > _CHANGES:
        yield element("p", f"And {count_words(len(groups) - _CHANGES, 'other')}, with their causes below.")


def _causes(waiting: Sequence[tuple[int, Entry]]) -> Html:
    """Links to the causes."""
    links: list[Html | str] = []
    for at, entry in waiting[:_LISTED]:
        links += [", " if links else "For ", element("a", _thing(entry), href=f"#cause-{at}")]
    if len(waiting) > _LISTED:
        links.append(f" and {count_words(len(waiting) - _LISTED, 'other')}")
    return element("p", *links, class_="muted")


def _thing(entry: Entry) -> str:
    return fitted(thing(entry.cause, len(entry.rows)), _TEXT)


def _sentence(words: str) -> str:
    first = words.partition(" ")[0]
    # Sources and directives stay as they are: no sentence begins with `Data:`.
    begun = f"{words[:1].upper()}{words[1:]}" if first.isalpha() else words
    return begun if begun.endswith(".") else f"{begun}."
