"""The only place that chooses how something is shown: text, Markdown, JSON, or another format."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.cli.invocation import Invocation
    from edgerollout.views.document import Doc
    from edgerollout.views.output.encoder import DocumentJson


def show(
    invocation: Invocation,
    output: str,
    document: Callable[[], Doc],
    json: Callable[[], DocumentJson],
    **others: Callable[[], str],
) -> None:
    """Write to stdout in the format that `document_format` chose; only that one is made. `others`: by output
    name.
    """
    streams, spell = invocation.streams, invocation.spell
    match output:
        case "text":
            from edgerollout.views.as_text import as_text

            streams.print_data(as_text(document(), streams.columns, streams.stdout_glyphs, spell))
        case "markdown":
            from edgerollout.views.as_markdown import as_markdown

            streams.write_data(as_markdown(document(), spell))
        case "json":
            from edgerollout.views.output.encoder import json_text

            streams.write_data(json_text(json()))
        case _:
            streams.write_data(others[output]())


def show_aside(invocation: Invocation, document: Doc) -> None:
    """Write to stderr what people need to see before a run acts."""
    from edgerollout.views.as_text import as_text
    from edgerollout.views.ink import Line

    streams = invocation.streams
    lines = as_text(document, streams.columns, streams.stderr_glyphs, invocation.spell)
    streams.print_aside([*lines, Line("")])
