"""Benchmarks as ratios: what edgerollout costs beside the same thing done by hand, measured in one run.

`make bench`, or `python -m bench NAME…` with the project's own interpreter. docs/performance.md says what
each budget is and what was measured.
"""
