"""The options every command takes, declared once, before the command's name or after it."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

_PANEL = "Options of every command"


@dataclass(frozen=True)
class Options:
    """What the user said; None where nothing was."""

    env: str | None = None
    config: Path | None = None
    output: str | None = None
    sandbox: bool | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    yes: bool | None = None
    quiet: bool | None = None
    verbose: bool | None = None
    no_color: bool | None = None

    def over(self, base: Options) -> Options:
        """These options, completed by `base` where nothing was said."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(base, **{name: value for name, value in said.items() if value is not None})


def _environments(ctx: typer.Context, incomplete: str) -> list[str]:
    """The environments of the configuration that -C names, for shell completion; never fails, never talks."""
    from edgerollout.config.toml_text import parse_toml

    folders = [one.params.get("config") for one in (ctx, ctx.parent) if one is not None]
    folder = next((Path(one) for one in folders if one), Path("config"))
    try:
        document = parse_toml((folder / "edgerollout.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    names = document.get("environments", {})
    return [name for name in names if name.startswith(incomplete)] if isinstance(names, dict) else []


def _outputs(incomplete: str) -> list[str]:
    known = ("auto", "live", "log", "json", "github", "text", "markdown")
    return [name for name in known if name.startswith(incomplete)]


GLOBAL: dict[str, Any] = {
    "env": Annotated[
        str | None,
        typer.Option(
            "-e", "--env", metavar="NAME", autocompletion=_environments, rich_help_panel=_PANEL,
            help="The environment. Default: EDGEROLLOUT_ENV, else the only or the default one.",
        ),
    ],
    "config": Annotated[
        Path | None,
        typer.Option(
            "-C", "--config", metavar="DIR", rich_help_panel=_PANEL,
            help="The folder with edgerollout.toml and policy.toml. Default: config/.",
        ),
    ],
    "output": Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="FORMAT", autocompletion=_outputs, rich_help_panel=_PANEL,
            help="Of what acts: auto, live, log, json, github. Of what reads: text, json, markdown.",
        ),
    ],
    "sandbox": Annotated[
        bool | None,
        typer.Option(
            "--sandbox", show_default=False, rich_help_panel=_PANEL,
            help="Use the embedded AWS on this machine, started if need be. No account is touched.",
        ),
    ],
    "profile": Annotated[
        str | None,
        typer.Option("--profile", metavar="NAME", rich_help_panel=_PANEL, help="The AWS profile to use."),
    ],
    "endpoint_url": Annotated[
        str | None,
        typer.Option(
            "--endpoint-url", metavar="URL", rich_help_panel=_PANEL,
            help="Another AWS endpoint, on this machine only.",
        ),
    ],
    "yes": Annotated[
        bool | None,
        typer.Option(
            "--yes", "-y", show_default=False, rich_help_panel=_PANEL,
            help="Do not ask. Environments with confirm = true want -e NAME beside it.",
        ),
    ],
    "quiet": Annotated[
        bool | None,
        typer.Option(
            "-q", "--quiet", show_default=False, rich_help_panel=_PANEL,
            help="Results and errors only.",
        ),
    ],
    "verbose": Annotated[
        bool | None,
        typer.Option(
            "-v", "--verbose", show_default=False, rich_help_panel=_PANEL,
            help="More about errors. Never the SDK's wire logs.",
        ),
    ],
    "no_color": Annotated[
        bool | None,
        typer.Option(
            "--no-color", show_default=False, rich_help_panel=_PANEL, help="No colours (also: NO_COLOR).",
        ),
    ],
}  # fmt: skip


Timeout = Annotated[
    str | None,
    typer.Option("--timeout", metavar="TIME", help="Stop waiting after this time, such as 20m: exit 5."),
]
"""Of the commands that wait."""

Override = Annotated[
    list[str] | None,
    typer.Option("--override", metavar="NAME", help="Set a refusal aside (repeatable); needs --reason."),
]
"""Of the commands that checks and gates can refuse."""

Reason = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why; goes into the release for good.")
]
"""Beside `Override`."""

CandidateEvidence = Annotated[
    Path | None,
    typer.Option(
        "--evidence",
        metavar="FILE",
        help="Of tour --candidate, where a distribution is added to what is enforced.",
    ),
]
"""Of `plan` and `publish`."""

Preflight = Annotated[
    bool, typer.Option("--preflight/--no-preflight", help="Lint the policy and test the handler first.")
]
"""Of the commands that publish."""

Verify = Annotated[bool, typer.Option("--verify/--no-verify", help="Check the live headers afterwards.")]
"""Of the commands that change what the site sends."""


NoSwap = Annotated[
    bool,
    typer.Option("--no-swap", help="Leave the triggers to Terraform: write its tfvars, change none."),
]
"""Of the commands that would change triggers."""

TfvarsFile = Annotated[
    Path | None,
    typer.Option("--tfvars", metavar="FILE", help="What Terraform reads. Default: the configured one."),
]
"""Beside `NoSwap`."""


Resolve = Annotated[
    list[str] | None,
    typer.Option(
        "--resolve", metavar="HOST:PORT:ADDRESS", help="Ask HOST at this address, as curl does (repeatable)."
    ),
]
CaFile = Annotated[
    Path | None, typer.Option("--ca-file", metavar="FILE", help="Trust the CAs of this PEM file, no others.")
]
"""Of what asks live sites; `live_network.network` reads both."""


def with_global_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command function the global options, collected in its `options` parameter.

    The function is called with `options: Options`, the ones given before the command's name filled in,
    and with `ctx` where it asks for it. A parameter with the name of a global option takes its place.
    """
    parameters = inspect.signature(command, eval_str=True).parameters
    own = [parameter for name, parameter in parameters.items() if name not in {"options", "ctx"}]
    shared = {name: annotation for name, annotation in GLOBAL.items() if name not in parameters}
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in shared.items()
    ]
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)

    @functools.wraps(command)
    def run(*, ctx: typer.Context, **values: Any) -> None:
        given = Options(**{name: values.pop(name) for name in shared})
        before = ctx.obj if isinstance(ctx.obj, Options) else Options()
        if "ctx" in parameters:
            values["ctx"] = ctx
        command(**values, options=given.over(before))

    keyword_only = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
    signature = inspect.Signature([context, *keyword_only, *added])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in signature.parameters.values()}
    return run
