"""Accounts of their own on one sandbox, and somebody who publishes there over and over: for matrices.

The distributions have no site behind them, which keeps an account cheap. What visitors would get is
worked out from what the control plane tells its edges (`Visitors`).
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from edgerollout.aws.cloudfront import _PLACEHOLDER
from edgerollout.aws.session import READ_TIMEOUT
from edgerollout.emulator.server import start
from edgerollout.emulator.settings import Windows
from edgerollout.errors import EdgerolloutError, ExitCode, Refused
from edgerollout.release.facts.environment import DistributionSelector
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR
from edgerollout.release.facts.swap_marks import UNFINISHED_TAG
from edgerollout.release.plans.detaching import plan_detach
from edgerollout.release.plans.promotion import (
    plan_promotion,
)
from edgerollout.release.plans.pruning import PruneRequest, plan_prune
from edgerollout.release.plans.publish import plan_publish
from edgerollout.release.plans.rollback import RollbackRequest, plan_rollback
from edgerollout.rollout.engine import Engine
from edgerollout.rollout.ports import Document, PreconditionFailed
from edgerollout.rollout.pruning import Pruning
from edgerollout.rollout.reading import Planned, Siblings, take_snapshot
from edgerollout.rollout.session import Pace, Session
from edgerollout.rollout.stopping import Deadline
from tests.fakes.answers import no_gates, read
from tests.fakes.clock import FakeClock
from tests.fakes.documents import document
from tests.spelling import said
from tests.unit.release.builders import ORIGIN, csp, make_environment, make_request

from .desk import Desk, Wire
from .rollout import WAYS
from .visitors import Triggers, Visitors, triggers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from edgerollout.emulator.cloudfront.state import StoredDistribution
    from edgerollout.emulator.server import RunningServer
    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.policy.header_rules import ResponseEvent
    from edgerollout.release.facts.environment import FunctionSettings
    from edgerollout.release.facts.events import Event, Outcome
    from edgerollout.release.facts.reads import Planning
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.plan import Plan

QUICK = Windows(deploy_seconds=0.9, invalidation_seconds=0.9, function_seconds=0.4)
"""Long enough to be seen by a poll, and no longer: every call is a case."""

PACE = Pace(first=1.0, most=2.0)
PATH = "/p0/*"

_accounts = itertools.count(610_000_000_001)


@dataclass
class Place:
    """One sandbox that many accounts share, and its time."""

    server: RunningServer
    clock: FakeClock
    visitors: Visitors

    @classmethod
    @contextmanager
    def opened(cls, windows: Windows = QUICK, *, pauses_by_clock: bool = False) -> Iterator[Place]:
        """`pauses_by_clock`: what a delayed answer waits passes by the sandbox's clock, not by ours."""
        clock, visitors = FakeClock(), Visitors()
        pause = clock.advance if pauses_by_clock else None
        server = start(clock=clock, windows=windows, sink=visitors, pause=pause)
        try:
            yield cls(server, clock, visitors)
        finally:
            server.stop()

    @contextmanager
    def slower(self, **windows: float) -> Iterator[None]:
        """AWS takes longer for what begins inside."""
        plane = self.server.plane
        before = plane.settings
        plane.settings = replace(before, windows=replace(before.windows, **windows))
        try:
            yield
        finally:
            plane.settings = before


@dataclass(frozen=True)
class Ended:
    """How one command ended, as its caller sees it: exit code and words."""

    code: ExitCode
    words: str
    hint: str | None
    outcome: Outcome | None
    events: Sequence[Event]


@dataclass(frozen=True)
class Ending:
    """All that counts once everything has settled."""

    versions: tuple[int, ...]
    triggers: Mapping[str, Triggers]
    invalidated_for: Mapping[str, list[str]]
    """The release each invalidation of a distribution was made for, oldest first."""
    visitors_get: Mapping[str, Mapping[str, set[str | None]]]
    unfinished: tuple[str, ...] = ()
    """Tags of the function that say that something is still to be done."""


