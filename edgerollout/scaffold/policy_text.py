"""config/policy.toml of a new project, as text with the comments that its owner needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.scaffold import toml_text as toml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.headers import Header
    from edgerollout.scaffold.starting_policy import CspOrigin, StartingPolicy

SCHEMA = "#:schema ./.schema/policy.schema.json"

_COLUMN = 48
"""Where comments begin, unless the line is longer."""

_WIDEST = 30
"""Names are padded to the longest one, but at most to this width."""


def policy_text(policy: StartingPolicy, environments: tuple[str, ...]) -> str:
    """The whole file, ending in a line end. `environments` are the project's, one or more."""
    return "\n".join(_lines(policy, environments)) + "\n"


def _lines(policy: StartingPolicy, environments: tuple[str, ...]) -> Iterator[str]:
    yield SCHEMA
    yield "# What the sites send. A new policy starts report-only: browsers report what it would block, and"
    yield "# block nothing. It is enforced by promotion, when it is proven."
    yield ""
    yield "[headers]"
    names = [toml.key(header.header.name) for header in policy.headers]
    width = _width(names)
    for name, item in zip(names, policy.headers, strict=True):
        text = f"{'# ' if item.offered else ''}{name.ljust(width)} = {_value(item.header)}"
        yield text if item.why is None else toml.commented(text, item.why, _COLUMN)
    yield ""
    yield toml.commented("[csp]", _csp_words(policy.csp_from), _COLUMN)
    directives = [(toml.key(name), sources) for name, sources in policy.csp]
    width = _width([name for name, _ in directives])
    for name, sources in directives:
        yield f"{name.ljust(width)} = {toml.strings(sources)}"
    yield ""
    yield "# What single environments also need: sources are added to the lists above, headers replace"
    yield "# those of the same name, and `NAME = false` drops one."
    yield f"# [environments.{toml.key(environments[0])}.csp]"
    yield '# connect-src = ["https://api.example.com"]'


def _value(header: Header) -> str:
    match header.action:
        case "set":
            return toml.string(header.value)
        case "keep":
            staged = "" if header.staged else ", staged = false"
            return f"{{ value = {toml.string(header.value)}, override = false{staged} }}"
        case "remove":
            return "{ remove = true }"
        case _:
            assert_never(header.action)


def _csp_words(origin: CspOrigin) -> str:
    match origin:
        case "default":
            return "the base policy, the same in every environment"
        case "enforced":
            return "the base policy, as the site enforces it today"
        case "report-only":
            return "the base policy, as the site reports on it today"
        case _:
            assert_never(origin)


def _width(names: list[str]) -> int:
    return min(_WIDEST, max(map(len, names), default=0))
