"""Policies of others on behaviors that get a release by response headers policy: what goes along. Pure.

A behavior has room for one policy. So what theirs says goes into a variant of the release's, and the release
keeps theirs whole, to give it back. Their CSP becomes what the release enforces: nothing is weakened.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.errors import Refused
from edgerollout.policy.csp import Csp
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.choice import means_of
from edgerollout.release.delivery.variants import csp_of
from edgerollout.release.facts.arn import is_ours
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.headers_policies import (
    SLOT,
    CarriedPolicy,
    found_again,
    of_any_release,
)
from edgerollout.release.facts.reads import ReadHeadersPolicy
from edgerollout.release.facts.site_today import carriable
from edgerollout.release.facts.snapshot import HeadersPolicy
from edgerollout.release.facts.unreadable import UnreadableRelease, cannot_do_without, command_for
from edgerollout.release.plans.adoption import with_enforced
from edgerollout.release.plans.coming_back import records, untold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.facts.reads import Read
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.facts.standing import LiveRelease
    from edgerollout.release.plans.desired import PublishRequest


def reads(request: PublishRequest, snapshot: Snapshot) -> frozenset[Read]:
    """What has to be known: AWS's own policies, which no list of the account's has; what goes along now."""
    known = records(request.environment, snapshot)
    if means_of(request.environment).slot != SLOT:
        return known
    custom = {policy.id for policy in snapshot.policies}
    found: set[Read] = {
        ReadHeadersPolicy(held) for held in _theirs(request, snapshot).values() if held not in custom
    }
    return frozenset(found) | known


def carried_along(
    request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None, release: Release
) -> tuple[Release, tuple[Finding, ...]]:
    """The release with what goes along, and with the CSP that is enforced by it; what there is to say.

    Raises Refused where that cannot be read, or the behaviors enforce different CSPs.
    """
    if (number := untold(request.environment, snapshot)) is not None:
        document = snapshot.documents.get(number)
        raise cannot_do_without(
            f"what goes along with release {number} (CORS, say) cannot be read",
            document if isinstance(document, UnreadableRelease) else None,
            command_for(request.environment, "rollback"),
        )
    if means_of(request.environment).slot != SLOT:
        return release, ()
    before = () if live is None or live.release is None else live.release.carried
    theirs = _theirs(request, snapshot)
    stale = tuple(_stale(before, theirs, snapshot))
    carried = _together((*_kept(before, theirs, snapshot), *_new(theirs, snapshot)))
    release = _with_csp(replace(release, carried=carried), request, snapshot, theirs)
    return release, stale


def _theirs(request: PublishRequest, snapshot: Snapshot) -> dict[tuple[str, str], str]:
    """Place → the id of the policy of others there; not that of another function's releases."""
    function = None if snapshot.function is None else snapshot.function.arn
    others = {policy.id for policy in snapshot.policies if of_any_release(policy)}
    return {
        (distribution.id, behavior.path): there.arn
        for distribution in snapshot.distributions
        for behavior in distribution.behaviors
        if behavior.path not in request.excluded
        and (there := behavior.at(SLOT)) is not None
        and there.arn not in others
        and not (function is not None and is_ours(there.arn, function))
    }


def _kept(
    before: tuple[CarriedPolicy, ...], theirs: dict[tuple[str, str], str], snapshot: Snapshot
) -> Iterator[CarriedPolicy]:
    """What goes along already, as it is now; as it was then where it was deleted."""
    for policy in before:
        places = tuple(place for place in policy.places if place not in theirs)
        now = None if policy.managed else found_again(policy, snapshot.policies)
        if now is None:
            yield replace(policy, places=places)
        else:
            yield CarriedPolicy(now.id, now.name, now.comment, now.config, managed=False, places=places)


def _new(theirs: dict[tuple[str, str], str], snapshot: Snapshot) -> Iterator[CarriedPolicy]:
    custom = {policy.id: policy for policy in snapshot.policies}
    for place, held in theirs.items():
        if (own := custom.get(held)) is not None:
            yield CarriedPolicy(held, own.name, own.comment, own.config, managed=False, places=(place,))
            continue
        read = snapshot.headers_policies.get(held)
        if not isinstance(read, HeadersPolicy):
            raise Refused(
                f"cannot read what the response headers policy {held} says, which has to go along",
                why=None if read is None else read.why,
                hint="Allow cloudfront:GetResponseHeadersPolicy.",
            )
        yield CarriedPolicy(held, read.name, "", read.config, managed=True, places=(place,))


def _together(policies: tuple[CarriedPolicy, ...]) -> tuple[CarriedPolicy, ...]:
    """Each policy once, with all its places."""
    found: dict[str, CarriedPolicy] = {}
    for policy in policies:
        known = found.get(policy.id)
        places = () if known is None else known.places
        found[policy.id] = replace(policy, places=tuple(sorted({*places, *policy.places})))
    return tuple(policy for _, policy in sorted(found.items()) if policy.places)


def _stale(
    before: tuple[CarriedPolicy, ...], theirs: dict[tuple[str, str], str], snapshot: Snapshot
) -> Iterator[Finding]:
    for policy in before:
        now = None if policy.managed else found_again(policy, snapshot.policies)
        again = () if now is None else tuple(_kept((policy,), theirs, snapshot))
        if any(item.places and item.variant != policy.variant for item in again):
            yield Finding(
                Severity.WARNING,
                "policy-stale",
                f"{policy.name} was edited since the live release copied what goes along: the new release"
                " says what it says now",
            )


def _with_csp(
    release: Release, request: PublishRequest, snapshot: Snapshot, theirs: dict[tuple[str, str], str]
) -> Release:
    """The release, enforcing what the policies that go along for the first time enforce today."""
    by_id = {policy.id: policy for policy in release.carried}
    said = {place: csp_of(by_id[held].config) for place, held in theirs.items()}
    if all(value is None for value in said.values()):
        return release
    policies: dict[str | None, tuple[Csp | None, str]] = {}
    for distribution in snapshot.distributions:
        for behavior in distribution.behaviors:
            if behavior.path in request.excluded:
                continue
            place = (distribution.id, behavior.path)
            value = said.get(place)
            where = f"{distribution.name} {behavior.path}"
            policy = None if value is None else carriable(value, where)
            if place not in said and behavior.at(SLOT) is not None and release.enforced is not None:
                policy = release.enforced.effective
            policies.setdefault(None if policy is None else policy.canonical(), (policy, where))
    if len(policies) > 1:
        said_where = "; ".join(
            f"{where}: {'none' if policy is None else policy.header_value()}"
            for policy, where in policies.values()
        )
        raise Refused(
            "the response headers policies enforce different CSPs on different behaviors, and a release has"
            " one",
            why=said_where,
            hint="Nothing was changed. Make them one, or leave some behaviors alone (exclude = [...]).",
        )
    [(today, where)] = policies.values()
    if today is None:
        return release
    return with_enforced(release, today, where)


def enforced_there(release: Release, distribution: str) -> bool:
    """Whether the policies of others at a distribution enforce the release's CSP already."""
    policy = release.enforced
    own = [item for item in release.carried if any(at == distribution for at, _ in item.places)]
    said = [csp_of(item.config) for item in own]
    return (
        policy is not None
        and bool(said)
        and all(value is not None and Csp.parse(value).digest() == policy.digest for value in said)
    )
