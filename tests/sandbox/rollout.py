"""Publishing in this process: the real planning, engine, adapter and probe against a running sandbox."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.aws.session import connect
from edgerollout.config.handler_folder import read_handler
from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.release.facts.choices import Choices
from edgerollout.release.facts.replaced_tags import REPLACED_TAG
from edgerollout.release.plans.desired import PublishRequest
from edgerollout.release.plans.detaching import plan_detach
from edgerollout.release.plans.publish import plan_publish
from edgerollout.release.plans.rollback import RollbackRequest, plan_rollback
from edgerollout.release.plans.taking_back import plan_take_back
from edgerollout.rollout.afterwards import Afterwards
from edgerollout.rollout.engine import Engine
from edgerollout.rollout.next_step import Ways
from edgerollout.rollout.ports import Document
from edgerollout.rollout.reading import Planned
from edgerollout.rollout.session import Pace, Session
from edgerollout.rollout.stopping import Deadline
from tests.fakes.answers import read
from tests.fakes.documents import with_policy

from .conftest import probe_of
from .desk import Wire, tap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from edgerollout.config import Project
    from edgerollout.release.delivery.steps import DistributionPlan
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.events import Event, Outcome
    from edgerollout.release.facts.finding import Finding
    from edgerollout.release.facts.reads import Planning
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.plan import Plan
    from edgerollout.release.plans.taking_back import Carried
    from edgerollout.sandbox.running import RunningSandbox
    from tests.fakes.clock import FakeClock

WAYS = Ways(advise(CommandLine("publish")))


class Rollout:
    """One environment of a project on a sandbox."""

    def __init__(self, project: Project, sandbox: RunningSandbox, clock: FakeClock) -> None:
        self.project = project
        self.sandbox = sandbox
        self.clock = clock
        self.environment: Environment = project.environments["testing"]
        self.probe = probe_of(sandbox)
        self.events: list[Event] = []
        self.found: tuple[Finding, ...] = ()
        self.watch: Callable[[Event], None] = lambda _: None
        self.wire = Wire()

    def function(self, handler: Path | None = None, **changes: object) -> None:
        """Change the function's settings, as editing edgerollout.toml would."""
        settings = replace(self.environment.function, **changes)  # type: ignore[arg-type]
        if handler is not None:
            settings = replace(settings, handler=handler)
        self.environment = replace(self.environment, function=settings)

    def publish(
        self,
        *,
        csp: dict[str, list[str]] | None = None,
        planned: Callable[[DistributionPlan], DistributionPlan] = lambda plan: plan,
        again: bool = False,
        **choices: object,
    ) -> Outcome:
        """Publish as the command does; `csp` in place of the configured policy, `planned` edits the plan."""
        policy = self.project.policy_of(self.environment)
        if csp is not None:
            policy = replace(policy, csp=LayeredCsp(Csp.of(csp)))
        request = PublishRequest(
            environment=self.environment,
            policy=policy,
            files=read_handler(self.environment.function.handler),
            choices=Choices(create=True, again=again),
            **choices,  # type: ignore[arg-type]
        )
        session = self._session()
        snapshot, plan = self._planned(session, partial(plan_publish, request))
        assert plan.errors == ()
        plan = replace(plan, distributions=tuple(map(planned, plan.distributions)))
        return self._run(session, snapshot, plan)

    def rollback(self, to: int | None = None, back_from: int | None = None) -> Outcome:
        """Roll back as the command does."""
        session = self._session()
        snapshot, plan = self._way_back(
            session, RollbackRequest(self.environment, to=to, back_from=back_from)
        )
        return self._run(session, snapshot, plan)

    def detach(self) -> Outcome:
        """Take our triggers off as the command does; `found` is what its plan warned of."""
        session = self._session()
        snapshot, plan = self._planned(session, partial(plan_detach, self.environment))
        self.found = plan.findings
        return self._run(session, snapshot, plan)

    def tags(self) -> dict[str, str]:
        """What the function's tags keep of take-overs."""
        function = self._session().aws.functions.function(self.environment.function.name)
        assert function is not None
        return {key: value for key, value in (function.tags or {}).items() if key.startswith(REPLACED_TAG)}

    def turn(self, version: int, way: Callable[[bytes], bytes]) -> None:
        """Have the version be made of other bytes: `way` makes them of its own."""
        function = self._session().aws.functions.function(self.environment.function.name)
        assert function is not None
        bundle = self._session().aws.functions.code(function.name, version)
        self.sandbox.plane.replace_code(f"{function.arn}:{version}", way(bundle), mirror=False)

    def team_puts(self, path: str, says: Mapping[str, object]) -> None:
        """A response headers policy of the team's own on a behavior of the site."""
        cloudfront = self._session().aws.cloudfront
        made = cloudfront.create_headers_policy({"Name": "the-teams", "Comment": "by hand", **says})
        (site,) = (found.id for found in cloudfront.distributions() if "testing.example.com" in found.aliases)
        standing = cloudfront.document(site)
        written = with_policy(standing.xml, made.id, only=path)
        cloudfront.update(site, Document(standing.etag, written))

    def _run(self, session: Session, snapshot: Snapshot, plan: Plan) -> Outcome:
        afterwards = Afterwards(take_back=self._undo)
        return Engine(session, Planned(snapshot, plan), self.environment.function, WAYS, afterwards).run()

    def _undo(self, session: Session, carried: Carried) -> Planned:
        return self._planned(session, partial(plan_take_back, self.environment, carried))

    def _way_back(self, session: Session, request: RollbackRequest) -> tuple[Snapshot, Plan]:
        return self._planned(session, partial(plan_rollback, request))

    def _planned(self, session: Session, planner: Callable[[Snapshot], Planning[Plan]]) -> Planned:
        reading = read(session, self.environment)
        plan = reading.plan(planner)
        return Planned(reading.snapshot, plan)

    def live_release(self) -> Release:
        """What the newest version of the function carries, read back from the sandbox."""
        from edgerollout.rollout.reading import needed_release

        session = self._session()
        function = session.aws.functions.function(self.environment.function.name)
        assert function is not None
        return needed_release(session.aws, function, function.versions[-1].number, self.environment)

    def sent(self, path: str = "/", name: str = "content-security-policy-report-only") -> tuple[str, ...]:
        """A header of the live site."""
        return self.probe.headers(f"https://testing.example.com{path}").values(name)

    def calls(self, operation: str) -> int:
        """How often an operation was called so far."""
        return sum(1 for call in self.sandbox.calls.calls() if call.operation == operation)

    def _session(self) -> Session:
        def emit(event: Event) -> None:
            self.events.append(event)
            self.watch(event)

        aws = connect(
            account_hint=self.environment.account,
            profile=None,
            role_arn=None,
            endpoint_url=self.sandbox.endpoint_url,
            clock=self.clock,
            emit=emit,
            sandbox_secret=self.sandbox.secret,
        )
        tap(aws, lambda: self.wire)
        return Session(
            aws=aws,
            clock=self.clock,
            emit=emit,
            deadline=Deadline(self.clock, None),
            probe=self.probe,
            pace=Pace(first=0.5, most=1.0),
            sandbox=True,
        )
