"""Terraform's language as text: values, blocks, and the layout of `terraform fmt`.

The only layout rule besides indentation: the equal signs of attributes on consecutive lines
are aligned; an attribute whose value takes several lines is not part of
such a group (HashiCorp, "Style conventions", and the formatter itself).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

WIDTH = 100
"""Columns up to which a list stays on one line."""

_BARE_KEY = re.compile(r"(?!for\Z)[A-Za-z_][A-Za-z0-9_-]*")
"""Keys of objects that need no quotes; `{ for` would begin an expression."""


@dataclass(frozen=True)
class Expression:
    """Text in Terraform's language, written unchanged: `var.name`, `module.site.id`."""

    text: str


Value: TypeAlias = "str | bool | int | float | Expression | Sequence[Value] | Mapping[str, Value]"


@dataclass(frozen=True)
class Block:
    """`type "label" { … }`. Attributes that are None are left out.

    `groups` are rows of attributes with an empty line between them; `blocks` come after. `comment` is
    written above.
    """

    type: str
    labels: tuple[str, ...] = ()
    groups: tuple[Mapping[str, Value | None], ...] = ()
    blocks: tuple[Block, ...] = ()
    comment: str | None = field(default=None, kw_only=True)


def document(blocks: Iterable[Block], heading: str | None = None) -> str:
    """A whole file. `heading` is a comment at its top."""
    parts = [] if heading is None else ["\n".join(_comment(heading, ""))]
    parts += ["\n".join(_block(block, "")) for block in blocks]
    return "\n\n".join(parts) + "\n"


def quoted(text: str) -> str:
    """A string literal: template signs are escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    escaped = escaped.replace("\r", "\\r").replace("\t", "\\t")
    escaped = escaped.replace("${", "$${").replace("%{", "%%{")
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def _block(block: Block, indent: str) -> Iterator[str]:
    if block.comment is not None:
        yield from _comment(block.comment, indent)
    head = " ".join((block.type, *(quoted(label) for label in block.labels)))
    inner = indent + "  "
    parts: list[list[str]] = []
    for group in block.groups:
        given = {name: value for name, value in group.items() if value is not None}
        if given:
            parts.append(list(_attributes(given, inner)))
    parts += [list(_block(child, inner)) for child in block.blocks]
    if not parts:
        yield f"{indent}{head} {{"
        yield f"{indent}}}"
        return
    yield f"{indent}{head} {{"
    for number, part in enumerate(parts):
        if number:
            yield ""
        yield from part
    yield f"{indent}}}"


def _attributes(values: Mapping[str, Value], indent: str) -> Iterator[str]:
    """Name = value, line by line, rows of one-line values aligned."""
    row: list[tuple[str, str]] = []
    for name, value in values.items():
        lines = _value(value, indent, len(indent) + len(name) + 3)
        if len(lines) == 1:
            row.append((name, lines[0]))
            continue
        yield from _row(row, indent)
        row = []
        yield f"{indent}{name} = {lines[0]}"
        yield from lines[1:]
    yield from _row(row, indent)


def _row(row: Sequence[tuple[str, str]], indent: str) -> Iterator[str]:
    width = max((len(name) for name, _ in row), default=0)
    for name, text in row:
        yield f"{indent}{name:<{width}} = {text}"


def _value(value: Value, indent: str, column: int) -> list[str]:
    """The lines of a value that begins at `column` of a line indented by `indent`."""
    match value:
        case Expression(text):
            return [text]
        case bool():
            return ["true" if value else "false"]
        case int() | float():
            return [repr(value)]
        case str():
            return [quoted(value)]
        case Mapping():
            return _object(value, indent)
        case _:
            return _list(value, indent, column)


def _object(value: Mapping[str, Value], indent: str) -> list[str]:
    if not value:
        return ["{}"]
    keys = {name if _BARE_KEY.fullmatch(name) else quoted(name): item for name, item in value.items()}
    return ["{", *_attributes(keys, indent + "  "), indent + "}"]


def _list(value: Sequence[Value], indent: str, column: int) -> list[str]:
    inner = indent + "  "
    items = [_value(item, inner, len(inner)) for item in value]
    if all(len(lines) == 1 for lines in items):
        line = "[" + ", ".join(lines[0] for lines in items) + "]"
        if column + len(line) <= WIDTH:
            return [line]
    written = ["["]
    for lines in items:
        lines[0] = inner + lines[0]
        lines[-1] += ","
        written += lines
    return [*written, indent + "]"]


def _comment(text: str, indent: str) -> Iterator[str]:
    for line in text.splitlines():
        yield f"{indent}# {line}".rstrip()
