"""Live headers against the release as Markdown, for a job summary or a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.views.markdown import code, plain
from edgerollout.views.verify_rows import difference_rows, groups, release_words, status_words, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Spell
    from edgerollout.probe.live_headers import LiveProbe, Verified


def verify_markdown(found: Verified, environment: str, spell: Spell) -> str:
    """The run as headings and one table a behavior, ending in a line end.

    Text that comes from the site or from AWS is escaped: it can bring no markup.
    """
    return "\n".join(_lines(found, environment, spell)) + "\n"


def _lines(found: Verified, environment: str, spell: Spell) -> Iterator[str]:
    sign = "✔" if found.ok else "✖"
    yield f"## {sign} {plain(environment)}: {summary(found)}"
    yield ""
    yield f"Expected: {release_words(found.expectation)}."
    for group in groups(found):
        yield ""
        yield f"### {plain(group.title)}"
        if group.probes:
            yield ""
            yield "| | kind | URL | answer | |"
            yield "|---|---|---|---|---|"
            yield from (_row(one, found, spell) for one in group.probes)
        if group.left_out:
            yield ""
            for each in group.left_out:
                kind = "not judged" if each.kind is None else f"{each.kind}: not seen"
                yield f"- {plain(kind)}, {plain(each.why)}"


def _row(one: LiveProbe, found: Verified, spell: Spell) -> str:
    rows = [code(row.strip()) for each in one.differences for row in difference_rows(each, found.expectation)]
    rows += [plain(spelled(why, spell)) for why in one.why]
    sign = "✔" if one.ok else "✖"
    cells = (sign, one.answer.kind.value, code(one.probed.url), plain(status_words(one)), "<br>".join(rows))
    return f"| {' | '.join(cells)} |"
