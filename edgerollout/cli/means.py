"""Where the configuration says `auto`: which means the environment has, before anything is planned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.release.facts.environment import AUTO

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.release.facts.environment import Environment
    from edgerollout.rollout.session import Session


def with_means(
    invocation: Invocation, session: Session, environment: Environment, *, advises: bool = False
) -> Environment:
    """The environment with the means that it has, or is to have. AWS is asked only where `auto` says so.

    `advises`: where something is live, what would be chosen if nothing were.

    Raises UsageError for credentials of another account, and AwsFailure for what AWS refuses.
    """
    if environment.deliver != AUTO:
        return environment
    from edgerollout.rollout.deciding import decision_for

    decision = decision_for(
        session,
        environment,
        invocation.project.policy_of(environment),
        as_written=lambda: _as_written(environment),
        advises=advises,
    )
    return replace(environment, deliver=decision.deliver, decision=decision)


def _as_written(environment: Environment) -> bool:
    """Whether the handler is, byte for byte, one that `init` writes."""
    from edgerollout.cli.samples import samples
    from edgerollout.config.handler_folder import read_handler

    files = read_handler(environment.function.handler)
    written = (samples() / "handler" / language for language in ("python", "nodejs"))
    return any(files == read_handler(folder) for folder in written if folder.is_dir())
