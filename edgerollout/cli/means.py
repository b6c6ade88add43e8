"""Which means an environment has: decided where the configuration says `auto`, else advised on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.release.facts.environment import AUTO

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Distribution, Snapshot
    from edgerollout.rollout.reading import AlreadyRead
    from edgerollout.rollout.session import Session


def with_means(
    invocation: Invocation,
    session: Session,
    environment: Environment,
    *,
    advises: bool = False,
    everything: tuple[Distribution, ...] | None = None,
) -> tuple[Environment, AlreadyRead | None]:
    """The environment with the means that it has, or is to have; and what was read to know that.

    AWS is asked only where the configuration says `auto`. `advises`: where something is live, what would be
    chosen if nothing were. `everything`: the account's distributions, if they were listed already.

    Raises UsageError for credentials of another account, and AwsFailure for what AWS refuses.
    """
    if environment.deliver != AUTO:
        return environment, None
    from edgerollout.rollout.deciding import means_for

    advice, read = means_for(
        session,
        environment,
        invocation.project.policy_of(environment),
        as_written=lambda: _as_written(environment),
        advises=advises,
        everything=everything,
    )
    return replace(environment, deliver=advice.deliver, advice=advice), read


def with_advice(invocation: Invocation, environment: Environment, snapshot: Snapshot) -> Environment:
    """The environment with what there is to say about its means, from what was read anyway."""
    from edgerollout.errors import EdgerolloutError
    from edgerollout.release.delivery.deciding import MeansCircumstances, advised, live_means

    if environment.advice is not None:
        return environment
    try:
        as_written = _as_written(environment)
    except EdgerolloutError:
        # A status is shown without the handler's folder, too.
        as_written = False
    found = MeansCircumstances(
        invocation.project.policy_of(environment),
        as_written,
        live_means(snapshot.function),
        snapshot.distributions,
        snapshot.policies or None,
    )
    return replace(environment, advice=advised(environment, found))


def _as_written(environment: Environment) -> bool:
    """Whether the handler is, byte for byte, one that `init` writes."""
    from edgerollout.cli.samples import samples
    from edgerollout.config.handler_folder import read_handler

    files = read_handler(environment.function.handler)
    written = (samples() / "handler" / language for language in ("python", "nodejs"))
    return any(files == read_handler(folder) for folder in written if folder.is_dir())
