"""One environment in an account in memory, and a person who publishes there, over and over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.release.delivery.distribution_document import behaviors, edit
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import TriggerIntent
from edgerollout.release.facts.arn import is_ours
from edgerollout.release.facts.choices import Choices
from edgerollout.release.facts.events import Noticed, StepFailed
from edgerollout.release.facts.headers_policies import SLOT, own_policies
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, Trigger
from edgerollout.release.plans.detaching import plan_detach
from edgerollout.release.plans.promotion import (
    plan_promotion,
)
from edgerollout.release.plans.publish import plan_publish
from edgerollout.release.plans.rollback import (
    RollbackRequest,
    plan_rollback,
)
from edgerollout.release.plans.taking_back import plan_take_back
from edgerollout.rollout.afterwards import Afterwards
from edgerollout.rollout.engine import Engine
from edgerollout.rollout.next_step import Ways
from edgerollout.rollout.reading import Planned
from edgerollout.rollout.session import Session
from edgerollout.rollout.stopping import Deadline, Stop
from tests.fakes import documents
from tests.fakes.answers import no_gates, read
from tests.fakes.aws import FakeAws
from tests.fakes.clock import FakeClock
from tests.fakes.windows import Windows
from tests.unit.release.builders import FUNCTION, FUNCTION_ARN, P1, ROLE, make_environment, make_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.policy.header_rules import ResponseEvent
    from edgerollout.policy.headers import Header
    from edgerollout.release.delivery.means import ToldValue
    from edgerollout.release.facts.events import Event, Outcome
    from edgerollout.release.facts.headers_policies import PolicyKey, StandingPolicy
    from edgerollout.release.facts.reads import Planning
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.facts.tfvars import Tfvars
    from edgerollout.release.plans.desired import PublishRequest
    from edgerollout.release.plans.plan import Plan
    from edgerollout.release.plans.taking_back import Carried
    from edgerollout.rollout.touring import Tour
    from tests.fakes.probe import FakeProbe

WAYS = Ways(advise(CommandLine("publish", "testing")), "testing")
URL = "https://e1.example.com/"
NAMED = {"Name": "the-teams", "Comment": "made by hand"}
TEAMS: Mapping[str, object] = {
    "ServerTimingHeadersConfig": {"Enabled": True, "SamplingRate": 100},
    "CustomHeadersConfig": {"Quantity": 1, "Items": [{"Header": "X-Team", "Value": "a", "Override": True}]},
    "RemoveHeadersConfig": {"Quantity": 1, "Items": [{"Header": "X-Powered-By"}]},
}
"""A response headers policy of the team's own."""


