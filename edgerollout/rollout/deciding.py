"""What `deliver = "auto"` has to know, read from AWS: little where something is live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.delivery.deciding import (
    MeansCircumstances,
    advised,
    kept,
    live_means,
    policies_needed,
)
from edgerollout.release.delivery.quota_checks import POLICIES, POLICIES_QUOTA
from edgerollout.release.facts.unreadable import Unreadable
from edgerollout.rollout.inspection import tried
from edgerollout.rollout.reading import AlreadyRead, check_account, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.policy.policy import EnvironmentPolicy
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.means_advice import MeansAdvice
    from edgerollout.release.facts.snapshot import Distribution
    from edgerollout.rollout.session import Session


def means_for(
    session: Session,
    environment: Environment,
    policy: EnvironmentPolicy,
    *,
    as_written: Callable[[], bool],
    advises: bool,
    everything: tuple[Distribution, ...] | None = None,
) -> tuple[MeansAdvice, AlreadyRead]:
    """The means that is live, else the one that fits, and what was read to know it.

    `as_written`: is the handler the one of `init`? `advises`: what would fit is looked at also where
    something is live. `everything`: the account's distributions, if they were listed already.

    Raises UsageError for another account, and for a distribution that is not there.
    """
    aws = session.aws
    if everything is None:
        check_account(aws, environment)
    function = aws.functions.function(environment.function.name)
    live = live_means(function)
    if live is not None and not advises:
        return kept(live), AlreadyRead(function, everything)
    policies = tried("response headers policies", aws.cloudfront.own_headers_policies)
    quota = None
    if (
        not isinstance(policies, Unreadable)
        and policies_needed(policies, environment.function.name) > POLICIES
    ):
        quota = tried("quota", lambda: aws.inspection.cloudfront_quota(POLICIES_QUOTA))
    listed = aws.cloudfront.distributions() if everything is None else everything
    found = MeansCircumstances(
        policy,
        as_written(),
        live,
        resolve(environment.distributions, listed, environment.name),
        policies,
        tried("pricing plans", aws.inspection.flat_rate),
        quota,
    )
    read = AlreadyRead(function, listed, None if isinstance(policies, Unreadable) else policies)
    return advised(environment, found), read
