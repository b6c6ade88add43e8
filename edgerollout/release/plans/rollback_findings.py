"""What there is to say of a way back: what AWS would refuse, what is not known, what browsers keep. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.advice import advise
from edgerollout.policy.headers import cased
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.choice import carrier_of, means_of
from edgerollout.release.delivery.response_headers_policy import SLOT as POLICY_SLOT
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.live import attached
from edgerollout.release.facts.standing import NOTHING, LiveRelease
from edgerollout.release.facts.unreadable import Unreadable, UnreadableRelease, command_for, gone_without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.release import Release, ReplacedTrigger
    from edgerollout.release.facts.snapshot import Function, Snapshot


def hindrances(
    environment: Environment, snapshot: Snapshot, function: Function, target: int
) -> Iterator[Finding]:
    """What CloudFront would refuse of the target, before the first mark; what it may refuse, as a warning."""
    version = function.version(target)
    standing_there = tuple(attached(snapshot.distributions, function.arn, frozenset(environment.exclude)))
    events = {event for _, _, event, number in standing_there if number.version != target}
    accepted = function.version(max((number.version for _, _, _, number in standing_there), default=NOTHING))
    elsewhere = advise(
        "Name another release with --to N, or take all triggers off: ", command_for(environment, "detach")
    )
    means = means_of(environment)
    if POLICY_SLOT in events and means.slot != POLICY_SLOT:
        # The version has run nothing there, nor has what it follows: CloudFront looks at it anew.
        events, accepted = events - {POLICY_SLOT} | {means.slot}, None
    if version is not None and events:
        for found in means.hindrances(version, events, accepted):
            refused = found.severity is Severity.ERROR
            yield replace(found, hint=elsewhere) if refused else found
    for arn, answer in snapshot.foreign.items():
        if answer is None:
            yield Finding(
                Severity.ERROR,
                "restore-gone",
                f"what our first release replaced no longer exists: {arn}",
                advise(
                    "To take our triggers off without it coming back: ", command_for(environment, "detach")
                ),
            )
        elif isinstance(answer, Unreadable):
            yield Finding(
                Severity.WARNING,
                "restore-unknown",
                f"whether {arn} still exists is not known ({answer.why})",
            )


def to_restore(environment: Environment, restore: tuple[ReplacedTrigger, ...]) -> Iterator[Finding]:
    """What the way back to nothing cannot say by tfvars: whose functions stood there before."""
    if restore and not carrier_of(environment).brings_back:
        functions = ", ".join(sorted({trigger.arn for trigger in restore}))
        yield Finding(
            Severity.WARNING,
            "restore-by-terraform",
            f"attached before our first release, and for Terraform to restore: {functions}",
            "Write them into the Terraform configuration before `terraform apply`.",
        )


def unread(
    environment: Environment, snapshot: Snapshot, target: int, live: LiveRelease | None
) -> Iterator[Finding]:
    """What is not known of the releases that the rollback goes on without."""
    back = snapshot.documents.get(target)
    if isinstance(back, UnreadableRelease):
        yield gone_without(back, "the live headers will not be compared with it")
    left = None if live is None or live.number == target else snapshot.documents.get(live.number)
    if isinstance(left, UnreadableRelease):
        yield gone_without(left, "what browsers keep of its headers is not known")
        if target == NOTHING and not carrier_of(environment).brings_back:
            yield gone_without(left, "check whether it took over functions that Terraform should restore")


def what_browsers_keep(live: Release | None, target: Release | None) -> Iterator[Finding]:
    """What going from a release to another, or to none, does not take back."""
    if live is None:
        return
    after = {} if target is None else {header.name: header.value for header in target.headers}
    for header in live.headers:
        lasting = header.name == "strict-transport-security" and header.action != "remove"
        if lasting and after.get(header.name) != header.value:
            yield Finding(
                Severity.NOTE,
                "browsers-remember",
                f"browsers that saw {cased(header.name)}: {header.value} keep to it until max-age is over",
            )
    yield Finding(
        Severity.NOTE,
        "browsers-cache",
        "documents that browsers have cached keep the headers they came with, as long as their Cache-Control"
        " says",
    )
