"""The input of the rules: a policy with the other headers, or the headers without the policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from edgerollout.policy.effective import SCRIPT_DIRECTIVES
from edgerollout.policy.fallback import SOURCE_LISTS, effective_directive
from edgerollout.policy.source import Hash, Keyword, Nonce, parse_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.policy.csp import Csp
    from edgerollout.policy.source import Source
    from edgerollout.policy.stage import Stage


@dataclass(frozen=True)
class PolicySubject:
    """A policy as written, its stage, and the other headers of the same response by lower-case name.

    `static`: the policy is the same in every response, as in a release. `alone`: the other headers are not
    known.
    """

    csp: Csp
    stage: Stage
    headers: Mapping[str, str] = field(default_factory=dict)
    static: bool = True
    alone: bool = False

    @cached_property
    def lists(self) -> tuple[tuple[str, tuple[tuple[str, Source | None], ...]], ...]:
        """Every source list: directive → (as written, parsed or None when browsers drop it)."""
        return tuple(
            (name, tuple((text, parse_source(text)) for text in sources))
            for name, sources in self.csp
            if name in SOURCE_LISTS
        )

    def each(self) -> Iterator[tuple[str, str, Source | None]]:
        """Every source: directive, as written, parsed."""
        for name, sources in self.lists:
            for text, source in sources:
                yield name, text, source

    def parsed(self, directive: str | None) -> tuple[tuple[str, Source], ...]:
        """The valid sources of a directive; () if the policy does not have it, and for None."""
        found = next((sources for name, sources in self.lists if name == directive), ())
        return tuple((text, source) for text, source in found if source is not None)

    def deciding(self, *directives: str) -> tuple[str, ...]:
        """The directives that decide for these (themselves or their fallbacks), each once."""
        found = (effective_directive(self.csp, name) for name in directives)
        return tuple(dict.fromkeys(name for name in found if name is not None))

    @cached_property
    def script_lists(self) -> tuple[str, ...]:
        """The directives that decide about scripts."""
        return self.deciding(*SCRIPT_DIRECTIVES)

    def has(self, directive: str, word: str) -> bool:
        """Whether the directive has the keyword."""
        return any(source == Keyword(word) for _, source in self.parsed(directive))

    def has_secret(self, directive: str) -> bool:
        """Whether the directive has a nonce, or a hash of a script or its address."""
        return any(
            isinstance(source, Nonce) or (isinstance(source, Hash) and source.of != "eval-")
            for _, source in self.parsed(directive)
        )


@dataclass(frozen=True)
class HeadersSubject:
    """The headers of a response other than the policies, by lower-case name, and the policies.

    `removed` are names of headers that are removed from the origin's response.
    """

    headers: Mapping[str, str]
    enforced: Csp | None = None
    report_only: Csp | None = None
    removed: frozenset[str] = frozenset()
