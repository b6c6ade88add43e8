"""Reads the state of AWS into a snapshot: few calls, nothing is written, and planners ask for more.

A run that has nothing to do is cheap: one STS call, one list of distributions, the function and its versions,
and one list of invalidations for each distribution. More is read when a planner asks for it
(`release/facts/reads.py`).
"""

from __future__ import annotations

import difflib
import threading
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar, assert_never

from edgerollout.errors import UsageError
from edgerollout.release.delivery.choice import knows_policies, means_of
from edgerollout.release.delivery.means import seen
from edgerollout.release.delivery.policy_config import CSP_QUOTA
from edgerollout.release.delivery.quota_checks import POLICIES_QUOTA
from edgerollout.release.facts.bundle import unpack
from edgerollout.release.facts.live import CALLER_REFERENCE, attached, live_release, reference_prefix
from edgerollout.release.facts.reads import (
    Planning,
    Read,
    ReadBefore,
    ReadCspQuota,
    ReadEvidence,
    ReadHeadersPolicy,
    ReadPoliciesQuota,
    ReadPricingPlans,
    ReadRelease,
    ReadRole,
    ReadRuntimeUpdates,
    ReadSite,
    ReadState,
    ReadTags,
)
from edgerollout.release.facts.snapshot import Snapshot
from edgerollout.release.facts.unreadable import (
    Unreadable,
    UnreadableCause,
    UnreadableRelease,
    cannot_do_without,
    command_for,
)
from edgerollout.rollout.ports import CODE_TOO_LARGE, AwsFailure, CredentialsExpired, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from edgerollout.net.answer import HttpAnswer
    from edgerollout.release.facts.environment import DistributionSelector, Environment
    from edgerollout.release.facts.headers_policies import StandingPolicy
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Distribution, Function, HeadersPolicy, Invalidation, Role
    from edgerollout.release.facts.tfvars import Tfvars
    from edgerollout.release.plans.plan import Plan
    from edgerollout.rollout.ports import Aws
    from edgerollout.rollout.session import Session


T = TypeVar("T")

_AT_ONCE = 8
"""How many reads run at the same time."""


@dataclass(frozen=True)
class AlreadyRead:
    """What a run had to read to know its means, of an account that was checked then. None: not read."""

    function: Function | None
    everything: tuple[Distribution, ...] | None = None
    policies: tuple[StandingPolicy, ...] | None = None


class Planned(NamedTuple):
    """A plan, and the snapshot that it was made from."""

    snapshot: Snapshot
    plan: Plan


class Reading:
    """One run's knowledge of an environment: a snapshot that grows with the reads of planners.

    `elsewhere` answers reads outside the environment's account: files, other accounts. Nothing is read twice.
    """

    def __init__(
        self,
        session: Session,
        environment: Environment,
        snapshot: Snapshot,
        elsewhere: Mapping[Read, Callable[[Snapshot], Snapshot]] | None = None,
    ) -> None:
        self.snapshot = snapshot
        self._session = session
        self._environment = environment
        self._elsewhere = elsewhere or {}
        self._answered: set[Read] = set()

    def plan(self, planner: Callable[[Snapshot], Planning[T]]) -> T:
        """Run a planner to its end. Raises what the planner raises, and AwsFailure for what AWS refuses."""
        planning = planner(self.snapshot)
        try:
            wanted = next(planning)
            while True:
                wanted = planning.send(self.ask(wanted))
        except StopIteration as done:
            planned: T = done.value
            return planned

    def ask(self, wanted: frozenset[Read]) -> Snapshot:
        """The snapshot with these answers in it; unknown ones are read in parallel."""
        new = sorted(wanted - self._answered, key=lambda read: (type(read).__name__, str(read)))
        near = [read for read in new if read not in self._elsewhere]
        for told in side_by_side([partial(self._answer, read) for read in near]):
            self.snapshot = told(self.snapshot)
        for read in new:
            if (answer := self._elsewhere.get(read)) is not None:
                self.snapshot = answer(self.snapshot)
        self._answered.update(new)
        return self.snapshot

    def _answer(self, read: Read) -> Callable[[Snapshot], Snapshot]:
        """Ask AWS. Returns the function that puts the answer into a snapshot."""
        aws, function = self._session.aws, self.snapshot.function
        match read:
            case ReadRelease(number):
                if function is None:
                    return _unchanged
                release = read_release(aws, function, number)
                return lambda known: replace(known, documents={**known.documents, number: release})
            case ReadState(arn):
                state = _foreign(aws, arn)
                return lambda known: replace(known, foreign={**known.foreign, arn: state})
            case ReadTags(identity):
                distribution = self.snapshot.distribution(identity)
                tags = _known(f"tags of {identity}", lambda: aws.cloudfront.tags(distribution.arn))
                return lambda known: replace(known, tags={**known.tags, identity: tags})
            case ReadHeadersPolicy(identity):
                policy = _headers_policy(aws, identity)
                return lambda known: replace(
                    known, headers_policies={**known.headers_policies, identity: policy}
                )
            case ReadRole():
                role = _role(aws, self._environment.function.role)
                return lambda known: replace(known, role=role)
            case ReadPricingPlans():
                plans = _known("pricing plans", aws.inspection.flat_rate)
                return lambda known: replace(known, flat_rate=plans)
            case ReadPoliciesQuota() | ReadCspQuota():
                return _quota(aws, read)
            case ReadRuntimeUpdates():
                name = self._environment.function.name
                updates = _known("runtime management", lambda: aws.inspection.runtime_updates(name))
                return lambda known: replace(known, runtime_updates=updates)
            case ReadSite():
                site = site_answers(self._session, self._environment.urls)
                return lambda known: replace(known, site=site)
            case ReadBefore() | ReadEvidence():
                return _unchanged  # only `elsewhere` can answer these
            case _:
                assert_never(read)


