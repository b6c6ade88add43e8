"""Workflow commands, which GitHub Actions reads in a job's log, and how other text is kept from becoming one.

The runner reads every line of stdout and stderr (actions/runner, ScriptHandler and ActionCommand).
A line that begins with `::`, after any white space, is a command. So is `##[name]` anywhere in a line, an
older form that still works. Groups fold; annotations are shown on the page of the run.
"""

from __future__ import annotations

from edgerollout.views.ink import visible


def command(name: str, message: str = "", **properties: str | int | None) -> str:
    """`::name key=value,…::message`, both parts escaped for the runner.

    Line ends in the message become spaces: otherwise the rest of the message would be a line of the log.
    """
    given = ",".join(
        f"{key}={_escaped_property(visible(str(value)))}"
        for key, value in properties.items()
        if value is not None
    )
    return f"::{name}{' ' if given else ''}{given}::{_escaped(visible(message))}"


def harmless(text: str) -> str:
    """`text`, a line of a log, changed so that the runner finds no command in it."""
    broken = text.replace("##[", "## [")
    body = broken.lstrip()
    if not body.startswith("::"):
        return broken
    return f"{broken[: len(broken) - len(body)]}: :{body[2:]}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