@dataclass
class World:
    """`ids` are the environment's distributions, `behaviors` how many paths each has besides the default."""

    ids: Sequence[str] = ("E1",)
    behaviors: int = 2
    request: PublishRequest = field(default_factory=make_request)
    clock: FakeClock = field(default_factory=FakeClock)
    windows: Windows = field(default_factory=Windows)
    probe: FakeProbe | None = None
    takes_back: bool = True
    """`on_failure = "rollback"`; False is "stop"."""
    tour: Tour | None = None
    """A browser's look at the site after an enforcing swap."""
    events: list[Event] = field(default_factory=list)
    theirs: str | None = None
    """The id of the team's own policy."""

    def __post_init__(self) -> None:
        self.aws = FakeAws(self.clock, windows=self.windows)
        self.aws.roles.add(ROLE)
        for identity in self.ids:
            alias = f"{identity.lower()}.example.com"
            self.aws.cloudfront.add(identity, documents.document(self.behaviors, alias=alias))
        environment = replace(
            self.request.environment, distributions=make_environment(distributions=self.ids).distributions
        )
        self.request = replace(self.request, environment=environment, choices=Choices(create=True))

    # --- what the person does ------------------------------------------------------------------------

    def wants(self, policy: LayeredCsp = P1, *, event: ResponseEvent | None = None) -> None:
        """Edit the configuration: another policy, another event."""
        wanted = make_request(policy)
        environment = self.request.environment
        if event is not None:
            function = replace(environment.function, event=event)
            environment = replace(environment, function=function)
        self.request = replace(self.request, policy=wanted.policy, environment=environment)

    def sends(self, *headers: Header) -> None:
        """Edit the configuration: other headers."""
        self.request = replace(self.request, policy=replace(self.request.policy, headers=headers))

    def delivers(self, deliver: str) -> None:
        """Edit the configuration: another means."""
        environment = replace(self.request.environment, deliver=deliver)
        self.request = replace(self.request, environment=environment)

    def session(self, *, timeout: float | None = None, stop: Stop | None = None) -> Session:
        return Session(
            aws=self.aws,
            clock=self.clock,
            emit=self.events.append,
            deadline=Deadline(self.clock, timeout),
            stop=stop or Stop(),
            probe=self.probe,
        )

    def plan(self, session: Session | None = None) -> tuple[Snapshot, Plan]:
        snapshot, plan = self._plan(partial(plan_publish, self.request), session)
        assert plan.errors == (), plan.errors
        return snapshot, plan

    def _plan(self, planner: Callable[[Snapshot], Planning[Plan]], session: Session | None = None) -> Planned:
        reading = read(session or self.session(), self.request.environment, self.tfvars())
        plan = reading.plan(planner)
        return Planned(reading.snapshot, plan)

    def tfvars(self) -> Tfvars | None:
        """What Terraform has been told; here it is told nothing."""
        return None

    def write_tfvars(self, plan: Plan, tfvars: Tfvars, _: Tfvars | None, __: Mapping[str, ToldValue]) -> None:
        """Tell Terraform."""
        raise AssertionError(f"nothing is told here: {plan.environment} {tfvars}")

    def publish(self, *, timeout: float | None = None, stop: Stop | None = None) -> Outcome:
        """The whole command: read, plan, carry out."""
        session = self.session(timeout=timeout, stop=stop)
        snapshot, plan = self.plan(session)
        return self.carry_out(plan, snapshot, session)

    def carry_out(self, plan: Plan, snapshot: Snapshot, session: Session | None = None) -> Outcome:
        settings = self.request.environment.function
        take_back = None if plan.rolls_back or not self.takes_back else self.take_back
        afterwards = Afterwards(tour=self.tour, take_back=take_back)
        session = replace(session or self.session(), write_tfvars=partial(self.write_tfvars, plan))
        return Engine(session, Planned(snapshot, plan), settings, WAYS, afterwards).run()

    def promote(self) -> Outcome:
        """Enforce what is observed, with every gate met."""
        session = self.session()
        request = replace(self.request, choices=replace(self.request.choices, enforce=True))
        snapshot, plan = self._plan(lambda known: plan_promotion(request, known, no_gates), session)
        return self.carry_out(plan, snapshot, session)

    def take_back(self, _: Session, carried: Carried) -> Planned:
        return self._plan(partial(plan_take_back, self.request.environment, carried))

    def plan_rollback(
        self, *, to: int | None = None, back_from: int | None = None, session: Session | None = None
    ) -> tuple[Snapshot, Plan]:
        request = RollbackRequest(self.request.environment, to=to, back_from=back_from)
        return self._plan(partial(plan_rollback, request), session)

    def rollback(self, to: int | None = None, back_from: int | None = None) -> Outcome:
        """The whole command: read, plan, carry out."""
        session = self.session()
        snapshot, plan = self.plan_rollback(to=to, back_from=back_from, session=session)
        assert plan.errors == (), plan.errors
        return self.carry_out(plan, snapshot, session)

    def plan_detach(self, session: Session | None = None) -> tuple[Snapshot, Plan]:
        return self._plan(partial(plan_detach, self.request.environment), session)

    def detach(self) -> Outcome:
        """The whole command: read, plan, carry out."""
        session = self.session()
        snapshot, plan = self.plan_detach(session)
        return self.carry_out(plan, snapshot, session)

    # --- what colleagues do --------------------------------------------------------------------------

    def colleague_comments(self, distribution: str = "E1") -> None:
        """A change that touches no trigger."""
        self.aws.cloudfront.edit(
            distribution, lambda xml: xml.replace(b"<Comment>a site", b"<Comment>a colleague's site")
        )

    def team_has_a_policy(self, says: Mapping[str, object] = TEAMS) -> World:
        """The team has a response headers policy of its own on the first behavior of each distribution."""
        made = self.theirs = self.aws.cloudfront.create_headers_policy({**NAMED, **says}).id
        for identity in self.ids:
            self.aws.cloudfront.edit(identity, lambda xml: documents.with_policy(xml, made, only="/p0/*"))
        self.settle()
        self.forget_calls()
        return self

    def team_edits(self, says: Mapping[str, object]) -> None:
        """Its policy says something else from now on, wherever it stands."""
        policies, own = self.aws.cloudfront.policies, str(self.theirs)
        policies[own] = replace(policies[own], config=dict(says))

    def colleague_attaches(self, version: int, distribution: str = "E1") -> None:
        """Somebody sets our triggers to another version, as a rollback by hand would."""
        intent = TriggerIntent(LambdaEdge(), FUNCTION_ARN, self.request.environment.function.event, version)
        self.aws.cloudfront.edit(distribution, lambda xml: edit(xml, intent, f"{FUNCTION_ARN}:{version}").xml)

    def colleague_detaches(self, distribution: str = "E1") -> None:
        """Somebody takes our triggers away."""
        intent = TriggerIntent(LambdaEdge(), FUNCTION_ARN, None, None)
        self.aws.cloudfront.edit(distribution, lambda xml: edit(xml, intent, None).xml)

    # --- what came of it -----------------------------------------------------------------------------

    def settle(self) -> None:
        """Let an hour pass: whatever CloudFront and Lambda had to do is done."""
        self.clock.advance(3600)

    def versions(self) -> tuple[int, ...]:
        function = self.aws.functions.function(FUNCTION)
        return () if function is None else tuple(version.number for version in function.versions)

    def triggers(self) -> Mapping[str, Mapping[str, tuple[Trigger, ...]]]:
        return {identity: self.aws.cloudfront.triggers(identity) for identity in self.ids}

    def policies(self) -> Mapping[str, Mapping[str, str | None]]:
        """Distribution → behavior → the name of its policy."""
        cloudfront = self.aws.cloudfront
        names: dict[str | None, str] = {policy.id: policy.name for policy in cloudfront.policies.values()}
        return {
            identity: {
                behavior.path: names.get(behavior.response_headers_policy, behavior.response_headers_policy)
                for behavior in behaviors(cloudfront.xml(identity))
            }
            for identity in self.ids
        }

    def held(self, path: str) -> str | None:
        """The id of the policy on a behavior of the first distribution."""
        there = behaviors(self.aws.cloudfront.xml(self.ids[0]))
        return next(item.response_headers_policy for item in there if item.path == path)

    def attached_releases(self) -> set[int]:
        """The releases that stand anywhere, by either means."""
        by_function = {
            trigger.version.version
            for paths in self.triggers().values()
            for triggers in paths.values()
            for trigger in triggers
            if trigger.version is not None
        }
        releases = {policy.name: key.release for key, policy in self._own_policies().items()}
        names = (name for paths in self.policies().values() for name in paths.values())
        return by_function | {releases[name] for name in names if name in releases}

    def _own_policies(self) -> dict[PolicyKey, StandingPolicy]:
        return own_policies(self.aws.cloudfront.policies.values(), FUNCTION)

    def went_bare(self) -> list[tuple[str, str]]:
        """(distribution, path) that had headers of ours, and where locations that have not the same document
        may have served some response without: no slot of the behavior had them in all these documents.

        What the team's own policy says counts as a path of its own.
        """
        found = []
        ours = {policy.id: key.variant for key, policy in self._own_policies().items()}
        theirs = {self.theirs, *(identity for identity, variant in ours.items() if variant)} - {None}
        for identity in self.ids:
            covered: set[str] = set()
            for documents_there in self.aws.cloudfront.in_the_field(identity):
                slots: dict[str, set[str]] = {}
                for number, xml in enumerate(documents_there):
                    for behavior in behaviors(xml):
                        standing = {at.event for at in behavior.triggers if is_ours(at.arn, FUNCTION_ARN)}
                        held = behavior.response_headers_policy
                        standing |= {SLOT} if held in ours else set()
                        along = {SLOT} if held in theirs else set[str]()
                        for path, now in ((behavior.path, standing), (f"theirs at {behavior.path}", along)):
                            slots[path] = now if number == 0 else slots.get(path, now) & now
                found += [(identity, path) for path in covered if not slots.get(path)]
                covered |= {path for path, standing in slots.items() if standing}
        return found

    def everywhere(self, version: int) -> Mapping[str, Mapping[str, tuple[Trigger, ...]]]:
        """What `triggers` says when `version` and nothing else is on every behavior."""
        trigger = Trigger(self.request.environment.function.event, f"{FUNCTION_ARN}:{version}")
        paths = [*(f"/p{n}/*" for n in range(self.behaviors)), DEFAULT_BEHAVIOR]
        return {identity: dict.fromkeys(paths, (trigger,)) for identity in self.ids}

    def references(self) -> Mapping[str, list[str]]:
        """The releases that invalidations were made for, `edgerollout-N` each, by distribution."""
        return {
            identity: [
                invalidation.caller_reference.rpartition("-")[0]
                for invalidation in self.aws.cloudfront.invalidations(identity)
            ]
            for identity in self.ids
        }

    @property
    def calls(self) -> Mapping[str, int]:
        return self.aws.calls

    def forget_calls(self) -> None:
        self.aws.faults.reset_calls()
        self.events.clear()

    @property
    def failures(self) -> list[StepFailed]:
        return [event for event in self.events if isinstance(event, StepFailed)]

    @property
    def notices(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Noticed)]
