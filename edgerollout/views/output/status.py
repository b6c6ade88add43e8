"""The documents of `status` and `status --all`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.release.status.overview import Standing, Unseen
from edgerollout.release.status.status import BehaviorState
from edgerollout.views.output.common import Directives, HeaderJson, OwnerJson, headers_of
from edgerollout.views.output.encoder import ABSENT, Absent, DocumentJson, Moment, Output
from edgerollout.views.output.means import MeansJson, means_json
from edgerollout.views.status import finish_command

if TYPE_CHECKING:
    from datetime import datetime

    from edgerollout.advice import Spell
    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.release.facts.standing import LiveRelease
    from edgerollout.release.status.changing import Changing
    from edgerollout.release.status.overview import Overview, OverviewRow
    from edgerollout.release.status.owner import Owner
    from edgerollout.release.status.status import DistributionStatus, Status


class LayersJson(Output):
    """A policy in its two layers."""

    base: Directives
    """the policy without the environment's overlay: directive → sources"""
    overlay: Directives
    """what the environment adds: directive → sources"""


class LivePolicyJson(Output):
    """What a release sends: enough to promote it to another account."""

    enforced: LayersJson | None
    """the enforced policy"""
    report_only: LayersJson | None
    """the policy that only reports"""
    headers: Mapping[str, HeaderJson]
    """the other headers, by name"""
    observed: Mapping[str, HeaderJson]
    """those that only report, by name: as they are to be enforced"""


class HandedJson(Output):
    """What the tfvars say that Terraform must attach."""

    release: int | None
    """its number; null: no release"""
    applied: bool
    """whether the distributions have it"""
    problem: str | None
    """why an apply would do harm: the file is missing, or names a release that does not exist or was rolled
    back"""


class RevertedJson(Output):
    """Releases that another tool seems to have attached again."""

    release: int
    """the release that should be attached"""
    carries: Sequence[int]
    """the releases that are attached"""


class StatusBehaviorJson(Output):
    """A behavior, compared with the live release."""

    path: str
    """its path pattern; `Default (*)` for the default one"""
    version: int | None
    """the attached version of the function, at any event"""
    state: BehaviorState
    """`old` (an older release of ours), `missing` (nothing at the configured event; `version` says which
    of ours is at another), `foreign` (somebody else's function), `excluded` (by the configuration)"""
    foreign: str | None
    """the ARN of somebody else's function"""


class StatusDistributionJson(Output):
    """A distribution."""

    id: str
    """CloudFront's id"""
    name: str
    """its name for people"""
    status: str
    """CloudFront's own status, such as `Deployed`"""
    invalidated: bool | None
    """whether the invalidation for the live release was made; null if none is needed"""
    owner: OwnerJson | None
    """another tool that manages it; if there are more than 20 distributions, tags are not read"""
    reverted: RevertedJson | None
    """where that tool seems to have put its own state back"""
    behaviors: Sequence[StatusBehaviorJson]
    """all behaviors"""


class ChangingJson(Output):
    """A change of means that is not finished."""

    old: int
    """the old release"""
    new: int
    """the new release"""
    old_means: str
    """how the headers of the old release reach visitors"""
    new_means: str
    """how the headers of the new release do"""
    old_alone: int
    """how many behaviors have only the old one"""
    both: int
    """how many have both, and so send the same headers twice"""
    new_alone: int
    """how many have only the new one"""
    back: bool
    """whether it is a rollback"""
    finish: str
    """the command that finishes it"""


class EnvironmentStatusJson(DocumentJson):
    """What is live in an environment."""

    generated_at: Moment
    """when AWS was read, ISO 8601"""
    environment: str
    """its name"""
    account: str
    """the AWS account"""
    function: str
    """the function's name"""
    event: str
    """the event of the triggers"""
    release: int | None
    """the number of the live release; null if no release is live, and if the environment is mixed"""
    digest: str | None
    """the first 16 hex digits of the newest live release's digest; null if edgerollout did not publish the
    version"""
    base: str | None
    """the same for its policy without the environment's overlay"""
    enforced: str | None
    """the same for the enforced policy as sent"""
    report_only: str | None
    """the same for the report-only policy as sent"""
    observed: str | None
    """the same for the report-only headers"""
    policy: LivePolicyJson | None
    """what the live release sends, from its release.json. With it, `--after-status` takes a policy to another
    account. Null if no release or several are live, and if the version's code cannot be read or is not the
    published code (stderr says so)"""
    commit: str | None
    """the released commit"""
    live_since: Moment | None
    """when its invalidation was made, otherwise when the distribution was last changed; the latest time of
    all distributions, ISO 8601. Null if no release is live"""
    withdrawn: bool
    """whether a rollback went back past the live release"""
    overrides: Sequence[str]
    """names of the gates that were set aside for the live release"""
    proven: Sequence[str]
    """base policies (16 hex digits) that the environment enforces, or enforced before without a rollback; the
    gate `after` of the next environment needs it"""
    owner: OwnerJson | None
    """another tool that manages the function; null if none is known"""
    unattached: Sequence[int]
    """newer releases that are attached nowhere: unfinished, or rolled back"""
    taken_back: Sequence[int]
    """those of them that are marked as withdrawn: a rollback went back past them"""
    drift: bool
    """whether a behavior does not have the live release, another tool attached an older one, a policy was
    edited (`altered`, `stale`), or a change of means is not finished"""
    altered: str | None
    """the name of the live release's response headers policy, if somebody edited it"""
    stale: Sequence[str]
    """names of other policies that were edited after the live release copied their headers"""
    changing: ChangingJson | None
    """a change of means that is not finished"""
    terraform: HandedJson | None
    """if Terraform owns the triggers and tfvars are written"""
    distributions: Sequence[StatusDistributionJson]
    """all distributions"""
    releases: Mapping[str, int] | Absent = ABSENT
    """only if mixed: number → behaviors with this release"""
    means: MeansJson | Absent = ABSENT
    """how headers reach visitors, and the other possible way. `status --all` has it only if `deliver` is
    `auto`"""


