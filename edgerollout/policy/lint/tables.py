"""Reads the linter's tables, JSON files in its folder."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

from edgerollout.policy.shape import object_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def table(file: str, *keys: str) -> Mapping[str, object]:
    """The object in `file`. Raises ValueError if one of `keys` is missing."""
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return object_of(json.loads(text), file, keys)
