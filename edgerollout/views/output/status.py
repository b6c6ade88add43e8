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
    """What a release sends: enough to promote it into another account."""

    enforced: LayersJson | None
    """the enforced policy"""
    report_only: LayersJson | None
    """the policy that only reports"""
    headers: Mapping[str, HeaderJson]
    """the other headers, by name"""
    observed: Mapping[str, HeaderJson]
    """those that only report, by name: as they are to be enforced"""


class HandedJson(Output):
    """What Terraform was told to attach."""

    release: int | None
    """its number; null: none of ours"""
    applied: bool
    """whether that stands on the distributions"""
    problem: str | None
    """where an apply would do harm: the file is lost, or names what is not there or was taken back"""


class RevertedJson(Output):
    """What another tool seems to have put back."""

    release: int
    """the release that should be there"""
    carries: Sequence[int]
    """the releases that are there"""


class StatusBehaviorJson(Output):
    """How one behavior stands against the live release."""

    path: str
    """its path pattern; `Default (*)` for the default one"""
    version: int | None
    """our version there, at whatever event"""
    state: BehaviorState
    """`old` (an older release of ours), `missing` (nothing at the configured event; `version` says which
    of ours is at another), `foreign` (somebody else's function), `excluded` (by the configuration)"""
    foreign: str | None
    """the ARN of somebody else's function"""


class StatusDistributionJson(Output):
    """One distribution."""

    id: str
    """CloudFront's id"""
    name: str
    """the name it goes by"""
    status: str
    """CloudFront's own status, such as `Deployed`"""
    invalidated: bool | None
    """whether the live release's invalidation was made; null where none is needed"""
    owner: OwnerJson | None
    """another tool that manages it; tags of more than 20 distributions are not read"""
    reverted: RevertedJson | None
    """where that tool seems to have put its own state back"""
    behaviors: Sequence[StatusBehaviorJson]
    """a behavior each"""


class ChangingJson(Output):
    """A change of means that is half done."""

    old: int
    """the release that goes"""
    new: int
    """the release that comes"""
    old_means: str
    """by what the old one reaches visitors"""
    new_means: str
    """by what the new one does"""
    old_alone: int
    """how many behaviors have the old one alone"""
    both: int
    """how many have both, and so send the same headers twice over"""
    new_alone: int
    """how many have the new one alone"""
    back: bool
    """whether it is a rollback"""
    finish: str
    """the command that sees it through"""


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
    """where the function sits"""
    release: int | None
    """the number of the live release; null while nothing of ours is live, and when the environment is
    mixed"""
    digest: str | None
    """of the newest live release, its first 16 hex digits; null where edgerollout did not publish the
    version"""
    base: str | None
    """the same of its policy without the environment's overlay"""
    enforced: str | None
    """the same of the enforced policy as sent"""
    report_only: str | None
    """the same of the report-only policy as sent"""
    observed: str | None
    """the same of the headers that only report"""
    policy: LivePolicyJson | None
    """what the live release sends, by its release.json. By it `--after-status` takes a policy into another
    account. Null where no release or several are live, and where the version's code cannot be read or
    believed (said on stderr)"""
    commit: str | None
    """what was released"""
    live_since: Moment | None
    """when its invalidation was made, else when the distribution was last changed; the latest over the
    distributions, ISO 8601. Null while nothing of ours is live"""
    withdrawn: bool
    """whether a rollback went behind the live release"""
    overrides: Sequence[str]
    """names of the gates that were set aside for the live release"""
    proven: Sequence[str]
    """base policies (16 hex digits) that the environment enforces, or enforced before and nobody took back;
    the gate `after` of the next environment asks for it"""
    owner: OwnerJson | None
    """another tool that manages the function; null where none is known"""
    unattached: Sequence[int]
    """newer releases that are attached nowhere: unfinished, or rolled back"""
    taken_back: Sequence[int]
    """those of them that are marked as withdrawn: a rollback went behind them"""
    drift: bool
    """whether some behavior does not carry the live release, another tool took a release back, a policy was
    edited (`altered`, `stale`), or a change of means is half done"""
    altered: str | None
    """the name of the live release's response headers policy, where somebody has edited it"""
    stale: Sequence[str]
    """names of policies of others that were edited since the live release copied what goes along of them"""
    changing: ChangingJson | None
    """a change of means that is half done"""
    terraform: HandedJson | None
    """where Terraform owns the triggers and was told what to attach"""
    distributions: Sequence[StatusDistributionJson]
    """a distribution each"""
    releases: Mapping[str, int] | Absent = ABSENT
    """only when mixed: number → behaviors carrying it"""
    means: MeansJson | Absent = ABSENT
    """by what releases reach visitors, and what the other way would be. `status --all` has it only where
    `deliver` is `auto`"""


class StatusJson(EnvironmentStatusJson):
    """What is live in one environment: `status`."""

    endpoint: str
    """where: `aws`, `sandbox`, or the URL of another endpoint. `--after-status` takes no document of another
    endpoint than its own"""


class SeenEnvironmentJson(EnvironmentStatusJson):
    """An environment that was read. Owners of distributions are not asked for."""

    after: str | None
    """the environment before"""
    standing: Standing | None
    """how its base policy stands against that of the environment before, as the ledger names them (of the
    enforced policy; of the report-only one while nothing is enforced): `same`; `older`, one that the
    environment before had earlier; `other`, one that it never had; `none` yet; `unknown`, where one of the
    two could not be read. Null where nothing is live on either side, and for an environment without
    `after`"""


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
    """whether one of those that were read drifts: exit code 3 with `--detailed-exitcode` when all were
    read"""
    environments: Sequence[SeenEnvironmentJson | UnseenEnvironmentJson]
    """in the order of the configuration"""


def status_json(status: Status, now: datetime, endpoint: str, spell: Spell) -> StatusJson:
    """The document. `release` is null while nothing is live and when mixed; `releases` tells then."""
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
