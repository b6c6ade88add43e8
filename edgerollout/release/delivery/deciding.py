"""By which means releases go, what `deliver = "auto"` comes to, and what the other one would be. Pure.

`auto` decides only about an environment where nothing is live. What is live stays as it is: a change of means
is something that a person writes down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.errors import Refused
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.policy_config import misfits, worst_stage
from edgerollout.release.delivery.quota_checks import POLICIES_PER_SITE, room_for_policies
from edgerollout.release.delivery.variants import csp_of, misfits_together
from edgerollout.release.facts.environment import AUTO, LAMBDA_EDGE, RESPONSE_HEADERS_POLICY
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.headers_policies import key_of, of_any_release, own_policies
from edgerollout.release.facts.live import detached, ledger_of, withdrawn
from edgerollout.release.facts.means_advice import ChosenBy, MeansAdvice, MeansOption
from edgerollout.release.facts.prices import REQUESTS, edge_cost
from edgerollout.release.facts.site_today import carriable
from edgerollout.release.facts.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.policy.policy import EnvironmentPolicy
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.headers_policies import StandingPolicy
    from edgerollout.release.facts.snapshot import Behavior, Distribution, Function


@dataclass(frozen=True)
class MeansCircumstances:
    """What an advice looks at. `as_written`: the handler is the one that `init` writes.

    `live` is by what is live (`live_means`). `policies` are the account's own, `flat_rate` the ARNs of what
    is on a flat-rate pricing plan; both are Unreadable without the right to read them, and None where they
    were not asked for. `policies_quota` is None where the default is enough.
    """

    policy: EnvironmentPolicy
    as_written: bool
    live: str | None
    distributions: tuple[Distribution, ...]
    policies: tuple[StandingPolicy, ...] | Unreadable | None = None
    flat_rate: frozenset[str] | Unreadable | None = None
    policies_quota: float | Unreadable | None = None

    @property
    def known_policies(self) -> tuple[StandingPolicy, ...]:
        """The policies that could be read."""
        return () if self.policies is None or isinstance(self.policies, Unreadable) else self.policies


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


def advised(environment: Environment, found: MeansCircumstances) -> MeansAdvice:
    """The means of an environment, with why in one line, and what either one costs and cannot do."""
    settings = environment.function
    edge = MeansOption(
        LAMBDA_EDGE, edge_cost(settings.event, settings.memory), tuple(_against_function(environment, found))
    )
    policy = MeansOption(RESPONSE_HEADERS_POLICY, 0.0, tuple(_against_policy(environment, found)))
    if environment.deliver == AUTO:
        if environment.triggers == "terraform" and found.live is None:
            return _left_to_files(edge, policy)
        return _by_auto(found.live, edge, policy, _on_flat_rate(found))
    return _as_configured(environment, found.live, edge, policy)


def kept(deliver: str) -> MeansAdvice:
    """What `auto` comes to where something is live, without what the other means would be."""
    return MeansAdvice(deliver, ChosenBy.AUTO, "releases are live by it, and a live site keeps its means")


def about_means(environment: Environment) -> Iterator[Finding]:
    """What `auto` came to, as a note of a plan."""
    advice = environment.advice
    if advice is None or advice.chosen_by is not ChosenBy.AUTO:
        return
    hint = None
    if advice.proposes is not None:
        line = f'deliver = "{advice.proposes}"'
        hint = f"Nothing live, it would be {advice.proposes}. To change it: {line} in edgerollout.toml."
    yield Finding(Severity.NOTE, "means", f"auto: by {advice.deliver}, since {advice.why}", hint)


def _by_auto(live: str | None, edge: MeansOption, policy: MeansOption, flat_rate: str | None) -> MeansAdvice:
    options = (edge, policy)
    figures = f"about ${edge.month:.0f} a month for {REQUESTS // 1_000_000} million requests"
    if flat_rate is not None:
        chosen = RESPONSE_HEADERS_POLICY
        why = f"{flat_rate} is on a flat-rate pricing plan, and no function may be there"
    elif policy.cannot:
        chosen = LAMBDA_EDGE
        more = f" (and {len(policy.cannot) - 1} more)" if len(policy.cannot) > 1 else ""
        why = f"a response headers policy, which is free, cannot do it here: {policy.cannot[0]}{more}"
        why = f"{why}; {figures}"
    else:
        chosen = RESPONSE_HEADERS_POLICY
        why = f"all of it fits, and it is free; a function costs {figures}"
    if live is None:
        return MeansAdvice(chosen, ChosenBy.AUTO, why, options)
    proposes = None if chosen == live else chosen
    return MeansAdvice(live, ChosenBy.AUTO, kept(live).why, options, proposes)


def _left_to_files(edge: MeansOption, policy: MeansOption) -> MeansAdvice:
    """Where Terraform attaches: its files are written for one means, before anything is published."""
    why = "Terraform attaches the releases, and its files are for one means: deliver has to name the other"
    proposes = None if policy.cannot else policy.deliver
    return MeansAdvice(edge.deliver, ChosenBy.AUTO, why, (edge, policy), proposes)


def _as_configured(
    environment: Environment, live: str | None, edge: MeansOption, policy: MeansOption
) -> MeansAdvice:
    wanted, options = environment.deliver, (edge, policy)
    by = ChosenBy.CONFIGURATION if environment.deliver_named else ChosenBy.DEFAULT
    if live is not None and live != wanted:
        why = f'live by it; the configuration says "{wanted}", so the next publish changes it'
        return MeansAdvice(live, by, why, options, changes_to=wanted)
    why = "the configuration says so" if environment.deliver_named else "the configuration says nothing else"
    better = wanted == LAMBDA_EDGE and not policy.cannot
    return MeansAdvice(wanted, by, why, options, RESPONSE_HEADERS_POLICY if better else None)


def _on_flat_rate(found: MeansCircumstances) -> str | None:
    """The name of a distribution on a flat-rate pricing plan."""
    plans = found.flat_rate
    if plans is None or isinstance(plans, Unreadable):
        return None
    return next((item.name for item in found.distributions if item.arn in plans), None)


def _against_function(environment: Environment, found: MeansCircumstances) -> Iterator[str]:
    name = _on_flat_rate(found)
    if name is not None:
        yield f"{name} is on a flat-rate pricing plan, which has no Lambda@Edge"
    if environment.function.event == "viewer-response":
        yield "CloudFront runs no function at viewer-response for a status of 400 or more"


def _against_policy(environment: Environment, found: MeansCircumstances) -> Iterator[str]:
    """What speaks against a response headers policy, the most weighty first."""
    if environment.triggers == "terraform" and found.live == LAMBDA_EDGE:
        yield 'Terraform attaches the releases: docs/terraform.md, "Changing the means", has the way by hand'
    if not found.as_written:
        yield "the handler is not the one that init writes, and may do more than set headers"
    for misfit in misfits(found.policy.headers, None, found.policy.csp_or_none):
        yield misfit.message
    excluded, function = frozenset(environment.exclude), environment.function.name
    places: list[tuple[str, Behavior]] = []
    for distribution in found.distributions:
        behaviors = [behavior for behavior in distribution.behaviors if behavior.path not in excluded]
        over = [behavior.path for behavior in behaviors if behavior.answers_last]
        if over:
            yield f"a function at viewer-response of {distribution.name} {', '.join(over)} could override it"
        places += [(f"{distribution.name} {behavior.path}", behavior) for behavior in behaviors]
    yield from _against_carrying(places, found, environment)
    if isinstance(found.policies, Unreadable):
        yield f"the account's response headers policies could not be read: {found.policies.why}"
    elif found.policies is not None:
        needed, most = policies_needed(found.policies, function), room_for_policies(found.policies_quota)
        if needed > most:
            yield f"the account has {len(found.policies)} of {most} response headers policies"


def _against_carrying(
    places: list[tuple[str, Behavior]], found: MeansCircumstances, environment: Environment
) -> Iterator[str]:
    """What keeps the policies that behaviors have today from going along, as far as they could be read."""
    function = environment.function.name
    known = {policy.id: policy for policy in found.known_policies if key_of(policy, function) is None}
    worst = worst_stage(found.policy.headers, None, found.policy.csp_or_none)
    standing: dict[str, list[str]] = {}
    for place, behavior in places:
        held = behavior.response_headers_policy
        if held in known:
            standing.setdefault(held, []).append(place)
    for held, where in standing.items():
        policy = known[held]
        if of_any_release(policy):
            yield f"{', '.join(where)} has {policy.name}, a release of another function"
            continue
        for message in misfits_together(policy.config, worst):
            yield f"the headers fit no policy together with {policy.name}, which goes along: {message}"
    yield from _against_csps(places, {held: known[held].config for held in standing})


def _against_csps(
    places: list[tuple[str, Behavior]], configs: Mapping[str, Mapping[str, object]]
) -> Iterator[str]:
    """A release has one CSP: what the policies that go along enforce has to be one, and to be carriable."""
    said: dict[str | None, str] = {}
    for place, behavior in places:
        config = configs.get(behavior.response_headers_policy or "")
        value = None if config is None else csp_of(config)
        try:
            said.setdefault(None if value is None else carriable(value, place).canonical(), place)
        except Refused as refused:
            yield refused.summary
            return
    if len(said) > 1:
        yield f"the response headers policies enforce different CSPs: {' and '.join(said.values())}"
