"""What a site sends today, before its function is replaced: its enforced CSP and its headers. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.errors import Refused
from edgerollout.policy.csp import Csp
from edgerollout.policy.headers import Header, cased
from edgerollout.policy.render import ENFORCED, REPORT_ONLY
from edgerollout.policy.severity import Severity
from edgerollout.policy.wording import listed
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.path_pattern import matches
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.net.answer import HttpAnswer
    from edgerollout.release.facts.release import Release, ReplacedTrigger
    from edgerollout.release.facts.snapshot import Distribution, Snapshot

# Headers that S3, CloudFront and HTTP itself set: they do not depend on the replaced function.
_OF_THE_SERVER = frozenset(
    {
        "accept-ranges", "age", "alt-svc", "connection", "content-encoding", "content-length", "content-type",
        "date", "etag", "keep-alive", "last-modified", "location", "server", "transfer-encoding", "vary",
        "via", "x-cache",
    }
)  # fmt: skip
_AMAZON = "x-amz-"

_NONCE = "'nonce-"


def read_answers(snapshot: Snapshot, name: str) -> tuple[HttpAnswer, ...]:
    """The answers of the URLs of environment `name`, without CloudFront's own redirects.

    Raises Refused when there is none, or when a URL fails.
    """
    why_read = "the function that is replaced may enforce a CSP, which must not be lost"
    for answer in snapshot.site:
        if answer.status is None or answer.status >= 500:
            raise Refused(
                f"cannot read which CSP {answer.url} enforces today:"
                f" {answer.error or f'status {answer.status}'}",
                why=why_read,
                hint="Nothing was changed. Mend the URL, or take it out of"
                f" environments.{name}.urls, and run the command again.",
            )
    answers = tuple(answer for answer in snapshot.site if not answer.by_cloudfront)
    if not answers:
        raise Refused(
            f"cannot read which CSP {name} enforces today: "
            + ("its URLs only redirect" if snapshot.site else "it has no urls"),
            why=why_read,
            hint=f"Name a page of the site by its https URL under environments.{name}.urls.",
        )
    return answers


def enforced_today(answers: tuple[HttpAnswer, ...]) -> Csp | None:
    """The CSP that all answers enforce, None when none does. Raises Refused when they differ."""
    found: dict[str | None, list[tuple[str, Csp | None]]] = {}
    for answer in answers:
        policy = _policy_of(answer)
        found.setdefault(None if policy is None else policy.canonical(), []).append((answer.url, policy))
    if len(found) > 1:
        said = "; ".join(
            f"{entries[0][0]} enforces {policy_words(entries[0][1])}" for entries in list(found.values())[:3]
        )
        raise Refused(
            "the site enforces different CSPs on different pages, and a release has one",
            why=said,
            hint="Nothing was changed. Send one CSP from the function that is there now, or take over part of"
            " the behaviors (exclude = [...]).",
        )
    [[(_, policy), *_]] = found.values()
    return policy


def headers_today(answers: tuple[HttpAnswer, ...], wanted: tuple[Header, ...]) -> tuple[Header, ...]:
    """Those of the headers `wanted` that all answers have today, with the value of today.

    Raises Refused where answers differ in one.
    """
    found: list[Header] = []
    for header in wanted:
        said: dict[str, str] = {}
        for answer in answers:
            said.setdefault(", ".join(answer.values(header.name)), answer.url)
        if len(said) > 1:
            raise Refused(
                f"the site sends different values of {header.name} on different pages, and a release has one",
                why="; ".join(f"{url} sends {value or 'none'}" for value, url in list(said.items())[:3]),
                hint="Nothing was changed. Send one value from what is there now, or take over part of the"
                " behaviors (exclude = [...]).",
            )
        found += (Header(header.name, value) for value in said if value)
    return tuple(found)


def enforces(answer: HttpAnswer, policy: Csp) -> bool:
    """Whether a page enforces exactly this policy. Raises Refused for a policy that no release can carry."""
    found = _policy_of(answer)
    return found is not None and found.digest() == policy.digest()


def _policy_of(answer: HttpAnswer) -> Csp | None:
    values = answer.values(ENFORCED)
    policies = [part for value in values for part in value.split(",") if part.strip()]
    if not policies:
        return None
    if len(policies) > 1:
        raise Refused(
            f"{answer.url} enforces {len(policies)} CSPs at once, and a release has one",
            why="browsers apply all of them, and no single policy means the same",
            hint="Nothing was changed. Find out who sets the other one (origin, function, response headers"
            " policy) and keep one.",
        )
    policy = carriable(policies[0], answer.url)
    return None if policy.is_empty else policy


def carriable(text: str, where: str) -> Csp:
    """The CSP that is sent at `where`. Raises Refused for one that no release can carry over."""
    policy = Csp.parse(text)
    if not text.isascii():
        raise Refused(f"the CSP of {where} is not ASCII and cannot be carried over")
    if any(source.lower().startswith(_NONCE) for _, sources in policy for source in sources):
        raise Refused(
            f"the CSP of {where} has a nonce, new in every response: it cannot be carried over",
            hint="Nothing was changed. Leave these behaviors to what makes the nonce (exclude = [...]).",
        )
    return policy


def about_csp(today: Csp | None) -> Iterator[Finding]:
    """A note about the CSP that is carried over, if there is one."""
    if today is None:
        message = "the site enforces no CSP today: nothing to carry over"
    else:
        message = f"enforced today and carried over as it is: {policy_words(today)}"
    yield Finding(Severity.NOTE, "csp-today", message)


def policy_words(policy: Csp | None) -> str:
    """A policy as the value of its header."""
    return "none" if policy is None else policy.header_value()


# --- which behaviors were looked at ------------------------------------------------------------------


def unseen_behaviors(
    taken: tuple[ReplacedTrigger, ...], answers: tuple[HttpAnswer, ...], snapshot: Snapshot
) -> tuple[Finding, ...]:
    """A warning about behaviors that no URL leads to: they are assumed to send what others of the same
    function version send.

    Raises Refused when no behavior of a version was looked at.
    """
    seen = {place for answer in answers for place in _places(answer.url, snapshot.distributions)}
    looked_at = {trigger.arn for trigger in taken if (trigger.distribution, trigger.path) in seen}
    unseen = [trigger for trigger in taken if (trigger.distribution, trigger.path) not in seen]
    for item in unseen:
        if item.arn not in looked_at:
            raise Refused(
                f"cannot read which CSP {item.arn} enforces today: no URL leads to"
                f" {snapshot.distribution(item.distribution).name} {item.path}",
                hint="Name a page behind that behavior under urls of the environment, or leave it alone with"
                f' exclude = ["{item.path}"].',
            )
    if not unseen:
        return ()
    paths = listed(sorted({trigger.path for trigger in unseen}))
    return (
        Finding(
            Severity.WARNING,
            "csp-assumed",
            f"no URL leads to {paths}: assumed to enforce what the same function enforces elsewhere",
            "Name pages behind them under urls of the environment; then this is checked.",
        ),
    )


def _places(url: str, distributions: tuple[Distribution, ...]) -> Iterator[tuple[str, str]]:
    """(distribution id, path pattern) of the behavior that answers a URL."""
    parts = urlsplit(url)
    for distribution in distributions:
        if not answers_for(distribution, url):
            continue
        yield next(
            (distribution.id, behavior.path)
            for behavior in distribution.behaviors
            if behavior.path == DEFAULT_BEHAVIOR or matches(behavior.path, parts.path or "/")
        )


def answers_for(distribution: Distribution, url: str) -> bool:
    """Whether the URL's host belongs to the distribution: one of its aliases, or its CloudFront domain."""
    host = (urlsplit(url).hostname or "").lower()
    return any(_names(alias, host) for alias in (distribution.domain_name, *distribution.aliases))


def _names(alias: str, host: str) -> bool:
    """Whether an alias, which may be `*.example.com`, names the host (one label for the asterisk)."""
    alias = alias.lower()
    return alias == host or (alias.startswith("*.") and alias[2:] == host.partition(".")[2])


# --- the other headers of today ----------------------------------------------------------------------


def about_headers(answers: tuple[HttpAnswer, ...], release: Release) -> Iterator[Finding]:
    """Headers that may disappear with the replaced function, and headers that get another value."""
    response = release.response()
    ours = {*response.set, *response.keep, *response.remove}
    present: dict[str, str] = {}
    for answer in answers:
        for name, value in answer.headers:
            present.setdefault(name, value)
    others = sorted(
        name for name in present.keys() - ours - _OF_THE_SERVER - {ENFORCED} if not name.startswith(_AMAZON)
    )
    if others:
        yield Finding(
            Severity.WARNING,
            "headers-of-today",
            f"the site also sends {listed(map(cased, others))} today: those that the replaced function sets"
            " are gone after the swap",
            "Write those that must stay under [headers] in config/policy.toml.",
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
