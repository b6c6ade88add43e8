"""Adds sources to policy.toml, one per line with its reason, and removes them; nothing else changes."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

from edgerollout.config.locate import locate
from edgerollout.config.policy_edit import replace_file
from edgerollout.errors import EdgerolloutError
from edgerollout.policy.csp import NONE

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping
    from pathlib import Path

    from tomlkit.items import Array

More: TypeAlias = tuple[str | None, str, Mapping[str, str]]
"""The environment whose overlay gets sources (None: the base policy), the directive, and the sources, each
with its reason; "" without one."""

Less: TypeAlias = tuple[str | None, str, tuple[str, ...]]
"""Sources to remove from a list."""

_INDENT = "  "
_LONGEST_COMMENT = 100


def grow_policy(path: Path, more: Iterable[More], less: Iterable[Less] = ()) -> int:
    """Add sources to the file and remove others; returns how many were added. Without any the file stays.

    Raises EdgerolloutError when the file cannot be read or written, or has a layout that this
    cannot change safely.
    """
    wanted = [(environment, name, sources) for environment, name, sources in more if sources]
    unwanted = [(environment, name, sources) for environment, name, sources in less if sources]
    if not wanted and not unwanted:
        return 0
    try:
        text = path.read_bytes().decode("utf-8-sig")
        replace_file(path, grown(shrunk(text, unwanted), wanted))
    except OSError as error:
        raise EdgerolloutError(f"{path} was not changed", why=error.strerror or str(error)) from error
    except UnfitText as error:
        lines = [f"{name} += {' '.join(sources)}" for _, name, sources in wanted]
        lines += [f"{name} -= {' '.join(sources)}" for _, name, sources in unwanted]
        raise EdgerolloutError(
            f"{path} was not changed", why=str(error), hint=f"Change it by hand: {'; '.join(lines)}"
        ) from error
    return sum(len(sources) for _, _, sources in wanted)


class UnfitText(ValueError):
    """The text of policy.toml has a shape that cannot be changed line by line."""


def grown(text: str, more: Iterable[More]) -> str:
    """The text with the sources added. Raises ValueError if that would change something else too."""
    expected = tomllib.loads(text)
    plain, end = with_line_feeds(text)
    for environment, directive, sources in more:
        at = layer_path(environment)
        present = list_at(expected, at, directive)
        if present is None:
            plain = _with_line(plain, at, directive, sources)
            table_at(expected, at)[directive] = list(sources)
        elif new := {source: why for source, why in sources.items() if source not in present}:
            plain = _with_items(plain, at, directive, new)
            present[:] = [*(source for source in present if present != [NONE]), *new]
    return checked(plain.replace("\n", end), expected)


def shrunk(text: str, less: Iterable[Less]) -> str:
    """The text without these sources and the comments on their lines. An empty list becomes 'none'.

    Raises ValueError if that would change something else too.
    """
    expected = tomllib.loads(text)
    plain, end = with_line_feeds(text)
    for environment, directive, sources in less:
        at = layer_path(environment)
        present = list_at(expected, at, directive)
        if gone := {source for source in present or () if source in sources}:
            plain = _without_items(plain, at, directive, gone)
            assert present is not None
            present[:] = [source for source in present if source not in gone] or [NONE]
    return checked(plain.replace("\n", end), expected)


def with_line_feeds(text: str) -> tuple[str, str]:
    """The text with line feeds, and its line end; mixed line ends stay as they are."""
    if 0 < text.count("\n") == text.count("\r\n"):
        return text.replace("\r\n", "\n"), "\r\n"
    return text, "\n"


def checked(text: str, expected: Mapping[str, object]) -> str:
    """The changed text, if it says what is expected. Raises UnfitText otherwise."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnfitText(f"the result would not be TOML: {error}") from error
    if found != expected:
        raise UnfitText("the result would change something else too")
    return text


def layer_path(environment: str | None) -> tuple[str, ...]:
    """The table of the base policy (None), or of an environment's overlay."""
    return ("csp",) if environment is None else ("environments", environment, "csp")


def _with_items(text: str, at: tuple[str, ...], directive: str, sources: Mapping[str, str]) -> str:
    """The sources at the end of a list, or instead of a single 'none'; the list then has one per line."""
    import tomlkit

    document = tomlkit.parse(text)
    array = _array_at(document, at, directive)
    present = [str(source) for source in array]
    if "\n" not in array.as_string():
        array.clear()
        for item in present if present != [NONE] else ():
            array.add_line(item, indent=_INDENT)
    for entry, why in sources.items():
        array.add_line(entry, indent=_indent_of(array), comment=one_line(why) or None)
    if present == [NONE] == [str(source) for source in array[:1]]:
        del array[0]
    return tomlkit.dumps(document)


