"""The lists that decide which code runs, and the sources in them that have an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.effective import in_force

if TYPE_CHECKING:
    from edgerollout.policy.lint.subject import PolicySubject
    from edgerollout.policy.source import Source


def code_lists(subject: PolicySubject) -> tuple[str, ...]:
    """The directives that decide about scripts, plugins and <base>."""
    return tuple(dict.fromkeys((*subject.script_lists, *subject.deciding("object-src", "base-uri"))))


def counting(subject: PolicySubject, directive: str) -> tuple[tuple[str, Source], ...]:
    """The sources of a directive; if it decides about scripts, only those that have an effect."""
    strict = directive in subject.script_lists and directive != "default-src"
    found = in_force(subject.csp.sources(directive) or (), strict=strict)
    return tuple((text, source) for text, source in subject.parsed(directive) if source in found)
