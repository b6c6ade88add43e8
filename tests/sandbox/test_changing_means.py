"""Changing the means on a live site, while CloudFront's locations learn of each update at different times.

Visitors ask all the time, on every way through the edge: pages that are cached, and pages that nobody has
asked for. A location may know an update that the regional cache behind it does not, or the other way round.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from edgerollout.edge.message import EdgeRequest
from edgerollout.emulator.settings import Windows
from edgerollout.errors import ExitCode
from edgerollout.release.delivery.steps import Invalidate, SwapTriggers
from edgerollout.release.facts.environment import LAMBDA_EDGE, RESPONSE_HEADERS_POLICY
from tests.samples import THOROUGH, a_few

from .desk import Wire
from .rollout import Rollout

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.config import Project
    from edgerollout.edge.message import EdgeResponse
    from edgerollout.release.delivery.steps import DistributionPlan
    from edgerollout.release.facts.events import Outcome
    from edgerollout.sandbox.running import RunningSandbox
    from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.sandbox

PAGES = ("/", "/app/", "/api/health.json")
EVERY = 0.6
"""Seconds between two rounds of requests."""
ROUND = 4
"""How often a round asks for each page: which way a request goes is up to chance."""
UNEVEN = Windows(deploy_seconds=4.0, invalidation_seconds=1.0, spread_seconds=3.5)
ORIGIN, VIEWER = (LAMBDA_EDGE, "origin-response"), (LAMBDA_EDGE, "viewer-response")
POLICY = (RESPONSE_HEADERS_POLICY, "origin-response")
CHANGES = {
    "function to policy": (ORIGIN, POLICY),
    "policy to function": (POLICY, ORIGIN),
    "origin-response to viewer-response": (ORIGIN, VIEWER),
    "viewer-response to origin-response": (VIEWER, ORIGIN),
}


TEAMS = {
    "CustomHeadersConfig": {"Quantity": 1, "Items": [{"Header": "X-Team", "Value": "a", "Override": True}]},
    "RemoveHeadersConfig": {"Quantity": 1, "Items": [{"Header": "X-Powered-By"}]},
}
"""A policy of the team's own, on the pages that an application makes: it goes along, and comes back."""


@dataclass
class Visitors:
    """What they got without a header that the release has: page and header, counted."""

    ask: Callable[[EdgeRequest], EdgeResponse]
    due: dict[str, str]
    errors_too: bool
    """A function at viewer-response does not see errors."""
    answers: int = 0
    bare: Counter[str] = field(default_factory=Counter)
    _new: itertools.count[int] = field(default_factory=itertools.count)

    def come(self) -> None:
        for _ in range(ROUND):
            for page in (*PAGES, f"/app/nobody-{next(self._new)}"):
                self.judge(page)

    def judge(self, page: str) -> None:
        answer = self.ask(EdgeRequest("GET", "testing.example.com", page))
        self.answers += 1
        if answer.status >= 400 and not self.errors_too:
            return
        due = self.due | ({"x-team": "a"} if page.startswith("/api/") else {})
        for name, expected in due.items():
            if answer.header(name) != expected:
                self.bare[f"{page.partition('nobody')[0]} {name}"] += 1


