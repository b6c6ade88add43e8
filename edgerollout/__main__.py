"""`edgerollout` and `python -m edgerollout`."""

from __future__ import annotations

import gc

_OBJECTS = 300_000
"""New objects between two looks for cyclic garbage. A publish makes 130,000, nearly all by importing, and
one look through them takes longer than most of its calls."""


def main() -> None:
    """Run the command line."""
    gc.set_threshold(_OBJECTS, 20, 20)
    from edgerollout.cli.app import app
    from edgerollout.cli.boundary import settled_streams

    try:
        with settled_streams():
            app()
    finally:
        # Else the interpreter looks through all of them again before it ends.
        gc.freeze()


if __name__ == "__main__":
    main()
