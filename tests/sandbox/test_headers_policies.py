"""Releases by response headers policies: what visitors of the sandbox's site get."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ExitCode
from edgerollout.release.facts.environment import RESPONSE_HEADERS_POLICY
from edgerollout.release.facts.events import RunResult, StepFinished, StepKind

from .rollout import Rollout

if TYPE_CHECKING:
    from edgerollout.config import Project
    from edgerollout.release.facts.events import Event
    from edgerollout.sandbox.running import RunningSandbox
    from tests.fakes.clock import FakeClock

PAGES = ("/", "/app/", "/assets/site.css", "/api/health.json", "/legacy/timetable.html", "/no-such-page")
CSP = "content-security-policy-report-only"


@pytest.fixture
def rollout(project: Project, sandbox: RunningSandbox, clock: FakeClock) -> Rollout:
    made = Rollout(project, sandbox, clock)
    made.environment = replace(made.environment, deliver=RESPONSE_HEADERS_POLICY)
    return made


def csp_of(rollout: Rollout, page: str) -> tuple[str, ...]:
    return rollout.probe.headers(f"https://testing.example.com{page}").values(CSP)


def test_every_page_has_the_headers_the_handler_would_set_and_rollback_takes_them_away(
    rollout: Rollout,
) -> None:
    outcome = rollout.publish()

    assert (outcome.result, outcome.exit_code, outcome.release) == (RunResult.COMPLETED, ExitCode.DONE, 1)
    assert "cloudfront:CreateInvalidation" not in outcome.aws_calls
    expected = rollout.live_release().response()
    for page in PAGES:
        answer = rollout.probe.headers(f"https://testing.example.com{page}")
        for name, (_, value) in {**expected.set, **expected.keep}.items():
            assert answer.values(name) == (value,), (page, name)

    assert rollout.rollback().exit_code is ExitCode.DONE
    assert csp_of(rollout, "/") == ()


def test_a_cached_page_changes_when_cloudfront_says_deployed_and_is_never_bare(rollout: Rollout) -> None:
    rollout.publish()
    old = csp_of(rollout, "/")
    seen: list[tuple[StepKind, tuple[str, ...]]] = []

    def watch(event: Event) -> None:
        if isinstance(event, StepFinished):
            seen.append((event.step, csp_of(rollout, "/")))

    rollout.watch = watch
    rollout.publish(csp={"default-src": ["'self'"], "font-src": ["https://fonts.example.com"]})

    by_step = dict(seen)
    assert by_step[StepKind.SWAP_TRIGGERS] == old
    assert "fonts.example.com" in by_step[StepKind.AWAIT_DEPLOYED][0]
    assert all(values for _, values in seen)
