"""A tour as the `tour` document. Fields are contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.tour.suggestion import Allow, Decide, Rework, Settled
from edgerollout.views.json_text import json_text
from edgerollout.views.tour_wording import shown_url, shown_words

if TYPE_CHECKING:
    from edgerollout.tour.cause import Cause
    from edgerollout.tour.judgement import CauseRow, TourVerdict
    from edgerollout.tour.model import Gathered, Visit
    from edgerollout.tour.suggestion import CauseAdvice
    from edgerollout.views.tour_rows import TourHeading

SCHEMA = "1.0"


def tour_json(verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading) -> str:
    """The document as text."""
    return json_text(tour_document(verdict, gathered, heading))


def tour_document(verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading) -> dict[str, object]:
    """The document. `gathered` is None where the verdict is of reports."""
    visits = {} if gathered is None else {visit.url: visit for visit in gathered.visits}
    return {
        "schema": SCHEMA,
        "environment": heading.environment,
        "mode": heading.mode,
        "release": heading.release,
        "digest": verdict.digest,
        "disposition": verdict.disposition,
        "clean": verdict.clean,
        "complete": verdict.complete,
        "partial": [shown_words(one) for one in verdict.partial],
        "pages": [
            {
                "url": shown_url(page.url),
                "violations": page.violations,
                "complete": page.complete,
                "reasons": [shown_words(one) for one in page.reasons],
                "not_tried": [shown_words(one) for one in page.not_tried],
                "differences": [shown_words(one) for one in page.differences],
                "accepted_unseen": list(page.accepted_unseen),
                **_answer(visits.get(page.url)),
            }
            for page in verdict.pages
        ],
        "violations": [_violation(row) for row in verdict.rows],
        "others": [_cause(cause) for cause in verdict.others],
        "broken_by_headers": [
            {
                "header": one.header,
                "value": one.value,
                "what": one.what,
                "pages": [shown_url(page) for page in one.pages],
            }
            for one in verdict.breakages
        ],
        "not_observable": [{"header": header, "ask": ask} for header, ask in verdict.asks],
        "suggestions": [
            {
                "directive": one.directive,
                "source": one.source,
                "causes": one.causes,
                "pages": len(one.pages),
                "notes": list(one.notes),
            }
            for one in verdict.suggestions
        ],
        "policy": {"before": verdict.before.to_json(), "after": verdict.after.to_json()},
        "dropped": dict(verdict.dropped),
        "omitted": verdict.omitted,
        "browser": None if gathered is None else f"{gathered.browser.name} {gathered.browser.version}",
        "stubbed": [] if gathered is None else list(gathered.stubbed),
        "started": None if gathered is None else gathered.started.isoformat(),
        "ended": None if gathered is None else gathered.ended.isoformat(),
    }


def _answer(visit: Visit | None) -> dict[str, object]:
    if visit is None:
        return {}
    return {"status": visit.status, "title": visit.title}


def _violation(row: CauseRow) -> dict[str, object]:
    return {**_cause(row.cause), "suggestion": _suggestion(row)}


def _cause(cause: Cause) -> dict[str, object]:
    spot = cause.spots[0] if cause.spots else None
    pages = [{"url": shown_url(page), "count": count} for page, count in cause.sightings]
    return {
        "directive": cause.directive,
        "blocked": cause.blocked,
        "redirect_target": cause.target or None,
        "page": pages[0]["url"] if pages else None,
        "pages": pages,
        "source": spot.source if spot is not None else None,
        "line": spot.line if spot is not None and spot.line else None,
        "sample": cause.sample or None,
        "hash": cause.hash or None,
        "count": cause.count,
        "kind": cause.kind,
        "disposition": cause.disposition,
        "confirmed": cause.confirmed,
    }


def _suggestion(row: CauseRow) -> dict[str, object]:
    advice = row.advice
    return {
        "action": _action(advice),
        "directive": row.place,
        "sources": list(advice.sources) if isinstance(advice, Allow | Decide) else [],
        "notes": list(advice.notes) if isinstance(advice, Allow) else [advice.why],
    }


def _action(advice: CauseAdvice) -> str:
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
