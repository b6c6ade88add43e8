"""The triggers that a release took over, also kept in tags of the function: so a rollback needs no bundle.
Pure.

`edgerollout:replaced:1:1/2` = `E1.E2+origin-response+arn:aws:lambda:…:redirects:7+/api/=2A+/app/=2A`

The key names the release, the number of the piece, and how many pieces there are. The joined pieces are
groups, separated by `@`: distributions (separated by `.`), event, ARN, paths. A character that tags cannot
hold, or that is a separator here, is written as `=XX` (UTF-8, hexadecimal).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgerollout.release.facts.arn import VersionArn
from edgerollout.release.facts.release import ReplacedTrigger

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REPLACED_TAG = "edgerollout:replaced:"

KEPT_FREE = 10
"""The tags kept free for the marks of rollbacks and unfinished swaps, which are more important."""

_VALUE = 256
"""Characters, Lambda's limit; a key has 128. Both take letters, digits, spaces and `+ - = . _ : / @`."""

_KEY = re.compile(re.escape(REPLACED_TAG) + r"(\d+):(\d+)/(\d+)")
_PLAIN = re.compile(r"[A-Za-z0-9_./:-]")
_SPELLED = re.compile(r"(?:[A-Za-z0-9_./:-]|=[0-9A-F]{2})+")
_WITH_BODY = "/body"


def replaced_tags(release: int, replaced: Iterable[ReplacedTrigger]) -> dict[str, str]:
    """The tags that keep what a release took over; no tags when it took over nothing."""
    text = "@".join(_groups(replaced))
    pieces = [text[at : at + _VALUE] for at in range(0, len(text), _VALUE)]
    return {f"{REPLACED_TAG}{release}:{n}/{len(pieces)}": piece for n, piece in enumerate(pieces, start=1)}


def read_replaced(tags: Mapping[str, str], release: int) -> tuple[ReplacedTrigger, ...] | None:
    """What a release took over, according to the tags; None where they do not have it, or not all of it."""
    pieces: dict[tuple[int, int], str] = {}
    for key, value in tags.items():
        found = _KEY.fullmatch(key)
        if found is not None and int(found[1]) == release:
            pieces[int(found[2]), int(found[3])] = value
    counts = {count for _, count in pieces}
    if len(counts) != 1 or [n for n, _ in sorted(pieces)] != list(range(1, counts.pop() + 1)):
        return None
    try:
        text = "".join(pieces[piece] for piece in sorted(pieces))
        return tuple(trigger for group in text.split("@") for trigger in _triggers(group))
    except ValueError:
        return None


def releases_told(tags: Mapping[str, str]) -> tuple[int, ...]:
    """The releases whose take-over the tags record, completely or in part."""
    return tuple(sorted({int(found[1]) for key in tags if (found := _KEY.fullmatch(key)) is not None}))


def keys_of(tags: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of all such tags."""
    return tuple(key for key in tags if key.startswith(REPLACED_TAG))


def _groups(replaced: Iterable[ReplacedTrigger]) -> Iterable[str]:
    """Group behaviors that carried the same ARN, and distributions with the same such behaviors."""
    paths: dict[tuple[str, str, str], list[str]] = {}
    for trigger in replaced:
        event = trigger.event + (_WITH_BODY if trigger.include_body else "")
        paths.setdefault((trigger.distribution, event, trigger.arn), []).append(_spelled(trigger.path))
    alike: dict[tuple[str, ...], list[str]] = {}
    for (distribution, event, arn), own in paths.items():
        alike.setdefault((event, arn, *own), []).append(distribution)
    return ("+".join((".".join(distributions), *rest)) for rest, distributions in alike.items())


def _triggers(group: str) -> Iterable[ReplacedTrigger]:
    """Raises ValueError for what this module does not write."""
    distributions, told, arn, *paths = group.split("+")
    event = told.removesuffix(_WITH_BODY)
    if VersionArn.parse(arn) is None or not paths:
        raise ValueError(group)
    read = [_read(path) for path in paths]
    return [
        ReplacedTrigger(distribution, path, event, arn, told != event)
        for distribution in distributions.split(".")
        for path in read
    ]


def _spelled(path: str) -> str:
    return "".join(
        character if _PLAIN.fullmatch(character) else "".join(f"={byte:02X}" for byte in character.encode())
        for character in path
    )


def _read(spelled: str) -> str:
    if _SPELLED.fullmatch(spelled) is None:
        raise ValueError(spelled)
    return re.sub(
        rb"=([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), spelled.encode()
    ).decode()
