"""First adoption: `--replace` takes over the slot of a function that was there before us. Pure.

The named function's triggers go and ours come in the same update. The release remembers what it
replaced, so that taking it back restores it, and carries the CSP that the site enforces today, so that
nothing is weakened between the old function and the new one.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.errors import Refused, UsageError
from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.headers import cased
from edgerollout.policy.render import ENFORCED, REPORT_ONLY
from edgerollout.policy.wording import listed
from edgerollout.release.distribution_document import is_ours
from edgerollout.release.live import attached, ledger_of
from edgerollout.release.model import Release, ReplacedTrigger
from edgerollout.release.path_pattern import matches
from edgerollout.release.plan import Finding, Severity
from edgerollout.release.snapshot import DEFAULT_BEHAVIOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgerollout.release.desired import PublishRequest
    from edgerollout.release.environment import Environment
    from edgerollout.release.plan import LiveRelease
    from edgerollout.release.snapshot import Distribution, SiteAnswer, Snapshot

_FUNCTION = re.compile(
    r"(?P<function>arn:aws:lambda:us-east-1:(?P<account>\d{12}):function:[A-Za-z0-9_-]+)(?::\d+)?"
)

# What S3, CloudFront and HTTP itself put into a response; no function of a site is missed for these.
_OF_THE_SERVER = frozenset(
    {
        "accept-ranges", "age", "alt-svc", "connection", "content-encoding", "content-length", "content-type",
        "date", "etag", "keep-alive", "last-modified", "location", "server", "transfer-encoding", "vary",
        "via", "x-cache",
    }
)  # fmt: skip
_AMAZON = "x-amz-"

_NONCE = "'nonce-"


@dataclass(frozen=True)
class Adopted:
    """The release with what it replaces and carries, and what there is to say about it."""

    release: Release
    findings: tuple[Finding, ...] = ()


def functions_named(words: Iterable[str], environment: Environment) -> frozenset[str]:
    """The unqualified ARNs of what `--replace` names: a function's ARN, or that of a version of it.

    Raises UsageError for anything else, and for a function that CloudFront could not run here: of
    another account than the environment's, or outside us-east-1.
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
            why=f"it is of region {parts[3]}, and Lambda@Edge functions are in us-east-1"
            if elsewhere
            else None,
            hint=f"--replace {shape}; `edgerollout plan -e {environment.name}` shows it.",
        )
    if found["account"] != environment.account:
        raise UsageError(
            f"--replace {word} is of account {found['account']}, {environment.name} is in"
            f" {environment.account}",
            hint=f"--replace {shape}",
        )
    return found["function"]


def slots(request: PublishRequest, snapshot: Snapshot) -> tuple[ReplacedTrigger, ...]:
    """The triggers that the request takes over as things stand, in the order of the behaviors.

    Those of the named functions at our event; of our own function only versions made by hand, which have
    no ledger line.
    """
    event = request.environment.function.event
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
    """Whether everything of our function that is attached was made by hand, and is taken over now.

    Nothing of it is a release then: the new one is the first.
    """
    function = snapshot.function
    if function is None or function.arn not in request.replace:
        return False
    event = request.environment.function.event
    standing = [
        (at, version.version)
        for _, _, at, version in attached(snapshot.distributions, function.arn, request.excluded)
    ]
    return bool(standing) and all(
        at == event and ledger_of(function, number) is None for at, number in standing
    )


def site_needed(request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None) -> bool:
    """Whether planning has to know what the site sends today: not to finish what was begun."""
    taken = slots(request, snapshot)
    return bool(taken) and not remembers(None if live is None else live.release, taken)


def remembers(release: Release | None, taken: tuple[ReplacedTrigger, ...]) -> bool:
    """Whether a release names all of these triggers as replaced by it."""
    return release is not None and set(taken) <= set(release.replaced)


def check_named(request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None) -> tuple[Finding, ...]:
    """Functions named by `--replace` that are on none of the slots.

    Raises UsageError, unless our release has all the slots there are or remembers the function: then
    there is nothing left to take over, which a repeated command may well find.
    """
    here = {_function_of(one.arn) for one in slots(request, snapshot)}
    others = _foreign_functions(request, snapshot) - request.replace
    known = () if live is None or live.release is None else live.release.replaced
    remembered = {_function_of(one.arn) for one in known}
    gone = sorted(request.replace - here)
    for name in gone:
        if name not in remembered and (live is None or others):
            raise UsageError(
                f"--replace {name}: it is not on {request.environment.function.event} of any behavior",
                why=_elsewhere(name, request, snapshot),
                hint=_nearest(name, others)
                or f"`edgerollout plan -e {request.environment.name}` shows what is there.",
            )
    return tuple(
        Finding(
            Severity.NOTE,
            "replace-done",
            f"--replace {name}: it is on no slot any more, there is nothing to take over",
        )
        for name in gone
    )


