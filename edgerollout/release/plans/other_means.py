"""A release that reaches visitors by another means than the live one. Pure.

It is a release of its own: its headers are those of the live one, so that no response differs while both
stand at a behavior. What comes and what goes are two updates (`delivery/coverage.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import advise
from edgerollout.policy.headers import cased
from edgerollout.policy.severity import Severity
from edgerollout.policy.wording import listed
from edgerollout.release.delivery.both_means import AtBehavior, changes
from edgerollout.release.delivery.choice import carrier_of
from edgerollout.release.facts.environment import RESPONSE_HEADERS_POLICY
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.headers_policies import found_again
from edgerollout.release.facts.live import ledger_of
from edgerollout.release.facts.standing import NOTHING
from edgerollout.release.facts.unreadable import command_for
from edgerollout.release.plans.coming_back import untold
from edgerollout.release.plans.rollback_distribution import theirs_beside
from edgerollout.release.status.changing import changing
from edgerollout.release.status.status import altered_policy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from edgerollout.policy.render import RenderedResponse
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.headers_policies import CarriedPolicy
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.facts.standing import LiveRelease


def check_change(
    environment: Environment,
    snapshot: Snapshot,
    live: LiveRelease | None,
    release: Release,
    back: tuple[CarriedPolicy, ...],
) -> Iterator[Finding]:
    """What a change of means may not do: change a header as well, or be done in one update.

    `back`: the policies of others that come back, as they were when they went along.
    """
    begun = changing(snapshot, live, frozenset(environment.exclude))
    if begun is not None:
        yield Finding(Severity.NOTE, "other-means", begun.told)
    before = _means_of_live(snapshot, live)
    if live is None or before is None or before == environment.deliver:
        return
    change = (
        f"release {live.number} is live in {environment.name} by {before}, this one goes by"
        f" {environment.deliver}"
    )
    yield from _by_terraform(environment, change, f'Set deliver = "{before}" again.')
    if live.release is None:
        yield Finding(
            Severity.ERROR,
            "other-means",
            f"{change}; whether a header would change as well is not known: release {live.number} cannot be"
            " read",
            f'Set deliver = "{before}" again.',
        )
    elif changed := _changed(environment, snapshot, live.release, release, back):
        yield Finding(
            Severity.ERROR,
            "other-means",
            f"{change}, and would change {listed(changed)} as well: a change of means is a release of its"
            " own",
            _bring_out_first(before, [*release.carried, *back]),
        )
    else:
        yield Finding(
            Severity.NOTE,
            "other-means",
            f"{change}: two updates of each distribution, so that no response is without its headers",
        )


def _bring_out_first(before: str, others: Collection[CarriedPolicy]) -> str:
    hint = f'Set deliver = "{before}" again, and bring out what changes first. Or undo that for now.'
    if not others:
        return hint
    return f"{hint} Where the release and a policy of others both decide a header, make them say the same."


def check_way_back(
    environment: Environment, snapshot: Snapshot, live: LiveRelease | None, target: int
) -> Iterator[Finding]:
    """The same of a way back to a release that went by another means: its headers are its own."""
    before = _means_of_live(snapshot, live)
    if live is not None and target != NOTHING and before is not None and before != environment.deliver:
        change = f"release {target} went by {environment.deliver}, release {live.number} goes by {before}"
        yield from _by_terraform(environment, change, "Name another release with --to N.")
        yield Finding(
            Severity.NOTE,
            "other-means",
            f'{change}: two updates of each distribution. Set deliver = "{environment.deliver}" before the'
            " next publish, or it changes the means again",
        )


def check_theirs(
    environment: Environment, snapshot: Snapshot, target: int, along: tuple[CarriedPolicy, ...]
) -> Iterator[Finding]:
    """What stands in the way back to a policy: policies of others of which the target knows nothing; and to a
    function: those that nobody can give back, because the release that copied them cannot be read.
    """
    if target == NOTHING:
        return
    if environment.deliver != RESPONSE_HEADERS_POLICY:
        if (number := untold(environment, snapshot)) is not None:
            yield Finding(
                Severity.ERROR,
                "policy-comes-back",
                f"policies of others go along with release {number} (CORS, say), and release {target} goes by"
                f" {environment.deliver}: they have to come back, and release {number}, which has their"
                " content, cannot be read",
                advise(
                    "Name another release with --to N. Or take the release off without them: ",
                    command_for(environment, "detach"),
                ),
            )
        return
    known = {place for policy in along for place in policy.places}
    names = {distribution.id: distribution.name for distribution in snapshot.distributions}
    for (at, path), held in theirs_beside(environment, snapshot).items():
        if held is not None and (at, path) not in known:
            yield Finding(
                Severity.ERROR,
                "policy-taken",
                f"{names.get(at, at)} {path} has the response headers policy {held}, and release {target},"
                " which takes its place, could not give it back: it went along with no policy of release"
                f" {target}",
                "Name another release with --to N. Or go on from here:"
                f' deliver = "{RESPONSE_HEADERS_POLICY}", then publish.',
                at,
            )


def about_altered(
    environment: Environment, snapshot: Snapshot, number: int | None, *, then: str
) -> Iterator[Finding]:
    """A warning about somebody's edit of a release's policy; `then` says what the plan does about it."""
    name = None if number is None else altered_policy(environment, snapshot, number)
    if name is not None:
        message = f"somebody has edited the response headers policy {name} of release {number}: {then}"
        yield Finding(Severity.WARNING, "policy-altered", message)


def _means_of_live(snapshot: Snapshot, live: LiveRelease | None) -> str | None:
    line = None if live is None or snapshot.function is None else ledger_of(snapshot.function, live.number)
    return None if line is None else line.deliver


def _by_terraform(environment: Environment, change: str, instead: str) -> Iterator[Finding]:
    """An apply is one update: a location may have the old means no more, and another the new one not yet."""
    if carrier_of(environment).file is not None:
        yield Finding(
            Severity.ERROR,
            "other-means",
            f"{change}: Terraform would do that in one update, and for some minutes responses may have no"
            " headers of ours",
            f"{instead} Or have edgerollout do it, while Terraform leaves the behaviors alone:"
            ' docs/terraform.md, "Changing the means".',
        )


def _changed(
    environment: Environment,
    snapshot: Snapshot,
    live: Release,
    release: Release,
    back: tuple[CarriedPolicy, ...],
) -> list[str]:
    """The headers that a visitor would get otherwise, by either means, and where."""
    to_policy = environment.deliver == RESPONSE_HEADERS_POLICY
    names = {distribution.id: distribution.name for distribution in snapshot.distributions}
    changed: dict[str, list[str]] = {}
    for policy in release.carried if to_policy else back:
        now = None if policy.managed or to_policy else found_again(policy, snapshot.policies)
        before = AtBehavior(live.response(), policy.config)
        after = AtBehavior(release.response(), policy.config if now is None else now.config)
        event = environment.function.event
        if what := tuple(changes(before, after, event, to_policy=to_policy)):
            places = (f"{names.get(at, at)} {path}" for at, path in policy.places)
            changed.setdefault(f"{listed(what)} with {policy.name}", []).extend(places)
    along = {place for policy in (release.carried if to_policy else back) for place in policy.places}
    alone = any(
        (distribution.id, behavior.path) not in along
        for distribution in snapshot.distributions
        for behavior in distribution.behaviors
        if behavior.path not in environment.exclude
    )
    return [
        *(_differing(live, release) if alone else ()),
        *(f"{what} on {listed(places)}" for what, places in changed.items()),
    ]


def _differing(live: Release, release: Release) -> list[str]:
    """The headers, as usually spelled, that a release would treat otherwise than the live one."""
    before, after = _said(live.response()), _said(release.response())
    return [cased(name) for name in sorted({*before, *after}) if before.get(name) != after.get(name)]


def _said(response: RenderedResponse) -> dict[str, tuple[str, ...]]:
    said: dict[str, tuple[str, ...]] = dict.fromkeys(response.remove, ("remove",))
    said |= {name: ("set", *line) for name, line in response.set.items()}
    return said | {name: ("keep", *line) for name, line in response.keep.items()}
