"""The loop end to end: what visitors of the sandbox's site get, before, during and after a publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.emulator.settings import Windows
from edgerollout.errors import ExitCode
from edgerollout.handlers.runtime import find_node
from edgerollout.release.facts.events import RunResult, StepFinished, StepKind

from .conftest import ROOT
from .rollout import Rollout

if TYPE_CHECKING:
    from edgerollout.config import Project
    from edgerollout.release.facts.events import Event
    from edgerollout.sandbox.running import RunningSandbox
    from tests.fakes.clock import FakeClock

PAGES = ("/", "/app/", "/assets/site.css", "/api/health.json", "/legacy/timetable.html")
"""One page behind every cache behavior."""

MISSING = "/no-such-page"
CSP = "content-security-policy-report-only"


@pytest.fixture
def rollout(project: Project, sandbox: RunningSandbox, clock: FakeClock) -> Rollout:
    return Rollout(project, sandbox, clock)


def test_a_first_publish_brings_the_headers_to_every_behavior_and_to_error_pages(rollout: Rollout) -> None:
    assert [rollout.sent(page) for page in PAGES] == [()] * len(PAGES)

    outcome = rollout.publish()

    assert (outcome.result, outcome.exit_code, outcome.release) == (RunResult.COMPLETED, ExitCode.DONE, 1)
    expected = rollout.live_release().response()
    for page in (*PAGES, MISSING):
        answer = rollout.probe.headers(f"https://testing.example.com{page}")
        for name, (_, value) in expected.set.items():
            assert answer.values(name) == (value,), (page, name)


def test_publishing_again_changes_nothing_and_costs_the_budgeted_reads(rollout: Rollout) -> None:
    rollout.publish()
    rollout.sandbox.calls.clear()

    outcome = rollout.publish()

    assert outcome.result is RunResult.NOTHING_TO_DO
    assert outcome.aws_calls == {
        "cloudfront:GetInvalidation": 1,
        "cloudfront:ListDistributions": 1,
        "cloudfront:ListInvalidations": 1,
        "lambda:GetFunction": 1,
        "lambda:ListVersionsByFunction": 1,
        "sts:GetCallerIdentity": 1,
    }


def test_the_old_policy_is_served_until_deployed_and_from_the_cache_until_invalidated(
    rollout: Rollout,
) -> None:
    rollout.publish()
    old = rollout.sent()
    assert rollout.sent("/api/health.json") == old
    seen: dict[StepKind, tuple[bool, bool]] = {}

    def watch(event: Event) -> None:
        if isinstance(event, StepFinished):
            seen[event.step] = (rollout.sent("/api/health.json") == old, rollout.sent() == old)

    rollout.watch = watch
    rollout.publish(csp={"default-src": ["'self'"], "font-src": ["https://fonts.example.com"]})

    # (is the uncached answer still old?, is the cached page still old?)
    assert seen[StepKind.SWAP_TRIGGERS] == (True, True)
    assert seen[StepKind.AWAIT_DEPLOYED] == (False, True)
    assert seen[StepKind.INVALIDATE] == (False, False)


def test_no_response_is_without_headers_at_any_moment_of_a_second_publish(rollout: Rollout) -> None:
    rollout.publish()
    bare: list[tuple[str, str]] = []

    def watch(event: Event) -> None:
        bare.extend((str(event), page) for page in (*PAGES, MISSING) if not rollout.sent(page))

    rollout.watch = watch
    outcome = rollout.publish(csp={"default-src": ["'self'"]})

    assert outcome.result is RunResult.COMPLETED
    assert bare == []


def test_no_response_is_without_headers_while_the_event_moves_from_viewer_to_origin(
    rollout: Rollout,
) -> None:
    rollout.function(event="viewer-response")
    rollout.publish()
    assert all(rollout.sent(page) for page in PAGES)
    bare: list[tuple[str, str]] = []

    def watch(event: Event) -> None:
        bare.extend((str(event), page) for page in PAGES if not rollout.sent(page))

    rollout.watch = watch
    rollout.function(event="origin-response")
    rollout.sandbox.calls.clear()
    outcome = rollout.publish()

    assert outcome.result is RunResult.COMPLETED
    assert bare == []
    assert rollout.calls("UpdateDistribution") == 2
    assert rollout.calls("CreateInvalidation") == 1
    assert rollout.calls("PublishVersion") == 0
    assert rollout.publish().result is RunResult.NOTHING_TO_DO


def test_the_node_handler_sends_what_the_python_handler_sends(rollout: Rollout) -> None:
    assert find_node() is not None, "this test needs Node.js: pip install 'edgerollout[node]'"
    rollout.publish()
    by_python = rollout.probe.headers("https://testing.example.com/").headers
    rollout.function(runtime="nodejs22.x", handler=ROOT / "handler" / "nodejs")

    outcome = rollout.publish()

    by_node = rollout.probe.headers("https://testing.example.com/").headers
    ours = set(rollout.live_release().response().set)
    assert outcome.release == 2
    assert rollout.live_release().handler.runtime == "nodejs22.x"
    assert [item for item in by_node if item[0] in ours] == [item for item in by_python if item[0] in ours]


def test_one_update_and_one_invalidation_however_long_aws_takes(rollout: Rollout) -> None:
    rollout.sandbox.set_windows(Windows(deploy_seconds=300, invalidation_seconds=90, function_seconds=20))

    outcome = rollout.publish()

    assert outcome.result is RunResult.COMPLETED
    assert rollout.calls("UpdateDistribution") == 1
    assert rollout.calls("CreateInvalidation") == 1
    assert rollout.calls("PublishVersion") == 1


def test_a_header_the_origin_sends_is_kept_where_the_policy_says_so(rollout: Rollout) -> None:
    rollout.publish()

    answer = rollout.probe.headers("https://testing.example.com/")

    assert answer.values("cross-origin-opener-policy") == ("same-origin",)
    assert rollout.live_release().response().keep.keys() == {"cross-origin-opener-policy"}
