"""`edgerollout` and `python -m edgerollout`."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from edgerollout.cli.app import app
    from edgerollout.cli.boundary import settled_streams

    with settled_streams():
        app()


if __name__ == "__main__":
    main()
