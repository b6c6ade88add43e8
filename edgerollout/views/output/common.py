"""Objects that are used in several documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from edgerollout.policy.headers import HeaderAction
from edgerollout.policy.severity import Severity
from edgerollout.views.output.encoder import Output

if TYPE_CHECKING:
    from edgerollout.policy.headers import Header

Directives: TypeAlias = Mapping[str, Sequence[str]]
"""Directive → sources."""


class HeaderJson(Output):
    """What the function does with one header of a response."""

    value: str
    """its value"""
    action: HeaderAction
    """`set`, `keep` (the origin's own value wins) or `remove`"""


class FindingJson(Output):
    """Something that planning or a check found."""

    severity: Severity
    """`error` (the run is refused), `warning` or `note`"""
    rule: str
    """its name"""
    message: str
    """what was found"""
    hint: str | None
    """what to do about it"""


class OwnerJson(Output):
    """Another tool that manages something, by its tags."""

    tool: str
    """its name"""
    name: str | None
    """its name for the thing, such as a stack or an address"""
    evidence: str
    """the tag that shows it"""


def headers_of(headers: Iterable[Header]) -> dict[str, HeaderJson]:
    """Headers by name."""
    return {header.name: HeaderJson.of(header) for header in headers}
