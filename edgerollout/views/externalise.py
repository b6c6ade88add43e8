"""What `externalise` prints: how much moved, and what stays in its page."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.views.document import Advised, Code, Doc, Item, List, Marker, Title, Verdict
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from edgerollout.inline.externalise import LeftCode
    from edgerollout.inline.moving import MovedBuild
    from edgerollout.views.document import Passage


def moved_document(moved: MovedBuild) -> Doc:
    """What stays, by reason, and the verdict."""
    title = ("Inline code of ", Code(str(moved.site)), " into files in ", Code(str(moved.out)))
    parts: list[Passage] = []
    if moved.left:
        parts.append(Title("Stays in its page"))
        ordered = sorted(moved.left, key=lambda entry: entry[1].why)
        for why, entries in groupby(ordered, key=lambda entry: entry[1].why):
            parts.append(List((Item(why.value, Marker.NOTE, under=_items(list(entries))),)))
    left = len({(code.code.kind, code.code.source) for _, code in moved.left})
    words = f"{count_words(moved.moved, 'piece')} of {count_words(moved.pages, 'page')} moved into"
    stays = f" · {count_words(left, 'hash', 'hashes')} still needed" if left else ""
    verdict = Verdict(f"{words} {count_words(moved.files, 'file')}{stays}", Marker.DONE)
    following = CommandLine("hashes", None, "--site", str(moved.out), "--check")
    return Doc(title, tuple(parts), verdict, (Advised("next", advise(following)),))


def _items(entries: list[tuple[str, LeftCode]]) -> tuple[Item, ...]:
    """Each hash once, with the first place of its code."""
    first: dict[str, tuple[str, LeftCode, int]] = {}
    for file, left in entries:
        place, entry, count = first.get(left.code.source, (f"{file}:{left.code.line}", left, 0))
        first[left.code.source] = place, entry, count + 1
    return tuple(
        Item((f"{place}{f' (+{count - 1})' if count > 1 else ''}  {left.code.kind}  ", Code(source)))
        for source, (place, left, count) in first.items()
    )
