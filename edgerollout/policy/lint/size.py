"""Whether CloudFront and proxies on the way accept the size of the headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.header_rules import CSP_WARNING_BYTES, MAX_TOTAL_BYTES
from edgerollout.policy.lint.finding import Found
from edgerollout.policy.render import ENFORCED, REPORT_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import HeadersSubject, PolicySubject


def long_policies(subject: PolicySubject) -> Iterator[Found]:
    size = len(subject.csp.header_value())
    if size >= CSP_WARNING_BYTES:
        message = (
            f"the policy takes {size:,} bytes; from {CSP_WARNING_BYTES:,} on some proxies refuse the response"
        )
        yield Found(message, "shorten the lists, for example with one wildcard host for several")


def total(subject: HeadersSubject) -> Iterator[Found]:
    lines = dict(subject.headers)
    for name, csp in ((ENFORCED, subject.enforced), (REPORT_ONLY, subject.report_only)):
        if csp is not None:
            lines[name] = csp.header_value()
    size = sum(len(name) + len(value.encode()) + len(": \r\n") for name, value in lines.items())
    if size > MAX_TOTAL_BYTES:
        message = (
            f"the headers take {size:,} bytes, CloudFront allows {MAX_TOTAL_BYTES:,}: every response is a 502"
        )
        yield Found(message, "shorten the longest")
