"""The end of an acting run: what is live now, the result on each distribution, what to do next."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, assert_never

from edgerollout.policy.stage import Stage
from edgerollout.release.facts.events import DistributionResult, RunResult
from edgerollout.views.as_text import as_text
from edgerollout.views.document import (
    Advised,
    Code,
    Doc,
    Item,
    Labelled,
    List,
    Marker,
    Table,
    TableRow,
    Verdict,
)
from edgerollout.views.wording import count_words, duration_words, size_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Spell
    from edgerollout.release.facts.events import (
        CspState,
        DistributionOutcome,
        HandedOver,
        Outcome,
        Pruned,
        TouredPages,
        VerifiedUrls,
    )
    from edgerollout.views.document import Passage, Phrase
    from edgerollout.views.glyphs import Glyphs
    from edgerollout.views.ink import Line

_SEPARATOR = " · "
_LISTED = 8
"""Up to this many distributions are all listed. With more, successful ones are only counted."""


_HALTED = {
    RunResult.REFUSED: "refused",
    RunResult.UNMET_GATES: "not yet",
    RunResult.NOT_RIGHT: "live and not right",
}


def outcome_lines(outcome: Outcome, width: int, glyphs: Glyphs, spell: Spell) -> tuple[Line, ...]:
    """The outcome for a terminal, below the other lines of the run."""
    distributions = outcome.distributions
    many = len(distributions) > _LISTED
    listed = tuple(distribution for distribution in distributions if not (many and _well(distribution)))
    counts = Counter(distribution.result for distribution in distributions if many and _well(distribution))
    rows = tuple(_row(distribution, Code(distribution.name)) for distribution in listed) + tuple(
        TableRow((count_words(count, "distribution"), distribution_words(result)), _distribution_mark(result))
        for result, count in counts.items()
    )
    return as_text(outcome_document(None, outcome, rows), width, glyphs, spell)


def outcome_document(
    title: Phrase | None,
    outcome: Outcome,
    rows: tuple[TableRow, ...],
    more: tuple[Passage, ...] = (),
    *,
    grades: str | None = None,
) -> Doc:
    """How a run ended. `rows` are the results on its distributions; `more` comes after them."""
    why = outcome.error if says_why(outcome) else None
    hints = (("next", outcome.next_step), ("undo", outcome.undo))
    return Doc(
        title,
        (
            Labelled((("why", why), ("grade", grades))),
            List(() if outcome.pruned is None else tuple(_pruned(outcome.pruned))),
            Table(("distribution", "result", "error"), rows, note=effort_words(outcome)),
            *more,
        ),
        Verdict(verdict_words(outcome), _mark(outcome.result)),
        tuple(Advised(label, hint) for label, hint in hints if hint is not None),
    )


def distribution_rows(outcome: Outcome, most: int) -> tuple[TableRow, ...]:
    """A row for each distribution, at most `most` rows, failed ones first."""
    rows = sorted(outcome.distributions, key=_well)
    shown = tuple(_row(row, f"{row.name} ({row.id})") for row in rows[:most])
    if len(rows) <= most:
        return shown
    return (*shown, TableRow((f"and {count_words(len(rows) - most, 'other')}",)))


def says_why(outcome: Outcome) -> bool:
    """Whether the error belongs to the run. Errors of a distribution are shown with that distribution."""
    return outcome.error is not None and all(
        distribution.error != outcome.error for distribution in outcome.distributions
    )


def verdict_words(outcome: Outcome) -> str:
    """How the run ended, and what is live now."""
    if outcome.pruned is None:
        return _SEPARATOR.join((_verdict(outcome), *_true_now(outcome)))
    return f"{outcome.result.value.replace('-', ' ')}: {pruned_words(outcome.pruned)}"


def _row(distribution: DistributionOutcome, name: Phrase) -> TableRow:
    mark = _distribution_mark(distribution.result)
    words = distribution_words(distribution.result)
    return TableRow((name, words, *(() if distribution.error is None else (distribution.error,))), mark)


def _verdict(outcome: Outcome) -> str:
    where = outcome.environment
    before = "no release" if outcome.previous is None else f"release {outcome.previous}"
    # A run that failed before its first step may not have read what is live.
    unknown = outcome.release is None and outcome.previous is None
    still = outcome.release is None and not _touched(outcome)
    was = "" if unknown else f" ({'still' if still else 'before'}: {before})"
    match outcome.result:
        case RunResult.COMPLETED if outcome.release is None:
            return f"no release is live in {where} any more (before: {before})"
        case RunResult.COMPLETED:
            return _live(outcome) + ("" if outcome.previous is None else was)
        case RunResult.NOTHING_TO_DO if outcome.handed_over is not None and outcome.handed_over.waits:
            return f"nothing to do: {_awaited(outcome.handed_over, where)}"
        case RunResult.NOTHING_TO_DO | RunResult.WAITING:
            words = outcome.result.value.replace("-", " ")
            live = f"no release is live in {where}" if outcome.release is None else _live(outcome)
            return f"{words}: {live}"
        case RunResult.HANDED_OVER:
            return f"handed over: {_handed_over(outcome)}"
        case RunResult.IN_PROGRESS | RunResult.FAILED | RunResult.INTERRUPTED | RunResult.CONFLICT:
            return f"{outcome.result.value.replace('-', ' ')}: {_live(outcome)}{was}"
        case RunResult.ROLLED_BACK if outcome.release is not None and outcome.release == outcome.previous:
            return f"rolled back: what this run changed in {where} is undone; {before} stays live elsewhere"
        case RunResult.ROLLED_BACK:
            return f"rolled back: {before} is live in {where} again"
        case RunResult.NEEDS_PERSON:
            return f"needs a person: the rollback to {before} failed; {_live(outcome)}"
        case RunResult.REFUSED | RunResult.UNMET_GATES | RunResult.NOT_RIGHT:
            return f"{_HALTED[outcome.result]}: {_live(outcome)}{was}"
        case _:
            assert_never(outcome.result)


def _true_now(outcome: Outcome) -> Iterator[str]:
    """What is now true for visitors, if the run was successful."""
    if outcome.result not in (RunResult.COMPLETED, RunResult.NOTHING_TO_DO):
        return
    if outcome.release is None and outcome.result is RunResult.COMPLETED:
        yield "edgerollout's headers are no longer sent"
    if outcome.csp is not None:
        yield csp_words(outcome.csp)
        if outcome.csp.observed is not None:
            yield "headers report-only until promote --enforce"
    if outcome.verified is not None:
        yield _verified_words(outcome.verified)
    if outcome.toured is not None:
        yield _toured_words(outcome.toured)


def csp_words(csp: CspState) -> str:
    """What the CSPs of a release do for visitors."""
    match csp.stage:
        case Stage.REPORT_ONLY if csp.enforced is not None:
            return "CSP enforced, the next one report-only: it blocks nothing yet"
        case Stage.REPORT_ONLY:
            return "CSP report-only: blocks nothing yet"
        case Stage.ENFORCED:
            return "CSP enforced: now blocks what it does not list" if csp.now_enforced else "CSP enforced"
        case None:
            return "no CSP"
        case _:
            assert_never(csp.stage)


def _verified_words(verified: VerifiedUrls) -> str:
    if verified.right == verified.urls:
        return f"{count_words(verified.urls, 'URL')} verified"
    return f"{verified.right} of {count_words(verified.urls, 'URL')} verified"


def _toured_words(toured: TouredPages) -> str:
    pages = f"{count_words(toured.pages, 'page')} toured"
    if toured.blocked:
        return f"{pages}: {toured.blocked} blocked"
    return f"{pages}: nothing {'new ' if toured.blocked_already else ''}is blocked"


def pruned_words(pruned: Pruned) -> str:
    """The result of a prune, in a few words."""
    if not (pruned.deleted or pruned.pending or pruned.left):
        return "no version had to be deleted"
    parts = ["no version deleted"]
    if pruned.deleted:
        count = count_words(len(pruned.deleted), "version")
        parts = [f"{count} deleted", f"{size_words(pruned.freed)} freed"]
    parts += [f"{len(pruned.pending)} pending"] if pruned.pending else []
    parts += [f"{len(pruned.left)} left"] if pruned.left else []
    return ", ".join(parts)


def _pruned(pruned: Pruned) -> Iterator[Item]:
    if pruned.pending:
        numbers = ", ".join(map(str, pruned.pending))
        yield Item(f"pending: {numbers} (replicas still exist; they go within some hours)", Marker.WARNING)
    if pruned.left:
        yield Item(f"left: {', '.join(map(str, pruned.left))}", Marker.WARNING)


def _live(outcome: Outcome) -> str:
    """How far the release is rolled out, from the result on each distribution."""
    where = outcome.environment
    if outcome.release is None and _touched(outcome):
        return f"removing the release in {where} was under way"
    if outcome.release is None:
        return f"nothing was rolled out in {where}"
    release = f"release {outcome.release}"
    there = sum(1 for distribution in outcome.distributions if _well(distribution) or _carries(distribution))
    everywhere = len(outcome.distributions)
    if there == everywhere:
        return f"{release} is live in {where}"
    if there == 0:
        return f"{release} is not live in {where} yet"
    return f"{release} is live on {there} of {everywhere} distributions in {where}"


def _handed_over(outcome: Outcome) -> str:
    """What Terraform must do now, and what is live until then."""
    where, handed = outcome.environment, outcome.handed_over
    if handed is None:
        return f"handed over to Terraform in {where}"
    live = _live_now(handed)
    if handed.waits and handed.release is None:
        return f"Terraform must now remove the release in {where} (live: {live})"
    if handed.waits:
        return f"Terraform must now attach release {handed.release} in {where} (live: {live})"
    if handed.release is None:
        return f"the tfvars say that no release is attached, which is true in {where}"
    return f"the tfvars name release {handed.release}, which is attached in {where} (live: {live})"


def _awaited(handed: HandedOver, where: str) -> str:
    """What is live, and what waits for Terraform."""
    if handed.release is not None and handed.release == handed.live:
        return f"release {handed.live} is live in {where}, but not everywhere: it waits for `terraform apply`"
    live = "no release" if handed.live is None else f"release {handed.live}"
    change = "removing the release" if handed.release is None else f"release {handed.release}"
    return f"{live} is live in {where}, and {change} waits for `terraform apply`"


def _live_now(handed: HandedOver) -> str:
    return "no release" if handed.live is None else f"release {handed.live}"


def effort_words(outcome: Outcome) -> str:
    """The time, the number of calls, and the endpoint if it is not AWS."""
    pieces = [duration_words(outcome.duration), count_words(sum(outcome.aws_calls.values()), "AWS call")]
    if outcome.sandbox:
        pieces.append("in the sandbox, AWS was not touched")
    elif outcome.endpoint is not None:
        pieces.append(f"at {outcome.endpoint}")
    return _SEPARATOR.join(pieces)


def _touched(outcome: Outcome) -> bool:
    """Whether a distribution may have been changed. In a run without a release, triggers were removed."""
    untouched = (DistributionResult.NOT_STARTED, DistributionResult.NOTHING_TO_DO)
    return any(distribution.result not in untouched for distribution in outcome.distributions)


def _well(outcome: DistributionOutcome) -> bool:
    return outcome.result in (DistributionResult.COMPLETED, DistributionResult.NOTHING_TO_DO)


def _carries(outcome: DistributionOutcome) -> bool:
    """Whether the release is live there, although the check of the site failed."""
    return outcome.result is DistributionResult.NOT_RIGHT


def distribution_words(result: DistributionResult) -> str:
    """`completed`, `in progress`…"""
    return result.value.replace("-", " ")


def _mark(result: RunResult) -> Marker:
    match result:
        case RunResult.COMPLETED | RunResult.NOTHING_TO_DO | RunResult.HANDED_OVER:
            return Marker.DONE
        case RunResult.WAITING:
            return Marker.WAITING
        case RunResult.IN_PROGRESS | RunResult.INTERRUPTED:
            return Marker.WARNING
        case RunResult.FAILED | RunResult.ROLLED_BACK | RunResult.NEEDS_PERSON:
            return Marker.FAILED
        case RunResult.CONFLICT | RunResult.REFUSED | RunResult.UNMET_GATES | RunResult.NOT_RIGHT:
            return Marker.FAILED
        case _:
            assert_never(result)


def _distribution_mark(result: DistributionResult) -> Marker:
    match result:
        case DistributionResult.COMPLETED | DistributionResult.NOTHING_TO_DO:
            return Marker.DONE
        case DistributionResult.HANDED_OVER | DistributionResult.IN_PROGRESS | DistributionResult.NOT_STARTED:
            return Marker.WAITING
        case DistributionResult.FAILED | DistributionResult.CONFLICT:
            return Marker.FAILED
        case DistributionResult.ROLLED_BACK | DistributionResult.NOT_RIGHT:
            return Marker.FAILED
        case _:
            assert_never(result)