@pytest.fixture(params=a_few(list(CHANGES), 1))
def change(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def changing(change: str, project: Project, sandbox: RunningSandbox, clock: FakeClock) -> Rollout:
    """A site that is live by the old means, with the new one in the configuration."""
    old, new = CHANGES[change]
    rollout = Rollout(project, sandbox, clock)
    rollout.team_puts("/api/*", TEAMS)
    clock.advance(60)
    delivers(rollout, *old)
    assert rollout.publish().exit_code is ExitCode.DONE
    delivers(rollout, *new)
    sandbox.set_windows(UNEVEN)
    return rollout


def delivers(rollout: Rollout, deliver: str, event: str) -> None:
    rollout.function(event=event)
    rollout.environment = replace(rollout.environment, deliver=deliver)


def visitors_of(rollout: Rollout, *, errors_too: bool) -> Visitors:
    said = rollout.live_release().response()
    due = {name: value for name, (_, value) in {**said.set, **said.keep}.items()}
    return Visitors(rollout.sandbox.visit, due, errors_too)


def asking(rollout: Rollout, change: str) -> Visitors:
    """Visitors that come again and again, from now on."""
    made = visitors_of(rollout, errors_too="viewer" not in change)

    def come() -> None:
        made.come()
        rollout.clock.after(EVERY, come)

    come()
    assert not made.bare
    return made


def test_every_response_has_every_header_during_the_change_and_on_the_way_back(
    changing: Rollout, change: str
) -> None:
    visitors, before = asking(changing, change), changing.calls("UpdateDistribution")

    outcome = changing.publish()
    there = visitors.answers
    assert outcome.exit_code is ExitCode.DONE
    assert changing.calls("UpdateDistribution") - before == 2
    # An event is no part of a release: it is changed back by the setting.
    delivers(changing, *CHANGES[change][0])
    back = changing.publish() if "viewer" in change else changing.rollback()
    assert back.exit_code is ExitCode.DONE
    assert changing.calls("UpdateDistribution") - before == 4

    assert visitors.bare == {}
    assert min(there, visitors.answers - there) > 100


def test_in_a_single_update_some_responses_would_have_none(changing: Rollout, change: str) -> None:
    """The control: this edge shows what two updates are for."""
    visitors = asking(changing, change)
    assert changing.publish(planned=in_one_update).exit_code is ExitCode.DONE
    assert any("-" in name for name in visitors.bare)


def in_one_update(planned: DistributionPlan) -> DistributionPlan:
    """The last update alone: what comes and what goes at once."""
    last = max(number for number, step in enumerate(planned.steps) if isinstance(step, SwapTriggers))
    clearing = [step for step in planned.steps[:last] if isinstance(step, Invalidate)]
    return replace(planned, steps=(*planned.steps[last:], *clearing))


class Killed(BaseException):
    """The process is gone: nothing in the run may catch this, and nothing goes out afterwards."""


class Death:
    """Comes before the n-th call, or when AWS has done the n-th write and before the answer."""

    def __init__(self, moment: str, number: int) -> None:
        self._moment, self._left = moment, number
        self.came = False
        self.wire = Wire(before=self._sending, after=self._received)

    def _sending(self, _: str, __: int) -> None:
        self._pass_by(counts=self._moment == BEFORE)

    def _received(self, operation: str, _: int) -> None:
        self._pass_by(counts=self._moment == AFTER and not operation.partition(":")[2].startswith(READS))

    def _pass_by(self, *, counts: bool) -> None:
        self._left -= counts
        self.came = self.came or (counts and self._left == 0)
        if self.came:
            raise Killed


def killed(rollout: Rollout, command: Callable[[], Outcome], death: Death) -> int | None:
    """Have the command die so, and run it again; what is live then."""
    rollout.wire = death.wire
    with contextlib.suppress(Killed):
        command()
    rollout.wire = Wire()
    outcome = command()
    assert outcome.exit_code is ExitCode.DONE, outcome
    return outcome.release


READS = ("Get", "List")
BEFORE, AFTER = "before call", "after write"
DEATHS = [(BEFORE, number) for number in range(1, 200 if THOROUGH else 40)]
DEATHS += [(AFTER, number) for number in range(1, 40 if THOROUGH else 8)]
"""More than a run has, where all are tried."""


@pytest.mark.parametrize("change", a_few(list(CHANGES)[:2], 1))
def test_every_response_has_every_header_wherever_the_change_and_the_way_back_are_killed(
    changing: Rollout, change: str, record_property: Callable[[str, object], None]
) -> None:
    visitors, deaths, over = asking(changing, change), 0, set[str]()
    old, new = CHANGES[change]
    for moment, number in a_few(DEATHS, 1):
        if moment in over:
            continue
        there, back = Death(moment, number), Death(moment, number)
        delivers(changing, *new)
        live = killed(changing, partial(changing.publish, again=True), there)
        delivers(changing, *old)
        killed(changing, partial(changing.rollback, back_from=live), back)
        assert visitors.bare == {}, f"killed {moment} {number}"
        deaths += there.came + back.came
        if not there.came and not back.came:
            over.add(moment)
    record_property(f"killed: {change}", deaths)
    record_property(f"answers: {change}", visitors.answers)
