from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

from tests.outside import LEFT_OUT

if TYPE_CHECKING:
    import pytest

# How long an example takes says something about the machine, not about the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_configure() -> None:
    """Let Ctrl-C reach the commands under test.

    A shell starts what it runs in the background with SIGINT ignored, and children inherit that: they
    would wait at a question for ever.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases of the matrices were tried, and by itself what this machine could not try."""
    tried = Counter[str]()
    for reports in terminalreporter.stats.values():
        for one in reports:
            for name, count in getattr(one, "user_properties", ()) if one.when == "call" else ():
                tried[name] += count
    if tried:
        terminalreporter.section("matrices")
        for name, count in sorted(tried.items()):
            terminalreporter.write_line(f"{count:6} {name}")
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = {str(one.longrepr[2]) for one in skipped if isinstance(one.longrepr, tuple)}
    left_out = sorted(reason.removeprefix("Skipped: ") for reason in reasons if LEFT_OUT in reason)
    if left_out:
        terminalreporter.section("NOT TRIED ON THIS MACHINE", red=True, bold=True)
        for reason in left_out:
            terminalreporter.write_line(reason)
