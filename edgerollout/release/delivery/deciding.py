"""`deliver = "auto"`: which means an environment gets, and why. Pure.

Only an environment where nothing is live is decided about. What is live stays as it is: a change of means is
something that a person writes down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.policy_config import misfits
from edgerollout.release.delivery.quota_checks import POLICIES_PER_SITE, room_for_policies
from edgerollout.release.facts.environment import LAMBDA_EDGE, RESPONSE_HEADERS_POLICY, MeansDecision
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.headers_policies import key_of, own_policies
from edgerollout.release.facts.live import detached, ledger_of, withdrawn
from edgerollout.release.facts.prices import REQUESTS, edge_cost
from edgerollout.release.facts.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.policy import EnvironmentPolicy
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.headers_policies import StandingPolicy
    from edgerollout.release.facts.snapshot import Distribution, Function


@dataclass(frozen=True)
class MeansCircumstances:
    """What a decision looks at. `as_written`: the handler is the one that `init` writes.

    `policies` are the account's own, `flat_rate` the ARNs of what is on a flat-rate pricing plan. Both are
    Unreadable without the right to read them. `policies_quota` is None where the default is enough.
    """

    policy: EnvironmentPolicy
    as_written: bool
    distributions: tuple[Distribution, ...]
    policies: tuple[StandingPolicy, ...] | Unreadable
    flat_rate: frozenset[str] | Unreadable
    policies_quota: float | Unreadable | None = None


def live_means(function: Function | None) -> str | None:
    """By what the environment's releases reach visitors; None where none is live, nor about to be.

    The newest release says it that was neither taken back nor taken off. So does, where there is no release,
    a version that somebody published by hand: it may be attached, and is to be taken over by a function.
    """
    if function is None:
        return None
    lines = {version.number: ledger_of(function, version.number) for version in function.versions}
    if not any(lines.values()):
        return LAMBDA_EDGE if lines else None
    gone = withdrawn(function)
    standing = [
        line.deliver
        for number, line in sorted(lines.items())
        if line is not None and number > detached(function) and number not in gone
    ]
    return standing[-1] if standing else None


def policies_needed(policies: tuple[StandingPolicy, ...], function: str) -> int:
    """How many policies the account will have at the most when a site's releases go by them."""
    return len(policies) - len(own_policies(policies, function)) + POLICIES_PER_SITE


def decided(environment: Environment, circumstances: MeansCircumstances) -> MeansDecision:
    """The means for an environment where nothing is live, with why in one line."""
    cannot = tuple(_cannot(environment, circumstances))
    flat_rate = () if isinstance(circumstances.flat_rate, Unreadable) else circumstances.flat_rate
    for distribution in circumstances.distributions:
        if distribution.arn in flat_rate:
            why = f"{distribution.name} is on a flat-rate pricing plan, and no function may be there"
            return MeansDecision(RESPONSE_HEADERS_POLICY, why, cannot)
    month = f"${edge_cost(environment.function.event, environment.function.memory):.0f}"
    figures = f"about {month} a month for {REQUESTS // 1_000_000} million requests"
    if cannot:
        more = f" (and {len(cannot) - 1} more)" if len(cannot) > 1 else ""
        why = f"a response headers policy, which is free, cannot do it here: {cannot[0]}{more}"
        return MeansDecision(LAMBDA_EDGE, f"{why}; {figures}", cannot)
    return MeansDecision(
        RESPONSE_HEADERS_POLICY, f"all of it fits, and it is free; a function costs {figures}"
    )


def kept(deliver: str, instead: MeansDecision | None = None) -> MeansDecision:
    """The means of a live environment; `instead` is what would be decided if nothing were live."""
    why = "releases are live by it, and a live site keeps its means"
    if instead is None or instead.deliver == deliver:
        return MeansDecision(deliver, why, () if instead is None else instead.cannot)
    return MeansDecision(deliver, why, instead.cannot, proposes=instead.deliver)


def about_decision(environment: Environment) -> Iterator[Finding]:
    """The decision of `auto` as a note of a plan."""
    decision = environment.decision
    if decision is None:
        return
    hint = None
    if decision.proposes is not None:
        line = f'deliver = "{decision.proposes}"'
        hint = f"Nothing live, it would be {decision.proposes}. To change it: {line} in edgerollout.toml."
    yield Finding(Severity.NOTE, "means", f"auto: by {decision.deliver}, since {decision.why}", hint)


def _cannot(environment: Environment, found: MeansCircumstances) -> Iterator[str]:
    """What speaks against a response headers policy, the most weighty first."""
    if environment.triggers == "terraform":
        yield "Terraform attaches the releases, so the means is for its module to say"
    if not found.as_written:
        yield "the handler is not the one that init writes, and may do more than set headers"
    for misfit in misfits(found.policy.headers, None, found.policy.csp_or_none):
        yield misfit.message
    excluded, function = frozenset(environment.exclude), environment.function.name
    policies = () if isinstance(found.policies, Unreadable) else found.policies
    ours = {policy.id for policy in policies if key_of(policy, function) is not None}
    for distribution in found.distributions:
        behaviors = [behavior for behavior in distribution.behaviors if behavior.path not in excluded]
        over = [behavior.path for behavior in behaviors if behavior.answers_last]
        if over:
            yield f"a function at viewer-response of {distribution.name} {', '.join(over)} could override it"
        held = [
            behavior.path
            for behavior in behaviors
            if behavior.response_headers_policy and behavior.response_headers_policy not in ours
        ]
        if held:
            yield f"{distribution.name} {', '.join(held)} has a response headers policy of its own"
    if isinstance(found.policies, Unreadable):
        yield f"the account's response headers policies could not be read: {found.policies.why}"
    elif policies_needed(policies, function) > (most := room_for_policies(found.policies_quota)):
        yield f"the account has {len(policies)} of {most} response headers policies"
