"""The last words of an acting run: what is live now, what came of each distribution, what to do next."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, assert_never

from edgerollout.policy.stage import Stage
from edgerollout.release.facts.events import DistributionResult, RunResult
from edgerollout.views.hint_lines import hint_lines
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.wording import count_words, duration_words, size_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    from edgerollout.views.glyphs import Glyphs

_LISTED = 8
"""Distributions named one by one; of more, those that went well are counted."""


_HALTED = {
    RunResult.REFUSED: "refused",
    RunResult.UNMET_GATES: "not yet",
    RunResult.NOT_RIGHT: "live and not right",
}


def outcome_lines(outcome: Outcome, glyphs: Glyphs, spell: Spell) -> tuple[Line, ...]:
    """The outcome in a few lines; colours and signs repeat what the words say."""
    return tuple(_lines(outcome, glyphs, spell))


def _lines(outcome: Outcome, glyphs: Glyphs, spell: Spell) -> Iterator[Line]:
    _, style = _sign(outcome.result, glyphs)
    yield Line(verdict_words(outcome, glyphs), style, hang=2)
    if outcome.error is not None and says_why(outcome):
        yield Line(f"  why: {visible(outcome.error)}", hang=7)
    if outcome.pruned is not None:
        yield from _pruned(outcome.pruned, glyphs)
    yield from _distributions(outcome.distributions, glyphs)
    yield Line(f"  {effort_words(outcome, glyphs)}", Style.MUTED, hang=2)
    if outcome.next_step is not None:
        yield from hint_lines("next:", outcome.next_step, spell, indent=2)
    if outcome.undo is not None:
        yield from hint_lines("undo:", outcome.undo, spell, indent=2, style=Style.PLAIN)


def says_why(outcome: Outcome) -> bool:
    """Whether the run's error is more than a distribution's, which its own line and failed step say."""
    return outcome.error is not None and all(
        distribution.error != outcome.error for distribution in outcome.distributions
    )


def verdict_words(outcome: Outcome, glyphs: Glyphs) -> str:
    """How it ended and what is live now: a sign and a sentence."""
    if outcome.pruned is None:
        words = f" {glyphs.dot} ".join((_verdict(outcome), *_true_now(outcome)))
    else:
        words = f"{outcome.result.value.replace('-', ' ')}: {pruned_words(outcome.pruned)}"
    return f"{_sign(outcome.result, glyphs)[0]} {words}"


def _verdict(outcome: Outcome) -> str:
    where = outcome.environment
    before = "no release" if outcome.previous is None else f"release {outcome.previous}"
    # A run that never began may not have got to read what is live.
    unknown = outcome.release is None and outcome.previous is None
    still = outcome.release is None and not _touched(outcome)
    was = "" if unknown else f" ({'still' if still else 'before'}: {before})"
    match outcome.result:
        case RunResult.COMPLETED if outcome.release is None:
            return f"nothing of ours is live in {where} any more (before: {before})"
        case RunResult.COMPLETED:
            return _live(outcome) + ("" if outcome.previous is None else was)
        case RunResult.NOTHING_TO_DO if outcome.handed_over is not None and outcome.handed_over.waits:
            return f"nothing to do: {_awaited(outcome.handed_over, where)}"
        case RunResult.NOTHING_TO_DO | RunResult.WAITING:
            words = outcome.result.value.replace("-", " ")
            live = f"nothing of ours is live in {where}" if outcome.release is None else _live(outcome)
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
    """What holds for visitors now, where the run went well."""
    if outcome.result not in (RunResult.COMPLETED, RunResult.NOTHING_TO_DO):
        return
    if outcome.release is None and outcome.result is RunResult.COMPLETED:
        yield "none of our headers are sent"
    if outcome.csp is not None:
        yield csp_words(outcome.csp)
    if outcome.verified is not None:
        yield _verified_words(outcome.verified)
    if outcome.toured is not None:
        yield _toured_words(outcome.toured)


def csp_words(csp: CspState) -> str:
    """What the CSPs of a release do to visitors."""
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
    """What a prune came to, in a few words."""
    if not (pruned.deleted or pruned.pending or pruned.left):
        return "no version was to be deleted"
    parts = ["no version deleted"]
    if pruned.deleted:
        count = count_words(len(pruned.deleted), "version")
        parts = [f"{count} deleted", f"{size_words(pruned.freed)} freed"]
    parts += [f"{len(pruned.pending)} pending"] if pruned.pending else []
    parts += [f"{len(pruned.left)} left"] if pruned.left else []
    return ", ".join(parts)


def _pruned(pruned: Pruned, glyphs: Glyphs) -> Iterator[Line]:
    if pruned.pending:
        numbers = ", ".join(map(str, pruned.pending))
        text = f"  {glyphs.waiting} pending: {numbers} (replicas still exist; they go within some hours)"
        yield Line(text, Style.WARNING, hang=6)
    if pruned.left:
        yield Line(f"  {glyphs.waiting} left: {', '.join(map(str, pruned.left))}", Style.WARNING, hang=6)


def _live(outcome: Outcome) -> str:
    """How far the release has come, by what became of each distribution."""
    where = outcome.environment
    if outcome.release is None and _touched(outcome):
        return f"our triggers were being taken off in {where}"
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
    """What Terraform is to do, and what is live until then."""
    where, handed = outcome.environment, outcome.handed_over
    if handed is None:
        return f"Terraform is told in {where}"
    live = _live_now(handed)
    if handed.waits and handed.release is None:
        return f"Terraform is to take our triggers off in {where} (live: {live})"
    if handed.waits:
        return f"Terraform is to attach release {handed.release} in {where} (live: {live})"
    if handed.release is None:
        return f"the tfvars say that nothing of ours is attached, as it is in {where}"
    return f"the tfvars name release {handed.release}, which {where} has (live: {live})"


def _awaited(handed: HandedOver, where: str) -> str:
    """What is live, and what waits for Terraform."""
    if handed.release is not None and handed.release == handed.live:
        return f"release {handed.live} is live in {where}, and not everywhere: it waits for `terraform apply`"
    live = "nothing of ours" if handed.live is None else f"release {handed.live}"
    what = "taking our triggers off" if handed.release is None else f"release {handed.release}"
    return f"{live} is live in {where}, and {what} waits for `terraform apply`"


def _live_now(handed: HandedOver) -> str:
    return "no release" if handed.live is None else f"release {handed.live}"


def _distributions(outcomes: tuple[DistributionOutcome, ...], glyphs: Glyphs) -> Iterator[Line]:
    listed = (
        outcomes if len(outcomes) <= _LISTED else tuple(outcome for outcome in outcomes if not _well(outcome))
    )
    rows = [
        (
            distribution.result,
            visible(distribution.name)
            + ("" if distribution.error is None else f": {visible(distribution.error)}"),
        )
        for distribution in listed
    ]
    if len(listed) < len(outcomes):
        counts = Counter(outcome.result for outcome in outcomes if _well(outcome))
        rows += [(result, count_words(count, "distribution")) for result, count in counts.items()]
    width = max((len(distribution_words(result)) for result, _ in rows), default=0)
    for result, text in rows:
        sign, style = _distribution_sign(result, glyphs)
        # A name that is too long for the rest of a narrow line goes to the next one, whole.
        lead = f"  {sign} "
        words = f"{distribution_words(result):<{width}}  {text}"
        yield Line(lead + words, style, hang=6, lead=len(lead))


def effort_words(outcome: Outcome, glyphs: Glyphs) -> str:
    """How long it took, how many calls, and against what if not AWS."""
    pieces = [duration_words(outcome.duration), count_words(sum(outcome.aws_calls.values()), "AWS call")]
    if outcome.sandbox:
        pieces.append("in the sandbox, AWS was not touched")
    elif outcome.endpoint is not None:
        pieces.append(f"at {outcome.endpoint}")
    return f" {glyphs.dot} ".join(pieces)


def _touched(outcome: Outcome) -> bool:
    """Whether a distribution was written to, maybe: without a release that is taking triggers off."""
    untouched = (DistributionResult.NOT_STARTED, DistributionResult.NOTHING_TO_DO)
    return any(distribution.result not in untouched for distribution in outcome.distributions)


def _well(outcome: DistributionOutcome) -> bool:
    return outcome.result in (DistributionResult.COMPLETED, DistributionResult.NOTHING_TO_DO)


def _carries(outcome: DistributionOutcome) -> bool:
    """Whether the release is there although the site is not right."""
    return outcome.result is DistributionResult.NOT_RIGHT


def by_outcome(outcomes: Sequence[DistributionOutcome]) -> Sequence[DistributionOutcome]:
    """Those that did not go well first, else as they came."""
    return sorted(outcomes, key=_well)


def distribution_words(result: DistributionResult) -> str:
    """`completed`, `in progress`…"""
    return result.value.replace("-", " ")


def _sign(result: RunResult, glyphs: Glyphs) -> tuple[str, Style]:
    match result:
        case RunResult.COMPLETED | RunResult.NOTHING_TO_DO:
            return glyphs.done, Style.GOOD
        case RunResult.HANDED_OVER:
            return glyphs.done, Style.GOOD
        case RunResult.WAITING:
            return glyphs.waiting, Style.GOOD
        case RunResult.IN_PROGRESS | RunResult.INTERRUPTED:
            return glyphs.warning, Style.WARNING
        case RunResult.FAILED | RunResult.ROLLED_BACK | RunResult.NEEDS_PERSON:
            return glyphs.failed, Style.BAD
        case RunResult.CONFLICT | RunResult.REFUSED | RunResult.UNMET_GATES | RunResult.NOT_RIGHT:
            return glyphs.failed, Style.BAD
        case _:
            assert_never(result)


def _distribution_sign(result: DistributionResult, glyphs: Glyphs) -> tuple[str, Style]:
    match result:
        case DistributionResult.COMPLETED | DistributionResult.NOTHING_TO_DO:
            return glyphs.done, Style.PLAIN
        case DistributionResult.HANDED_OVER | DistributionResult.IN_PROGRESS | DistributionResult.NOT_STARTED:
            return glyphs.waiting, Style.WARNING
        case DistributionResult.FAILED | DistributionResult.CONFLICT:
            return glyphs.failed, Style.REMOVED
        case DistributionResult.ROLLED_BACK | DistributionResult.NOT_RIGHT:
            return glyphs.failed, Style.REMOVED
        case _:
            assert_never(result)
