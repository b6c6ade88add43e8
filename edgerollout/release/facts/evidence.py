"""Evidence: the JSON file in which a tour records what it saw, for the gate that asks for it.

One CI job writes it and another job gives it to `promote --enforce`. The checksum finds damage and careless
edits; it is not a signature. Evidence is as trustworthy as the job that wrote it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import Refused
from edgerollout.policy.csp import Csp
from edgerollout.release.facts.fields import Fields, canonical_json, parse_json
from edgerollout.release.facts.release import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgerollout.policy.csp import LayeredCsp

SCHEMA = "1.0"
"""The schema of the document; docs/schema/evidence.json describes it."""

AWS, SANDBOX = "aws", "sandbox"
"""The values of `endpoint` for AWS itself and for the sandbox. For anything else `endpoint` is the URL."""

ROWS = 200
"""The most violations that the file lists. The rest are only counted."""

Mode = Literal["deployed", "candidate", "preview"]
"""What was toured: the policy that the site sends, a local policy injected into the site, or a built folder.
"""

Disposition = Literal["report", "enforce"]
"""Whether the violating policy only reported or blocked (CSP3 §5.3)."""

_AGAIN = advise("Tour the site again: ", CommandLine("tour"))


_OPTIONAL = {"accepted_unseen", "observed"}

CLOCK_SKEW = timedelta(minutes=2)
"""How far the clock of the machine that toured may be ahead of this machine's clock."""


@dataclass(frozen=True)
class ToldViolation:
    """One kind of violation on one page, seen `count` times."""

    directive: str
    blocked: str
    page: str
    disposition: Disposition
    count: int = 1


@dataclass(frozen=True)
class WatchedHeader:
    """A header that is observed by its -Report-Only twin. `unheard`: why nothing was observed although
    nothing was reported; None: the twin was tested in this run, and tried.
    """

    name: str
    unheard: str | None = None


