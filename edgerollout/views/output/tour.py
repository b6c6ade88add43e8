"""The `tour` document: what a browser saw of a policy."""

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
"""Characters of inline code, as browsers tell of it (CSP3 §2.4.1)."""


class TouredPageJson(Output):
    """A page, as it was seen."""

    url: str
    """the page"""
    violations: int
    """of one load"""
    complete: bool
    """whether it was seen whole"""
    reasons: Sequence[str]
    """why it was not"""
    not_tried: Sequence[str]
    """what the page may do that was not waited for or asked for"""
    differences: Sequence[str]
    """what is otherwise with its headers, by none of them alone"""
    accepted_unseen: Sequence[str]
    """hosts that did not answer and need not"""
    status: int | Absent | None = ABSENT
    """what it answered; not there for reports"""
    title: str | Absent = ABSENT
    """its title; not there for reports"""


class SightingJson(Output):
    """A page that showed a violation."""

    url: str
    """the page"""
    count: int
    """how often, in one load"""


class CauseJson(Output):
    """One thing that a policy blocks."""

    directive: str
    """the effective one: `script-src-elem`, `img-src`, …"""
    blocked: str
    """the URL without query, a scheme (`data:`), or `inline`, `eval`, …"""
    redirect_target: str | None
    """where a redirect led to, when that is what is blocked"""
    page: str | None
    """the first page"""
    pages: Sequence[SightingJson]
    """all of them"""
    source: str | None
    """where the page asked for it"""
    line: int | None
    """from 1"""
    sample: str | None
    """the start of inline code"""
    hash: str | None
    """of inline code, as a policy has it but without quotes; null where it is not known"""
    count: int
    """how often, one load of each page counted"""
    kind: ViolationKind
    """`url`, `inline`, `attribute`, `javascript-url`, `eval`, `wasm` or `trusted-types`"""
    disposition: Disposition
    """`report` or `enforce`, of the policy that told"""
    confirmed: bool
    """false where nothing but an event within the page told of it, which the page could forge"""


class CauseSuggestionJson(Output):
    """What to do about a cause."""

    action: Literal["allow", "decide", "rework", "settled"]
    """`allow` (these sources, where they go), `decide` (they open more than is good: `--accept SOURCE`
    suggests them), `rework` (no source helps or should: the page has to change), `settled` (the local policy
    allows it already)"""
    directive: str | None
    """where the sources go"""
    sources: Sequence[str]
    """what would let it through"""
    notes: Sequence[str]
    """what to know"""


class ViolationJson(CauseJson):
    """One thing that the judged policy blocks."""

    suggestion: CauseSuggestionJson
    """what to do about it"""


class HeaderBreakageJson(Output):
    """Something that goes when one header is taken off."""

    header: str
    """its name"""
    value: str
    """its value"""
    what: str
    """what it breaks"""
    pages: Sequence[str]
    """where"""


class NotObservableJson(Output):
    """A header whose harm no tour of this site can see."""

    header: str
    """its name"""
    ask: str
    """what to ask"""


class SuggestedSourceJson(Output):
    """A source that the policy should gain."""

    directive: str
    """where it goes"""
    source: str
    """the source"""
    environment: str | None
    """whose list of policy.toml it goes to; null: that of all environments"""
    causes: int
    """how many causes it is for"""
    pages: int
    """on how many pages"""
    notes: Sequence[str]
    """what to know"""


class UnusedSourceJson(Output):
    """A host or a hash of the policy that no page used."""

    directive: str
    """where it is"""
    source: str
    """the source"""


class SuggestedPolicyJson(Output):
    """The policy, and what it would become."""

    before: Directives
    """directive → sources"""
    after: Directives
    """the same after all suggestions"""


class TourJson(DocumentJson):
    """What a policy blocks on the site's pages: `tour`."""

    environment: str | None
    """its name; null for a site that no configuration names"""
    mode: Mode | Literal["reports"]
    """`deployed`, `candidate` (a policy put into the pages), `preview` (a folder), or `reports`"""
    release: int | None
    """the live release's number; null where nothing deployed was judged"""
    digest: str
    """the policy digest (64 hex) of what was judged"""
    disposition: Disposition
    """`report` where the policy only reported, `enforce` where it was in force"""
    clean: bool
    """whether the policy blocks nothing that was seen, and no other header breaks anything"""
    complete: bool
    """whether everything was seen. Exit code 0 wants both"""
    partial: Sequence[str]
    """why the whole tour is incomplete; a page's own reasons are at the page"""
    pages: Sequence[TouredPageJson]
    """a page each"""
    violations: Sequence[ViolationJson]
    """a cause each; of reports those that the local policy would still block"""
    others: Sequence[CauseJson]
    """what other policies say of the site's pages, such as one in force meanwhile; without `suggestion`"""
    broken_by_headers: Sequence[HeaderBreakageJson]
    """what goes when that one header is taken off"""
    not_observable: Sequence[NotObservableJson]
    """headers whose harm no tour of this site can see"""
    suggestions: Sequence[SuggestedSourceJson]
    """the fewest sources that let everything through that is safe to let through"""
    unused: Sequence[UnusedSourceJson]
    """hosts and hashes that no page used; none where not everything was seen"""
    policy: SuggestedPolicyJson
    """the policy, and what it would become"""
    dropped: Mapping[str, int]
    """what said nothing about the policy: reason → records (other sites' documents, browser extensions, …)"""
    omitted: int
    """records beyond a bound, counted and not looked at: such a tour is never clean"""
    browser: str | None
    """its name and version; null for reports"""
    stubbed: Sequence[str]
    """third-party hosts that did not answer and were stood in for"""
    started: Moment | None
    """when, ISO 8601; null for reports"""
    ended: Moment | None
    """when, ISO 8601; null for reports"""


def tour_json(verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading) -> TourJson:
    """The document. `gathered` is None where the verdict is of reports."""
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
