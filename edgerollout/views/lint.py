"""The findings of a lint by line, with their meaning and what to write instead."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.views.document import Doc, Item, List, Marker, Strong, Title, Verdict
from edgerollout.views.findings import MARKERS, SEVERITIES
from edgerollout.views.ink import Style
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.policy.lint.finding import LintFinding
    from edgerollout.views.document import Passage


@dataclass(frozen=True)
class LintRow:
    """A finding in a file, or in a value from the command line (`file` is None).

    `environments` are those with this finding; () means all. `reason` is why it is ignored.
    """

    finding: LintFinding
    file: str | None = None
    line: int | None = None
    environments: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def place(self) -> str:
        """`config/policy.toml:12`; "" for a value from the command line."""
        return "" if self.file is None else f"{self.file}:{self.line}" if self.line else self.file

    @property
    def where(self) -> str:
        """The directive or header of the finding, and the source; "" if it is about the whole policy."""
        parts = (self.finding.directive or self.finding.header, self.finding.source)
        return " ".join(part for part in parts if part is not None)


@dataclass(frozen=True)
class LintReport:
    """The findings, and the findings that are ignored."""

    rows: tuple[LintRow, ...]
    ignored: tuple[LintRow, ...] = ()

    def count(self, severity: Severity) -> int:
        return sum(1 for row in self.rows if row.finding.severity is severity)

    @property
    def worst(self) -> Severity | None:
        """The highest severity; None if there is no finding."""
        return next((severity for severity in SEVERITIES if self.count(severity)), None)

    @property
    def summary(self) -> str:
        """`2 errors, 1 warning, 3 notes, 1 ignored`, or words that say that there is no error."""
        return self.summed_up()

    def summed_up(self, *, notes: bool = True) -> str:
        """The summary; without `notes` it says how to see them."""
        counts = Counter(row.finding.severity for row in self.rows)
        words = [count_words(counts[severity], severity) for severity in SEVERITIES if counts[severity]]
        if self.worst is Severity.NOTE:
            words.insert(0, "no error, no warning")
        if counts[Severity.NOTE] and not notes:
            words[-1] += " (-v shows them)"
        words += [f"{len(self.ignored)} ignored"] if self.ignored else []
        return ", ".join(words) or "nothing found"


def ordered(rows: Iterable[LintRow]) -> tuple[LintRow, ...]:
    """The rows sorted by file and line; on one line the worst first."""
    return tuple(
        sorted(rows, key=lambda row: (row.file or "", row.line or 0, SEVERITIES.index(row.finding.severity)))
    )


def lint_document(report: LintReport, *, notes: bool = True) -> Doc:
    """The report, by file and line. Without `notes`, notes are only counted."""
    parts: list[Passage] = []
    shown = [row for row in report.rows if notes or row.finding.severity is not Severity.NOTE]
    for place, rows in groupby(shown, key=lambda row: row.place):
        parts += [Title(place)] if place else []
        parts.append(List(tuple(map(_item, rows))))
    marker = Marker.DONE if report.worst in (None, Severity.NOTE) else MARKERS[report.worst]
    return Doc("Lint", tuple(parts), Verdict(report.summed_up(notes=notes), marker))


def _item(row: LintRow) -> Item:
    finding = row.finding
    only = f" (in {', '.join(row.environments)})" if row.environments else ""
    under = [Item(finding.message + only)]
    if finding.hint is not None:
        under.append(Item(finding.hint, label="next", style=Style.ADDED))
    words = (Strong(finding.severity.value), f": {finding.rule}  {row.where}".rstrip())
    return Item(words, MARKERS[finding.severity], under=tuple(under))