@dataclass(frozen=True)
class TouredPage:
    """One page that was visited.

    `digest` is the policy digest (64 hex) of the report-only policy that the page had, None where it had
    none. `reason` says why the page counts as incomplete. `observed` is the digest (64 hex) of the headers
    that were observed there; None: none of them.
    """

    url: str
    digest: str | None
    violations: int = 0
    reason: str | None = None
    observed: str | None = None

    @property
    def complete(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class Evidence:
    """What a tour saw. Times are in UTC, digests 64 hex digits.

    `digest` is the digest of the toured policy, `release` the release it came with (None where nothing was
    deployed). `asked` are the pages that the tour was to visit, `omitted` the violations that `rows` has no
    room for, `partial` the reasons why the whole tour is incomplete. `kinds` are the kinds of violation that
    the self-test of this run detected.
    """

    tool: str
    mode: Mode
    environment: str
    account: str
    distributions: tuple[str, ...]
    endpoint: str
    release: int | None
    digest: str
    asked: tuple[str, ...]
    pages: tuple[TouredPage, ...]
    rows: tuple[ToldViolation, ...]
    omitted: int
    partial: tuple[str, ...]
    browser_name: str
    browser_version: str
    started: datetime
    ended: datetime
    self_test_passed: bool
    kinds: tuple[str, ...]
    accepted_unseen: tuple[str, ...] = ()
    """Third-party hosts that did not answer, and that the team accepted as unseen."""
    observed: tuple[WatchedHeader, ...] = ()
    """The headers that the release observes."""

    @property
    def violations(self) -> int:
        """How many violations there were."""
        return sum(row.count for row in self.rows) + self.omitted

    @property
    def clean(self) -> bool:
        return self.violations == 0

    @property
    def complete(self) -> bool:
        """Whether every page that was asked for was visited and seen completely."""
        visited = {page.url for page in self.pages if page.complete}
        return (
            bool(self.pages)
            and not self.partial
            and visited >= {page.url for page in self.pages} | set(self.asked)
        )

    def contradictions(self) -> tuple[str, ...]:
        """The statements in it that cannot all be true."""
        return tuple(_contradictions(self))

    def to_json(self) -> dict[str, Any]:
        """The document, with its checksum."""
        document = self._content()
        return {**document, "checksum": _checksum(document)}

    def to_bytes(self) -> bytes:
        """The file."""
        return (json.dumps(self.to_json(), indent=1, ensure_ascii=True) + "\n").encode("ascii")

    @classmethod
    def from_bytes(cls, content: bytes) -> Evidence:
        """Read a file of evidence.

        Raises Refused if it is not JSON, of another schema, altered (the checksum does not match), not
        of the schema's shape, or contradicts itself.
        """
        try:
            document = parse_json(content)
        except ValueError as error:
            raise Refused("the evidence is not JSON", why=str(error), hint=_AGAIN) from error
        if not isinstance(document, dict) or "schema" not in document or "checksum" not in document:
            raise Refused(
                "the file is not evidence of a tour", why="schema or checksum is missing", hint=_AGAIN
            )
        if document["schema"] != SCHEMA:
            raise Refused(
                f"the evidence has schema {document['schema']!r}, this edgerollout knows {SCHEMA!r}",
                hint=advise("Use the edgerollout that wrote it. ", _AGAIN),
            )
        stated = document.pop("checksum")
        found = _checksum(document)
        if stated != found:
            raise Refused(
                "the evidence was altered",
                why=f"its checksum is {_short(stated)}, its content has {found[:SHORT]}",
                hint=_AGAIN,
            )
        top = Fields(document, "evidence")
        try:
            evidence = cls._read(top)
            against = (*evidence.contradictions(), *_wrong_sums(evidence, top))
        except ValueError as error:
            raise Refused("the evidence is damaged", why=str(error), hint=_AGAIN) from error
        if against:
            raise Refused("the evidence contradicts itself", why="; ".join(against), hint=_AGAIN)
        return evidence

    @classmethod
    def _read(cls, top: Fields) -> Evidence:
        top.only(
            "schema", "tool", "mode", "environment", "account", "distributions", "endpoint", "release",
            "digest", "asked", "pages", "violations", "complete", "partial", "browser", "started", "ended",
            "self_test", *(_OPTIONAL & set(top.names())),
        )  # fmt: skip
        violations, browser, self_test = (
            top.object("violations"),
            top.object("browser"),
            top.object("self_test"),
        )
        violations.only("total", "clean", "rows", "omitted")
        browser.only("name", "version")
        self_test.only("passed", "kinds")
        return cls(
            tool=top.text("tool"),
            mode=cast("Mode", top.one_of("mode", *get_args(Mode))),
            environment=top.text("environment"),
            account=top.text("account"),
            distributions=top.texts("distributions"),
            endpoint=top.text("endpoint"),
            release=top.count_or_none("release"),
            digest=top.digest("digest"),
            asked=top.texts("asked"),
            pages=tuple(map(_read_page, top.objects("pages"))),
            rows=tuple(map(_read_row, violations.objects("rows"))),
            omitted=violations.count("omitted"),
            partial=top.texts("partial"),
            browser_name=browser.text("name"),
            browser_version=browser.text("version"),
            started=top.moment("started"),
            ended=top.moment("ended"),
            self_test_passed=self_test.flag("passed"),
            kinds=self_test.texts("kinds"),
            accepted_unseen=top.texts("accepted_unseen") if "accepted_unseen" in top.names() else (),
            observed=tuple(map(_read_watched, top.objects("observed"))) if top.has("observed") else (),
        )

    def _content(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "tool": self.tool,
            "mode": self.mode,
            "environment": self.environment,
            "account": self.account,
            "distributions": list(self.distributions),
            "endpoint": self.endpoint,
            "release": self.release,
            "digest": self.digest,
            "asked": list(self.asked),
            "pages": [
                {
                    "url": page.url,
                    "digest": page.digest,
                    "violations": page.violations,
                    "complete": page.complete,
                    "reason": page.reason,
                    **({} if page.observed is None else {"observed": page.observed}),
                }
                for page in self.pages
            ],
            "violations": {
                "total": self.violations,
                "clean": self.clean,
                "rows": [
                    {
                        "directive": row.directive,
                        "blocked": row.blocked,
                        "page": row.page,
                        "disposition": row.disposition,
                        "count": row.count,
                    }
                    for row in self.rows
                ],
                "omitted": self.omitted,
            },
            "complete": self.complete,
            "partial": list(self.partial),
            "browser": {"name": self.browser_name, "version": self.browser_version},
            "started": self.started.isoformat(),
            "ended": self.ended.isoformat(),
            "self_test": {"passed": self.self_test_passed, "kinds": list(self.kinds)},
            **({"accepted_unseen": list(self.accepted_unseen)} if self.accepted_unseen else {}),
            **({"observed": [vars(header) for header in self.observed]} if self.observed else {}),
        }


def sha256_of(content: bytes) -> str:
    """SHA-256 (64 hex) of a file of evidence: release.json records it for the gate that used the evidence."""
    return hashlib.sha256(content).hexdigest()


WITHOUT_CSP = Csp().digest()
"""Stands for the toured policy where only headers are observed."""


def digest_seen(policy: LayeredCsp | None) -> str:
    """The policy digest that pages show while `policy` is observed; WITHOUT_CSP where there is none.

    It differs from the policy's own digest where the policy has directives that are left out in report-only.
    """
    if policy is None:
        return WITHOUT_CSP
    return policy.effective.for_report_only().digest()


def _short(checksum: object) -> str:
    return repr(checksum)[: SHORT + 1].strip("'")


def _checksum(document: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json(document)).hexdigest()


def _read_watched(header: Fields) -> WatchedHeader:
    header.only("name", "unheard")
    return WatchedHeader(header.text("name"), header.text_or_none("unheard"))


def _read_page(page: Fields) -> TouredPage:
    page.only("url", "digest", "violations", "complete", "reason", *({"observed"} & set(page.names())))
    reason = page.text_or_none("reason")
    if page.flag("complete") is not (reason is None):
        raise ValueError(f"{page.text('url')} is either complete or has a reason why it is not")
    return TouredPage(
        page.text("url"),
        page.digest_or_none("digest"),
        page.count("violations"),
        reason,
        page.digest("observed") if page.has("observed") else None,
    )


def _read_row(row: Fields) -> ToldViolation:
    row.only("directive", "blocked", "page", "disposition", "count")
    return ToldViolation(
        row.text("directive"),
        row.text("blocked"),
        row.text("page"),
        cast("Disposition", row.one_of("disposition", *get_args(Disposition))),
        row.count("count"),
    )


def _wrong_sums(evidence: Evidence, top: Fields) -> Iterator[str]:
    """The sums in the document that its own lists contradict."""
    violations = top.object("violations")
    stated = (
        ("violations.total", violations.count("total"), evidence.violations),
        ("violations.clean", violations.flag("clean"), evidence.clean),
        ("complete", top.flag("complete"), evidence.complete),
    )
    for name, said, found in stated:
        if said != found:
            yield f"{name} is {json.dumps(said)}, but its lists give {json.dumps(found)}"


def _contradictions(evidence: Evidence) -> Iterator[str]:
    if evidence.ended < evidence.started:
        yield f"it ended at {evidence.ended.isoformat()}, before it started at {evidence.started.isoformat()}"
    if len(evidence.rows) > ROWS:
        yield f"it lists {len(evidence.rows)} kinds of violation; {ROWS} are allowed"
    if evidence.mode == "deployed" and (not evidence.release or not evidence.distributions):
        yield "it is about a deployed site, but names no release or no distribution"
    if evidence.self_test_passed and not evidence.kinds:
        yield "its self-test passed without having seen a violation"
    yield from _page_contradictions(evidence)
    on_page: Counter[str] = Counter()
    for row in evidence.rows:
        on_page[row.page] += row.count
        if not row.count:
            yield f"{row.directive} on {row.page} was violated 0 times"
    visited = {page.url: page.violations for page in evidence.pages}
    for url, count in on_page.items():
        if url not in visited:
            yield f"it lists a violation on {url}, which it did not visit"
        elif count > visited[url]:
            yield f"it lists {count} violations on {url}, but counts {visited[url]}"
    total = sum(visited.values())
    if total != evidence.violations:
        yield f"its pages have {total} violations, but its list has {evidence.violations}"


def _page_contradictions(evidence: Evidence) -> Iterator[str]:
    for url, times in Counter(page.url for page in evidence.pages).items():
        if times > 1:
            yield f"it has {url} {times} times"
    for page in evidence.pages:
        if page.complete and page.digest is None:
            yield f"{page.url} is complete, but no report-only policy was seen there"


def endpoint_words(endpoint: str) -> str:
    """Where something was gathered, in words."""
    return {AWS: "AWS", SANDBOX: "the sandbox"}.get(endpoint, endpoint)
