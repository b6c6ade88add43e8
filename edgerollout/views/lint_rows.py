"""What a lint came to, as the views draw it: findings with their places, worst first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.policy.lint.finding import LintFinding

SEVERITIES = tuple(Severity)


@dataclass(frozen=True)
class LintRow:
    """A finding in a file, or in what the command line gave (`file` None).

    `environments` are those it holds in, () where it holds in all. `reason` is why it is ignored.
    """

    finding: LintFinding
    file: str | None = None
    line: int | None = None
    environments: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def where(self) -> str:
        """The directive or header it is about, and the source; "" for all of a policy."""
        parts = (self.finding.directive or self.finding.header, self.finding.source)
        return " ".join(part for part in parts if part is not None)


@dataclass(frozen=True)
class LintReport:
    """The findings that count, and those that are ignored."""

    rows: tuple[LintRow, ...]
    ignored: tuple[LintRow, ...] = ()

    def count(self, severity: Severity) -> int:
        return sum(1 for row in self.rows if row.finding.severity is severity)

    @property
    def summary(self) -> str:
        """`2 errors, 1 warning, 3 notes, 1 ignored`, or that nothing was found."""
        counts = Counter(row.finding.severity for row in self.rows)
        words = [count_words(counts[one], one) for one in SEVERITIES if counts[one]]
        words += [f"{len(self.ignored)} ignored"] if self.ignored else []
        return ", ".join(words) or "nothing found"


def ordered(rows: Iterable[LintRow]) -> tuple[LintRow, ...]:
    """By file and line, the worst of a line first."""
    return tuple(
        sorted(rows, key=lambda row: (row.file or "", row.line or 0, SEVERITIES.index(row.finding.severity)))
    )
