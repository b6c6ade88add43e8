"""Runs pip for the pipeline's machine. It is a separate program for a Python that has pip.

pip can find another machine's wheels (`--platform`, `--python-version`), but it reads the markers of
requirements (`; sys_platform == "win32"`) for its own machine. Here they are read for the runner. pip's
report names the environment that it used, so the caller can check it.

    python pip_for_runner.py ENVIRONMENT ARGUMENT…   # ENVIRONMENT: the markers' values, as JSON
"""

from __future__ import annotations

import json
import runpy
import sys

from pip._vendor.packaging import markers

if __name__ == "__main__":
    _environment = json.loads(sys.argv[1])
    markers.default_environment = lambda: dict(_environment)
    sys.argv = ["pip", *sys.argv[2:]]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
