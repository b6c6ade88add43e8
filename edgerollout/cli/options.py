"""The options of every command, declared once. They may be before or after the command's name."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgerollout.cli.completion import OUTPUTS, complete, environments, headers, overrides
from edgerollout.release.facts.choices import Choices

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.release.facts.choices import Spelling

_PANEL = "Global options"


@dataclass(frozen=True)
class Options:
    """The options that the user gave; None for one that was not given."""

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
    no_swap: bool | None = None
    """`--no-swap` of a command that has it, for the advice after it; `tfvars` is the same."""
    tfvars: Path | None = None

    def handing_over(self, tfvars: str | Path | None, *, no_swap: bool) -> Options:
        """These options, with those that leave the triggers to Terraform."""
        return replace(self, no_swap=no_swap or None, tfvars=None if tfvars is None else Path(tfvars))

    def over(self, base: Options) -> Options:
        """These options; one that was not given comes from `base`."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(base, **{name: value for name, value in said.items() if value is not None})


GLOBAL: dict[str, Any] = {
    "env": Annotated[
        str | None,
        typer.Option(
            "-e", "--env", metavar="NAME", autocompletion=environments, rich_help_panel=_PANEL,
            help="The environment. Default: EDGEROLLOUT_ENV, then the only or the default one.",
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
            "-o", "--output", metavar="FORMAT", autocompletion=complete(OUTPUTS), rich_help_panel=_PANEL,
            help="To act: auto, live, log, json, github. To read: text, json, markdown.",
        ),
    ],
    "sandbox": Annotated[
        bool | None,
        typer.Option(
            "--sandbox", show_default=False, rich_help_panel=_PANEL,
            help="Use the embedded AWS on this machine, started if necessary. No account is touched.",
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
            help="Do not ask. Environments with confirm = true also need -e NAME.",
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


SELDOM = "More options"
"""The panel of options that help names and the reference page of the command explains."""

Timeout = Annotated[
    str | None,
    typer.Option("--timeout", metavar="TIME", help="Stop waiting after this time, such as 20m: exit 5."),
]
"""For commands that wait."""


_COMPLETIONS: dict[str, Callable[..., list[str]]] = {"--override": overrides, "--accept-header": headers}
"""The completions of a choice."""


def _option(spelling: Spelling, default: object) -> Any:
    """The option of a choice."""
    named = f"{spelling.option}/{spelling.negation}" if default is True else spelling.option
    completion = _COMPLETIONS.get(spelling.option)
    return typer.Option(named, metavar=spelling.metavar, autocompletion=completion, help=spelling.help)


def _parameter(name: str, spelling: Spelling, default: object) -> inspect.Parameter:
    """A choice as a parameter of a command."""
    kind: Any
    match default:
        case bool():
            kind = bool
        case tuple():
            kind, default = list[str] | None, None
        case _:
            kind = Path | None if spelling.file else str | None
    annotation = Annotated[kind, _option(spelling, default)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _value(said: Any) -> Any:
    """The value of a choice, from typer's value."""
    match said:
        case list():
            return tuple(said)
        case Path():
            return str(said)
        case _:
            return said


Verify = Annotated[bool, typer.Option("--verify/--no-verify", help="Check the live headers afterwards.")]
"""For commands that change what the site sends."""


_DECLARED = {name: (spelling, default) for name, default, spelling in Choices.declared()}

NoSwap = Annotated[bool, _option(*_DECLARED["no_swap"])]
"""For `rollback` and `detach`; the commands that publish have it as a choice."""

TfvarsFile = Annotated[Path | None, _option(*_DECLARED["tfvars"])]
"""For commands with `NoSwap`, and for `wait`."""


ByFunction = Annotated[
    str | None,
    typer.Option(
        "--function", metavar="NAME", help="This function, wherever it is attached; no config needed."
    ),
]
OnDistributions = Annotated[
    list[str] | None,
    typer.Option(
        "--distribution", metavar="ID", help="With --function: only this distribution (repeatable)."
    ),
]
"""Of the ways back, which need no configuration."""

Resolve = Annotated[
    list[str] | None,
    typer.Option(
        "--resolve", metavar="HOST:PORT:ADDRESS", help="Reach HOST at this address, like curl (repeatable)."
    ),
]
CaFile = Annotated[
    Path | None, typer.Option("--ca-file", metavar="FILE", help="Trust the CAs of this PEM file, no others.")
]
"""For commands that reach live sites; `live_network.network` reads both."""


def with_global_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command function the global options, collected in its `options` parameter.

    The function gets `options: Options`, with those before the command's name filled in, and `ctx` if it has
    that parameter. A parameter with the name of a global option replaces that option. A parameter `choices:
    Choices` is replaced by the options of this command's choices.
    """
    parameters = inspect.signature(command, eval_str=True).parameters
    kind = parameters["choices"].annotation if "choices" in parameters else None
    chosen = [
        _parameter(name, spelling, default)
        for name, default, spelling in (kind.declared() if kind else ())
        if command.__name__ in spelling.commands
    ]
    own = [
        shown
        for name, parameter in parameters.items()
        if name not in {"options", "ctx"}
        for shown in (chosen if name == "choices" else (parameter,))
    ]
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
        if kind is not None:
            said = {parameter.name: _value(values.pop(parameter.name)) for parameter in chosen}
            values["choices"] = kind(**{name: value for name, value in said.items() if value is not None})
        if "ctx" in parameters:
            values["ctx"] = ctx
        command(**values, options=given.over(before))

    keyword_only = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    signature = inspect.Signature([context, *keyword_only, *added])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {
        parameter.name: parameter.annotation for parameter in signature.parameters.values()
    }
    return run
