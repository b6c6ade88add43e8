"""The marked block of hashes in a source list of policy.toml: `hashes --write` replaces it, nothing else."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING

from edgerollout.config.locate import locate
from edgerollout.config.policy_edit import replace_file
from edgerollout.config.policy_growth import (
    UnfitText,
    checked,
    grown,
    layer_path,
    list_at,
    one_line,
    with_line_feeds,
)
from edgerollout.errors import EdgerolloutError
from edgerollout.policy.csp import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

BEGIN = "# build hashes: begin (hashes --write replaces them)"
END = "# build hashes: end"
_BLOCK = re.compile(
    r"[ \t]*# build hashes: begin[^\n]*\n(?P<items>.*?)[ \t]*# build hashes: end[^\n]*\n",
    re.DOTALL,
)
_INDENT = "  "


def write_hash_blocks(
    path: Path,
    environment: str | None,
    lists: Mapping[str, Mapping[str, str]],
    *,
    start: Mapping[str, Sequence[str]],
) -> bool:
    """Make these hashes the marked block of each list; returns whether the file changed.

    `lists`: directive → hash → where its code stands. `start`: the sources of a directive that is not there
    yet. Raises EdgerolloutError when the file cannot be read or written, or has a layout that this
    cannot change safely.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        changed = with_hash_blocks(text, environment, lists, start=start)
        if changed != text:
            replace_file(path, changed)
    except OSError as error:
        raise EdgerolloutError(f"{path} was not changed", why=error.strerror or str(error)) from error
    except UnfitText as error:
        raise EdgerolloutError(
            f"{path} was not changed", why=str(error), hint="Write each of its lists with a source per line."
        ) from error
    return changed != text


def with_hash_blocks(
    text: str,
    environment: str | None,
    lists: Mapping[str, Mapping[str, str]],
    *,
    start: Mapping[str, Sequence[str]],
) -> str:
    """The text with these blocks. Raises UnfitText if something else would change, too."""
    at = layer_path(environment)
    plain, end = with_line_feeds(text)
    for directive, hashes in lists.items():
        if list_at(tomllib.loads(plain), at, directive) is None:
            if not hashes:
                continue
            sources = [source for source in start.get(directive, ()) if source != NONE]
            plain = grown(plain, [(environment, directive, dict.fromkeys([*sources, *list(hashes)[:1]], ""))])
            plain = _without(plain, at, directive, next(iter(hashes)))
        plain = _with_block(plain, at, directive, hashes)
    return plain.replace("\n", end)


def _without(text: str, at: tuple[str, ...], directive: str, source: str) -> str:
    """The text of a list that has just been made, without its last source, which held its place."""
    start, end = _span(text, at, directive)
    lines = [line for line in text[start:end].split("\n") if source not in line]
    return text[:start] + "\n".join(lines) + text[end:]


def _with_block(text: str, at: tuple[str, ...], directive: str, hashes: Mapping[str, str]) -> str:
    expected = tomllib.loads(text)
    start, end = _span(text, at, directive)
    array = text[start:end]
    owned = {item for block in _BLOCK.finditer(array) for item in _items(block["items"])}
    bare = _BLOCK.sub("", array)
    kept = _items(bare[1:-1])
    new = {source: why for source, why in hashes.items() if source not in kept}
    present = list_at(expected, at, directive)
    assert present is not None
    if not new:
        if not owned:
            return text
        present[:] = kept or [NONE]
        return checked(text[:start] + (bare if kept else f'["{NONE}"]') + text[end:], expected)
    if "\n" not in bare:
        bare = "[\n" + "".join(f"{_INDENT}{json.dumps(item, ensure_ascii=False)},\n" for item in kept) + "]"
    if kept == [NONE]:
        kept, bare = [], "[\n]"
    present[:] = [*kept, *new]
    body = _closed(bare[:-1].rstrip(" \t"))
    lines = [
        BEGIN,
        *(f'"{source}",{f" # {one_line(why)}" if why else ""}' for source, why in new.items()),
        END,
    ]
    written = body + "".join(f"{_INDENT}{line}\n" for line in lines) + "]"
    return checked(text[:start] + written + text[end:], expected)


def _closed(body: str) -> str:
    """The beginning of an array, such that another item may follow: a comma, and a line of its own."""
    places = locate(f"x = {body}]")
    last = max(
        (mark.value[1] for path, mark in places.items() if len(path) == 2 and mark.value), default=None
    )
    if last is not None:
        after = last - len("x = ")
        rest = re.sub(r"#[^\n]*", "", body[after:])
        if "," not in rest:
            body = f"{body[:after]},{body[after:]}"
    return body if body.endswith("\n") else f"{body}\n"


def _items(text: str) -> list[str]:
    """The strings between an array's brackets."""
    return [str(item) for item in tomllib.loads(f"x = [{text}\n]")["x"]]


def _span(text: str, at: tuple[str, ...], directive: str) -> tuple[int, int]:
    """The characters of a list, brackets included."""
    for path, mark in locate(text).items():
        if path[:-1] == at and str(path[-1]).lower() == directive and mark.value is not None:
            return mark.value
    raise UnfitText(f"the list of {directive} was not found in the file")
