"""The place of sample configuration, handlers and schemas: next to the package, or inside it after
installation.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def samples() -> Path:
    """The folder that holds `config/`, `handler/` and `docs/schema/`."""
    installed = _PACKAGE / "_scaffold"
    return installed if installed.is_dir() else _PACKAGE.parent
