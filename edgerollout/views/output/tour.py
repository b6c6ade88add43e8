"""The `tour` document: what a policy blocks in a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, assert_never

from edgerollout.release.facts.evidence import Disposition, Mode
from edgerollout.tour.cause import ViolationKind
from edgerollout.tour.suggestion import Allow, Decide, Rework, Settled
from edgerollout.views.output.common import Directives
from edgerollout.views.output.encoder import ABSENT, Absent, DocumentJson, Moment, Output
from edgerollout.views.tour_wording import shown_url, shown_words

if TYPE_CHECKING:
    from edgerollout.tour.cause import Cause
    from edgerollout.tour.judgement import CauseRow, JudgedPage, TourVerdict
    from edgerollout.tour.model import Gathered, Visit
    from edgerollout.tour.suggestion import CauseAdvice
    from edgerollout.views.tour_rows import TourHeading


_SAMPLE = 40
"""Most characters of inline code, as in browsers' reports (CSP3 §2.4.1)."""


class TouredPageJson(Output):
    """A toured page."""

    url: str
    """the page"""
    violations: int
    """in one load"""
    complete: bool
    """whether it was seen completely"""
    reasons: Sequence[str]
    """why it was not"""
    not_tried: Sequence[str]
    """what the page may do that the tour did not wait for or request"""
    differences: Sequence[str]
    """what is different with its headers, but not because of a single header"""
    accepted_unseen: Sequence[str]
    """hosts that did not answer, which is accepted"""
    status: int | Absent | None = ABSENT
    """its status; missing for reports"""
    title: str | Absent = ABSENT
    """its title; missing for reports"""


class SightingJson(Output):
    """A page with a violation."""

    url: str
    """the page"""
    count: int
    """how often in one load"""


class CauseJson(Output):
    """Something that a policy blocks."""

    directive: str
    """the effective directive: `script-src-elem`, `img-src`, …"""
    blocked: str
    """a URL without query, a scheme (`data:`), or `inline`, `eval`, …"""
    redirect_target: str | None
    """the target of a redirect, if the target is blocked"""
    page: str | None
    """the first page"""
    pages: Sequence[SightingJson]
    """all pages"""
    source: str | None
    """the file that made the request"""
    line: int | None
    """from 1"""
    sample: str | None
    """the start of inline code"""
    hash: str | None
    """the hash of inline code, as in a policy but without quotes; null if it is not known"""
    count: int
    """how often, with one load of each page"""
    kind: ViolationKind
    """`url`, `inline`, `attribute`, `javascript-url`, `eval`, `wasm` or `trusted-types`"""
    disposition: Disposition
    """`report` or `enforce`: the stage of the policy"""
    confirmed: bool
    """false if only an event in the page reported it, which the page can forge"""


class CauseSuggestionJson(Output):
    """What to do about a cause."""

    action: Literal["allow", "decide", "rework", "settled"]
    """`allow` (add these sources), `decide` (they allow more than is safe: `--accept SOURCE` suggests them),
    `rework` (no source should be added: the page must change), `settled` (the local policy already allows
    it)"""
    directive: str | None
    """the directive to which the sources are added"""
    sources: Sequence[str]
    """sources that would allow it"""
    notes: Sequence[str]
    """notes"""


class ViolationJson(CauseJson):
    """Something that the toured policy blocks."""

    suggestion: CauseSuggestionJson
    """what to do about it"""


class HeaderBreakageJson(Output):
    """Something that a header other than the CSP breaks: it works without the header."""

    header: str
    """its name"""
    value: str
    """its value"""
    problem: str
    """the problem, in words"""
    pages: Sequence[str]
    """where"""


class NotObservableJson(Output):
    """A header that may break something that no tour of this site can see."""

    header: str
    """its name"""
    ask: str
    """the question to answer"""


class SuggestedSourceJson(Output):
    """A source that should be added to the policy."""

    directive: str
    """the directive"""
    source: str
    """the source"""
    environment: str | None
    """the environment with the list in policy.toml to which it is added; null: the list for all"""
    causes: int
    """how many causes need it"""
    pages: int
    """how many pages need it"""
    notes: Sequence[str]
    """notes"""


class UnusedSourceJson(Output):
    """A host or a hash in the policy that no page used."""

    directive: str
    """its directive"""
    source: str
    """the source"""


class SuggestedPolicyJson(Output):
    """The policy, before and after the suggestions."""

    before: Directives
    """directive → sources"""
    after: Directives
    """the same with all suggestions"""