class Account:
    """One account with an environment of `distributions`, two behaviors each, and nothing published yet.

    Opening a `number` again takes the account over: the distributions of before are gone, function and
    role have other names. IAM of a new account costs the sandbox more than a publish does.
    """

    def __init__(
        self,
        place: Place,
        distributions: int = 2,
        *,
        number: str | None = None,
        event: ResponseEvent = ORIGIN,
    ) -> None:
        self.place = place
        self.clock = place.clock
        self.number = number or str(next(_accounts))
        place.server.plane._accounts.pop(self.number, None)
        self.colleague = Desk(place, self.number).aws
        """Somebody else with the same rights."""
        unique = next(_accounts)
        self.ids = tuple(
            self._new_distribution(f"{n}.site-{unique}.example.com") for n in range(distributions)
        )
        self.function = f"headers-{unique}"
        environment = make_environment(event=event)
        self.environment = replace(
            environment,
            account=self.number,
            function=replace(environment.function, name=self.function, role=f"role-{unique}"),
            distributions=tuple(DistributionSelector(id=identity) for identity in self.ids),
        )
        self.writers = 3
        """How many distributions a run writes to at the same time."""
        self.wants("https://one.example")
        self._desk = self.desk()

    @property
    def function_arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:{self.number}:function:{self.function}"

    # --- the person who publishes --------------------------------------------------------------------

    def desk(self, read_timeout: float = READ_TIMEOUT) -> Desk:
        """Another machine with the same credentials."""
        return Desk(self.place, self.number, read_timeout)

    def wants(self, source: str) -> None:
        """Edit the configuration: a policy with this source."""
        self.policy = csp(source)

    def moves_to(self, event: ResponseEvent) -> None:
        """Edit the configuration: another event."""
        self._function(replace(self.environment.function, event=event))

    def wants_memory(self, megabytes: int) -> None:
        """Edit the configuration: another memory size."""
        self._function(replace(self.environment.function, memory=megabytes))

    def _function(self, settings: FunctionSettings) -> None:
        self.environment = replace(self.environment, function=settings)

    def publish(
        self,
        wire: Wire | None = None,
        *,
        policy: LayeredCsp | None = None,
        again: bool = False,
        desk: Desk | None = None,
    ) -> Ended:
        """The whole command: read, plan, carry out; what it raises is what the command line would print."""
        desk = desk or self._desk
        desk.begin(wire or Wire())
        request = make_request(policy or self.policy, environment=self.environment, create=True, again=again)
        return self._act(desk, partial(plan_publish, request))

    def rollback(self, wire: Wire | None = None, *, to: int | None = None) -> Ended:
        """The command that takes a release back."""
        self._desk.begin(wire or Wire())
        request = RollbackRequest(self.environment, to=to)
        return self._act(self._desk, partial(plan_rollback, request))

    def promote(self, wire: Wire | None = None) -> Ended:
        """The command that enforces what is observed, with every gate met."""
        self._desk.begin(wire or Wire())
        request = make_request(self.policy, environment=self.environment, enforce=True)
        return self._act(self._desk, lambda snapshot: plan_promotion(request, snapshot, no_gates))

    def detach(self, wire: Wire | None = None) -> Ended:
        """The command that takes all triggers off."""
        self._desk.begin(wire or Wire())
        return self._act(self._desk, partial(plan_detach, self.environment))

    def prune(self, wire: Wire | None = None, *, keep: int = 0) -> Ended:
        """The command that deletes old versions."""
        desk = self._desk
        desk.begin(wire or Wire())
        session = self._session(desk)
        try:
            snapshot = take_snapshot(session, self.environment, Siblings({}))
            aliases = desk.aws.functions.aliases(self.function)
            plan = plan_prune(PruneRequest(self.environment, keep), snapshot, aliases)
            outcome = Pruning(session, plan, "edgerollout prune", sandbox=True).run()
        except EdgerolloutError as error:
            return Ended(error.exit_code, str(error), said(error.hint), None, desk.events)
        return Ended(outcome.exit_code, outcome.error or "", said(outcome.next_step), outcome, desk.events)

    def _session(self, desk: Desk) -> Session:
        return Session(
            aws=desk.aws,
            clock=self.clock,
            emit=desk.hear,
            deadline=Deadline(self.clock, None),
            pace=PACE,
            writers=self.writers,
            sandbox=True,
        )

    def _act(self, desk: Desk, planner: Callable[[Snapshot], Planning[Plan]]) -> Ended:
        session = self._session(desk)
        try:
            reading = read(session, self.environment)
            plan = reading.plan(planner)
            if plan.errors:
                raise Refused(plan.errors[0].message, hint=plan.errors[0].hint)
            engine = Engine(session, Planned(reading.snapshot, plan), self.environment.function, WAYS)
            outcome = engine.run()
        except EdgerolloutError as error:
            return Ended(error.exit_code, str(error), said(error.hint), None, desk.events)
        return Ended(outcome.exit_code, outcome.error or "", said(outcome.next_step), outcome, desk.events)

    def published(self, source: str | None = None) -> None:
        """Publish without any trouble, and let everything settle."""
        if source is not None:
            self.wants(source)
        ended = self.publish()
        assert ended.code is ExitCode.DONE, ended
        self.settle()

    # --- colleagues ----------------------------------------------------------------------------------

    def edit(self, distribution: str, change: Callable[[bytes], bytes]) -> None:
        """A colleague changes a distribution's document."""
        while True:
            found = self.colleague.cloudfront.document(distribution)
            try:
                self.colleague.cloudfront.update(distribution, Document(found.etag, change(found.xml)))
            except PreconditionFailed:
                # Our run was faster; colleagues try again too.
                continue
            return

    def editing(self, index: int, change: Callable[[bytes], bytes]) -> Colleague:
        """Somebody who is about to change one of the distributions."""
        return Colleague(self, self.ids[index], change)

    def replicas_go(self) -> None:
        """Let a day pass: of what CloudFront names no longer there are no replicas any more."""
        self.clock.advance(86_400)
        self.place.server.plane.tick()

    # --- what came of it -----------------------------------------------------------------------------

    def settle(self) -> None:
        """Let some minutes pass: whatever AWS had to do is done."""
        self.clock.advance(600)
        self.place.server.plane.tick()

    def xml(self, distribution: str) -> bytes:
        return self.colleague.cloudfront.document(distribution).xml

    def versions(self) -> tuple[int, ...]:
        found = self.place.server.plane._regions.of(self.number, "us-east-1").functions.get(self.function)
        return () if found is None else tuple(sorted(found.versions))

    def tags(self) -> Mapping[str, str]:
        """The function's."""
        found = self.place.server.plane._regions.of(self.number, "us-east-1").functions.get(self.function)
        return {} if found is None else dict(found.tags)

    def triggers(self, distribution: str) -> Triggers:
        """Path → event → ARN after `function:`."""
        return triggers_of(self._stored(distribution).config)

    def everywhere(self, version: int) -> dict[str, Triggers]:
        """All triggers when `version` and nothing else is on every behavior."""
        trigger: dict[str, str] = {self.environment.function.event: f"{self.function}:{version}"}
        return {identity: {PATH: trigger, DEFAULT_BEHAVIOR: trigger} for identity in self.ids}

    def invalidated_for(self, distribution: str) -> list[str]:
        references = [
            invalidation.caller_reference for invalidation in self._stored(distribution).invalidations
        ]
        return [reference.split("-")[1] for reference in references if reference.startswith("edgerollout-")]

    def ending(self) -> Ending:
        """Let everything settle and look."""
        self.settle()
        return Ending(
            self.versions(),
            {identity: self.triggers(identity) for identity in self.ids},
            {identity: self.invalidated_for(identity) for identity in self.ids},
            {identity: self.place.visitors.sees(identity) for identity in self.ids},
            tuple(key for key in self.tags() if key.startswith(UNFINISHED_TAG)),
        )

    def released(self, *live: int) -> Ending:
        """The ending when these releases were live one after the other: one invalidation each."""
        target = f"{self.function}:{live[-1]}"
        return Ending(
            tuple(range(1, max(live) + 1)),
            self.everywhere(live[-1]),
            {identity: [str(n) for n in live] for identity in self.ids},
            {identity: {PATH: {target}, DEFAULT_BEHAVIOR: {target}} for identity in self.ids},
        )

    def detached(self, *live: int) -> Ending:
        """The ending when these were live one after the other, and the last was taken off (0) for good."""
        return replace(
            self.released(*live),
            triggers={identity: {PATH: {}, DEFAULT_BEHAVIOR: {}} for identity in self.ids},
            visitors_get={identity: {PATH: {None}, DEFAULT_BEHAVIOR: {None}} for identity in self.ids},
        )

    def _stored(self, distribution: str) -> StoredDistribution:
        return self.place.server.plane._accounts[self.number].distributions[distribution]

    def _new_distribution(self, alias: str) -> str:
        xml = document([PATH], alias=alias, caller_reference=alias)
        # The adapter creates no distributions; its own client does it here, with the raw document.
        client = self.colleague.cloudfront._client

        def send(params: dict[str, object], **_: object) -> None:
            params["body"] = xml

        client.meta.events.register("before-call.cloudfront.CreateDistribution", send, "raw")
        try:
            made = client.create_distribution(DistributionConfig=_PLACEHOLDER)
        finally:
            client.meta.events.unregister("before-call.cloudfront.CreateDistribution", send, "raw")
        self.settle()
        return made["Distribution"]["Id"]


@dataclass
class Colleague:
    """Changes a distribution when called."""

    account: Account
    distribution: str
    change: Callable[[bytes], bytes]
    left: Triggers | None = None
    """The triggers as the change left them."""

    def __call__(self) -> None:
        self.account.edit(self.distribution, self.change)
        self.left = self.account.triggers(self.distribution)
