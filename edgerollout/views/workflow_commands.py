"""What GitHub Actions reads out of a job's log: workflow commands, and how other text is kept from being one.

The runner looks at every line of stdout and of stderr (actions/runner, ScriptHandler and ActionCommand).
A line that begins with `::`, white space aside, is a command; so is `##[name]` anywhere in a line, an
older form that it still obeys. Groups fold; annotations stand on the page of the run.
"""

from __future__ import annotations

from edgerollout.views.ink import visible


def command(name: str, message: str = "", **properties: str | int | None) -> str:
    """`::name key=value,…::message` with both parts escaped as the runner unescapes them.

    Line ends in the message become spaces: the web page would take a further line for one of the log.
    """
    given = ",".join(
        f"{key}={_escaped_property(visible(str(value)))}"
        for key, value in properties.items()
        if value is not None
    )
    return f"::{name}{' ' if given else ''}{given}::{_escaped(visible(message))}"


def harmless(text: str) -> str:
    """`text`, one line of a log, so that the runner takes nothing in it for a command."""
    broken = text.replace("##[", "## [")
    body = broken.lstrip()
    if not body.startswith("::"):
        return broken
    return f"{broken[: len(broken) - len(body)]}: :{body[2:]}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
