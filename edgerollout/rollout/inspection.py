"""Reads the facts of a check-up: few calls, nothing is written, a failed call does not stop the others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from edgerollout.errors import UsageError
from edgerollout.release.delivery.choice import needs_policies
from edgerollout.release.delivery.quota_checks import EDGE_DISTRIBUTIONS_QUOTA, POLICIES_QUOTA
from edgerollout.release.facts.account_facts import (
    SERVICE_LINKED_ROLES,
    Decision,
    Facts,
    Permissions,
    Right,
    Selected,
)
from edgerollout.release.facts.snapshot import Function
from edgerollout.release.facts.unreadable import Unreadable
from edgerollout.rollout.ports import AwsFailure, CredentialsExpired
from edgerollout.rollout.reading import resolve, site_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from edgerollout.advice import Hint
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Distribution, HeadersPolicy, Role
    from edgerollout.rollout.ports import Aws
    from edgerollout.rollout.reading import Siblings
    from edgerollout.rollout.session import Session

T = TypeVar("T")

_ANY_DISTRIBUTION = ":distribution/*"
"""Stands for unknown ids: IAM would deny such a name even to callers with the right."""

MOST_URLS = 20
MOST_TAGGED = 25
"""The most distributions whose tags are read: each costs a call."""


def inspect(
    session: Session,
    environment: Environment,
    siblings: Siblings,
    *,
    rights: Callable[[tuple[Distribution, ...], Role | None], Mapping[str, tuple[Right, ...]]],
    wins: frozenset[str],
    region: str | None,
) -> Facts:
    """The facts of a check-up of the environment.

    `rights` gives what each command needs, for the account's distributions and the role; `wins` are the
    headers (lower-case) that a release sends; `region` is the region of the user's settings. With credentials
    for a wrong account only its number is read. Raises AwsFailure where the caller's identity cannot be read,
    and CredentialsExpired.
    """
    aws = session.aws
    account = aws.account()
    caller = aws.inspection.caller()
    if account != environment.account:
        return _not_looked_at(account, caller, region)
    listed = tried("distributions", aws.cloudfront.distributions)
    everything = () if isinstance(listed, Unreadable) else listed
    selected = listed if isinstance(listed, Unreadable) else _selected(environment, siblings, listed)
    own = () if isinstance(selected, Unreadable) else _found(selected)
    role = tried("role", lambda: aws.roles.role(environment.function.role))
    name = environment.function.name
    function = tried("function", lambda: aws.functions.function(name))
    by_policy = needs_policies(environment)
    needed = rights(everything, None if isinstance(role, Unreadable) else role)
    return Facts(
        account=account,
        caller=caller,
        region=region,
        rights=needed,
        permissions=_permissions(aws, caller, needed),
        role=role,
        service_linked={name: tried(name, partial(aws.roles.role, name)) for name in SERVICE_LINKED_ROLES},
        function=function,
        runtime_updates=(
            tried("runtime management", lambda: aws.inspection.runtime_updates(name))
            if isinstance(function, Function)
            else None
        ),
        distributions=selected,
        account_distributions=everything,
        headers_policies=_headers_policies(aws, own, frozenset(environment.exclude)),
        wins=wins,
        flat_rate=tried("pricing plans", aws.inspection.flat_rate) if own else frozenset(),
        edge_quota=tried("quota", lambda: aws.inspection.cloudfront_quota(EDGE_DISTRIBUTIONS_QUOTA)),
        code_storage=tried("code storage", aws.inspection.code_storage),
        site=site_answers(session, environment.urls[:MOST_URLS]),
        tags={distribution.id: _tags(aws, distribution) for distribution in own[:MOST_TAGGED]},
        policies=(
            tried("response headers policies", aws.cloudfront.own_headers_policies) if by_policy else ()
        ),
        policies_quota=(
            tried("quota", lambda: aws.inspection.cloudfront_quota(POLICIES_QUOTA)) if by_policy else None
        ),
    )


def tried(subject: str, read: Callable[[], T]) -> T | Unreadable:
    try:
        return read()
    except CredentialsExpired:
        raise
    except AwsFailure as failure:
        return Unreadable(subject, str(failure))


def _selected(
    environment: Environment, siblings: Siblings, everything: tuple[Distribution, ...]
) -> tuple[Selected, ...]:
    chosen: list[Selected] = []
    seen: set[str] = set()
    for selector in environment.distributions:
        try:
            (found,) = resolve((selector,), everything, environment.name)
        except UsageError as error:
            chosen.append(Selected(str(selector), None, str(error), error.hint))
            continue
        problem: str | None = None
        fix: Hint | None = None
        if found.id in seen:
            problem, fix = f"{environment.name} names {found.id} ({found.name}) twice", "Name it once."
        else:
            try:
                siblings.check((found,), everything, environment.name)
            except UsageError as error:
                problem, fix = str(error), error.hint
        seen.add(found.id)
        chosen.append(Selected(str(selector), found, problem, fix))
    return tuple(chosen)


def _found(selected: Sequence[Selected]) -> tuple[Distribution, ...]:
    return tuple(choice.found for choice in selected if choice.found is not None and choice.problem is None)


def _permissions(aws: Aws, caller: str, needed: Mapping[str, tuple[Right, ...]]) -> Permissions | Unreadable:
    """IAM's decision on every right, with one simulation for all actions on the same resources."""
    subject = "permissions"
    principal = tried(subject, lambda: _principal(aws, caller))
    if principal is None:
        return Unreadable("principal", f"IAM simulates users and roles, and this is neither: {caller}")
    if isinstance(principal, Unreadable):
        return principal
    together: dict[tuple[str, ...], set[str]] = {}
    for rights in needed.values():
        for right in rights:
            if right.askable and not any(
                resource.endswith(_ANY_DISTRIBUTION) for resource in right.resources
            ):
                together.setdefault(right.resources, set()).add(right.action)
    decisions: list[Decision] = []
    failed: AwsFailure | None = None
    for resources, actions in together.items():
        try:
            decisions += aws.inspection.decisions(principal, sorted(actions), resources)
        except CredentialsExpired:
            raise
        except AwsFailure as failure:
            # IAM may not know an action yet: then only the actions of the same call stay unknown.
            failed = failure
            if failure.denied:
                break
    if failed is not None and not decisions:
        return Unreadable(subject, str(failed))
    return Permissions(principal, tuple(decisions))