def side_by_side(calls: Sequence[Callable[[], T]]) -> list[T]:
    """The results of these calls, in their order. Raises the error of the first call that fails.

    Its threads are daemons: after Ctrl-C nobody waits for a running call.
    """
    if len(calls) < 2:
        return [call() for call in calls]
    ended: dict[int, T | BaseException] = {}

    def run(place: int) -> None:
        try:
            ended[place] = calls[place]()
        except BaseException as error:  # raised again below
            ended[place] = error

    for first in range(0, len(calls), _AT_ONCE):
        places = range(first, min(first + _AT_ONCE, len(calls)))
        threads = [threading.Thread(target=run, args=(place,), daemon=True) for place in places]
        for thread in threads:
            thread.start()
        for item in threads:
            item.join()
    answers: list[T] = []
    for place in range(len(calls)):
        answer = ended[place]
        if isinstance(answer, BaseException):
            raise answer
        answers.append(answer)
    return answers


def _quota(aws: Aws, read: ReadPoliciesQuota | ReadCspQuota) -> Callable[[Snapshot], Snapshot]:
    code = CSP_QUOTA if isinstance(read, ReadCspQuota) else POLICIES_QUOTA
    quota = _known("quota", lambda: aws.inspection.cloudfront_quota(code))
    if isinstance(read, ReadCspQuota):
        return lambda known: replace(known, csp_quota=quota)
    return lambda known: replace(known, policies_quota=quota)


def _unchanged(snapshot: Snapshot) -> Snapshot:
    return snapshot


def check_account(aws: Aws, environment: Environment) -> None:
    """Raise UsageError when the credentials are for another account than the environment's."""
    account = aws.account()
    if account != environment.account:
        raise UsageError(
            f"these credentials are for account {account}, {environment.name} is in {environment.account}",
            hint="Choose other credentials (AWS_PROFILE, --profile), or name them in the configuration:"
            f" environments.{environment.name}.profile or role_arn.",
        )


