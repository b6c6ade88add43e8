from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Let Ctrl-C reach the commands under test.

    A shell starts what it runs in the background with SIGINT ignored, and children inherit that: they
    would wait at a question for ever.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
