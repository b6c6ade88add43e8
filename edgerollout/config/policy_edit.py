"""Changes single places of policy.toml; comments, order and spelling stay."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError
from edgerollout.policy.csp import NONE

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from edgerollout.policy.lint.finding import Edit
    from edgerollout.policy.refusals import KeyPath


def edit_policy(path: Path, edits: Iterable[tuple[KeyPath, Edit]]) -> int:
    """Apply the edits to the file, each at its place; returns how many changed it.

    Raises EdgerolloutError when the file cannot be read or written.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        changed, count = edited(text, edits)
        if count:
            replace_file(path, changed)
    except OSError as error:
        raise EdgerolloutError(f"{path} was not changed", why=error.strerror or str(error)) from error
    return count


def edited(text: str, edits: Iterable[tuple[KeyPath, Edit]]) -> tuple[str, int]:
    """The text with the edits applied, and how many changed it."""
    import tomlkit

    document = tomlkit.parse(text)
    count = sum(_apply(document, at, edit) for at, edit in edits)
    return tomlkit.dumps(document), count


def _apply(document: MutableMapping[str, object], at: KeyPath, edit: Edit) -> bool:
    keys = [part for part in at if isinstance(part, str)]
    table = _descend(document, keys[:-1])
    if table is None:
        return False
    key = _key(table, keys[-1])
    if keys[-2:-1] == ["headers"]:
        return _set_header(table, key, edit.replacement)
    sources = table.get(key)
    if not isinstance(sources, list):
        return False
    return _edit_list(sources, edit)


def _descend(document: MutableMapping[str, object], keys: list[str]) -> MutableMapping[str, object] | None:
    table = document
    for key in keys:
        inner = table.get(_key(table, key))
        if not isinstance(inner, dict):
            return None
        table = inner
    return table


def _key(table: MutableMapping[str, object], name: str) -> str:
    """The key as the file spells it: case does not count in directives and headers."""
    return next((key for key in table if key.lower() == name.lower()), name)


def _edit_list(sources: list[str], edit: Edit) -> bool:
    if edit.source is None:
        if edit.replacement is None or edit.replacement in sources:
            return False
        sources.append(edit.replacement)
        return True
    places = [index for index, source in enumerate(sources) if source == edit.source]
    if not places:
        return False
    # Do not add a replacement that is already there.
    others = [source for index, source in enumerate(sources) if index != places[-1]]
    if edit.replacement is None or edit.replacement in others:
        del sources[places[-1]]
        if not sources:
            sources.append(NONE)
    else:
        sources[places[-1]] = edit.replacement
    return True


def _set_header(table: MutableMapping[str, object], key: str, value: str | None) -> bool:
    held = table.get(key)
    if value is None or held is None:
        return False
    if isinstance(held, dict):
        held["value"] = value
    else:
        table[key] = value
    return True


def replace_file(path: Path, text: str) -> None:
    """Write a new file, then replace the old one: a full disk leaves the old file."""
    target = path.resolve()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        beside.chmod(target.stat().st_mode & 0o777)
        beside.replace(target)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