def take_snapshot(
    session: Session,
    environment: Environment,
    siblings: Siblings,
    *,
    tfvars: Tfvars | None = None,
    invalidations: bool = True,
    everything: tuple[Distribution, ...] | None = None,
    read: AlreadyRead | None = None,
) -> Snapshot:
    """Read the state of AWS for an environment, as far as that is cheap.

    `tfvars`: the content of Terraform's variables file, which the caller reads, where Terraform owns the
    triggers. `everything`: the account's distributions, if the caller has already listed them and checked the
    account; `read`: what else is not to be read again.

    Raises UsageError for the wrong account, for a missing distribution, and for one that two environments
    name; AwsFailure for what AWS refuses.
    """
    aws = session.aws
    if everything is None and read is not None:
        everything = read.everything
    elif everything is None:
        check_account(aws, environment)
    if everything is None:
        everything = aws.cloudfront.distributions()
    function = aws.functions.function(environment.function.name) if read is None else read.function
    listed = None if read is None else read.policies
    policies, everything = by_means(aws, environment, function, everything, listed)
    own = resolve(environment.distributions, everything, environment.name)
    siblings.check(own, everything, environment.name)
    ids = {distribution.id for distribution in own}
    snapshot = Snapshot(
        account=environment.account,
        taken_at=session.clock.now(),
        function=function,
        role=None,
        distributions=own,
        others=tuple(distribution for distribution in everything if distribution.id not in ids),
        tfvars=tfvars,
        policies=policies,
    )
    if not invalidations:
        return snapshot
    return replace(snapshot, invalidations=_invalidations(aws, snapshot, frozenset(environment.exclude)))


def by_means(
    aws: Aws,
    environment: Environment,
    function: Function | None,
    everything: Sequence[Distribution],
    listed: tuple[StandingPolicy, ...] | None = None,
) -> tuple[tuple[StandingPolicy, ...], tuple[Distribution, ...]]:
    """The policies that the environment's means needs, and the distributions as the means sees them.

    `listed`: the account's policies, if they were read already.
    """
    known = knows_policies(environment, function, everything)
    policies = (aws.cloudfront.own_headers_policies() if listed is None else listed) if known else ()
    means = means_of(environment, policies)
    return policies, tuple(seen(item, means) for item in everything)


@dataclass(frozen=True)
class Siblings:
    """The other environments of the account: no distribution may belong to two."""

    selectors: Mapping[str, tuple[DistributionSelector, ...]]

    def check(self, own: Iterable[Distribution], everything: tuple[Distribution, ...], name: str) -> None:
        """Raise UsageError when another environment names one of `own`."""
        ids = {distribution.id: distribution for distribution in own}
        for other, selectors in self.selectors.items():
            for selector in selectors:
                claimed = _find(selector, everything)
                if claimed is not None and claimed.id in ids:
                    raise UsageError(
                        f"{name} and {other} both name distribution {claimed.id} ({claimed.name})",
                        hint="A distribution belongs to one environment. Remove it from the other.",
                    )

    def known(self, everything: tuple[Distribution, ...]) -> frozenset[str]:
        """The ids of the existing distributions of the other environments."""
        found = (_find(selector, everything) for own in self.selectors.values() for selector in own)
        return frozenset(distribution.id for distribution in found if distribution is not None)


def resolve(
    selectors: tuple[DistributionSelector, ...], everything: tuple[Distribution, ...], name: str
) -> tuple[Distribution, ...]:
    """The distributions that an environment names, in its order. Raises UsageError for a missing one."""
    own: dict[str, Distribution] = {}
    for selector in selectors:
        found = _find(selector, everything)
        if found is None:
            raise UsageError(
                f"{name}: there is no distribution with {'id' if selector.id else 'alias'} {selector}",
                why=_nearest(selector, everything),
                hint="See environments."
                f"{name}.distributions in config/edgerollout.toml; `aws cloudfront list-distributions` lists"
                " what there is.",
            )
        if found.id in own:
            raise UsageError(
                f"{name} names distribution {found.id} ({found.name}) twice", hint="Name it once."
            )
        own[found.id] = found
    return tuple(own.values())


def read_release(aws: Aws, function: Function, number: int) -> Release | UnreadableRelease:
    """The release in a version, or why it cannot be read.

    Of AWS's errors it raises only CredentialsExpired.
    """
    read = read_bundle(aws, function, number)
    return read if isinstance(read, UnreadableRelease) else read[0]


def read_bundle(aws: Aws, function: Function, number: int) -> tuple[Release, bytes] | UnreadableRelease:
    """The release in a version, with its zip. Raises as `read_release` does."""
    version, subject = function.version(number), f"release {number}"
    if version is None:
        return UnreadableRelease(
            subject, f"{function.name} has no version {number}", UnreadableCause.NO_RELEASE
        )
    try:
        bundle = aws.functions.code(function.name, number)
    except CredentialsExpired:
        raise
    except AwsFailure as failure:
        large = failure.code == CODE_TOO_LARGE
        cause = (
            UnreadableCause.DENIED
            if failure.denied
            else UnreadableCause.TOO_LARGE
            if large
            else UnreadableCause.NOT_DOWNLOADED
        )
        return UnreadableRelease(subject, str(failure), cause)
    release = unpack(bundle, version)
    return release if isinstance(release, UnreadableRelease) else (release, bundle)


