"""An account whose triggers belong to Terraform, and somebody who publishes there and applies."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.errors import Conflict, EdgerolloutError, Refused
from edgerollout.release.delivery.distribution_document import edit
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import TriggerIntent
from edgerollout.release.plans.finishing import plan_wait
from edgerollout.rollout.engine import Engine
from edgerollout.rollout.reading import Planned
from edgerollout.rollout.stopping import Deadline
from tests.fakes.answers import read
from tests.spelling import said

from .account import Account, Ended
from .desk import Desk, Wire
from .rollout import WAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from edgerollout.release.facts.reads import Planning
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.facts.tfvars import Tfvars
    from edgerollout.release.plans.plan import Plan

    from .account import Place


class Terraformed(Account):
    """`tfvars` are what the file says; `apply` does what Terraform would do with it."""

    def __init__(self, place: Place, *, number: str | None = None) -> None:
        super().__init__(place, number=number)
        self.tfvars: Tfvars | None = None
        self.timeout: float | None = None
        self.written_by_others = False
        file = Path("apply/testing/edgerollout.auto.tfvars.json")
        self.environment = replace(self.environment, triggers="terraform", tfvars=file)

    def wait(self, wire: Wire | None = None, *, timeout: float | None = None) -> Ended:
        """The command that finishes what was applied."""
        self._desk.begin(wire or Wire())
        self.timeout = timeout
        try:
            planner = partial(plan_wait, self.environment, patient=timeout is not None)
            return self._act(self._desk, planner)
        finally:
            self.timeout = None

    def apply(self, ids: Sequence[str] | None = None) -> None:
        """`terraform apply`: every behavior gets what the tfvars name, and nothing else of ours."""
        assert self.tfvars is not None
        arn, event = self.tfvars.qualified_arn, self.environment.function.event
        intent = TriggerIntent(
            LambdaEdge(), self.function_arn, None if arn is None else event, self.tfvars.release
        )
        for identity in ids or self.ids:
            # Terraform updates only what differs.
            if edit(self.xml(identity), intent, arn).changed:
                self.edit(identity, lambda xml: edit(xml, intent, arn).xml)

    def applies_something_else(self) -> None:
        """`terraform apply` with a change that has nothing to do with us, made a while later."""
        self.settle()
        for identity in self.ids:
            self.edit(identity, lambda xml: xml.replace(b"</Comment>", b"!</Comment>"))
        self.settle()

    def handed(self, source: str | None = None) -> None:
        """Publish, apply and wait without any trouble."""
        if source is not None:
            self.wants(source)
        assert self.publish().code == 0
        self.apply()
        assert self.wait().code == 0
        self.settle()

    def _write(self, tfvars: Tfvars, _: Tfvars | None, __: Mapping[str, str | None]) -> None:
        if self.written_by_others:
            raise Conflict("the file was changed by another run")
        self.tfvars = tfvars

    def _act(self, desk: Desk, planner: Callable[[Snapshot], Planning[Plan]]) -> Ended:
        session = self._session(desk)
        deadline = Deadline(self.clock, self.timeout)
        session = replace(session, deadline=deadline, write_tfvars=self._write)
        try:
            reading = read(session, self.environment, self.tfvars)
            plan = reading.plan(planner)
            if plan.errors:
                raise Refused(plan.errors[0].message, hint=plan.errors[0].hint)
            settings = self.environment.function
            outcome = Engine(session, Planned(reading.snapshot, plan), settings, WAYS).run()
        except EdgerolloutError as error:
            return Ended(error.exit_code, str(error), said(error.hint), None, desk.events)
        return Ended(outcome.exit_code, outcome.error or "", said(outcome.next_step), outcome, desk.events)
