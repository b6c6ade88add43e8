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
    """A distribution on which a release is live."""

    id: str
    """CloudFront's id"""
    name: str
    """its name for people"""
    behaviors: int
    """on how many behaviors"""
    own: bool
    """whether it belongs to the environment"""


class PastReleaseJson(Output):
    """A numbered version of the function, as its Description says."""

    version: int
    """its number"""
    publisher: Publisher
    """`edgerollout`; `later-edgerollout`, a newer version of it, which this one cannot read; or `other`. For
    the last two, `commit` and the fields from `published_for` to `overrides` are null or empty"""
    published_for: str | None
    """the environment for which it was published"""
    digest: str | None
    """the first 16 hex digits of the release's digest"""
    base: str | None
    """the same for its policy without the environment's overlay"""
    enforced: str | None
    """the same for the enforced policy as sent"""
    report_only: str | None
    """the same for the report-only policy as sent"""
    observed: str | None
    """the same for the report-only headers"""
    deliver: str | None
    """by what it reaches visitors: `lambda-edge` or `response-headers-policy`"""
    previous: int | None
    """the release that was live when it was published"""
    overrides: Sequence[str]
    """names of the gates that were set aside"""
    withdrawn: bool | None
    """whether a rollback went back past it; null if the function's tags could not be read"""
    commit: str | None
    """the released commit, its first 12 characters"""
    published_at: Moment
    """when it was published, ISO 8601"""
    live: bool
    """whether it is live on a distribution of the environment"""
    live_on: Sequence[CarriedByJson]
    """every distribution of the account on which it is live"""


class HistoryJson(DocumentJson):
    """The releases of an environment: `history`."""

    environment: str
    """its name"""
    account: str
    """the AWS account"""
    function: str
    """the function's name"""
    releases: Sequence[PastReleaseJson]
    """the numbered versions of the function, newest first"""
    older: int
    """how many were left out because of `--limit` (20 by default)"""


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
