"""Adds sources to policy.toml: to the lists that are there, or in new lines beside them; no more moves."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, TypeAlias

from edgerollout.config.locate import locate
from edgerollout.config.policy_edit import edited, replace_file
from edgerollout.errors import EdgerolloutError
from edgerollout.policy.csp import NONE
from edgerollout.policy.lint.finding import Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping
    from pathlib import Path

    from edgerollout.config.locate import TomlPath

More: TypeAlias = tuple[str | None, str, tuple[str, ...]]
"""The environment whose overlay gains sources (None: the base policy), the directive, and the sources."""


def grow_policy(path: Path, more: Iterable[More]) -> int:
    """Add sources to the file; how many were added.

    Raises EdgerolloutError when the file cannot be read or written, or is laid out in a way that this
    cannot add to without harm.
    """
    wanted = [(environment, name, sources) for environment, name, sources in more if sources]
    if not wanted:
        return 0
    try:
        text = path.read_bytes().decode("utf-8-sig")
        replace_file(path, grown(text, wanted))
    except OSError as error:
        raise EdgerolloutError(f"{path} was not changed", why=error.strerror or str(error)) from error
    except _Unfit as error:
        lines = "; ".join(f"{name} += {' '.join(sources)}" for _, name, sources in wanted)
        raise EdgerolloutError(
            f"{path} was not changed", why=str(error), hint=f"Add them by hand: {lines}"
        ) from error
    return sum(len(sources) for _, _, sources in wanted)


class _Unfit(ValueError):
    """The text has a shape that cannot be added to line by line."""


def grown(text: str, more: Iterable[More]) -> str:
    """The text with the sources added. Raises ValueError when that would say something else as well."""
    expected = tomllib.loads(text)
    for environment, directive, sources in more:
        at = _path(environment)
        present = _list_at(expected, at, directive)
        if present is None:
            text = _with_line(text, at, directive, sources)
            _table_at(expected, at)[directive] = list(sources)
        else:
            text = _with_items(text, (*at, directive), sources, lone_none=present == [NONE])
            _expect(present, sources)
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _Unfit(f"the result would be no TOML: {error}") from error
    if found != expected:
        raise _Unfit("the result would say something else as well")
    return text


def _path(environment: str | None) -> tuple[str, ...]:
    return ("csp",) if environment is None else ("environments", environment, "csp")


def _expect(present: list[str], sources: tuple[str, ...]) -> None:
    if present == [NONE]:
        present.clear()
    present += [source for source in sources if source not in present]


def _with_items(text: str, at: TomlPath, sources: tuple[str, ...], *, lone_none: bool) -> str:
    """The sources at the end of a list, in the place of a lone 'none'."""
    edits = [Edit(None, source) for source in sources]
    if lone_none:
        edits[0] = Edit(NONE, sources[0])
    return edited(text, [(at, edit) for edit in edits])[0]


def _with_line(text: str, at: tuple[str, ...], directive: str, sources: tuple[str, ...]) -> str:
    """A new line for a directive, after the last one of its table; the table where there is none."""
    end = "\r\n" if "\r\n" in text else "\n"
    places = locate(text.replace("\r\n", "\n"))
    keys = {
        path: mark.line for path, mark in places.items() if len(path) == len(at) + 1 and path[: len(at)] == at
    }
    lines = text.split(end)
    line = f"{directive} = {_array(sources)}"
    if not keys and at not in places:
        return _with_table(text, at, line, end)
    start = (max(keys.values()) if keys else places[at].line) - 1
    if not keys and lines[start].lstrip().startswith("["):
        return end.join([*lines[: start + 1], line, *lines[start + 1 :]])
    name, equals, _ = lines[start].partition("=")
    if not equals or (*at, name.strip().strip("\"'")) not in keys:
        return _set_within(text, at, directive, sources)
    # Where the equals signs stand below each other, the new one stands there too.
    indent = name[: len(name) - len(name.lstrip())]
    aligned = f"{f'{indent}{directive}'.ljust(len(name) - 1)} = {_array(sources)}"
    after = _end_of_value(lines, start)
    return end.join([*lines[:after], aligned, *lines[after:]])


def _set_within(text: str, at: tuple[str, ...], directive: str, sources: tuple[str, ...]) -> str:
    """A directive more in a table that is not written one directive a line: inline, or key by dotted key."""
    import tomlkit

    document = tomlkit.parse(text)
    _table_at(document, at)[directive] = list(sources)
    return tomlkit.dumps(document)


def _with_table(text: str, at: tuple[str, ...], line: str, end: str) -> str:
    header = ".".join(
        part if part.replace("-", "").replace("_", "").isalnum() else json.dumps(part) for part in at
    )
    before = text.rstrip("\r\n")
    return f"{before}{end * 2 if before else ''}[{header}]{end}{line}{end}"


def _end_of_value(lines: list[str], start: int) -> int:
    """The line after the value that starts on line `start`: arrays may take several."""
    for end in range(start + 1, len(lines) + 1):
        try:
            tomllib.loads("\n".join(lines[start:end]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    raise _Unfit(f"line {start + 1} cannot be understood alone")


def _array(sources: Iterable[str]) -> str:
    return f"[{', '.join(json.dumps(source) for source in sources)}]"


def _table_at(document: MutableMapping[str, object], at: tuple[str, ...]) -> MutableMapping[str, object]:
    """The table at a path, made where it is missing."""
    table: object = document
    for key in at:
        if not isinstance(table, dict):
            raise _Unfit(f"{key} stands in no table")
        table = table.setdefault(key, {})
    if not isinstance(table, dict):
        raise _Unfit(f"{'.'.join(at)} is no table")
    return table


def _list_at(document: Mapping[str, object], at: tuple[str, ...], directive: str) -> list[str] | None:
    """The list of a directive, whatever case its name is written in."""
    table: object = document
    for key in at:
        table = table.get(key) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        return None
    found = next((value for key, value in table.items() if key.lower() == directive), None)
    return found if isinstance(found, list) else None
