"""What exists before init writes: the distributions of an environment and what its pages send today.

It only reads. The findings are those of a later plan, reported before there is a plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from edgerollout.policy.severity import Severity
from edgerollout.policy.wording import listed
from edgerollout.release.delivery.edge_rules import (
    check_headers_policies,
    check_pricing_plans,
    check_slots,
    has_function,
)
from edgerollout.release.delivery.rules import check_distribution
from edgerollout.release.facts.arn import is_ours
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.unreadable import Unreadable
from edgerollout.rollout.ports import AwsFailure, NotFound
from edgerollout.scaffold.answers import EVENT, function_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.net.answer import HttpAnswer
    from edgerollout.release.facts.snapshot import Distribution, HeadersPolicy
    from edgerollout.rollout.ports import Aws, CloudFront, Probe


@dataclass(frozen=True)
class SurveyedDistribution:
    """One distribution: its origins' host names, and its response headers policies by id.

    `origins` is empty where they could not be read.
    """

    distribution: Distribution
    origins: tuple[str, ...] = ()
    headers_policies: Mapping[str, HeadersPolicy | Unreadable] = field(default_factory=dict)


@dataclass(frozen=True)
class Survey:
    """What was seen of one environment."""

    environment: str
    account: str
    found: tuple[SurveyedDistribution, ...] = ()
    site: tuple[HttpAnswer, ...] = ()
    flat_rate: frozenset[str] | Unreadable | None = None
    """The ARNs of the resources on a flat-rate pricing plan; None where they were not read."""


def look_at(aws: Aws, distribution: Distribution) -> SurveyedDistribution:
    """Origins and response headers policies of a distribution, without those that may not be read.

    Raises AwsFailure for everything but a missing right.
    """
    wanted = {
        behavior.response_headers_policy
        for behavior in distribution.behaviors
        if behavior.response_headers_policy
    }
    policies = {identity: _policy(aws.cloudfront, identity) for identity in sorted(wanted)}
    return SurveyedDistribution(distribution, _origins(aws.cloudfront, distribution.id), policies)


def pricing_plans(aws: Aws, distributions: Iterable[Distribution]) -> frozenset[str] | Unreadable | None:
    """The resources on a flat-rate plan; read where one of these distributions has no Lambda function yet."""
    if all(has_function(distribution) for distribution in distributions):
        return None
    try:
        return aws.inspection.flat_rate()
    except AwsFailure as failure:
        return Unreadable("pricing plans", str(failure))


def ask_pages(probe: Probe, urls: Iterable[str]) -> tuple[HttpAnswer, ...]:
    """The answer of each URL now."""
    return tuple(probe.headers(url) for url in urls)


def replaceable(survey: Survey) -> tuple[str, ...]:
    """The functions (unqualified ARNs) on the slots that a publish needs, for `--replace`."""
    own = _function_arn(survey)
    return tuple(
        dict.fromkeys(
            trigger.arn.rpartition(":")[0]
            for distribution in survey.found
            for behavior in distribution.distribution.behaviors
            if (trigger := behavior.at(EVENT)) is not None and not is_ours(trigger.arn, own)
        )
    )


def findings_of(survey: Survey, headers: frozenset[str]) -> Iterator[Finding]:
    """What prevents a first publish, or is worth knowing. `headers` are those that it will set."""
    yield from check_pricing_plans([surveyed.distribution for surveyed in survey.found], survey.flat_rate)
    for item in survey.found:
        distribution = item.distribution
        yield from check_distribution(distribution)
        yield from check_slots(distribution, _function_arn(survey), EVENT, frozenset())
        yield from check_headers_policies(distribution, EVENT, headers, item.headers_policies)
        yield from _beside(distribution)
    for answer in survey.site:
        if answer.status is None or answer.status >= 500:
            yield Finding(
                Severity.WARNING,
                "page-unread",
                f"{answer.url} could not be read: {answer.error or f'status {answer.status}'}",
                f"Repair it, or name another page under environments.{survey.environment}.urls.",
            )


def _beside(distribution: Distribution) -> Iterator[Finding]:
    """Functions that stay: CloudFront Functions, and Lambda functions on other events."""
    viewer: dict[str, list[str]] = {}
    others: dict[tuple[str, str], list[str]] = {}
    for behavior in distribution.behaviors:
        for event in behavior.cloudfront_functions:
            viewer.setdefault(event, []).append(behavior.path)
        for trigger in behavior.triggers:
            if trigger.event != EVENT:
                others.setdefault((trigger.event, trigger.arn), []).append(behavior.path)
    for event, paths in viewer.items():
        yield Finding(
            Severity.NOTE,
            "cloudfront-function",
            f"{distribution.name} {', '.join(paths)}: a CloudFront Function is on {event}; it stays, and"
            f' event = "viewer-response" is not possible with it',
            distribution=distribution.id,
        )
    for (event, arn), paths in others.items():
        yield Finding(
            Severity.NOTE,
            "function-beside",
            f"{distribution.name} {', '.join(paths)}: {arn} is on {event}; it stays",
            distribution=distribution.id,
        )


def differences(surveys: tuple[Survey, ...], chosen: Survey, header: str) -> Iterator[Finding]:
    """A finding about environments that send another value of `header` than the chosen one."""
    own = _values(chosen, header)
    others = [
        survey.environment
        for survey in surveys
        if survey is not chosen and survey.site and _values(survey, header) != own
    ]
    if others:
        yield Finding(
            Severity.NOTE,
            "environments-differ",
            f"{listed(others)} and {chosen.environment} send different values of {header} today; the policy"
            f" starts from {chosen.environment}",
            "Put what only one environment needs under [environments.NAME.csp] in policy.toml.",
        )


def _values(survey: Survey, header: str) -> frozenset[str]:
    return frozenset(value for answer in survey.site for value in answer.values(header))


def _function_arn(survey: Survey) -> str:
    return f"arn:aws:lambda:us-east-1:{survey.account}:function:{function_name(survey.environment)}"


def _policy(cloudfront: CloudFront, identity: str) -> HeadersPolicy | Unreadable:
    try:
        return cloudfront.headers_policy(identity)
    except AwsFailure as failure:
        # Somebody may delete it between the list and this call.
        if isinstance(failure, NotFound) or failure.denied:
            return Unreadable(f"response headers policy {identity}", str(failure))
        raise


def _origins(cloudfront: CloudFront, identity: str) -> tuple[str, ...]:
    """Only host names: the rest of the document has custom headers, which may be secrets."""
    try:
        document = cloudfront.document(identity)
    except AwsFailure as failure:
        if isinstance(failure, NotFound) or failure.denied:
            return ()
        raise
    names = ET.fromstring(document.xml).iterfind("./{*}Origins/{*}Items/{*}Origin/{*}DomainName")
    return tuple(dict.fromkeys(name.text for name in names if name.text))
