from __future__ import annotations

import subprocess
import sys


def test_the_views_load_rich_only_when_they_draw() -> None:
    code = (
        "import sys, edgerollout.views.acting, edgerollout.views.plan, edgerollout.views.problems;"
        "print([name for name in sys.modules if name.startswith(('rich', 'boto'))])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