def adopt(request: PublishRequest, snapshot: Snapshot, live: LiveRelease | None, release: Release) -> Adopted:
    """`release` with the slots it takes over remembered, and with the CSP that the site enforces today.

    `live` is the live release of ours. Raises Refused when that CSP cannot be told, or differs between
    URLs or from what the live release enforces: the function that keeps it up is about to go.
    """
    taken = slots(request, snapshot)
    if not taken:
        return Adopted(release)
    if live is not None and live.release is not None and remembers(live.release, taken):
        return Adopted(replace(release, replaced=live.release.replaced))
    answers = _answers(request, snapshot)
    unseen = _unseen(taken, answers, snapshot)
    today = _enforced_today(answers)
    release = replace(release, replaced=taken)
    if today is not None:
        release = _carry(release, today)
    found = (*_about_csp(today), *unseen, *_about_headers(answers, release))
    return Adopted(release, found)


# --- the CSP of today --------------------------------------------------------------------------------


def _answers(request: PublishRequest, snapshot: Snapshot) -> tuple[SiteAnswer, ...]:
    """What the URLs answer, CloudFront's own redirects left out. Raises Refused for one that fails."""
    name = request.environment.name
    why_read = "the function that is replaced may enforce a CSP, which must not be lost"
    for one in snapshot.site:
        if one.status is None or one.status >= 500:
            raise Refused(
                f"cannot read which CSP {one.url} enforces today: {one.error or f'status {one.status}'}",
                why=why_read,
                hint="Nothing was changed. Mend the URL, or take it out of"
                f" environments.{name}.urls, and run the command again.",
            )
    answers = tuple(one for one in snapshot.site if not one.by_cloudfront)
    if not answers:
        raise Refused(
            f"cannot read which CSP {name} enforces today: "
            + ("its URLs only redirect" if snapshot.site else "it has no urls"),
            why=why_read,
            hint=f"Name a page of the site by its https URL under environments.{name}.urls.",
        )
    return answers


def _enforced_today(answers: tuple[SiteAnswer, ...]) -> Csp | None:
    """The one CSP that all answers enforce, None when none does."""
    found: dict[str | None, list[tuple[str, Csp | None]]] = {}
    for one in answers:
        policy = _policy_of(one)
        found.setdefault(None if policy is None else policy.canonical(), []).append((one.url, policy))
    if len(found) > 1:
        said = "; ".join(
            f"{entries[0][0]} enforces {_words(entries[0][1])}" for entries in list(found.values())[:3]
        )
        raise Refused(
            "the site enforces different CSPs on different pages, and a release has one",
            why=said,
            hint="Nothing was changed. Make them one in the function that is there now, or take over part of"
            " the behaviors (exclude = [...]).",
        )
    [[(_, policy), *_]] = found.values()
    return policy


def _policy_of(answer: SiteAnswer) -> Csp | None:
    values = answer.values(ENFORCED)
    policies = [part for value in values for part in value.split(",") if part.strip()]
    if not policies:
        return None
    if len(policies) > 1:
        raise Refused(
            f"{answer.url} enforces {len(policies)} CSPs at once, and a release has one",
            why="browsers apply each of them, and no single policy says the same",
            hint="Nothing was changed. Find out who sets the other one (origin, function, response headers"
            " policy) and keep one.",
        )
    policy = Csp.parse(policies[0])
    if not policies[0].isascii():
        raise Refused(f"the CSP of {answer.url} is not ASCII and cannot be carried over")
    if any(source.lower().startswith(_NONCE) for _, sources in policy for source in sources):
        raise Refused(
            f"the CSP of {answer.url} has a nonce, made anew for every response: it cannot be carried over",
            hint="Nothing was changed. Leave these behaviors to the function that makes the nonce"
            " (exclude = [...]).",
        )
    return None if policy.is_empty else policy


def _carry(release: Release, today: Csp) -> Release:
    """`today` as what is enforced; a report-only policy that says the same becomes the enforced one."""
    if release.enforced is not None:
        if release.enforced.digest == today.digest():
            return release
        raise Refused(
            "the site enforces another CSP than the live release, and a release has one",
            why=f"the site: {_words(today)}; the release: {_words(release.enforced.effective)}",
            hint="Nothing was changed. Leave the other behaviors alone (exclude = [...]).",
        )
    observed = release.report_only
    if observed is not None and observed.digest == today.digest():
        return replace(release, enforced=observed, report_only=None)
    return replace(release, enforced=LayeredCsp(today))


