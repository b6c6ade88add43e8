"""Reads parsed JSON of a known shape. Any other shape raises ValueError and says which shape was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def object_of(value: object, subject: str, keys: tuple[str, ...] = ()) -> Mapping[str, object]:
    """`value` as an object that has `keys`. Raises ValueError if it is not one."""
    if not isinstance(value, dict):
        raise ValueError(f"{subject} must be an object, not {value!r}")
    missing = [key for key in keys if key not in value]
    if missing:
        raise ValueError(f"{subject} lacks {', '.join(missing)}")
    return value


def string_lists(value: object, subject: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The entries of an object of lists of strings, in order. Raises ValueError for another shape."""
    for key, items in object_of(value, subject).items():
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise ValueError(f"{subject}: {key} must be a list of strings, not {items!r}")
        yield key, tuple(items)


def strings(value: object) -> tuple[str, ...]:
    """`value` as a list of strings. Raises ValueError for anything else."""
    if not isinstance(value, list) or not all(isinstance(element, str) for element in value):
        raise ValueError(f"a list of strings was expected, not {value!r}")
    return tuple(value)
