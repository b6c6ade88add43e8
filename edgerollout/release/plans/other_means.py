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
from edgerollout.release.delivery.choice import as_delivered, carrier_of
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.live import ledger_of
from edgerollout.release.facts.standing import NOTHING
from edgerollout.release.facts.unreadable import command_for
from edgerollout.release.status.changing import changing
from edgerollout.release.status.status import altered_policy, variants_stand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.render import RenderedResponse
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.facts.standing import LiveRelease


def check_change(
    environment: Environment, snapshot: Snapshot, live: LiveRelease | None, release: Release
) -> Iterator[Finding]:
    """What a change of means may not do: change a header as well, or be done in one update."""
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
    elif changed := _differing(live.release, release):
        yield Finding(
            Severity.ERROR,
            "other-means",
            f"{change}, and would change {listed(changed)} as well: a change of means is a release of its"
            " own",
            f'Set deliver = "{before}" again, and bring out what changes first. Or undo that for now.',
        )
    else:
        yield Finding(
            Severity.NOTE,
            "other-means",
            f"{change}: two updates of each distribution, so that no response is without its headers",
        )


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


def check_carried(
    environment: Environment, snapshot: Snapshot, live: LiveRelease | None, release: Release | None
) -> Iterator[Finding]:
    """A change of means where a policy of others has to come or to go in the same two updates."""
    if (
        live is None
        or as_delivered(environment, snapshot.function, live.number).deliver == environment.deliver
    ):
        return
    if variants_stand(environment, snapshot) or (release is not None and release.carried):
        yield Finding(
            Severity.ERROR,
            "other-means",
            "behaviors have response headers policies of others, or what they say goes along with the live"
            " release: the means cannot be changed on a live site then",
            advise(
                "Take the release off, which gives the policies back: ",
                command_for(environment, "detach"),
                ". Until the next publish responses then have no headers of ours.",
            ),
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
            advise(
                f"{instead} To change it all the same, take the release off: ",
                command_for(environment, "detach"),
                ". Then responses have no headers of ours until the next publish.",
            ),
        )


def _differing(live: Release, release: Release) -> list[str]:
    """The headers, as usually spelled, that a release would treat otherwise than the live one."""
    before, after = _said(live.response()), _said(release.response())
    return [cased(name) for name in sorted({*before, *after}) if before.get(name) != after.get(name)]


def _said(response: RenderedResponse) -> dict[str, tuple[str, ...]]:
    said: dict[str, tuple[str, ...]] = dict.fromkeys(response.remove, ("remove",))
    said |= {name: ("set", *line) for name, line in response.set.items()}
    return said | {name: ("keep", *line) for name, line in response.keep.items()}
