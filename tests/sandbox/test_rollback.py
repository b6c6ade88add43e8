"""Rolling back end to end: what visitors of the sandbox's site get."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ExitCode
from edgerollout.release.facts.events import RollbackStarted, RunResult

from .rollout import Rollout

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.config import Project
    from edgerollout.release.facts.events import Event
    from edgerollout.sandbox.running import RunningSandbox
    from tests.fakes.clock import FakeClock

PAGES = ("/", "/app/", "/assets/site.css", "/api/health.json", "/legacy/timetable.html")


@pytest.fixture
def rollout(project: Project, sandbox: RunningSandbox, clock: FakeClock) -> Rollout:
    return Rollout(project, sandbox, clock)


def throwing(folder: Path) -> Path:
    """A handler that breaks every response."""
    handler = folder / "throwing"
    handler.mkdir()
    (handler / "index.py").write_text('def handler(event, context):\n    raise KeyError("oops")\n')
    return handler


def test_visitors_get_the_old_policy_again_and_never_a_bare_response(rollout: Rollout) -> None:
    rollout.publish()
    old = rollout.sent()
    rollout.publish(csp={"default-src": ["'none'"]})
    assert rollout.sent() != old
    bare: list[tuple[str, str]] = []

    def watch(event: Event) -> None:
        bare.extend((str(event), page) for page in PAGES if not rollout.sent(page))

    rollout.watch = watch
    outcome = rollout.rollback()

    assert (outcome.result, outcome.release) == (RunResult.COMPLETED, 1)
    assert [rollout.sent(page) for page in PAGES] == [old] * len(PAGES)
    assert bare == []
    assert rollout.calls("PublishVersion") == 2


def test_a_handler_that_throws_is_seen_at_the_edge_and_taken_back_by_the_run_that_published_it(
    rollout: Rollout, tmp_path: Path
) -> None:
    rollout.publish()
    before = rollout.sent()
    rollout.function(handler=throwing(tmp_path))

    outcome = rollout.publish()

    assert (outcome.result, outcome.exit_code) == (RunResult.ROLLED_BACK, ExitCode.ROLLED_BACK)
    assert [event.to_release for event in rollout.events if isinstance(event, RollbackStarted)] == [1]
    assert rollout.probe.headers("https://testing.example.com/").status == 200
    assert rollout.sent() == before


def test_a_first_release_that_throws_leaves_the_site_as_it_was(rollout: Rollout, tmp_path: Path) -> None:
    rollout.function(handler=throwing(tmp_path))

    outcome = rollout.publish()

    assert outcome.exit_code is ExitCode.ROLLED_BACK
    answer = rollout.probe.headers("https://testing.example.com/")
    assert answer.status == 200
    assert answer.values("content-security-policy-report-only") == ()
