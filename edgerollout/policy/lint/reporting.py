"""Whether violations are reported anywhere, and what a report-only policy can test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgerollout.policy.csp import UNOBSERVABLE
from edgerollout.policy.lint.destinations import endpoint_names
from edgerollout.policy.lint.finding import Found
from edgerollout.policy.stage import Stage
from edgerollout.policy.wording import did_you_mean, listed, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import PolicySubject

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
"""The name of an endpoint has no dot, slash or colon; an address has."""


def _reports(subject: PolicySubject) -> bool:
    return bool(subject.csp.sources("report-uri") or subject.csp.sources("report-to"))


def unheard_report_only(subject: PolicySubject) -> Iterator[Found]:
    if subject.stage is Stage.REPORT_ONLY and not _reports(subject):
        message = "the report-only policy reports nowhere: only consoles and tours show what it would block"
        yield Found(message, "report-uri URL")


def unheard(subject: PolicySubject) -> Iterator[Found]:
    if subject.stage is Stage.ENFORCED and not _reports(subject):
        message = "no report-uri and no report-to: nobody learns what the policy breaks or stops"
        yield Found(message, "report-uri URL")


def ignored_in_report_only(subject: PolicySubject) -> Iterator[Found]:
    if subject.stage is Stage.REPORT_ONLY:
        for name, _ in subject.csp:
            if name in UNOBSERVABLE:
                message = f"browsers ignore {name} in a report-only policy: it tests nothing there"
                yield Found(message, "try it enforced, on testing", name)


def report_to_alone(subject: PolicySubject) -> Iterator[Found]:
    if subject.csp.sources("report-to") and not subject.csp.sources("report-uri"):
        message = "report-to alone: only browsers with the Reporting API report, and not from every frame"
        yield Found(
            message, "add report-uri for the others; those that know report-to ignore it", "report-to"
        )


def several_endpoints(subject: PolicySubject) -> Iterator[Found]:
    for name in (subject.csp.sources("report-to") or ())[1:]:
        message = f"report-to takes one name: browsers ignore {printable(name)}"
        yield Found(message, "leave it out", "report-to", name)


def mistaken_destinations(subject: PolicySubject) -> Iterator[Found]:
    for text in subject.csp.sources("report-uri") or ():
        if _NAME.fullmatch(text) is not None:
            message = (
                f"{text} is read as an address relative to the page: report-uri takes addresses, not names"
            )
            fix = f"report-to {text}" if text in endpoint_names(subject.headers) else f"https://HOST/{text}"
            yield Found(message, fix, "report-uri", text)
    for text in subject.csp.sources("report-to") or ():
        if "/" in text:
            message = f"{printable(text)} is read as the name of an endpoint: report-to takes no addresses"
            yield Found(message, f"report-uri {printable(text)}", "report-to", text)


def empty_destinations(subject: PolicySubject) -> Iterator[Found]:
    for name in ("report-uri", "report-to"):
        if subject.csp.sources(name) == ():
            yield Found(
                f"{name} is empty: reports go nowhere", "add an address or a name, or leave it out", name
            )


def unknown_endpoints(subject: PolicySubject) -> Iterator[Found]:
    names = subject.csp.sources("report-to")
    if not names or subject.alone:
        return
    known = endpoint_names(subject.headers)
    if names[0] not in known and "/" not in names[0]:
        there = f"it has {listed(sorted(known))}" if known else "there is none"
        message = f"Reporting-Endpoints has no endpoint {printable(names[0])} ({there}): reports go nowhere"
        near = did_you_mean(names[0], known) if known else None
        hint = near or f'send Reporting-Endpoints: {printable(names[0])}="https://…"'
        yield Found(message, hint, "report-to", names[0])
