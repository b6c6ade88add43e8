"""Reading AWS into a snapshot: few calls, nothing written, everything that planning asks about.

The order keeps a run that has nothing to do cheap: one STS call, one list sweep, the function and its
versions, one invalidation list a distribution; release.json files and the role only when planning
needs them. Tags of distributions are a courtesy: who owns them, asked where something is to change.
"""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.errors import UsageError
from edgerollout.release.facts.bundle import unpack
from edgerollout.release.facts.live import CALLER_REFERENCE, attached, live_release, reference_prefix
from edgerollout.release.facts.snapshot import Cause, SiteAnswer, Snapshot, Unreadable, UnreadableRelease
from edgerollout.release.facts.unreadable import cannot_do_without, selected
from edgerollout.release.plans.desired import documents_needed
from edgerollout.release.plans.publish import site_needed, will_publish, will_swap
from edgerollout.rollout.ports import CODE_TOO_LARGE, AwsFailure, CredentialsExpired, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from edgerollout.release.facts.environment import DistributionSelector, Environment
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Distribution, Function, HeadersPolicy, Invalidation, Role
    from edgerollout.release.facts.tfvars import Tfvars
    from edgerollout.release.plans.desired import PublishRequest
    from edgerollout.rollout.ports import Aws
    from edgerollout.rollout.session import Session


@dataclass(frozen=True)
class Needs:
    """What planning has to know beyond the cheap reads."""

    documents: Callable[[Snapshot], frozenset[int]] = lambda _: frozenset()
    role: Callable[[Snapshot], bool] = lambda _: False
    headers_policies: Callable[[Snapshot], bool] = lambda _: False
    site: Callable[[Snapshot], bool] = lambda _: False
    tags: Callable[[Snapshot], frozenset[str]] = lambda _: frozenset()
    """Ids of the distributions whose tags are wanted, one call each."""
    foreign: Callable[[Snapshot], frozenset[str]] = lambda _: frozenset()
    """ARNs of other people's versions that are to come back, one call each."""
    invalidations: bool = True
    tfvars: Tfvars | None = None
    """What Terraform has been told, where it owns the triggers: the caller reads that file of the user's."""


def publish_needs(request: PublishRequest) -> Needs:
    """What planning a publish has to know."""
    publishes = functools.partial(will_publish, request)
    return Needs(
        documents=functools.partial(documents_needed, request),
        role=publishes,
        headers_policies=publishes,
        site=functools.partial(site_needed, request),
        tags=functools.partial(will_swap, request),
    )


def check_account(aws: Aws, environment: Environment) -> None:
    """Raise UsageError when the credentials are of another account than the environment's."""
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
    needs: Needs,
    siblings: Siblings,
    everything: tuple[Distribution, ...] | None = None,
) -> Snapshot:
    """Read what AWS looks like for an environment.

    `everything`: the account's distributions, where they were listed, and the account checked, already.

    Raises UsageError for the wrong account, for a distribution that is not there, and for one that
    two environments claim; AwsFailure for what AWS refuses.
    """
    aws = session.aws
    if everything is None:
        check_account(aws, environment)
        everything = aws.cloudfront.distributions()
    own = resolve(environment.distributions, everything, environment.name)
    siblings.check(own, everything, environment.name)
    ids = {one.id for one in own}
    function = aws.functions.function(environment.function.name)
    snapshot = Snapshot(
        account=environment.account,
        taken_at=session.clock.now(),
        function=function,
        role=None,
        distributions=own,
        others=tuple(one for one in everything if one.id not in ids),
        tfvars=needs.tfvars,
    )
    excluded = frozenset(environment.exclude)
    if needs.invalidations:
        snapshot = replace(snapshot, invalidations=_invalidations(aws, snapshot, excluded))
    if function is not None:
        wanted = needs.documents(snapshot)
        snapshot = replace(snapshot, documents={n: read_release(aws, function, n) for n in sorted(wanted)})
    foreign = needs.foreign(snapshot)
    snapshot = replace(snapshot, foreign={arn: _foreign(aws, arn) for arn in sorted(foreign)})
    if needs.site(snapshot):
        snapshot = replace(snapshot, site=site_answers(session, environment.urls))
    if needs.headers_policies(snapshot):
        snapshot = replace(snapshot, headers_policies=_headers_policies(aws, own, excluded))
    if needs.role(snapshot):
        snapshot = replace(snapshot, role=_role(aws, environment.function.role))
    tagged = needs.tags(snapshot)
    return replace(snapshot, tags={one.id: _tags(aws, one) for one in own if one.id in tagged})


@dataclass(frozen=True)
class Siblings:
    """The other environments of the account: no distribution may belong to two."""

    selectors: Mapping[str, tuple[DistributionSelector, ...]]

    def check(self, own: Iterable[Distribution], everything: tuple[Distribution, ...], name: str) -> None:
        """Raise UsageError when another environment names one of `own`."""
        ids = {one.id: one for one in own}
        for other, selectors in self.selectors.items():
            for selector in selectors:
                claimed = _find(selector, everything)
                if claimed is not None and claimed.id in ids:
                    raise UsageError(
                        f"{name} and {other} both name distribution {claimed.id} ({claimed.name})",
                        hint="A distribution belongs to one environment. Take it out of the other.",
                    )

    def known(self, everything: tuple[Distribution, ...]) -> frozenset[str]:
        """The ids of the other environments' distributions that exist."""
        found = (_find(selector, everything) for each in self.selectors.values() for selector in each)
        return frozenset(one.id for one in found if one is not None)


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
    """What a version carries, or why it tells none. Raises CredentialsExpired, and nothing else of AWS."""
    read = read_bundle(aws, function, number)
    return read if isinstance(read, UnreadableRelease) else read[0]


