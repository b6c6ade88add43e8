"""Adoption: `--replace` takes over the slots of a function that was there before us. Pure.

One update removes the named function's triggers and attaches ours. The release records what it replaced, so
that a rollback restores it. It also carries the CSP that the site enforces today, so that nothing is weakened
between the old function and the new one.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import Refused, UsageError
from edgerollout.policy.csp import LayeredCsp
from edgerollout.policy.severity import Severity
from edgerollout.policy.staging import stage_headers
from edgerollout.release.delivery.choice import means_of
from edgerollout.release.facts.arn import is_ours
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.live import attached, ledger_of
from edgerollout.release.facts.release import Release, ReplacedTrigger
from edgerollout.release.facts.replaced_tags import KEPT_FREE, read_replaced, releases_told, replaced_tags
from edgerollout.release.facts.site_today import (
    about_csp,
    about_headers,
    enforced_today,
    headers_today,
    policy_words,
    read_answers,
    unseen_behaviors,
)
from edgerollout.release.facts.swap_marks import free_tags
from edgerollout.release.plans.plan import MarkReleases

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.policy.csp import Csp
    from edgerollout.policy.headers import Header
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.facts.standing import LiveRelease
    from edgerollout.release.plans.desired import PublishRequest

_FUNCTION = re.compile(
    r"(?P<function>arn:aws:lambda:us-east-1:(?P<account>\d{12}):function:[A-Za-z0-9_-]+)(?::\d+)?"
)


@dataclass(frozen=True)
class Adopted:
    """The release with the triggers that it replaces and the CSP that it carries, and findings about it."""

    release: Release
    findings: tuple[Finding, ...] = ()


def functions_named(words: Iterable[str], environment: Environment) -> frozenset[str]:
    """The unqualified ARNs of the functions that `--replace` names, each by its ARN or by a version's ARN.

    Raises UsageError for anything else, and for a function that CloudFront cannot run here: in another
    account than the environment's, or outside us-east-1.
    """
    return frozenset(_function_named(word, environment) for word in words)


def _function_named(word: str, environment: Environment) -> str:
    found = _FUNCTION.fullmatch(word)
    shape = f"arn:aws:lambda:us-east-1:{environment.account}:function:NAME"
    if found is None:
        parts = word.split(":")
        elsewhere = word.startswith("arn:aws:lambda:") and parts[3] != "us-east-1"
        raise UsageError(
            f"--replace {word} is not the ARN of a function that CloudFront runs",
            why=f"it is in region {parts[3]}, but Lambda@Edge functions are in us-east-1"
            if elsewhere
            else None,
            hint=advise(f"--replace {shape}; `", CommandLine("plan", environment.name), "` shows it."),
        )
    if found["account"] != environment.account:
        raise UsageError(
            f"--replace {word} is in account {found['account']}, but {environment.name} is in"
            f" {environment.account}",
            hint=f"--replace {shape}",
        )
    return found["function"]


def slots(request: PublishRequest, snapshot: Snapshot) -> tuple[ReplacedTrigger, ...]:
    """The triggers that the request takes over now, in the order of the behaviors.

    These are the named functions' triggers at our event. Of our own function they are only versions made by
    hand, which have no ledger line.
    """
    event = means_of(request.environment).slot
    return tuple(
        ReplacedTrigger(distribution.id, behavior.path, event, trigger.arn, trigger.include_body)
        for distribution in snapshot.distributions
        for behavior in distribution.behaviors
        if behavior.path not in request.excluded
        and (trigger := behavior.at(event)) is not None
        and (version := trigger.version) is not None
        and version.function_arn in request.replace
        and not _released(snapshot, trigger.arn)
    )


def takes_over_by_hand(request: PublishRequest, snapshot: Snapshot) -> bool:
    """Whether all attached versions of our function were made by hand and are taken over now.

    Then none of them is a release, and the new release is the first.
    """
    function = snapshot.function
    if function is None or function.arn not in request.replace:
        return False
    event = means_of(request.environment).slot
    standing = [
        (at, version.version)
        for _, _, at, version in attached(snapshot.distributions, function.arn, request.excluded)
    ]
    return bool(standing) and all(
        at == event and ledger_of(function, number) is None for at, number in standing
    )


def site_needed(request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None) -> bool:
    """Whether planning has to know what the site sends today. It need not when it finishes a take-over."""
    taken = slots(request, snapshot)
    return bool(taken) and not remembers(None if live is None else live.release, taken)


def remembers(release: Release | None, taken: tuple[ReplacedTrigger, ...]) -> bool:
    """Whether a release names all of these triggers as replaced by it."""
    return release is not None and set(taken) <= set(release.replaced)


def check_named(request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None) -> tuple[Finding, ...]:
    """Notes about functions named by `--replace` that are on none of the slots.

    Raises UsageError, unless our release has all slots already, or a release of ours records the function (in
    release.json or tags). Then nothing is left to take over, for example when the command is repeated.
    """
    here = {_function_of(trigger.arn) for trigger in slots(request, snapshot)}
    others = _foreign_functions(request, snapshot) - request.replace
    known = () if live is None or live.release is None else live.release.replaced
    tags = (snapshot.function.tags if snapshot.function else None) or {}
    known += tuple(trigger for number in releases_told(tags) for trigger in read_replaced(tags, number) or ())
    remembered = {_function_of(trigger.arn) for trigger in known}
    gone = sorted(request.replace - here)
    for name in gone:
        if name not in remembered and (live is None or others):
            raise UsageError(
                f"--replace {name}: it is not on {means_of(request.environment).slot} of any behavior",
                why=_elsewhere(name, request, snapshot),
                hint=_nearest(name, others)
                or advise("`", CommandLine("plan", request.environment.name), "` shows what is there."),
            )
    return tuple(
        Finding(
            Severity.NOTE,
            "replace-done",
            f"--replace {name}: it is on no slot any more, so there is nothing to take over",
        )
        for name in gone
    )


def adopt(request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None, release: Release) -> Adopted:
    """`release` with the slots that it takes over, and with the CSP that the site enforces today.

    `live` is our live release. Raises Refused when that CSP cannot be read, or differs between URLs or from
    what the live release enforces: the function that sends it is about to be removed.
    """
    taken = slots(request, snapshot)
    if not taken:
        return Adopted(release)
    if live is not None and live.release is not None and remembers(live.release, taken):
        return Adopted(replace(release, replaced=live.release.replaced))
    answers = read_answers(snapshot, request.environment.name)
    unseen = unseen_behaviors(taken, answers, snapshot)
    today = enforced_today(answers)
    release = replace(release, replaced=taken)
    if today is not None:
        release = with_enforced(release, today, "the site")
    release, carried = _with_headers(release, headers_today(answers, release.observed))
    found = (*about_csp(today), *carried, *unseen, *about_headers(answers, release))
    return Adopted(release, found)


def keep_in_tags(
    request: PublishRequest,
    snapshot: Snapshot,
    live: LiveRelease | None,
    release: Release,
    target: int | None,
) -> tuple[tuple[MarkReleases, ...], tuple[Finding, ...]]:
    """The step that records on the function what the release takes over, or a finding why it cannot.

    The tags are for the day when the release's bundle cannot be read. Both are empty where the release takes
    over nothing, or where the tags of the release or of the live one record it already.
    """
    taken = slots(request, snapshot)
    if not taken or not release.replaced:
        return (), ()
    tags = {} if snapshot.function is None else snapshot.function.tags or {}
    for number in (target, None if live is None else live.number):
        known = None if number is None else read_replaced(tags, number)
        if known is not None and set(taken) <= set(known):
            return (), ()
    needed, free = len(replaced_tags(0, release.replaced)), free_tags(tags) - KEPT_FREE
    if needed <= free:
        return (MarkReleases(replaced=release.replaced),), ()
    return (), (
        Finding(
            Severity.WARNING,
            "replaced-untagged",
            f"what is taken over needs {needed} tags on the function, and {max(free, 0)} are free:"
            " rolling this release back will need its bundle",
            "Remove tags of the function that nobody needs, or take over fewer behaviors (exclude = [...]).",
        ),
    )


def with_enforced(release: Release, today: Csp, where: str) -> Release:
    """The release enforcing `today`, as `where` does; an equal report-only policy becomes the enforced one.

    Raises Refused where the release enforces another one already.
    """
    if release.enforced is not None:
        if release.enforced.digest == today.digest():
            return release
        raise Refused(
            f"{where} enforces another CSP than the live release, but a release has only one",
            why=f"{where}: {policy_words(today)}; the release: {policy_words(release.enforced.effective)}",
            hint="Nothing was changed. Leave the other behaviors alone (exclude = [...]).",
        )
    observed = release.report_only
    if observed is not None and observed.digest == today.digest():
        return replace(release, enforced=observed, report_only=None)
    return replace(release, enforced=LayeredCsp(today))


def _with_headers(release: Release, today: tuple[Header, ...]) -> tuple[Release, tuple[Finding, ...]]:
    """The release enforcing the headers of today that it would only observe, as far as it enforces none of
    that name.
    """
    enforced = {header.name for header in release.headers}
    carried = tuple(header for header in today if header.name not in enforced)
    staged = stage_headers(release.observed, carried)
    headers = tuple(sorted((*release.headers, *staged.enforced), key=lambda header: header.name))
    found = tuple(
        Finding(
            Severity.NOTE,
            "header-today",
            f"enforced today and carried over as it is: {header.name}: {header.value}",
        )
        for header in carried
        if header in headers
    )
    return replace(release, headers=headers, observed=staged.observed), found


# --- who is on the slots -----------------------------------------------------------------------------


def _released(snapshot: Snapshot, arn: str) -> bool:
    """Whether a trigger is a release of ours."""
    function = snapshot.function
    if function is None or not is_ours(arn, function.arn):
        return False
    number = int(arn.rpartition(":")[2])
    return ledger_of(function, number) is not None


def _function_of(arn: str) -> str:
    return arn.rpartition(":")[0]


def _foreign_functions(request: PublishRequest, snapshot: Snapshot) -> set[str]:
    """The functions on our slots that are not our releases, unqualified."""
    return {
        _function_of(trigger.arn)
        for distribution in snapshot.distributions
        for behavior in distribution.behaviors
        if behavior.path not in request.excluded
        and (trigger := behavior.at(means_of(request.environment).slot)) is not None
        and not _released(snapshot, trigger.arn)
    }


def _elsewhere(name: str, request: PublishRequest, snapshot: Snapshot) -> str | None:
    """The other event at which a function is, or the excluded behavior on which it is."""
    for distribution, behavior, event, _ in attached(snapshot.distributions, name):
        place = f"{distribution.name} {behavior.path}"
        if behavior.path in request.excluded:
            return f"it is on {place}, which is excluded"
        if event != means_of(request.environment).slot:
            return f"it is on {event} of {place}; to take that over, set function.event to it" + (
                "" if event.endswith("-response") else " (edgerollout runs on responses only)"
            )
    return None


def _nearest(name: str, others: set[str]) -> str | None:
    near = difflib.get_close_matches(name, sorted(others), n=1) or sorted(others)[:1]
    return f"There is: --replace {near[0]}" if near else None