class TourJson(DocumentJson):
    """What a policy blocks on the site's pages: `tour`."""

    environment: str | None
    """its name; null for a site without a configuration"""
    mode: Mode | Literal["reports"]
    """`deployed`, `candidate` (a policy that is added to the pages), `preview` (a folder), or `reports`"""
    release: int | None
    """the live release's number; null if the toured policy is not deployed"""
    digest: str
    """the digest of the toured policy, 64 hex digits"""
    disposition: Disposition
    """`report` if the policy only reported, `enforce` if it was enforced"""
    clean: bool
    """whether the tour saw nothing that the policy blocks, or that another header breaks"""
    complete: bool
    """whether everything was seen. Exit code 0 needs both"""
    partial: Sequence[str]
    """why the tour is incomplete; reasons for a page are in `pages`"""
    pages: Sequence[TouredPageJson]
    """all pages"""
    violations: Sequence[ViolationJson]
    """all causes; for reports those that the local policy would still block"""
    others: Sequence[CauseJson]
    """what other policies block on the same pages, such as the enforced one; without `suggestion`"""
    broken_by_headers: Sequence[HeaderBreakageJson]
    """what other headers than the CSP break"""
    not_observable: Sequence[NotObservableJson]
    """headers that may break something that no tour of this site can see"""
    suggestions: Sequence[SuggestedSourceJson]
    """the fewest sources that allow everything that is safe to allow"""
    unused: Sequence[UnusedSourceJson]
    """hosts and hashes that no page used; empty if not everything was seen"""
    policy: SuggestedPolicyJson
    """the policy, before and after the suggestions"""
    dropped: Mapping[str, int]
    """records that are not about the policy: reason → number (documents of other sites, browser extensions,
    …)"""
    omitted: int
    """records beyond a limit, counted but not examined: such a tour is never clean"""
    browser: str | None
    """its name and version; null for reports"""
    stubbed: Sequence[str]
    """third-party hosts that did not answer and were replaced by empty answers"""
    started: Moment | None
    """its start, ISO 8601; null for reports"""
    ended: Moment | None
    """its end, ISO 8601; null for reports"""


def tour_json(verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading) -> TourJson:
    """The document. `gathered` is None if the verdict is about reports."""
    visits = {} if gathered is None else {visit.url: visit for visit in gathered.visits}
    return TourJson.of(
        verdict,
        environment=heading.environment,
        mode=heading.mode,
        release=heading.release,
        partial=[shown_words(item) for item in verdict.partial],
        pages=[_page(page, visits.get(page.url)) for page in verdict.pages],
        violations=[
            ViolationJson(**vars(_cause(row.cause)), suggestion=_suggestion(row)) for row in verdict.rows
        ],
        others=[_cause(cause) for cause in verdict.others],
        broken_by_headers=[
            HeaderBreakageJson.of(breakage, pages=[shown_url(page) for page in breakage.pages])
            for breakage in verdict.breakages
        ],
        not_observable=[NotObservableJson(header=header, ask=ask) for header, ask in verdict.asks],
        suggestions=[
            SuggestedSourceJson.of(
                suggestion,
                environment=heading.whose(suggestion.directive, suggestion.source),
                pages=len(suggestion.pages),
            )
            for suggestion in verdict.suggestions
        ],
        unused=[UnusedSourceJson(directive=name, source=source) for name, source in verdict.unused],
        policy=SuggestedPolicyJson(before=verdict.before.to_json(), after=verdict.after.to_json()),
        browser=None if gathered is None else f"{gathered.browser.name} {gathered.browser.version}",
        stubbed=[] if gathered is None else gathered.stubbed,
        started=None if gathered is None else gathered.started.isoformat(),
        ended=None if gathered is None else gathered.ended.isoformat(),
    )


def _page(page: JudgedPage, visit: Visit | None) -> TouredPageJson:
    return TouredPageJson.of(
        page,
        url=shown_url(page.url),
        reasons=[shown_words(reason) for reason in page.reasons],
        not_tried=[shown_words(text) for text in page.not_tried],
        differences=[shown_words(difference) for difference in page.differences],
        status=ABSENT if visit is None else visit.status,
        title=ABSENT if visit is None else visit.title,
    )


def _cause(cause: Cause) -> CauseJson:
    spot = cause.spots[0] if cause.spots else None
    pages = [SightingJson(url=shown_url(page), count=count) for page, count in cause.sightings]
    return CauseJson.of(
        cause,
        redirect_target=cause.target or None,
        page=pages[0].url if pages else None,
        pages=pages,
        source=None if spot is None else spot.source,
        line=None if spot is None else spot.line or None,
        sample=cause.sample or cause.code[:_SAMPLE] or None,
        hash=cause.hash or None,
    )


def _suggestion(row: CauseRow) -> CauseSuggestionJson:
    advice = row.advice
    return CauseSuggestionJson(
        action=_action(advice),
        directive=row.place,
        sources=advice.sources if isinstance(advice, Allow | Decide) else (),
        notes=advice.notes if isinstance(advice, Allow) else (advice.why,),
    )


def _action(advice: CauseAdvice) -> Literal["allow", "decide", "rework", "settled"]:
    match advice:
        case Allow():
            return "allow"
        case Decide():
            return "decide"
        case Rework():
            return "rework"
        case Settled():
            return "settled"
        case _:
            assert_never(advice)
