"""Checks of quotas. The numbers are from the CloudFront Developer Guide and General Reference, "Quotas"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.release.delivery.policy_config import CSP_CHARACTERS
from edgerollout.release.facts.check import Check, CheckState, unknown
from edgerollout.release.facts.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.facts.account_facts import Facts
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Distribution

EDGE_DISTRIBUTIONS_QUOTA = "L-D0C8D03A"
""""Distributions per AWS account that you can create triggers for". AWS's own pages say 25 and 500."""

POLICIES_QUOTA = "L-CF0D4FC5"
""""Response headers policies per AWS account"."""

POLICIES = 20
"""The default; AWS raises it on request."""

POLICIES_PER_SITE = 3
"""The most that a site has at once: the live release's, that of the one before, and a new one."""

DISTRIBUTIONS_PER_POLICY = 100
"""The default; AWS raises it on request. Its code in Service Quotas is in no text of AWS's that we know."""

TRIGGERS_PER_DISTRIBUTION = 100
"""The default. Service Quotas has no code for it."""

_NEARLY = 0.9
_MB, _GB = 10**6, 10**9


def check_edge_quotas(environment: Environment, facts: Facts, event: str) -> Iterator[Check]:
    """Check how many distributions have triggers, and how many triggers each has."""
    if isinstance(facts.distributions, Unreadable):
        return
    own = [selected.found for selected in facts.distributions if selected.found is not None]
    ids = {distribution.id for distribution in own}
    carrying = {
        account_distribution.id
        for account_distribution in facts.account_distributions
        if _triggers(account_distribution)
    }
    yield _edge_distributions(len(carrying | ids), facts)
    excluded = frozenset(environment.exclude)
    for distribution in own:
        wanted = sum(
            behavior.at(event) is None for behavior in distribution.behaviors if behavior.path not in excluded
        )
        count = _triggers(distribution) + wanted
        if count > TRIGGERS_PER_DISTRIBUTION:
            yield Check(
                "quota",
                CheckState.WARNING,
                distribution.name,
                f"{count} triggers with ours on every behavior; the default is {TRIGGERS_PER_DISTRIBUTION}",
                "Beyond its quota CloudFront refuses the update with TooManyLambdaFunctionAssociations.",
                "Ask for a higher quota, or leave behaviors alone with exclude.",
            )


def _edge_distributions(count: int, facts: Facts) -> Check:
    noun = "distribution" if count == 1 else "distributions"
    seen = f"{count} {noun} with triggers, including this environment's"
    why = "CloudFront refuses a trigger on one more with TooManyDistributionsWithLambdaAssociations."
    fix = f"Ask for more: Service Quotas, Amazon CloudFront, {EDGE_DISTRIBUTIONS_QUOTA}."
    match facts.edge_quota:
        case None:
            return unknown(
                "quota", "account", f"{seen}; AWS names no quota for this account (new ones have 500)", why
            )
        case Unreadable():
            return unknown(
                "quota",
                "account",
                f"{seen}; the account's quota is not known: {facts.edge_quota.why}",
                why,
                fix="Allow servicequotas:GetServiceQuota, or look into the Service Quotas console.",
            )
        case most:
            state = (
                CheckState.ERROR
                if count > most
                else CheckState.WARNING
                if count >= most * _NEARLY
                else CheckState.OK
            )
            fine = state is CheckState.OK
            return Check(
                "quota",
                state,
                "account",
                f"{seen}, of {most:g}",
                None if fine else why,
                None if fine else fix,
            )


def room_for_policies(quota: float | Unreadable | None) -> int:
    """How many policies the account may have: its quota where that was read, else the default."""
    return POLICIES if quota is None or isinstance(quota, Unreadable) else int(quota)


def room_for_csp(quota: float | Unreadable | None) -> int:
    """How long an enforced CSP may be: the account's quota where that was read, else the default."""
    return CSP_CHARACTERS if quota is None or isinstance(quota, Unreadable) else int(quota)


def check_policy_quotas(environment: Environment, facts: Facts, own: int) -> Iterator[Check]:
    """How many response headers policies there are; `own` of them are releases of this environment."""
    why = "Each release is a policy; those that nobody needs are deleted by the next one."
    if isinstance(facts.policies, Unreadable):
        fix = "Allow cloudfront:ListResponseHeadersPolicies."
        yield unknown("quotas", environment.name, f"not known: {facts.policies.why}", why, fix=fix)
        return
    read = facts.policies_quota
    most = room_for_policies(read)
    needed = len(facts.policies) - own + POLICIES_PER_SITE
    told = ", by default" if read is None else ""
    if isinstance(read, Unreadable):
        told = f", by default (the account's own quota is not known: {read.why})"
    yield Check(
        "quotas",
        CheckState.WARNING if needed > most else CheckState.OK,
        environment.name,
        f"response headers policies: {len(facts.policies)}, and there is room for {most}{told}",
        why,
        f"Ask for more: Service Quotas, Amazon CloudFront, {POLICIES_QUOTA}." if needed > most else None,
    )
    if isinstance(facts.distributions, Unreadable):
        return
    count = len(facts.distributions)
    if count > DISTRIBUTIONS_PER_POLICY and environment.triggers == "terraform":
        yield Check("quotas", CheckState.WARNING, environment.name, *about_distributions(count))


def about_distributions(count: int) -> tuple[str, str]:
    """What is said of more distributions than a policy serves by default, and why."""
    return (
        f"{count} distributions, and by default a response headers policy serves {DISTRIBUTIONS_PER_POLICY}",
        "Beyond its quota, CloudFront's answer is TooManyDistributionsAssociatedToResponseHeadersPolicy.",
    )


def check_code_storage(environment: Environment, facts: Facts) -> Check:
    """Check how much of Lambda's code storage all versions use."""
    storage = facts.code_storage
    why = "Every release is a version and keeps its code; when the storage is full, Lambda takes no more."
    if isinstance(storage, Unreadable):
        return unknown(
            "code-storage",
            "us-east-1",
            f"not known: {storage.why}",
            why,
            fix="Allow lambda:GetAccountSettings.",
        )
    message = f"{storage.used / _MB:.1f} MB of {storage.most / _GB:.0f} GB of code storage are in use"
    if storage.used < storage.most * _NEARLY:
        return Check("code-storage", CheckState.OK, "us-east-1", message)
    return Check(
        "code-storage",
        CheckState.ERROR if storage.used >= storage.most else CheckState.WARNING,
        "us-east-1",
        message,
        why,
        advise(
            "Delete old versions: `",
            CommandLine("prune", environment.name),
            "`, and other functions' in us-east-1.",
        ),
    )


def _triggers(distribution: Distribution) -> int:
    return sum(len(behavior.triggers) for behavior in distribution.behaviors)
