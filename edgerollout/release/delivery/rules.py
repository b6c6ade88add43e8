"""The rules for every means, checked before any write: one function for each rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.policy.header_rules import irreversible
from edgerollout.policy.headers import cased
from edgerollout.policy.severity import Severity
from edgerollout.policy.wording import did_you_mean
from edgerollout.release.facts.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Hint
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Distribution, Snapshot


def check_distribution(distribution: Distribution) -> Iterator[Finding]:
    """Find properties of a distribution that prevent a release."""
    if distribution.multi_tenant:
        yield _error(
            "multi-tenant",
            f"{distribution.name} is a multi-tenant distribution; edgerollout cannot invalidate its tenants",
            "Remove it from the configuration; set its headers with a response headers policy.",
            distribution.id,
        )
    if distribution.staging:
        yield _error(
            "staging",
            f"{distribution.name} is a staging distribution of CloudFront's continuous deployment: visitors"
            " reach it only through its primary, and a promotion there overwrites the primary",
            "Name the primary distribution instead.",
            distribution.id,
        )
    if not distribution.enabled:
        yield Finding(
            Severity.WARNING,
            "disabled",
            f"{distribution.name} is disabled: nothing is served there",
            distribution=distribution.id,
        )


def check_excluded(snapshot: Snapshot, excluded: frozenset[str]) -> Iterator[Finding]:
    """Find patterns that exclude nothing: probably a typing error, and the behavior would get a trigger."""
    paths = {behavior.path for distribution in snapshot.distributions for behavior in distribution.behaviors}
    if paths and paths <= excluded:
        yield _error(
            "all-excluded",
            "every behavior is excluded: a release would be attached nowhere",
            advise(
                "Remove the paths that are to carry it from exclude. To remove what is attached: ",
                CommandLine("detach"),
                ".",
            ),
        )
    for pattern in sorted(excluded - paths):
        yield Finding(
            Severity.WARNING,
            "exclude-unknown",
            f'exclude = ["{pattern}"] matches no behavior',
            did_you_mean(pattern, paths) or "Write the path pattern as CloudFront shows it.",
        )


def check_lasting_headers(
    release: Release, live: Release | None, accepted: frozenset[str]
) -> Iterator[Finding]:
    """Find new headers that cannot be taken back: the user must accept each by name."""
    before = {} if live is None else {header.name: header.value for header in live.headers}
    for header in release.headers:
        reasons = irreversible(header.name, header.value)
        known = irreversible(header.name, before.get(header.name, ""))
        fresh = [reason for reason in reasons if reason not in known]
        if header.action == "remove" or not fresh or header.name in accepted:
            continue
        yield _error(
            "accept-header",
            f"{cased(header.name)} cannot be taken back ({', '.join(fresh)}): browsers remember it"
            " beyond a rollback",
            f"If that is meant: --accept-header {header.name}",
            lifted_by=("--accept-header", header.name),
        )


def _error(
    rule: str, message: str, hint: Hint, distribution: str | None = None, lifted_by: tuple[str, ...] = ()
) -> Finding:
    return Finding(Severity.ERROR, rule, message, hint, distribution, lifted_by=lifted_by)
