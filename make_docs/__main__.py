"""`python -m make_docs reference | pictures | site`: what three targets of the Makefile run."""

from __future__ import annotations

import sys

from make_docs import pictures, reference, site

JOBS = {"reference": reference.write, "pictures": pictures.write, "site": site.build}


def main() -> int:
    match sys.argv[1:]:
        case [job] if job in JOBS:
            JOBS[job]()
            return 0
        case _:
            print(f"usage: python -m make_docs {' | '.join(JOBS)}", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main())