class StatusJson(EnvironmentStatusJson):
    """What is live in an environment: `status`."""

    endpoint: str
    """`aws`, `sandbox`, or the URL of another endpoint. `--after-status` refuses a document from another
    endpoint"""


class SeenEnvironmentJson(EnvironmentStatusJson):
    """An environment that was read, without the owners of its distributions."""

    after: str | None
    """the environment before"""
    standing: Standing | None
    """its base policy (the enforced one; the report-only one while nothing is enforced), compared with that
    of the environment before: `same`; `older`, if the environment before had it earlier; `other`, if it never
    had it; `none` yet; `unknown`, if one of the two could not be read. Null if nothing is live in both, and
    for an environment without `after`"""


class UnseenEnvironmentJson(Output):
    """An environment that could not be read."""

    environment: str
    """its name"""
    after: str | None
    """the environment before"""
    error: str
    """why it could not be read"""
    hint: str | None
    """what to do about it"""


class OverviewJson(DocumentJson):
    """Every environment of the configuration: `status --all`."""

    generated_at: Moment
    """when it was read, ISO 8601"""
    complete: bool
    """whether every environment could be read"""
    drift: bool
    """whether an environment that was read has drift: exit code 3 with `--detailed-exitcode`, if all were
    read"""
    environments: Sequence[SeenEnvironmentJson | UnseenEnvironmentJson]
    """in the order of the configuration"""


def status_json(status: Status, now: datetime, endpoint: str, spell: Spell) -> StatusJson:
    """The document. `release` is null if nothing is live or if it is mixed; then `releases` has the
    numbers."""
    return StatusJson(**vars(_environment(status, now, spell)), endpoint=endpoint)


def overview_json(overview: Overview, now: datetime, spell: Spell) -> OverviewJson:
    """The document: the status of each environment, or why there is none."""
    return OverviewJson(
        generated_at=now.isoformat(),
        complete=not overview.unseen,
        drift=overview.drift,
        environments=[_row(row, now, spell) for row in overview.rows],
    )


def _row(row: OverviewRow, now: datetime, spell: Spell) -> SeenEnvironmentJson | UnseenEnvironmentJson:
    if isinstance(row.found, Unseen):
        return UnseenEnvironmentJson.of(row, error=row.found.error, hint=spelled(row.found.hint, spell))
    status = _environment(row.found.status, now, spell)
    return SeenEnvironmentJson(**vars(status), after=row.after, standing=row.standing)


def _environment(status: Status, now: datetime, spell: Spell) -> EnvironmentStatusJson:
    live, handed = status.live, status.handed
    mixed = live is not None and live.mixed
    return EnvironmentStatusJson.of(
        status,
        generated_at=now.isoformat(),
        release=None if live is None or mixed else live.number,
        digest=None if live is None else live.digest,
        enforced=None if live is None else live.enforced,
        report_only=None if live is None else live.report_only,
        observed=None if live is None else live.observed,
        policy=None if live is None or mixed else _policy(live),
        live_since=None if status.live_since is None else status.live_since.isoformat(),
        owner=_owner(status.owner),
        taken_back=sorted(status.taken_back),
        terraform=None if handed is None else HandedJson.of(handed, problem=spelled(handed.problem, spell)),
        distributions=[_distribution(distribution) for distribution in status.distributions],
        altered=status.altered,
        changing=None if status.changing is None else _changing(status.changing, status.environment, spell),
        means=means_json(status.advice),
        releases={str(number): count for number, count in live.counts}
        if live is not None and mixed
        else ABSENT,
    )


def _distribution(distribution: DistributionStatus) -> StatusDistributionJson:
    reverted = distribution.reverted
    return StatusDistributionJson.of(
        distribution,
        owner=_owner(distribution.owner),
        reverted=None if reverted is None else RevertedJson.of(reverted),
        behaviors=[StatusBehaviorJson.of(behavior) for behavior in distribution.behaviors],
    )


def _changing(change: Changing, environment: str, spell: Spell) -> ChangingJson:
    return ChangingJson.of(change, finish=spell(finish_command(change, environment)))


def _owner(owner: Owner | None) -> OwnerJson | None:
    return None if owner is None else OwnerJson.of(owner)


def _policy(live: LiveRelease) -> LivePolicyJson | None:
    """What the live release sends; None where its release.json was not read."""
    if live.release is None:
        return None
    return LivePolicyJson(
        enforced=_layers(live.release.enforced),
        report_only=_layers(live.release.report_only),
        headers=headers_of(live.release.headers),
        observed=headers_of(live.release.observed),
    )


def _layers(csp: LayeredCsp | None) -> LayersJson | None:
    return None if csp is None else LayersJson(base=csp.base.to_json(), overlay=csp.overlay.to_json())
