"""A release that reaches visitors by another means than the configuration says. Pure.

A live site cannot change its means yet: for a while both, or neither, would be at a behavior. It is refused
before anything is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import advise
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.arn import function_arn, is_ours
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.live import detached, ledger_of, withdrawn
from edgerollout.release.facts.unreadable import command_for
from edgerollout.release.status.status import altered_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Function, Snapshot


def check_live_means(environment: Environment, snapshot: Snapshot) -> Iterator[Finding]:
    """What is live by another means, so that a publish may not go on beside it."""
    live = _live_otherwise(environment, snapshot)
    if live is None:
        return
    number, deliver = live
    yield Finding(
        Severity.ERROR,
        "other-means",
        f"release {number} is live in {environment.name} by {deliver}, the configuration says"
        f" {environment.deliver}: a live site cannot change its means yet",
        advise(
            f'Set deliver = "{deliver}" again. To change it all the same, take the release off with that: ',
            command_for(environment, "detach"),
            ". Until the next publish responses then have no headers of ours.",
        ),
    )


def check_target_means(environment: Environment, function: Function, target: int) -> Iterator[Finding]:
    """A way back to a release that stood at other places of a behavior."""
    line = ledger_of(function, target)
    if line is not None and line.deliver != environment.deliver:
        yield Finding(
            Severity.ERROR,
            "other-means",
            f"release {target} went by {line.deliver}, the configuration says {environment.deliver}",
            f'Set deliver = "{line.deliver}" again, or name another release with --to N.',
        )


def about_altered(
    environment: Environment, snapshot: Snapshot, number: int | None, *, then: str
) -> Iterator[Finding]:
    """Somebody's edit of a release's policy; `then` says what the plan makes of it."""
    name = None if number is None else altered_policy(environment, snapshot, number)
    if name is not None:
        message = f"somebody has edited the response headers policy {name} of release {number}: {then}"
        yield Finding(Severity.WARNING, "policy-altered", message)


def _live_otherwise(environment: Environment, snapshot: Snapshot) -> tuple[int, str] | None:
    function = snapshot.function
    if function is None:
        return None
    arn = function_arn(environment.account, environment.function.name)
    beside = [
        trigger.version.version
        for distribution in snapshot.distributions
        for behavior in distribution.behaviors
        for trigger in behavior.beside
        if is_ours(trigger.arn, arn) and trigger.version is not None
    ]
    if beside:
        line = ledger_of(function, max(beside))
        return max(beside), "lambda-edge" if line is None else line.deliver
    numbers = [
        version.number for version in function.versions if ledger_of(function, version.number) is not None
    ]
    newest = max(numbers, default=0)
    line = ledger_of(function, newest)
    gone = newest <= detached(function) or newest in withdrawn(function)
    return None if line is None or gone or line.deliver == environment.deliver else (newest, line.deliver)
