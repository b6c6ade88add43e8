"""The `history` document: the releases of an environment's function, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.status.history import Publisher
from edgerollout.views.output.encoder import DocumentJson, Moment, Output

if TYPE_CHECKING:
    from edgerollout.release.status.history import History, PastRelease

_NOTHING_KNOWN = LedgerLine(environment="", release="")


class CarriedByJson(Output):
    """A distribution that carries a release."""

    id: str
    """CloudFront's id"""
    name: str
    """the name it goes by"""
    behaviors: int
    """on how many behaviors"""
    own: bool
    """whether it belongs to the environment"""


class PastReleaseJson(Output):
    """A numbered version of the function, by its Description alone."""

    version: int
    """its number"""
    publisher: Publisher
    """`edgerollout`; `later-edgerollout`, whose line this one cannot read; or `other`. All but the first
    leave the fields from `published_for` to `overrides`, and `commit`, null or empty"""
    published_for: str | None
    """the environment that it was published for"""
    digest: str | None
    """the first 16 hex digits of the release's digest"""
    base: str | None
    """the same of its policy without the environment's overlay"""
    enforced: str | None
    """the same of the enforced policy as sent"""
    report_only: str | None
    """the same of the report-only policy as sent"""
    observed: str | None
    """the same of the headers that only report"""
    deliver: str | None
    """by what it reaches visitors: `lambda-edge` or `response-headers-policy`"""
    previous: int | None
    """the release that was live when it was published"""
    overrides: Sequence[str]
    """names of the gates that were set aside"""
    withdrawn: bool | None
    """whether a rollback went behind it; null where the function's tags could not be read"""
    commit: str | None
    """what was released, shortened to 12 characters"""
    published_at: Moment
    """when, ISO 8601"""
    live: bool
    """whether a distribution of the environment carries it"""
    live_on: Sequence[CarriedByJson]
    """every distribution of the account that carries it"""


class HistoryJson(DocumentJson):
    """What an environment's function released: `history`."""

    environment: str
    """its name"""
    account: str
    """the AWS account"""
    function: str
    """the function's name"""
    releases: Sequence[PastReleaseJson]
    """the numbered versions of the function, newest first"""
    older: int
    """how many were left out by `--limit` (20 unless given)"""


def history_json(history: History) -> HistoryJson:
    """The document, newest release first. Digests are 16 hex digits."""
    return HistoryJson.of(
        history, releases=[_release(release, marks_known=history.marks_known) for release in history.releases]
    )


def _release(release: PastRelease, *, marks_known: bool) -> PastReleaseJson:
    line = release.line or _NOTHING_KNOWN
    return PastReleaseJson.of(
        line,
        version=release.version,
        publisher=release.publisher,
        published_for=line.environment or None,
        digest=line.release or None,
        deliver=line.deliver if release.line is not None else None,
        withdrawn=release.withdrawn if marks_known else None,
        published_at=release.published_at.isoformat(),
        live=release.live,
        live_on=[CarriedByJson.of(place, id=place.distribution) for place in release.places],
    )
