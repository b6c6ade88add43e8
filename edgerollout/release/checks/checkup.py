"""A check-up: is everything ready to publish to an environment, and what needs attention? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.checks.account_checks import (
    check_account,
    check_permissions,
    check_region,
    check_role_and_function,
    check_service_linked,
)
from edgerollout.release.checks.site_checks import check_cached_documents, check_kind
from edgerollout.release.delivery.choice import means_of
from edgerollout.release.delivery.quota_checks import check_code_storage
from edgerollout.release.facts.check import Check, CheckState, Checkup, unknown
from edgerollout.release.facts.snapshot import Function
from edgerollout.release.facts.unreadable import Unreadable
from edgerollout.release.status.owner import distributions_warning, function_warning, known_owner, remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Hint
    from edgerollout.release.facts.account_facts import Facts
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Distribution

_TWO_MASTERS = "When two tools manage a resource, each undoes the other's changes."


def check_up(environment: Environment, facts: Facts) -> Checkup:
    """The results of all checks. No check depends on the result of another.

    With credentials for a wrong account there is only that one error: the other checks would be about that
    account.
    """
    account = check_account(environment, facts)
    if account.state is CheckState.ERROR:
        return Checkup(environment.name, (account,))
    return Checkup(environment.name, (account, *_rest(environment, facts)))


def _rest(environment: Environment, facts: Facts) -> Iterator[Check]:
    yield check_region(facts)
    yield from check_permissions(environment, facts)
    yield from check_role_and_function(environment, facts)
    yield from _function_owner(facts)
    yield from check_service_linked(environment, facts)
    yield from _distributions(environment, facts)
    yield from means_of(environment).quotas(environment, facts)
    yield check_code_storage(environment, facts)
    yield from check_cached_documents(facts)


def _distributions(environment: Environment, facts: Facts) -> Iterator[Check]:
    if isinstance(facts.distributions, Unreadable):
        yield unknown(
            "distributions",
            environment.name,
            f"the distributions could not be listed: {facts.distributions.why}",
            "Without them, slots, policies, error pages and pricing plans cannot be checked.",
            fix="Allow cloudfront:ListDistributions.",
        )
        return
    for selected in facts.distributions:
        if selected.found is None or selected.problem is not None:
            yield Check(
                "distributions",
                CheckState.ERROR,
                selected.wanted,
                selected.problem or "there is no such distribution",
                "A release goes to the distributions that the environment names.",
                selected.fix,
            )
            continue
        yield from check_kind(selected.found)
        yield from means_of(environment).checks(environment, selected.found, facts)
        yield from _owner(environment, selected.found, facts)


def _owner(environment: Environment, distribution: Distribution, facts: Facts) -> Iterator[Check]:
    tags = facts.tags.get(distribution.id)
    owner = known_owner(tags)
    if owner is not None:
        message = f"{distributions_warning((distribution.name,), owner)} (tag {owner.evidence})"
        yield _owned(distribution.name, message, remedy(owner, environment.name))
    elif isinstance(tags, Unreadable):
        yield unknown(
            "owner",
            distribution.name,
            f"not known: {tags.why}",
            _TWO_MASTERS,
            fix="Allow cloudfront:ListTagsForResource.",
        )


def _function_owner(facts: Facts) -> Iterator[Check]:
    function = facts.function
    if not isinstance(function, Function):
        return
    owner = known_owner(function.tags)
    if owner is not None:
        message = f"{function_warning(function.name, owner)} (tag {owner.evidence})"
        yield _owned(function.name, message, "Give edgerollout a function of its own under function.name.")
    elif function.tags is None:
        message = "its tags could not be read: its owner and withdrawn releases are unknown"
        yield unknown("owner", function.name, message, _TWO_MASTERS, fix="Allow lambda:ListTags.")


def _owned(subject: str, message: str, fix: Hint) -> Check:
    return Check("owner", CheckState.WARNING, subject, message, _TWO_MASTERS, fix)
