"""How soon the command line answers, against what its option parser costs to import."""

from __future__ import annotations

import functools
import sys
import sysconfig
from pathlib import Path

from bench.pairs import Spent, measure, run, timed
from bench.report import Report, Row


def benchmark(pairs: int) -> Report:
    """`--version` and `--help` beside `python -c "import typer"`."""
    command = str(Path(sysconfig.get_path("scripts")) / "edgerollout")

    def spent(*words: str) -> Spent:
        return timed(lambda: run(words))

    rows: list[Row] = []
    for option in ("--version", "--help"):
        found = measure(
            pairs,
            functools.partial(spent, command, option),
            lambda: spent(sys.executable, "-c", "import typer"),
        )
        ours, theirs = found.milliseconds
        rows += [
            Row(f"edgerollout {option}", ours, "ms"),
            Row('python -c "import typer"', theirs, "ms"),
            Row("  ratio", found.ratio, "×", 1.5),
        ]
    return Report("startup", "how soon the command line answers", rows)