def _principal(aws: Aws, caller: str) -> str | None:
    """The ARN that IAM simulates; a session's role is read, because the session's ARN lacks its path."""
    resource = caller.split(":", 5)[-1]
    kind, _, name = resource.partition("/")
    if caller.startswith("arn:aws:iam:") and kind == "user":
        return caller
    if kind == "assumed-role":
        role = aws.roles.role(name.partition("/")[0])
        return None if role is None else role.arn
    return None


def _headers_policies(
    aws: Aws, distributions: tuple[Distribution, ...], excluded: frozenset[str]
) -> Mapping[str, HeadersPolicy | Unreadable]:
    wanted = {
        behavior.response_headers_policy
        for distribution in distributions
        for behavior in distribution.behaviors
        if behavior.response_headers_policy and behavior.path not in excluded
    }
    return {
        identity: tried(identity, partial(aws.cloudfront.headers_policy, identity))
        for identity in sorted(wanted)
    }


def _tags(aws: Aws, distribution: Distribution) -> Mapping[str, str] | Unreadable:
    return tried("tags", lambda: aws.cloudfront.tags(distribution.arn))


def _not_looked_at(account: str, caller: str, region: str | None) -> Facts:
    other = Unreadable("account", "it is another account than the environment's")
    return Facts(
        account=account,
        caller=caller,
        region=region,
        rights={},
        permissions=other,
        role=other,
        service_linked={},
        function=other,
        distributions=other,
        account_distributions=(),
        headers_policies={},
        wins=frozenset(),
        flat_rate=other,
        edge_quota=other,
        code_storage=other,
        site=(),
    )
