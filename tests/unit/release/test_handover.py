from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.release.delivery.terraform import partly_attached
from edgerollout.release.facts.tfvars import Tfvars
from edgerollout.release.plans.finishing import plan_wait
from tests.fakes.answers import planned
from tests.spelling import said

from .builders import (
    ORIGIN,
    P1,
    arn,
    make_behavior,
    make_distribution,
    make_environment,
    make_release,
    make_snapshot,
)

if TYPE_CHECKING:
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Behavior, Snapshot

FUNCTION = arn(1).rpartition(":")[0]
FOREIGN = "arn:aws:lambda:us-east-1:123456789012:function:other:3"


def terraformed(*, exclude: tuple[str, ...] = ()) -> Environment:
    tfvars = Path("apply/edgerollout.auto.tfvars.json")
    return replace(make_environment(), triggers="terraform", tfvars=tfvars, exclude=exclude)


def attached(*behaviors: Behavior) -> Snapshot:
    """Releases 1 and 2 are published; Terraform has been told of 2."""
    snapshot = make_snapshot(
        make_distribution("E1", *behaviors),
        releases={1: make_release(report_only=P1), 2: make_release(report_only=P1, previous=1)},
    )
    return replace(snapshot, tfvars=Tfvars(arn(2), 2, None))


def test_behaviors_that_terraform_does_not_attach_to_are_named() -> None:
    snapshot = attached(make_behavior("/api/*"), make_behavior("/app/*", version=1), make_behavior(version=2))
    (warning,) = partly_attached(terraformed(), snapshot, FUNCTION, ORIGIN)
    assert warning.message == (
        "e1.example.com has release 2 on 1 of 3 behaviors, and /api/* none and /app/* release 1"
    )
    assert "-e testing --snippet" in said(warning.hint)


@pytest.mark.parametrize(
    "behaviors",
    [
        (make_behavior("/api/*"), make_behavior()),
        (make_behavior("/api/*", version=2), make_behavior(version=2)),
        (make_behavior("/api/*", version=FOREIGN), make_behavior(version=2)),
        (make_behavior("/raw/*"), make_behavior(version=2)),
    ],
    ids=["not applied yet", "everywhere", "somebody else's function", "excluded"],
)
def test_nothing_is_told_where_terraform_attaches_to_all_that_it_shall(
    behaviors: tuple[Behavior, ...],
) -> None:
    environment = terraformed(exclude=("/raw/*",))
    assert list(partly_attached(environment, attached(*behaviors), FUNCTION, ORIGIN)) == []


@pytest.mark.parametrize("patient", [False, True])
def test_wait_names_the_behaviors_once(*, patient: bool) -> None:
    snapshot = attached(make_behavior("/api/*"), make_behavior(version=2))
    plan = planned(plan_wait, terraformed(), snapshot, patient=patient)
    assert [finding.rule for finding in plan.findings] == ["partly-attached"]
