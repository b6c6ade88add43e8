"""config/edgerollout.toml of a new project, as text with the comments that its owner needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.scaffold import toml_text as toml
from edgerollout.scaffold.answers import EVENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.facts.environment import DistributionSelector
    from edgerollout.scaffold.answers import EnvironmentAnswers, InitAnswers

SCHEMA = "#:schema ./.schema/edgerollout.schema.json"
"""Taplo's directive. The path is relative to the file, so that an editor needs no network."""

_COLUMN = 33
"""Where comments begin, unless the line is longer."""


def settings_text(answers: InitAnswers) -> str:
    """The whole file, ending in a line end."""
    return "\n".join(_lines(answers)) + "\n"


def environment_text(environment: EnvironmentAnswers, *, after: str) -> str:
    """The table of an environment that is added to a file, after the environment `after`.

    It needs its name typed only if it is public: other environments may follow it.
    """
    return "\n".join(_environment(environment, after, asks=environment.public)) + "\n"


def _lines(answers: InitAnswers) -> Iterator[str]:
    first = answers.environments[0]
    other = "nodejs22.x" if answers.runtime.startswith("python") else "python3.13"
    yield SCHEMA
    yield "# Where the headers go: environments, their function and their distributions."
    yield "# The headers themselves are in policy.toml."
    yield ""
    yield _line("default", toml.string(first.name), "the environment of commands without -e")
    yield ""
    yield toml.commented(
        "[function]", "for every environment; [environments.NAME.function] overrides single keys", _COLUMN
    )
    yield _line("name   ", toml.string("security-headers-{environment}"))
    yield _line("runtime", toml.string(answers.runtime), f"{other} works too, with its own handler")
    yield _line(
        "handler", toml.string(answers.handler), "a folder, relative to the parent of this file's folder"
    )
    yield _line("role   ", toml.string("edgerollout-{environment}"))
    yield _line("event  ", toml.string(EVENT), "headers are cached with the page; error pages have them, too")
    before: str | None = None
    for environment in answers.environments:
        yield ""
        yield from _environment(environment, before, asks=answers.asks(environment))
        before = environment.name


def _environment(environment: EnvironmentAnswers, before: str | None, *, asks: bool) -> Iterator[str]:
    explain = before is None
    yield f"[environments.{toml.key(environment.name)}]"
    yield _line(
        "account      ",
        toml.string(environment.account),
        "a run with credentials for another account stops at once" if explain else None,
    )
    selectors = ", ".join(map(_selector, environment.distributions))
    yield _line("distributions", f"[{selectors}]")
    if environment.urls:
        yield _line(
            "urls         ",
            toml.strings(environment.urls),
            "checked after a change" if explain else None,
        )
    else:
        yield '# urls       = ["https://www.example.com/"]    # pages to check after a change'
    if before is not None:
        yield _line("after        ", toml.string(before), f"its policy comes from {before}, by promotion")
    if asks:
        yield _line(
            "confirm      ", "true", f"needs -e {environment.name} on the command line and the name typed"
        )
        if before is not None:
            yield _line("gates        ", '{ soak = "7d", tour = true }', "before a policy is enforced")


def _selector(selector: DistributionSelector) -> str:
    name = "id" if selector.id is not None else "alias"
    return f"{{ {name} = {toml.string(str(selector))} }}"


def _line(name: str, value: str, words: str | None = None) -> str:
    text = f"{name} = {value}"
    return text if words is None else toml.commented(text, words, _COLUMN)