def needed_release(aws: Aws, function: Function, number: int, environment: Environment) -> Release:
    """The release in a version. Raises Refused, with advice, where it cannot be read."""
    found = read_release(aws, function, number)
    if isinstance(found, UnreadableRelease):
        raise cannot_do_without(
            f"{found.subject} cannot be read", found, command_for(environment, "rollback")
        )
    return found


def _find(selector: DistributionSelector, everything: Iterable[Distribution]) -> Distribution | None:
    for distribution in everything:
        # A staging distribution of continuous deployment carries no alias of its own.
        if distribution.id == selector.id or (
            selector.alias is not None and selector.alias in distribution.aliases
        ):
            return distribution
    return None


def _nearest(selector: DistributionSelector, everything: Iterable[Distribution]) -> str | None:
    names = [name for distribution in everything for name in (distribution.id, *distribution.aliases)]
    near = difflib.get_close_matches(str(selector), names, n=1)
    return f"the nearest one there is: {near[0]}" if near else None


def _invalidations(
    aws: Aws, snapshot: Snapshot, excluded: frozenset[str]
) -> Mapping[str, Invalidation | None]:
    """The live release's invalidation on each distribution; any of ours where no release is attached.

    The latter distinguishes a distribution that is new in the configuration from one whose triggers were
    removed.
    """
    live, function = live_release(snapshot, excluded), snapshot.function
    tfvars = snapshot.tfvars
    if live is None and function is not None and tfvars is not None and tfvars.qualified_arn is None:
        # Terraform has removed our triggers: was the cache cleared after that?
        return {
            distribution.id: aws.cloudfront.own_invalidation(
                distribution.id, reference_prefix(0), (distribution.last_modified,)
            )
            for distribution in snapshot.distributions
        }
    version = None if live is None or function is None else function.version(live.number)
    if version is None or function is None:
        return {}
    carriers = {
        distribution.id for distribution, _, _, _ in attached(snapshot.distributions, function.arn, excluded)
    }
    first = min(version.published_at for version in function.versions)
    return {
        distribution.id: aws.cloudfront.own_invalidation(
            distribution.id,
            reference_prefix(version.number) if distribution.id in carriers else CALLER_REFERENCE,
            (
                distribution.last_modified,
                version.published_at,
                *(() if distribution.id in carriers else (first,)),
            ),
        )
        for distribution in snapshot.distributions
    }


def _foreign(aws: Aws, arn: str) -> str | Unreadable | None:
    """The State of somebody else's version; a rollback continues where it cannot be read."""
    try:
        return aws.functions.state(arn)[0]
    except NotFound:
        return None
    except AwsFailure as failure:
        return Unreadable(arn, str(failure))


def _headers_policy(aws: Aws, identity: str) -> HeadersPolicy | Unreadable:
    try:
        return aws.cloudfront.headers_policy(identity)
    except AwsFailure as failure:
        # Somebody may delete it between the list and this call.
        if isinstance(failure, NotFound) or failure.code in {"AccessDenied", "AccessDeniedException"}:
            return Unreadable(f"response headers policy {identity}", str(failure))
        raise


def _known(subject: str, read: Callable[[], T]) -> T | Unreadable:
    """The answer, or why it cannot be read: that stops nothing, because CloudFront checks again at
    the swap.
    """
    try:
        return read()
    except CredentialsExpired:
        raise
    except AwsFailure as failure:
        return Unreadable(subject, str(failure))


def site_answers(session: Session, urls: tuple[str, ...]) -> tuple[HttpAnswer, ...]:
    """The answers of these URLs now; empty without a probe."""
    if session.probe is None:
        return ()
    return tuple(session.probe.headers(url) for url in urls)


def _role(aws: Aws, name: str) -> Role | Unreadable | None:
    try:
        return aws.roles.role(name)
    except AwsFailure as failure:
        if failure.denied:
            return Unreadable(f"role {name}", str(failure))
        raise
