from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
from collections import Counter
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.outside import LEFT_OUT
from tests.samples import SEED, THOROUGH

if TYPE_CHECKING:
    from collections.abc import Sequence

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


class _Named:
    """A module that its loader compiles and cannot run: it has a name and no place for others."""

    __slots__ = ("__name__", "__spec__")


def _compile(files: Sequence[Path]) -> None:
    """Have pytest rewrite the files' asserts and keep what comes out, by the loader that loaded this one."""
    for file in files:
        module = _Named()
        module.__name__ = ".".join(file.relative_to(Path(__file__).parents[1]).with_suffix("").parts)
        module.__spec__ = spec_from_file_location(module.__name__, file, loader=__loader__)
        # It has been compiled when it would be run. Where it has not, each worker does so itself.
        with contextlib.suppress(AttributeError, ImportError):
            __loader__.exec_module(module)


def pytest_xdist_setupnodes() -> None:
    """Compile the tests once, on all cores, before every worker would compile all of them."""
    if sys.dont_write_bytecode:
        return
    files = [file for kind in ("conftest.py", "test_*.py") for file in Path(__file__).parent.rglob(kind)]
    cores = os.cpu_count() or 1
    fork = multiprocessing.get_context("fork")
    compiling = [fork.Process(target=_compile, args=(files[core::cores],)) for core in range(cores)]
    for process in compiling:
        process.start()
    for process in compiling:
        process.join()


def pytest_collection() -> None:
    """Collecting makes much and throws nothing away: looking for garbage takes a fifth of its time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What was collected stays, and is not looked through again."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest come first, the shortest last: a long one begun last would run on alone for minutes."""
    left = [item for item in items if not THOROUGH and item.get_closest_marker("thorough")]
    config.hook.pytest_deselected(items=left)
    kept = [item for item in items if item not in left]
    items[:] = sorted(kept, key=_turn)


def _turn(item: pytest.Item) -> int:
    # A minute each, and they cannot be shared out.
    longest = ("test_documented_commands", "test_least_rights")
    if item.get_closest_marker("terraform") is not None or item.path.stem in longest:
        return 0
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    early = ("browser", "front_ends", "life", "walks", "worst_day")
    return 1 if folder in early else 3 if folder in ("local", "unit") else 2


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
