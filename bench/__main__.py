"""`python -m bench [NAME…] [--pairs N] [--json]`."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from typing import TYPE_CHECKING

from bench.report import as_json, as_text

if TYPE_CHECKING:
    from bench.report import Report

NAMES = ("startup", "publish", "calls", "handler", "large", "makespan", "means", "tour")


def main() -> None:
    """Run the benchmarks named, one after the other, all of them by default."""
    parser = argparse.ArgumentParser(prog="bench", description="Benchmarks as ratios (docs/performance.md).")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument(
        "--pairs", type=int, default=9, help="how many pairs are timed (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    reports: list[Report] = []
    for name in options.names or NAMES:
        reports.append(importlib.import_module(f"bench.{name}").benchmark(options.pairs))
        if not options.json:
            print(as_text(reports[-1]), flush=True)
    if options.json:
        json.dump(as_json(reports), sys.stdout, indent=2)
        print()


if __name__ == "__main__":
    main()
