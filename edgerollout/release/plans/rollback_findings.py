"""The findings about a rollback: what AWS would refuse, what is unknown, what browsers keep. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.advice import advise
from edgerollout.policy.headers import cased
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.choice import carrier_of, means_of
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.headers_policies import SLOT as POLICY_SLOT
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
    """Errors for what CloudFront would refuse about the target, warnings for what it may refuse."""
    version = function.version(target)
    standing_there = tuple(attached(snapshot.distributions, function.arn, frozenset(environment.exclude)))
    events = {event for _, _, event, number in standing_there if number.version != target}
    accepted = function.version(max((number.version for _, _, _, number in standing_there), default=NOTHING))
    elsewhere = advise(
        "Name another release with --to N, or take our release off: ", command_for(environment, "detach")
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
                f"the function that our first release replaced no longer exists: {arn}",
                advise("To take our release off without restoring it: ", command_for(environment, "detach")),
            )
        elif isinstance(answer, Unreadable):
            yield Finding(
                Severity.WARNING,
                "restore-unknown",
                f"whether {arn} still exists is unknown ({answer.why})",
            )


def to_restore(environment: Environment, restore: tuple[ReplacedTrigger, ...]) -> Iterator[Finding]:
    """A warning that the tfvars cannot name the functions that were attached before our first release."""
    if restore and not carrier_of(environment).brings_back:
        functions = ", ".join(sorted({trigger.arn for trigger in restore}))
        yield Finding(
            Severity.WARNING,
            "restore-by-terraform",
            f"attached before our first release; only Terraform can restore them: {functions}",
            "Write them into the Terraform configuration before `terraform apply`.",
        )


def unread(
    environment: Environment, snapshot: Snapshot, target: int, live: LiveRelease | None
) -> Iterator[Finding]:
    """What is unknown about releases that cannot be read, so that the rollback does without them."""
    back = snapshot.documents.get(target)
    if isinstance(back, UnreadableRelease):
        yield gone_without(back, "the live headers will not be compared with it")
    left = None if live is None or live.number == target else snapshot.documents.get(live.number)
    if isinstance(left, UnreadableRelease):
        yield gone_without(left, "which of its headers browsers keep is unknown")
        if target == NOTHING and not carrier_of(environment).brings_back:
            yield gone_without(left, "check whether it took over functions that Terraform should restore")


def what_browsers_keep(live: Release | None, target: Release | None) -> Iterator[Finding]:
    """What browsers keep when the site goes from a release to another one, or to none."""
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
        "documents that browsers have cached keep their old headers for as long as their Cache-Control says",
    )
