"""pip, asking for the machine that the pipeline runs on: a program of its own, run by a Python that has pip.

pip finds another machine's wheels (`--platform`, `--python-version`), but reads the markers of requirements
(`; sys_platform == "win32"`) for the machine it runs on. Here they are read for the runner. Its report names
the environment that it went by, so the one who asks can see that it was this one.

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
