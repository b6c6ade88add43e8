"""The tables that come with the linter, as JSON beside it."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

from edgerollout.policy.shape import object_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def table(file: str, *keys: str) -> Mapping[str, object]:
    """The object in `file`. Raises ValueError where it lacks one of `keys`."""
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return object_of(json.loads(text), file, keys)
