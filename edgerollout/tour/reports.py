"""Files with violation reports of browsers, in both formats, as records."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from edgerollout.errors import UsageError
from edgerollout.tour.cause import without_query
from edgerollout.tour.conduct import HEADER_OF, said_by_report
from edgerollout.tour.json_stream import CutShort, Garbage, objects_in
from edgerollout.tour.model import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MOST = 1024
"""The most characters of a report's text, which comes from anybody."""

LONGEST_POLICY = 16_384
"""The same for a policy."""


@dataclass(frozen=True)
class HeaderReport:
    """A browser's report about a header other than the CSP, on a page."""

    header: str
    problem: str
    page: str


OtherReport = str
"""The type of a report that is not about a policy: `deprecation`, `intervention`, …"""

_SAMPLE = 100


def read_reports(path: Path) -> Iterator[Record | HeaderReport | OtherReport | Garbage | CutShort]:
    """The reports in a file, `-` for standard input; gzip is unpacked.

    Both formats may be mixed: `{"csp-report": …}` of report-uri, and `{"type": "csp-violation", …}` of the
    Reporting API, each alone, in arrays, or one on a line. Raises UsageError for a file that cannot be read.
    """
    try:
        with _opened(path) as stream:
            for found in objects_in(stream):
                yield found if isinstance(found, Garbage | CutShort) else record_of(found)
    except OSError as error:
        raise UsageError(f"{path} cannot be read", why=error.strerror or str(error)) from error


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if str(path) == "-":
        yield sys.stdin.buffer
    else:
        with path.open("rb", buffering=0) as file:
            yield file


def record_of(report: Mapping[str, object]) -> Record | HeaderReport | OtherReport | Garbage:
    """One report as a record of the channel `report`, or as a report about another header; for other kinds
    their type, or garbage.

    The page of a report is its document: a report does not name the frames around it.
    """
    legacy = report.get("csp-report")
    if isinstance(legacy, dict):
        return _legacy(legacy)
    kind, body = report.get("type"), report.get("body")
    if isinstance(kind, str) and isinstance(body, dict):
        if kind in HEADER_OF:
            return HeaderReport(HEADER_OF[kind], said_by_report(report), without_query(_text(report, "url")))
        return _modern(body, _text(report, "url")) if kind == "csp-violation" else kind[:_SAMPLE]
    return Garbage(str(dict(list(report.items())[:3]))[:80])


def _legacy(body: Mapping[str, object]) -> Record | Garbage:
    """The body that report-uri sends (CSP3 §5.5)."""
    # Browsers before CSP3 name the whole violated directive, with its sources.
    directive = _text(body, "effective-directive") or _text(body, "violated-directive")
    return _record(
        directive,
        document=_text(body, "document-uri"),
        blocked=_text(body, "blocked-uri"),
        disposition=_text(body, "disposition"),
        source=_text(body, "source-file"),
        sample=_text(body, "script-sample"),
        place=(_number(body, "line-number"), _number(body, "column-number")),
        policy=_text(body, "original-policy", LONGEST_POLICY),
    )


def _modern(body: Mapping[str, object], url: str) -> Record | Garbage:
    """The body that report-to sends (CSP3 §5.3, CSPViolationReportBody)."""
    return _record(
        _text(body, "effectiveDirective"),
        document=_text(body, "documentURL") or url,
        blocked=_text(body, "blockedURL"),
        disposition=_text(body, "disposition"),
        source=_text(body, "sourceFile"),
        sample=_text(body, "sample"),
        place=(_number(body, "lineNumber"), _number(body, "columnNumber")),
        policy=_text(body, "originalPolicy", LONGEST_POLICY),
    )


def _record(
    directive: str,
    *,
    document: str,
    blocked: str,
    disposition: str,
    source: str,
    sample: str,
    place: tuple[int, int],
    policy: str,
) -> Record | Garbage:
    words = directive.lower().split()
    if not words or not document:
        return Garbage("a report without directive or document")
    line, column = place
    return Record(
        channel="report",
        page=without_query(document),
        document=without_query(document),
        directive=words[0],
        blocked=blocked,
        disposition="enforce" if disposition == "enforce" else "report",
        source=source,
        line=line,
        column=column,
        sample=sample[:_SAMPLE],
        original_policy=policy,
    )


def _text(body: Mapping[str, object], key: str, most: int = MOST) -> str:
    value = body.get(key)
    return value[:most].strip() if isinstance(value, str) else ""


def _number(body: Mapping[str, object], key: str) -> int:
    value = body.get(key)
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:9])
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31 else 0
