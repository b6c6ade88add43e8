"""What the browser says about a violation, channel by channel, as records. Pure: from messages to records."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.release.facts.fields import parse_json
from edgerollout.tour.model import SNIPPET, Box, Record
from edgerollout.tour.protocol import Json, flag, items, number, part, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.facts.evidence import Disposition

_BLOCKED_WORDS = {
    "kInlineViolation": "inline",
    "kEvalViolation": "eval",
    "kWasmEvalViolation": "wasm-eval",
    "kTrustedTypesSinkViolation": "trusted-types-sink",
    "kTrustedTypesPolicyViolation": "trusted-types-policy",
}
"""ContentSecurityPolicyViolationType of an issue → blocked-uri of a report."""

_LONGEST_SAMPLE = 256
_LONGEST_MARK = 40
_FARTHEST = 100_000
_LONGEST_CODE = 200
_PRINTED_HASH = re.compile(r"[A-Za-z0-9+/]{43}=")

# The console has free text. These are its forms in Chromium; text of another form is left to the other
# channels.
_DIRECTIVE = re.compile(r"Content Security Policy directive:? (?:\"([^\"]+)\"|'(.+?)'(?:\. |\.?$))")
_FALLBACK = re.compile(r"Note that '([a-z-]+)' was not explicitly set")
_HASH = re.compile(r"a hash \('(sha(?:256|384|512)-[^']+)'\)")
_URL = re.compile(r"^[^']*? '([^']*)' (?:because it )?violates the following", re.IGNORECASE)
_TRUSTED_TYPES = (
    (re.compile(r"requires '?Trusted", re.IGNORECASE), "require-trusted-types-for", "trusted-types-sink"),
    (re.compile(r"creating a TrustedTypePolicy", re.IGNORECASE), "trusted-types", "trusted-types-policy"),
)
_SPOKEN = (
    (re.compile(r"inline event handler", re.IGNORECASE), "script-src-attr", "inline"),
    (re.compile(r"javascript(?: protocol)? url", re.IGNORECASE), "script-src-elem", "inline"),
    (re.compile(r"inline (?:script|speculation|import|module)", re.IGNORECASE), "script-src-elem", "inline"),
    (re.compile(r"wasm|webassembly", re.IGNORECASE), "script-src", "wasm-eval"),
    (re.compile(r"evaluat\w+ a string", re.IGNORECASE), "script-src", "eval"),
)


def bare(url: str) -> str:
    """A blocked URL as reports name it: data:, blob: and similar ones only by their scheme."""
    scheme, colon, _ = url.partition(":")
    return scheme if colon and scheme in {"data", "blob", "filesystem", "about"} else url


def from_issue(issue: Json, page: str, document: str, ancestor: str = "") -> Record | None:
    """An issue of the Audits domain; None for one that is not about CSP.

    `ancestor` is the URL of the frame that the issue names as the one that must not frame. The browser itself
    reports the framed page's URL instead.
    """
    if text(issue, "code") != "ContentSecurityPolicyIssue":
        return None
    details = part(issue, "details", "contentSecurityPolicyIssueDetails")
    kind = text(details, "contentSecurityPolicyViolationType")
    directive = text(details, "violatedDirective").partition(" ")[0]
    if not directive:
        return None
    blocked = _BLOCKED_WORDS.get(kind) or bare(text(details, "blockedURL"))
    if directive == "frame-ancestors" and ancestor:
        blocked = ancestor
    place = part(details, "sourceCodeLocation")
    return Record(
        channel="audits",
        page=page,
        document=document,
        directive=directive,
        blocked=blocked,
        disposition=_disposition(flag(details, "isReportOnly")),
        source=text(place, "url"),
        # Lines are counted from 0, and -1 means none; so are columns, if the parser has them.
        line=number(place, "lineNumber", default=-1) + 1,
        column=number(place, "columnNumber"),
    )


def from_log(entry: Json, page: str, document: str) -> Record | None:
    """An entry of the Log domain; None for one that is not about CSP in a known form.

    Pages cannot forge it: what they write to the console is not such an entry.
    """
    said = text(entry, "text")
    # The parent's session repeats the messages of a worker, with another source.
    if text(entry, "source") not in {"security", "javascript", "violation"}:
        return None
    read = _spoken(said)
    if read is None:
        return None
    directive, blocked = read
    found = _HASH.search(said)
    top = next(iter(items(entry, "stackTrace", "callFrames")), None)
    return Record(
        channel="log",
        page=page,
        document=document,
        directive=directive,
        blocked=blocked,
        disposition=_disposition("report-only" in said),
        source=text(entry, "url"),
        line=number(entry, "lineNumber", default=-1) + 1,
        column=0 if top is None else number(top, "columnNumber", default=-1) + 1,
        hash=found[1] if found is not None else "",
    )


def _spoken(said: str) -> tuple[str, str] | None:
    """The effective directive and what was blocked."""
    for form, directive, blocked in _TRUSTED_TYPES:
        if form.search(said):
            return directive, blocked
    written = _DIRECTIVE.search(said)
    if written is None:
        return None
    named = (written[1] or written[2]).split(" ")[0]
    fallback = _FALLBACK.search(said)
    beginning = said[: written.start()]
    url = _URL.search(said)
    if url is not None and named != "frame-ancestors" and "inline" not in beginning.lower():
        return (fallback[1] if fallback else _elem(named)), bare(url[1])
    if "inline style" in beginning.lower():
        return ("style-src-attr" if "style attributes" in said else "style-src-elem"), "inline"
    for form, directive, blocked in _SPOKEN:
        if form.search(beginning):
            return directive, blocked
    if url is not None:
        return named, bare(url[1])
    return None


def _elem(directive: str) -> str:
    """Requests of scripts and styles belong to elements where they do not belong to attributes."""
    return f"{directive}-elem" if directive in {"script-src", "style-src"} else directive


def from_report(body: str, page: str) -> Iterator[Record]:
    """The reports to report-uri, in the format of CSP2 or the Reporting API."""
    try:
        sent = parse_json(body)
    except ValueError:
        return
    for item in sent if isinstance(sent, list) else [sent]:
        if not isinstance(item, dict):
            continue
        report = part(item, "csp-report") or part(item, "body")
        directive = text(report, "effective-directive") or text(report, "effectiveDirective")
        if not directive:
            continue
        yield Record(
            channel="report",
            page=page,
            document=text(report, "document-uri") or text(report, "documentURL"),
            directive=directive,
            blocked=bare(text(report, "blocked-uri") or text(report, "blockedURL")),
            disposition=_disposition(text(report, "disposition") != "enforce"),
            source=text(report, "source-file") or text(report, "sourceFile"),
            line=number(report, "line-number") or number(report, "lineNumber"),
            column=number(report, "column-number") or number(report, "columnNumber"),
            sample=(text(report, "script-sample") or text(report, "sample"))[:_LONGEST_SAMPLE],
            original_policy=text(report, "original-policy") or text(report, "originalPolicy"),
        )


def from_event(event: Json, page: str) -> Iterator[Record]:
    """One `securitypolicyviolation` event, as `listener.js` reports it.

    Where it is unknown which of an element's handlers was blocked, there is a record for each.
    """
    record = Record(
        channel="dom",
        page=page,
        document=text(event, "document"),
        directive=text(event, "directive"),
        blocked=bare(text(event, "blocked")),
        disposition=_disposition(text(event, "disposition") != "enforce"),
        source=text(event, "source"),
        line=number(event, "line"),
        column=number(event, "column"),
        sample=text(event, "sample")[:_LONGEST_SAMPLE],
        element=text(event, "element")[:SNIPPET],
        original_policy=text(event, "policy"),
        mark=text(event, "mark")[:_LONGEST_MARK],
    )
    if not record.directive:
        return
    attributes = [
        (text(attribute, "name"), text(attribute, "value")) for attribute in items(event, "attributes")
    ]
    if record.sample:
        told = [attribute for attribute in attributes if attribute[1].startswith(record.sample)]
        attributes = told or attributes
    if not attributes:
        yield record
    for attribute in attributes:
        yield replace(record, attribute=attribute)


def inline_code(told: Json) -> tuple[str, str] | None:
    """A hash without quotes and the start of its text, as `listener.js` reports it; None for anything
    else.
    """
    found = text(told, "hash")
    if not _PRINTED_HASH.fullmatch(found):
        return None
    return f"sha256-{found}", text(told, "text")[:_LONGEST_CODE]


def box_of(told: Json) -> tuple[str, Box] | None:
    """A mark and the position of its element; None where a picture cannot show it."""
    told_sides = [told.get(name) for name in ("left", "top", "width", "height")]
    sides = [
        float(told_side)
        for told_side in told_sides
        if isinstance(told_side, int | float) and 0 <= told_side < _FARTHEST
    ]
    return (text(told, "mark")[:_LONGEST_MARK], Box(*sides)) if len(sides) == len(told_sides) else None


def batch(message: str) -> Json:
    """The message of a document's listener; empty where it is not valid."""
    try:
        told = parse_json(message)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _disposition(reports: bool) -> Disposition:
    return "report" if reports else "enforce"
