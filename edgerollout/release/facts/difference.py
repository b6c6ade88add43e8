"""What changes for browsers between two releases: headers one by one, policies source by source. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.csp import UNOBSERVABLE, Csp, canonical_source
from edgerollout.policy.stage import Stage
from edgerollout.policy.staging import loosens, with_twins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.policy.headers import Header
    from edgerollout.release.facts.release import Release


class Change(enum.StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class HeaderDifference:
    """One header other than the CSP, or the twin of one that is observed. At least one side is there."""

    name: str
    before: Header | None
    after: Header | None

    @property
    def change(self) -> Change:
        return _change(self.before, self.after)

    @property
    def loosened(self) -> bool:
        """Whether a header with stages restricts less than before."""
        return loosens(self.before, self.after)


@dataclass(frozen=True)
class SourceDifference:
    """One source of a directive. It is never CHANGED: a source is there or not."""

    source: str
    change: Change


@dataclass(frozen=True)
class DirectiveDifference:
    """One directive. `sources` lists those that stay, then the new ones, then the removed ones."""

    name: str
    change: Change
    sources: tuple[SourceDifference, ...]
    sent: bool = True
    """False for a directive that browsers ignore in report-only: the handler leaves it out there."""

    def those(self, change: Change) -> tuple[str, ...]:
        return tuple(source.source for source in self.sources if source.change is change)


@dataclass(frozen=True)
class PolicyDifference:
    """The CSP of one stage. Digests are 64 hex digits, None where the stage has no policy.

    `compared_with` is the stage of the earlier release that `directives` are compared with. It is the same
    stage, or, where that had no policy, the other one: people want to know how a policy that enters
    report-only differs from the enforced one. None: the earlier release had no policy.
    """

    stage: Stage
    before: str | None
    after: str | None
    compared_with: Stage | None
    directives: tuple[DirectiveDifference, ...]

    @property
    def change(self) -> Change:
        return _change(self.before, self.after)


@dataclass(frozen=True)
class ReleaseDifference:
    """Headers by name, then the enforced policy and the report-only one where either side has one."""

    headers: tuple[HeaderDifference, ...]
    policies: tuple[PolicyDifference, ...]

    @property
    def is_empty(self) -> bool:
        """Whether browsers would see no difference."""
        return all(header.change is Change.UNCHANGED for header in self.headers) and all(
            policy.change is Change.UNCHANGED
            and all(directive.change is Change.UNCHANGED for directive in policy.directives)
            for policy in self.policies
        )


def headers_before_after(before: Release | None, after: Release | None) -> ReleaseDifference:
    """The differences from one release to another; None stands for no release."""
    return ReleaseDifference(
        headers=_headers(before, after),
        policies=tuple(
            policy
            for stage in (Stage.ENFORCED, Stage.REPORT_ONLY)
            if (policy := _policy(stage, before, after)) is not None
        ),
    )


def _headers(before: Release | None, after: Release | None) -> tuple[HeaderDifference, ...]:
    old, new = _sent(before), _sent(after)
    return tuple(HeaderDifference(name, old.get(name), new.get(name)) for name in sorted({*old, *new}))


def _sent(release: Release | None) -> Mapping[str, Header]:
    headers = () if release is None else with_twins(release.headers, release.observed)
    return {header.name: header for header in headers}


def _policy(stage: Stage, before: Release | None, after: Release | None) -> PolicyDifference | None:
    old, new = _staged(before, stage), _staged(after, stage)
    if old is None and new is None:
        return None
    compared_with: Stage | None = stage
    baseline = old
    if old is None:
        compared_with = Stage.ENFORCED if stage is Stage.REPORT_ONLY else Stage.REPORT_ONLY
        baseline = _staged(before, compared_with)
        if baseline is None:
            compared_with = None
    return PolicyDifference(
        stage=stage,
        before=None if old is None else old.digest,
        after=None if new is None else new.digest,
        compared_with=compared_with,
        directives=directives_between(stage, _effective(baseline), _effective(new)),
    )


def directives_between(stage: Stage, before: Csp, after: Csp) -> tuple[DirectiveDifference, ...]:
    """Every directive of either policy, those of `after` first, in its order."""
    old, new = dict(before), dict(after)
    names = (*new, *(name for name in old if name not in new))
    return tuple(_directive(stage, name, old, new) for name in names)


def _directive(
    stage: Stage, name: str, old: Mapping[str, tuple[str, ...]], new: Mapping[str, tuple[str, ...]]
) -> DirectiveDifference:
    before = {canonical_source(name, source): source for source in old.get(name, ())}
    after = {canonical_source(name, source): source for source in new.get(name, ())}
    sources = (
        *(SourceDifference(after[key], Change.UNCHANGED) for key in after if key in before),
        *(SourceDifference(after[key], Change.ADDED) for key in after if key not in before),
        *(SourceDifference(before[key], Change.REMOVED) for key in before if key not in after),
    )
    if name not in old:
        change = Change.ADDED
    elif name not in new:
        change = Change.REMOVED
    else:
        change = Change.UNCHANGED if before.keys() == after.keys() else Change.CHANGED
    sent = stage is Stage.ENFORCED or name not in UNOBSERVABLE
    return DirectiveDifference(name, change, sources, sent)


def _staged(release: Release | None, stage: Stage) -> LayeredCsp | None:
    if release is None:
        return None
    return release.enforced if stage is Stage.ENFORCED else release.report_only


def _effective(policy: LayeredCsp | None) -> Csp:
    return Csp() if policy is None else policy.effective


def _change(before: object, after: object) -> Change:
    if before is None:
        return Change.ADDED
    if after is None:
        return Change.REMOVED
    return Change.UNCHANGED if before == after else Change.CHANGED