def read_bundle(aws: Aws, function: Function, number: int) -> tuple[Release, bytes] | UnreadableRelease:
    """What a version carries, with the zip that it is in. Raises as `read_release` does."""
    version, what = function.version(number), f"release {number}"
    if version is None:
        return UnreadableRelease(what, f"{function.name} has no version {number}", Cause.NO_RELEASE)
    try:
        bundle = aws.functions.code(function.name, number)
    except CredentialsExpired:
        raise
    except AwsFailure as failure:
        large = failure.code == CODE_TOO_LARGE
        cause = Cause.DENIED if failure.denied else Cause.TOO_LARGE if large else Cause.NOT_DOWNLOADED
        return UnreadableRelease(what, str(failure), cause)
    release = unpack(bundle, version)
    return release if isinstance(release, UnreadableRelease) else (release, bundle)


def needed_release(aws: Aws, function: Function, number: int, environment: Environment) -> Release:
    """What a version carries. Raises Refused, with the way that works, where it cannot be read."""
    found = read_release(aws, function, number)
    if isinstance(found, UnreadableRelease):
        raise cannot_do_without(f"{found.what} cannot be read", found, selected(environment))
    return found


def _find(selector: DistributionSelector, everything: Iterable[Distribution]) -> Distribution | None:
    for one in everything:
        # A staging distribution of continuous deployment carries no alias of its own.
        if one.id == selector.id or (selector.alias is not None and selector.alias in one.aliases):
            return one
    return None


def _nearest(selector: DistributionSelector, everything: Iterable[Distribution]) -> str | None:
    names = [name for one in everything for name in (one.id, *one.aliases)]
    near = difflib.get_close_matches(str(selector), names, n=1)
    return f"the nearest one there is: {near[0]}" if near else None


def _invalidations(
    aws: Aws, snapshot: Snapshot, excluded: frozenset[str]
) -> Mapping[str, Invalidation | None]:
    """The live release's invalidation on each distribution; any of ours where nothing of ours is attached.

    The latter tells a distribution that is new in the configuration from one that our triggers were
    taken off.
    """
    live, function = live_release(snapshot, excluded), snapshot.function
    tfvars = snapshot.tfvars
    if live is None and function is not None and tfvars is not None and tfvars.qualified_arn is None:
        # Terraform has taken our triggers off: was the cache cleared after that?
        return {
            one.id: aws.cloudfront.own_invalidation(one.id, reference_prefix(0), (one.last_modified,))
            for one in snapshot.distributions
        }
    version = None if live is None or function is None else function.version(live.number)
    if version is None or function is None:
        return {}
    carriers = {one.id for one, _, _, _ in attached(snapshot.distributions, function.arn, excluded)}
    first = min(one.published_at for one in function.versions)
    return {
        one.id: aws.cloudfront.own_invalidation(
            one.id,
            reference_prefix(version.number) if one.id in carriers else CALLER_REFERENCE,
            (one.last_modified, version.published_at, *(() if one.id in carriers else (first,))),
        )
        for one in snapshot.distributions
    }


def _foreign(aws: Aws, arn: str) -> str | Unreadable | None:
    """The State of somebody else's version; the way back goes on where it cannot be read."""
    try:
        return aws.functions.state(arn)[0]
    except NotFound:
        return None
    except AwsFailure as failure:
        return Unreadable(arn, str(failure))


def _headers_policies(
    aws: Aws, distributions: tuple[Distribution, ...], excluded: frozenset[str]
) -> Mapping[str, HeadersPolicy | Unreadable]:
    wanted = {
        behavior.response_headers_policy
        for distribution in distributions
        for behavior in distribution.behaviors
        if behavior.response_headers_policy and behavior.path not in excluded
    }
    return {identity: _headers_policy(aws, identity) for identity in sorted(wanted)}


def _headers_policy(aws: Aws, identity: str) -> HeadersPolicy | Unreadable:
    try:
        return aws.cloudfront.headers_policy(identity)
    except AwsFailure as failure:
        # Somebody may delete it between the list and the question.
        if isinstance(failure, NotFound) or failure.code in {"AccessDenied", "AccessDeniedException"}:
            return Unreadable(f"response headers policy {identity}", str(failure))
        raise


def _tags(aws: Aws, distribution: Distribution) -> Mapping[str, str] | Unreadable:
    """Who owns a distribution is worth a warning, and no reason to stop: what fails is not known."""
    try:
        return aws.cloudfront.tags(distribution.arn)
    except CredentialsExpired:
        raise
    except AwsFailure as failure:
        return Unreadable(f"tags of {distribution.id}", str(failure))


def site_answers(session: Session, urls: tuple[str, ...]) -> tuple[SiteAnswer, ...]:
    """What these URLs answer now; nothing without a probe."""
    if session.probe is None:
        return ()
    answers = (session.probe.headers(url) for url in urls)
    return tuple(
        SiteAnswer(one.url, one.status, one.headers, one.error, by_cloudfront=one.by_cloudfront)
        for one in answers
    )


def _role(aws: Aws, name: str) -> Role | Unreadable | None:
    try:
        return aws.roles.role(name)
    except AwsFailure as failure:
        if failure.denied:
            return Unreadable(f"role {name}", str(failure))
        raise
