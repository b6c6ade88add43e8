"""Reads every configured environment: one list call for each account; a failed one does not hide the
others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.cli.means import with_means
from edgerollout.cli.reading import reading_session
from edgerollout.errors import EdgerolloutError
from edgerollout.release.facts.reads import releases
from edgerollout.release.status.overview import Overview, Seen, Unseen, overview_of, seen
from edgerollout.release.status.status import live_document, status_of, variants_stand
from edgerollout.rollout.reading import Reading, check_account, take_snapshot

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Distribution
    from edgerollout.rollout.session import Session

_Way = tuple[str, str | None, str | None]
"""How an account is reached: its number, profile and role."""


@dataclass(frozen=True)
class _Account:
    """An account that was reached, and every distribution in it."""

    session: Session
    distributions: tuple[Distribution, ...]


def read_overview(invocation: Invocation, *, with_policies: bool) -> Overview:
    """Every environment of the configuration; one that cannot be read says why.

    `with_policies`: the release.json of each live release is read, too. It is read in any case where policies
    of others go along, to see whether somebody edited those.
    """
    environments = tuple(invocation.project.environments.values())
    accounts: dict[_Way, _Account | EdgerolloutError] = {}
    found: dict[str, Seen | Unseen] = {}
    # A custom endpoint is refused for `confirm` environments, so they must not come first in their account.
    for environment in sorted(environments, key=lambda environment: environment.confirm):
        way = (environment.account, environment.profile, environment.role_arn)
        if way not in accounts:
            accounts[way] = _reached(invocation, environment)
        found[environment.name] = _looked_at(
            invocation, environment, accounts[way], with_policies=with_policies
        )
    return overview_of(environments, found)


def _reached(invocation: Invocation, environment: Environment) -> _Account | EdgerolloutError:
    try:
        session = reading_session(invocation, environment)
        check_account(session.aws, environment)
        return _Account(session, session.aws.cloudfront.distributions())
    except EdgerolloutError as error:
        return error


def _looked_at(
    invocation: Invocation,
    environment: Environment,
    account: _Account | EdgerolloutError,
    *,
    with_policies: bool,
) -> Seen | Unseen:
    try:
        if isinstance(account, EdgerolloutError):
            raise account
        invocation.check_endpoint(environment, account.session.aws)
        session, siblings = account.session, invocation.siblings(environment)
        everything = account.distributions
        environment, read = with_means(invocation, session, environment, everything=everything)
        snapshot = take_snapshot(session, environment, siblings, everything=everything, read=read)
        if with_policies or variants_stand(environment, snapshot):
            reading = Reading(session, environment, snapshot)
            snapshot = reading.ask(releases(live_document(environment, snapshot)))
        return seen(status_of(environment, snapshot), snapshot)
    except EdgerolloutError as error:
        return Unseen(str(error), error.hint)
