"""How long a publish to many distributions takes while AWS throttles updates, against the shortest possible.

Everything lasts a `SPEED`th of its time here, for AWS (windows, rate) and for the engine (its pace, the
waits between tries) alike, so that minutes on AWS are seconds. What this machine needs itself is not
shortened: a result can only be worse than on AWS.
"""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.account import AT_ONCE, policy, project, sandbox
from bench.report import Report, Row
from edgerollout.aws.session import connect
from edgerollout.cli.invocation import Invocation
from edgerollout.cli.options import Options
from edgerollout.cli.releasing import read_and_plan, request_for
from edgerollout.clock import SystemClock
from edgerollout.emulator.faults import Throttle
from edgerollout.errors import ExitCode
from edgerollout.release.facts.choices import Choices
from edgerollout.release.facts.events import CallRetried
from edgerollout.rollout.afterwards import Afterwards
from edgerollout.rollout.engine import Engine
from edgerollout.rollout.next_step import Ways
from edgerollout.rollout.session import Pace, Session
from edgerollout.rollout.stopping import Deadline

if TYPE_CHECKING:
    from edgerollout.release.facts.events import Event
    from tests.functional.project import Project

SPEED = 10.0
RUNS = 3
DISTRIBUTIONS = 20
PER_SECOND = 0.5
"""The rate that AWS staff name for writes to CloudFront (aws-sdk-js#3983)."""
DEPLOY = 180.0
INVALIDATION = 60.0


class ShortClock(SystemClock):
    """The machine's time, `SPEED` times as fast: for those who count in AWS's seconds."""

    def monotonic(self) -> float:
        return super().monotonic() * SPEED

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / SPEED)


def benchmark(pairs: int) -> Report:  # noqa: ARG001 - each run takes as long as AWS would, shortened
    """A second publish to 20 distributions, three times over."""
    shortest = (DISTRIBUTIONS - 1) / PER_SECOND + DEPLOY + INVALIDATION
    with sandbox() as server, project(server) as ours:
        aliases = [f"site-{number}.example.com" for number in range(DISTRIBUTIONS)]
        for alias in aliases:
            ours.distribution(alias)
        named = ", ".join(f'{{ alias = "{alias}" }}' for alias in aliases)
        ours.configure(environments={"testing": f"distributions = [{named}]\n"})
        ours.published()
        windows = replace(AT_ONCE, deploy_seconds=DEPLOY / SPEED, invalidation_seconds=INVALIDATION / SPEED)
        server.plane.settings = replace(server.plane.settings, windows=windows)
        server.faults.throttle("cloudfront:UpdateDistribution", Throttle(PER_SECOND * SPEED))
        runs = [_publish(ours, number) for number in range(1, RUNS + 1)]
    seconds, retries, lists = (statistics.median(run[which] for run in runs) for which in range(3))
    return Report(
        "makespan",
        f"{DISTRIBUTIONS} distributions, {PER_SECOND} updates a second, Deployed after {DEPLOY:.0f} s,"
        f" invalidated after {INVALIDATION:.0f} s",
        [
            Row("publish", seconds, "s"),
            Row("shortest possible", shortest, "s"),
            Row("  ratio", seconds / shortest, "×", 1.05),
            Row("throttled tries", retries, ""),
            Row("list sweeps", lists, ""),
        ],
    )


def _publish(project: Project, number: int) -> tuple[float, int, int]:
    """AWS's seconds that a publish takes, the throttled tries, the list sweeps."""
    project.policy(policy(number))
    options = Options(env="testing", config=project.folder / "config")
    invocation = Invocation(options)
    environment = invocation.environment().environment
    retries: list[CallRetried] = []

    def note(event: Event) -> None:
        if isinstance(event, CallRetried):
            retries.append(event)

    pace = Pace()
    clock = SystemClock()
    session = Session(
        aws=connect(
            account_hint=project.account,
            profile=None,
            role_arn=None,
            endpoint_url=project.server.endpoint_url,
            clock=ShortClock(),
            emit=note,
            sandbox_secret=project.server.secret,
        ),
        clock=clock,
        emit=note,
        deadline=Deadline(clock, None),
        pace=replace(pace, first=pace.first / SPEED, most=pace.most / SPEED),
    )
    choices = Choices(preflight=False)
    request = request_for(invocation, environment, choices)
    planned = read_and_plan(invocation, environment, request, session)
    ways = Ways.of(environment, "publish")
    outcome = Engine(session, planned, environment.function, ways, Afterwards(check_headers=False)).run()
    if outcome.exit_code is not ExitCode.DONE:
        raise SystemExit(f"the publish did not complete: {outcome.error}")
    return outcome.duration * SPEED, len(retries), outcome.aws_calls["cloudfront:ListDistributions"]