def _without_items(text: str, at: tuple[str, ...], directive: str, gone: Iterable[str]) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    array = _array_at(document, at, directive)
    if not set(map(str, array)) - set(gone):
        array.append(NONE)
    for index in reversed(range(len(array))):
        if str(array[index]) in gone:
            del array[index]
    return tomlkit.dumps(document)


def _array_at(document: MutableMapping[str, object], at: tuple[str, ...], directive: str) -> Array:
    table = table_at(document, at)
    key = next(key for key in table if key.lower() == directive)
    return cast("Array", table[key])


def _indent_of(array: Array) -> str:
    """The indentation of a list's items."""
    line = array.as_string().partition("\n")[2].partition("\n")[0]
    return line[: len(line) - len(line.lstrip())] or _INDENT


def _with_line(text: str, at: tuple[str, ...], directive: str, sources: Mapping[str, str]) -> str:
    """A new directive, after the last one of its table; with the table if there is none."""
    places = locate(text)
    keys = {
        path: mark.line for path, mark in places.items() if len(path) == len(at) + 1 and path[: len(at)] == at
    }
    lines = text.split("\n")
    if not keys and at not in places:
        return _with_table(text, at, [f"{directive} = [", *_items(sources), "]"])
    start = (max(keys.values()) if keys else places[at].line) - 1
    if not keys and lines[start].lstrip().startswith("["):
        written = [f"{directive} = [", *_items(sources), "]"]
        return "\n".join([*lines[: start + 1], *written, *lines[start + 1 :]])
    name, equals, _ = lines[start].partition("=")
    if not equals or (*at, name.strip().strip("\"'")) not in keys:
        return _set_within(text, at, directive, sources)
    # Where the equals signs are aligned, align the new one.
    indent = name[: len(name) - len(name.lstrip())]
    aligned = f"{f'{indent}{directive}'.ljust(len(name) - 1)} = ["
    written = [aligned, *(f"{indent}{line}" for line in _items(sources)), f"{indent}]"]
    after = _end_of_value(lines, start)
    return "\n".join([*lines[:after], *written, *lines[after:]])


def _items(sources: Mapping[str, str]) -> list[str]:
    """The lines of a list, between its brackets."""
    comments = {source: one_line(why) for source, why in sources.items()}
    return [
        f"{_INDENT}{json.dumps(source, ensure_ascii=False)},{f' # {why}' if why else ''}"
        for source, why in comments.items()
    ]


def one_line(why: str) -> str:
    """A reason on one line, without line ends and control characters."""
    clean = " ".join("".join(character if character.isprintable() else " " for character in why).split())
    return clean if len(clean) <= _LONGEST_COMMENT else f"{clean[: _LONGEST_COMMENT - 1]}…"


def _set_within(text: str, at: tuple[str, ...], directive: str, sources: Mapping[str, str]) -> str:
    """A new directive in a table that is not one directive per line: inline, or with dotted keys."""
    import tomlkit

    document = tomlkit.parse(text)
    table_at(document, at)[directive] = list(sources)
    return tomlkit.dumps(document)


def _with_table(text: str, at: tuple[str, ...], lines: Iterable[str]) -> str:
    header = ".".join(
        part if part.replace("-", "").replace("_", "").isalnum() else json.dumps(part) for part in at
    )
    before = text.rstrip("\r\n")
    gap = "\n\n" if before else ""
    return "\n".join([f"{before}{gap}[{header}]", *lines, ""])


def _end_of_value(lines: list[str], start: int) -> int:
    """The line after the value that starts on line `start`: arrays may take several."""
    for end in range(start + 1, len(lines) + 1):
        try:
            tomllib.loads("\n".join(lines[start:end]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    raise UnfitText(f"line {start + 1} cannot be understood alone")


def table_at(document: MutableMapping[str, object], at: tuple[str, ...]) -> MutableMapping[str, object]:
    """The table at a path, made where it is missing."""
    table: object = document
    for key in at:
        if not isinstance(table, dict):
            raise UnfitText(f"{key} is in no table")
        table = table.setdefault(key, {})
    if not isinstance(table, dict):
        raise UnfitText(f"{'.'.join(at)} is not a table")
    return table


def list_at(document: Mapping[str, object], at: tuple[str, ...], directive: str) -> list[str] | None:
    """The list of a directive; the case of its name does not count."""
    table: object = document
    for key in at:
        table = table.get(key) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        return None
    found = next((value for key, value in table.items() if key.lower() == directive), None)
    return found if isinstance(found, list) else None
