from __future__ import annotations

import os
import signal
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

from tests.outside import LEFT_OUT
from tests.samples import SEED, THOROUGH

# How long an example takes says something about the machine, not about the code. The examples are the same
# each time; `make thorough` tries others, and many more.
settings.register_profile(
    "sample",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
    max_examples=50,
)
settings.register_profile(
    "thorough", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=2000
)
settings.load_profile("thorough" if THOROUGH else "sample")


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What edgerollout keeps for its user is not kept for who runs the tests."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


def pytest_report_header() -> str:
    """What is tried, to have it tried again."""
    return f"everything is tried (make thorough SEED={SEED})" if THOROUGH else f"samples by the seed {SEED}"


def pytest_xdist_auto_num_workers() -> int:
    """Tests wait as well: four at least, whatever the machine has."""
    return max(4, os.cpu_count() or 1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Terraform comes first: begun last, its longest test would run on alone for minutes."""
    left = [item for item in items if not THOROUGH and item.get_closest_marker("thorough")]
    config.hook.pytest_deselected(items=left)
    kept = [item for item in items if item not in left]
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker("terraform") is None)


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
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, count in report.user_properties:
                    tried[name] += count
    if tried:
        terminalreporter.section("matrices")
        for name, count in sorted(tried.items()):
            terminalreporter.write_line(f"{count:6} {name}")
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = {str(item.longrepr[2]) for item in skipped if isinstance(item.longrepr, tuple)}
    left_out = sorted(reason.removeprefix("Skipped: ") for reason in reasons if LEFT_OUT in reason)
    if left_out:
        terminalreporter.section("NOT TRIED ON THIS MACHINE", red=True, bold=True)
        for reason in left_out:
            terminalreporter.write_line(reason)
