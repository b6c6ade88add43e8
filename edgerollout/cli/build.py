"""`edgerollout build`: writes the bundle to disk and shows its content. Needs no AWS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.release.facts.release import Release

EXAMPLES = examples(
    ("build -e testing", "digest and headers"),
    ("build -e testing --out bundle.zip", "the same bytes on any machine"),
)


@with_global_options
def build(
    options: Options,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the zip there.")] = None,
) -> None:
    """Build the bundle of an environment as for its first publish.

    Its policy is report-only. The bundle that publish uploads also names the release that it follows.
    """
    run_command(options, lambda: _run(options, out))


def _run(options: Options, out: Path | None) -> ExitCode:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.releasing import request_for
    from edgerollout.errors import ExitCode, UsageError
    from edgerollout.release.facts.bundle import pack
    from edgerollout.release.facts.choices import Choices
    from edgerollout.release.plans.desired import first_release

    invocation = Invocation(options)
    output = invocation.document_format()
    invocation.note_warnings()
    environment = invocation.environment().environment
    request = request_for(invocation, environment, Choices(from_config=True))
    release = first_release(request)
    bundle = pack(request.files, release)
    if out is not None:
        try:
            out.write_bytes(bundle)
        except OSError as error:
            raise UsageError(f"cannot write {out}", why=error.strerror) from error
    _print(invocation, release, bundle, out, output)
    return ExitCode.DONE


def _print(invocation: Invocation, release: Release, bundle: bytes, out: Path | None, output: str) -> None:
    from edgerollout.cli.rendering import show
    from edgerollout.views.build import build_document
    from edgerollout.views.output.build import build_json

    show(
        invocation,
        output,
        document=lambda: build_document(release, bundle, out),
        json=lambda: build_json(release, bundle, out),
    )
