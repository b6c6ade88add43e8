"""What the -Report-Only twins of headers report, as a browser tells it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.staging import COEP, COOP, STAGED, twin_of
from edgerollout.tour.conduct import HEADER_OF, said_by_report
from edgerollout.tour.model import Breakage
from edgerollout.tour.origin import origin_of
from edgerollout.tour.protocol import Json, flag, part, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


@dataclass(frozen=True)
class TwinReport:
    """One thing that a header would break; `header` is the twin's name. The rest is COEP's: the kind of
    violation, the URL and what it was wanted as.
    """

    header: str
    problem: str
    kind: str = ""
    blocked: str = ""
    destination: str = ""


def by_report(report: Json) -> TwinReport | None:
    """What a report to the page says of a twin; None for one about an enforced header."""
    header, body = HEADER_OF.get(text(report, "type"), ""), part(report, "body")
    only_reports = flag(body, "reportOnly") or text(body, "disposition") in ("report", "reporting")
    if header not in STAGED or not only_reports:
        return None
    return TwinReport(
        twin_of(header),
        said_by_report(report),
        text(body, "type"),
        text(body, "blockedURL"),
        text(body, "destination"),
    )


def by_console(entry: Json) -> TwinReport | None:
    """What the console says of COOP's twin, which reports nowhere else; None for anything else."""
    said = text(entry, "text")
    if not said.startswith("Cross-Origin-Opener-Policy policy would block"):
        return None
    return TwinReport(twin_of(COOP), f"console: {said}")


def breakages(
    found: Iterable[TwinReport], page: str, headers: Mapping[str, str], own_origins: Collection[str]
) -> tuple[Breakage, ...]:
    """What the twins of a page reported, each thing once, without false alarms. `headers` are the page's."""
    credentialless = headers.get(twin_of(COEP), "").startswith("credentialless")
    told = dict.fromkeys(
        (report.header, report.problem)
        for report in found
        if report.header != twin_of(COEP) or not _is_false_alarm(report, own_origins, credentialless)
    )
    return tuple(Breakage(header, "", problem, page) for header, problem in told)


def _is_false_alarm(report: TwinReport, own_origins: Collection[str], credentialless: bool) -> bool:
    """Whether COEP would not break what its twin reports.

    The site's own frames and workers get the header themselves once it is enforced, which the twin does not
    foresee. `credentialless` lets files of other sites load without their permission.
    """
    if report.kind in ("navigation", "worker initialization"):
        return origin_of(report.blocked) in own_origins or not origin_of(report.blocked)
    return credentialless and report.destination not in ("iframe", "frame")