def _about_csp(today: Csp | None) -> Iterator[Finding]:
    if today is None:
        message = "the site enforces no CSP today: nothing to carry over"
    else:
        message = f"enforced today and carried over as it is: {_words(today)}"
    yield Finding(Severity.NOTE, "csp-today", message)


def _words(policy: Csp | None) -> str:
    return "none" if policy is None else policy.header_value()


# --- which behaviors were looked at ------------------------------------------------------------------


def _unseen(
    taken: tuple[ReplacedTrigger, ...], answers: tuple[SiteAnswer, ...], snapshot: Snapshot
) -> tuple[Finding, ...]:
    """Behaviors that no URL leads to: taken to do as the others of the very same function version.

    Raises Refused when nothing of a version was looked at.
    """
    seen = {place for one in answers for place in _places(one.url, snapshot.distributions)}
    looked_at = {one.arn for one in taken if (one.distribution, one.path) in seen}
    unseen = [one for one in taken if (one.distribution, one.path) not in seen]
    for one in unseen:
        if one.arn not in looked_at:
            raise Refused(
                f"cannot read which CSP {one.arn} enforces today: no URL leads to"
                f" {snapshot.distribution(one.distribution).name} {one.path}",
                hint="Name a page behind that behavior under urls of the environment, or leave it alone with"
                f' exclude = ["{one.path}"].',
            )
    paths = listed(sorted({one.path for one in unseen}))
    if not unseen:
        return ()
    return (
        Finding(
            Severity.WARNING,
            "csp-assumed",
            f"no URL leads to {paths}: taken to enforce what the same function enforces elsewhere",
            "Name pages behind them under urls of the environment, then it is checked.",
        ),
    )


def _places(url: str, distributions: tuple[Distribution, ...]) -> Iterator[tuple[str, str]]:
    """(distribution id, path pattern) of the behavior that answers a URL."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    for distribution in distributions:
        if not any(_names(alias, host) for alias in (distribution.domain_name, *distribution.aliases)):
            continue
        yield next(
            (distribution.id, behavior.path)
            for behavior in distribution.behaviors
            if behavior.path == DEFAULT_BEHAVIOR or matches(behavior.path, parts.path or "/")
        )


def _names(alias: str, host: str) -> bool:
    """Whether an alias, which may be `*.example.com`, names the host (one label for the asterisk)."""
    alias = alias.lower()
    return alias == host or (alias.startswith("*.") and alias[2:] == host.partition(".")[2])


# --- the other headers of today ----------------------------------------------------------------------


def _about_headers(answers: tuple[SiteAnswer, ...], release: Release) -> Iterator[Finding]:
    response = release.response()
    ours = {*response.set, *response.keep, *response.remove}
    present: dict[str, str] = {}
    for one in answers:
        for name, value in one.headers:
            present.setdefault(name, value)
    others = sorted(
        name for name in present.keys() - ours - _OF_THE_SERVER - {ENFORCED} if not name.startswith(_AMAZON)
    )
    if others:
        yield Finding(
            Severity.WARNING,
            "headers-of-today",
            f"the site also sends {listed(map(cased, others))} today: what the replaced function sets of"
            " these is gone after the swap",
            "Put what is to stay under [headers] in config/policy.toml.",
        )
    changed = [
        f"{key}: {present[name]} becomes {value}"
        for name, (key, value) in response.set.items()
        if name in present and present[name] != value and name not in {ENFORCED, REPORT_ONLY}
    ]
    if changed:
        yield Finding(
            Severity.NOTE, "headers-change", f"headers of today get another value: {'; '.join(changed)}"
        )


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
    """The functions on our slots that are no release of ours, unqualified."""
    return {
        _function_of(trigger.arn)
        for distribution in snapshot.distributions
        for behavior in distribution.behaviors
        if behavior.path not in request.excluded
        and (trigger := behavior.at(request.environment.function.event)) is not None
        and not _released(snapshot, trigger.arn)
    }


def _elsewhere(name: str, request: PublishRequest, snapshot: Snapshot) -> str | None:
    """At which other event a function is, or that it stands on an excluded behavior."""
    for distribution, behavior, event, _ in attached(snapshot.distributions, name):
        place = f"{distribution.name} {behavior.path}"
        if behavior.path in request.excluded:
            return f"it is on {place}, which is excluded"
        if event != request.environment.function.event:
            return f"it is on {event} of {place}; to take that over, set function.event to it" + (
                "" if event.endswith("-response") else " (edgerollout runs on responses only)"
            )
    return None


def _nearest(name: str, others: set[str]) -> str | None:
    near = difflib.get_close_matches(name, sorted(others), n=1) or sorted(others)[:1]
    return f"There is: --replace {near[0]}" if near else None
