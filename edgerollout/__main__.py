"""`edgerollout` and `python -m edgerollout`."""

from __future__ import annotations

import gc

_OBJECTS = 100_000
"""New objects between two looks for cyclic garbage. Importing makes so many that the default of 700 looks
hundreds of times, and a run of this tool never leaves that much."""


def main() -> None:
    """Run the command line."""
    gc.set_threshold(_OBJECTS, 20, 20)
    from edgerollout.cli.app import app
    from edgerollout.cli.boundary import settled_streams

    with settled_streams():
        app()


if __name__ == "__main__":
    main()
