"""What a benchmark found: rows with a value and, where there is one, the most it may be."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One measured thing. `most` is its budget in the same unit, None for what is only told."""

    what: str
    value: float
    unit: str
    most: float | None = None

    @property
    def kept(self) -> bool | None:
        """Whether the budget is kept; None without one."""
        return None if self.most is None else round(self.value, 3) <= self.most


@dataclass(frozen=True)
class Report:
    """One benchmark's rows and what one should know to read them."""

    name: str
    title: str
    rows: list[Row]
    notes: list[str] = field(default_factory=list)


def as_text(report: Report) -> str:
    """A small table."""
    cells = [
        (
            row.what,
            f"{_number(row.value)} {row.unit}",
            "" if row.most is None else f"≤ {_number(row.most)}",
            {None: "", True: "✔", False: "✖ over budget"}[row.kept],
        )
        for row in report.rows
    ]
    widths = [max(len(cell[column]) for cell in cells) for column in range(3)]
    lines = [f"{report.name}: {report.title}"]
    lines += [
        f"  {what:<{widths[0]}}  {value:>{widths[1]}}  {most:<{widths[2]}}  {verdict}".rstrip()
        for what, value, most, verdict in cells
    ]
    lines += [f"  {note}" for note in report.notes]
    return "\n".join(lines) + "\n"


def as_json(reports: list[Report]) -> dict[str, object]:
    """Everything, with the kind of machine it was measured on."""
    return {
        "schema": "1.0",
        "machine": {
            "cpus": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
        },
        "benchmarks": [
            {
                "name": report.name,
                "title": report.title,
                "rows": [
                    {
                        "what": row.what,
                        "value": row.value,
                        "unit": row.unit,
                        "budget": row.most,
                        "kept": row.kept,
                    }
                    for row in report.rows
                ],
                "notes": report.notes,
            }
            for report in reports
        ],
    }


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"
