"""Drives planners: from a table, where the snapshot has every answer already, or by what AWS answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from edgerollout.release.facts.snapshot import Snapshot
from edgerollout.rollout.reading import Reading, Siblings, take_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.release.checks.gates import Gate
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.reads import Planning, Read
    from edgerollout.release.facts.tfvars import Tfvars
    from edgerollout.rollout.session import Session

T = TypeVar("T")


def planned(
    planner: Callable[..., Planning[T]], *given: object, asked: set[Read] | None = None, **options: object
) -> T:
    """What the planner, given these, returns when the snapshot among them answers all it asks.

    `asked` is told what that was.
    """
    snapshot = next(item for item in given if isinstance(item, Snapshot))
    planning = planner(*given, **options)
    try:
        wanted = next(planning)
        while True:
            if asked is not None:
                asked |= wanted
            wanted = planning.send(snapshot)
    except StopIteration as done:
        made: T = done.value
        return made


def no_gates(*_: object) -> Planning[tuple[Gate, ...]]:
    """Every gate is met, and nothing is asked for."""
    yield frozenset()
    return ()


def read(session: Session, environment: Environment, tfvars: Tfvars | None = None) -> Reading:
    """An environment that has no siblings, read as a command begins to."""
    return Reading(session, environment, take_snapshot(session, environment, Siblings({}), tfvars=tfvars))
