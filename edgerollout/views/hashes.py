"""What `hashes` prints: the inline code of a build, and what a policy makes of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.policy.header_rules import CSP_WARNING_BYTES, MAX_TOTAL_BYTES
from edgerollout.views.document import Advised, Code, Doc, Item, List, Marker, Paragraph, Title, Verdict
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from edgerollout.inline.build import BuildCode, SiteBuild
    from edgerollout.inline.coverage import Coverage
    from edgerollout.policy.inline_code import InlineKind
    from edgerollout.views.document import Passage

_LONGEST = 60


@dataclass(frozen=True)
class HashesReport:
    """A build, and what policies make of it: those of an environment, or of its live release.

    Without an environment the base policy was judged, where one was.
    """

    build: SiteBuild
    environment: str | None = None
    judged: tuple[Coverage, ...] = ()
    release: int | None = None
    written: bool = False

    @property
    def blocked(self) -> tuple[BuildCode, ...]:
        """What at least one policy blocks, in the order of the build."""
        wrong = {(found.kind, found.source) for coverage in self.judged for found in coverage.blocked}
        return tuple(found for found in self.build.found if (found.kind, found.source) in wrong)

    @property
    def idle(self) -> tuple[tuple[str, str], ...]:
        """Hashes in the policies that no page of the build has: directive and source."""
        return tuple(dict.fromkeys(idle for coverage in self.judged for idle in coverage.idle))


def kind_words(kind: InlineKind, count: int) -> str:
    """`3 scripts`, `1 event handler`."""
    singular = {
        "script": "script",
        "style": "style",
        "handler": "event handler",
        "style-attribute": "style attribute",
        "javascript-url": "javascript: address",
    }[kind.value]
    return count_words(count, singular, f"{singular}es" if singular.endswith("s") else None)


def hashes_document(report: HashesReport) -> Doc:
    """The hashes, or what is blocked, with a verdict and the next command."""
    build = report.build
    title = ("Inline code of ", Code(str(build.folder)), f" ({count_words(build.pages, 'page')})")
    parts: list[Passage] = []
    if not report.judged:
        parts += [_list(build.found)] if build.found else []
    elif report.blocked:
        parts += [Title("Blocked"), _list(report.blocked)]
    if report.idle:
        parts += [
            Title("Hashes in the policy that no page of this build has"),
            List(
                tuple(
                    Item((Code(source), f" in {directive}"), Marker.NOTE) for directive, source in report.idle
                )
            ),
        ]
    if build.unread:
        places = ", ".join(f"{file}:{line}" for file, line in build.unread)
        parts.append(Paragraph(f"Not read: frames within too many frames ({places})"))
    if (size := _size(build)) > CSP_WARNING_BYTES:
        parts.append(
            Paragraph(
                f"The hashes alone take {size:,} characters. A response headers policy takes a CSP of"
                f" {CSP_WARNING_BYTES:,}, CloudFront {MAX_TOTAL_BYTES:,} bytes for all headers of a response."
                " Move inline code into files: 'self' then allows it without a hash."
            )
        )
    return Doc(title, tuple(parts), _verdict(report), _advised(report))


def _list(rows: tuple[BuildCode, ...]) -> List:
    return List(
        tuple(
            Item(
                (f"{_where(found)}  {found.kind.value}  ", Code(_start(found.text))),
                under=(Item(Code(found.source)),),
            )
            for found in rows
        )
    )


def _where(found: BuildCode) -> str:
    file, line = found.places[0]
    more = len(found.places) - 1
    return f"{file}:{line}" + (f" (+{more})" if more else "")


def _start(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _verdict(report: HashesReport) -> Verdict:
    build = report.build
    counts = Counter(found.kind for found in build.found)
    has = ", ".join(kind_words(kind, count) for kind, count in counts.items())
    if not report.judged:
        if not build.found:
            return Verdict("no inline code: a policy needs no hash for this build", Marker.DONE)
        return Verdict(f"{has} · {_size(build):,} characters as sources", Marker.DONE)
    policy = _policy_words(report)
    if report.blocked:
        counts = Counter(found.kind for found in report.blocked)
        lost = ", ".join(kind_words(kind, count) for kind, count in counts.items())
        return Verdict(f"{policy} blocks {lost} of this build", Marker.FAILED)
    return Verdict(
        f"{policy} allows all inline code of this build" + (f": {has}" if has else ""), Marker.DONE
    )


def _size(build: SiteBuild) -> int:
    """The characters that the hashes take in a policy, a blank before each."""
    return sum(len(source) + 1 for source in {found.source for found in build.found})


def _policy_words(report: HashesReport) -> str:
    if report.release is not None:
        return f"release {report.release}, live in {report.environment},"
    return "the base policy" if report.environment is None else f"the policy of {report.environment}"


def _advised(report: HashesReport) -> tuple[Advised, ...]:
    folder, name = str(report.build.folder), report.environment
    if not report.judged:
        if not report.build.found:
            return ()
        return (Advised("next", advise(CommandLine("hashes", None, "--site", folder, "--check"))),)
    if not report.blocked:
        return ()
    if any(found.kind.needs_unsafe_hashes for found in report.blocked) and report.written:
        words = (
            "Event handlers, style attributes and javascript: addresses need 'unsafe-hashes' beside their"
            " hashes; better move them into files"
        )
        return (Advised("next", words),)
    if report.release is not None:
        return (Advised("next", advise("Publish a policy that has them: ", CommandLine("publish", name))),)
    return (Advised("next", advise(CommandLine("hashes", name, "--site", folder, "--write"))),)
