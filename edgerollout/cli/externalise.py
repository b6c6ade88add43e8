"""`edgerollout externalise`: a copy of a build with its inline scripts and styles in files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options

if TYPE_CHECKING:
    from edgerollout.errors import ExitCode

EXAMPLES = examples(
    ("externalise --site dist --out dist-csp", "then copy dist-csp to the bucket"),
    ("externalise --site out --out out-csp --base-path /docs/", "a site below /docs/"),
)


@with_global_options
def externalise(
    options: Options,
    site: Annotated[
        Path | None, typer.Option("--site", metavar="DIR", help="The folder that your build writes.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="A new folder for the changed copy.")
    ] = None,
    base_path: Annotated[
        str, typer.Option("--base-path", metavar="PATH", help="Where the site is served.")
    ] = "/",
) -> None:
    """Move the inline scripts and styles of a built site into files, so that 'self' allows them.

    Order and meaning stay the same. What could behave differently in a file of its own stays in its page and
    is listed with its hash and the reason.
    """
    run_command(options, lambda: _run(options, site, out, base_path))


def _run(options: Options, site: Path | None, out: Path | None, base_path: str) -> ExitCode:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.rendering import show
    from edgerollout.errors import ExitCode, UsageError
    from edgerollout.inline.moving import externalise_build
    from edgerollout.views.externalise import moved_document
    from edgerollout.views.output.externalise import moved_json

    invocation = Invocation(options)
    output = invocation.document_format()
    if site is None or out is None:
        missing = "--site" if site is None else "--out"
        raise UsageError(f"{missing} is missing", hint="externalise needs --site DIR and --out DIR.")
    if not base_path.startswith("/") or base_path.startswith("//"):
        raise UsageError(
            f"--base-path {base_path} is not a path of the site", hint="Begin it with one /, such as /docs/."
        )
    moved = externalise_build(site, out, base_path.rstrip("/") + "/")
    show(invocation, output, document=lambda: moved_document(moved), json=lambda: moved_json(moved))
    return ExitCode.DONE
