"""Do the live headers carry the release? A probe of each URL, judged against release and baseline."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.release.facts.events import StepKind
from edgerollout.release.facts.header_comparison import Difference, compare
from edgerollout.rollout.session import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.net.answer import HttpAnswer
    from edgerollout.policy.render import RenderedResponse
    from edgerollout.rollout.ports import Probe
    from edgerollout.rollout.session import Session

_LOOKS = 3
"""How often at least such a URL is looked at, also past the deadline or where a probe takes long."""


class Verdict(enum.StrEnum):
    """What a URL's headers say about the release."""

    OK = "ok"
    STALE = "stale"
    """The headers from before the swap."""
    UNREACHABLE = "unreachable"
    """No answer, or an error that was there before the swap."""
    WRONG = "wrong"
    """Neither the release's headers nor the ones before, or a new 5xx that does not pass."""


@dataclass(frozen=True)
class Judgement:
    """One URL's verdict and what it rests on."""

    url: str
    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    why: str | None = None

    @property
    def passing(self) -> bool:
        """Whether it may pass by itself within moments: old headers, no answer, an error status."""
        return self.verdict is not Verdict.OK and not (self.verdict is Verdict.WRONG and self.differences)

    @property
    def words(self) -> str:
        """Why, or what differs, in parentheses."""
        if self.why is not None:
            return f" ({self.why})"
        return f" ({'; '.join(_words(each) for each in self.differences)})"


def _words(one: Difference) -> str:
    if one.expected is None:
        return f"{one.header} should not be there"
    seen = " | ".join(one.seen)
    return f"{one.header} is {seen}" if seen else f"{one.header} is missing"


def judge(
    expected: RenderedResponse | None,
    before: RenderedResponse | None,
    baseline: HttpAnswer | None,
    seen: HttpAnswer,
) -> Judgement:
    """Compare what a URL sends with the release. `before`: the previous release; `baseline`: a probe then.

    Where it is not known what to expect (None), only that the site answers can be judged.
    """
    if seen.error is not None or seen.status is None:
        return Judgement(seen.url, Verdict.UNREACHABLE, why=seen.error)
    if seen.status >= 500:
        known = baseline is not None and (baseline.status is None or baseline.status >= 500)
        verdict = Verdict.UNREACHABLE if known or baseline is None else Verdict.WRONG
        return Judgement(seen.url, verdict, why=f"status {seen.status}")
    if seen.by_cloudfront:
        # CloudFront's own redirect to HTTPS: no function runs, no header of ours can be there.
        return Judgement(seen.url, Verdict.OK, why=f"{seen.status}, CloudFront's own redirect")
    if expected is None:
        return Judgement(seen.url, Verdict.OK, why="its headers were not compared")
    differences = compare(expected, seen.headers)
    if not differences:
        return Judgement(seen.url, Verdict.OK)
    old = all(_as_before(one, before, baseline) for one in differences)
    return Judgement(seen.url, Verdict.STALE if old else Verdict.WRONG, differences)


def _as_before(one: Difference, before: RenderedResponse | None, baseline: HttpAnswer | None) -> bool:
    values: list[tuple[str, ...]] = []
    if before is not None:
        here = before.set.get(one.header) or before.keep.get(one.header)
        values.append(() if here is None else (here[1],))
    if baseline is not None:
        values.append(baseline.values(one.header))
    return one.seen in values


def probe_all(session: Session, probe: Probe, urls: tuple[str, ...]) -> dict[str, HttpAnswer]:
    """What the URLs send before the swap."""
    step = Step(session, StepKind.PROBE_BASELINE, f"{len(urls)} URL{'s' if len(urls) > 1 else ''}")
    answers = {url: probe.headers(url) for url in urls}
    reached = sum(1 for one in answers.values() if one.status is not None)
    step.finish(f"{reached} of {len(urls)} reached")
    return answers


def verify(
    session: Session,
    probe: Probe,
    urls: tuple[str, ...],
    expected: RenderedResponse | None,
    before: RenderedResponse | None,
    baseline: Mapping[str, HttpAnswer],
) -> tuple[Judgement, ...]:
    """Probe until every URL is ok or the bound is reached.

    Wrong headers are seen twice before they are called so; what may pass by itself gets the pace's patience.
    """
    step = Step(session, StepKind.VERIFY, f"{len(urls)} URL{'s' if len(urls) > 1 else ''}")
    settled: dict[str, Judgement] = {}
    tries, interval = 0, min(1.0, session.pace.first)
    while True:
        for url in urls:
            if url not in settled or settled[url].verdict is not Verdict.OK:
                settled[url] = judge(expected, before, baseline.get(url), probe.headers(url))
        tries += 1
        unsettled = [one for one in settled.values() if one.verdict is not Verdict.OK]
        passing = [one for one in unsettled if one.passing]
        patient = step.elapsed < session.pace.patience and not session.deadline.passed
        enough = tries >= (_LOOKS if passing else 2) and not (passing and patient)
        if not unsettled or enough:
            break
        step.progress(", ".join(sorted({one.verdict for one in unsettled})))
        # Past the deadline there is one more look all the same: nothing is called wrong at first sight.
        session.clock.sleep(session.deadline.left(interval) or min(1.0, session.pace.first))
        session.stop.check()
        interval = session.pace.after(interval)
    judgements = tuple(settled[url] for url in urls)
    counts = {verdict: sum(1 for one in judgements if one.verdict is verdict) for verdict in Verdict}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    step.finish(told, good=not unsettled)
    return judgements
