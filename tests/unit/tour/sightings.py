"""Builders of what a tour saw, with the values that most tests do not care about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from edgerollout.policy.csp import Csp
from edgerollout.tour.merging import join_pages, merge_records
from edgerollout.tour.model import Browser, Gathered, PageRequest, Record, SelfTest, Visit

if TYPE_CHECKING:
    from edgerollout.tour.cause import Cause

APP = "https://www.example.com"
PAGE = f"{APP}/"
CDN = "https://cdn.example.net"
STARTED = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
POLICY = Csp.parse("default-src 'self'; script-src 'self'; object-src 'none'")

HELLO = "sha256-rIXuntEQPkKF8WQGcHCSUIuLl1NLn7AbfDkRVhpPIsQ="
WORLD = "sha256-MZ0vkpxT5VdEA0ahvM1YBCtqzNFRJLyfUDxyDqnNNrg="
OTHER = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def record(
    directive: str = "img-src",
    blocked: str = f"{CDN}/a.png",
    *,
    channel: str = "audits",
    page: str = PAGE,
    document: str | None = None,
    policy: Csp | None = POLICY,
    **more: Any,
) -> Record:
    """A record of the toured policy, of the page's own document."""
    return Record(
        channel=channel,  # type: ignore[arg-type]
        page=page,
        document=page if document is None else document,
        directive=directive,
        blocked=blocked,
        disposition=more.pop("disposition", "report"),
        original_policy="" if policy is None else policy.header_value(),
        **more,
    )


def inline(hash: str = HELLO, directive: str = "script-src-elem", **more: Any) -> Record:  # noqa: A002
    """A record of the console, which alone knows hashes and does not know the policy."""
    more.setdefault("channel", "log")
    more.setdefault("source", PAGE)
    more.setdefault("line", 7)
    return record(directive, "inline", hash=hash, policy=more.pop("policy", None), **more)


def visit(*records: Record, url: str = PAGE, policy: Csp = POLICY, **more: Any) -> Visit:
    return Visit(
        url=url,
        final_url=url,
        status=200,
        report_only=more.pop("report_only", (policy.header_value(),)),
        records=records,
        **more,
    )


def gathered(*visits: Visit, **more: Any) -> Gathered:
    """A tour of these pages, whole, with a detector that works."""
    made = Gathered(
        mode="deployed",
        started=STARTED,
        ended=STARTED + timedelta(seconds=9),
        browser=Browser("Chromium", "150.0"),
        self_test=SelfTest(("inline-script", "third-party-image")),
        asked=tuple(item.url for item in visits),
        visits=visits,
    )
    return replace(made, **more)


def causes(
    *records: Record, policy: Csp = POLICY, requests: tuple[PageRequest, ...] = ()
) -> tuple[Cause, ...]:
    """The causes among the records of one page."""
    return join_pages(merge_records(records, requests, policy))


def cause(*records: Record, **more: Any) -> Cause:
    """The one cause that these records are of."""
    (found,) = causes(*records, **more)
    return found
