"""Exit codes as the pages of the commands have them, compared with those that tests see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.errors import ExitCode
from make_docs.exits import CODES

if TYPE_CHECKING:
    from collections.abc import Sequence

EVERYWHERE = {ExitCode.DONE, ExitCode.FAILED, ExitCode.USAGE, ExitCode.INTERRUPTED}
"""What every command may end with."""


def check_exit(arguments: Sequence[str], code: int) -> None:
    """The command's page says that it may end so. Raises AssertionError; signals are no exit codes."""
    verb = next((word for word in arguments if word in CODES), None)
    if verb is not None and code >= 0 and code not in EVERYWHERE:
        assert code in CODES[verb], f"{verb} ended with {code}, and make_docs/exits.py does not say so"
