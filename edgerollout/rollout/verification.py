"""Do the live headers carry the release? A probe of each URL, compared with the release and the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.facts.events import StepKind
from edgerollout.release.facts.served import Served, judge
from edgerollout.rollout.session import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.net.answer import HttpAnswer
    from edgerollout.policy.render import RenderedResponse
    from edgerollout.release.facts.served import JudgedAnswer
    from edgerollout.rollout.ports import Probe
    from edgerollout.rollout.session import Session

_LOOKS = 3
"""How often such a URL is requested at least, also after the deadline or where a probe takes long."""


def probe_all(session: Session, probe: Probe, urls: tuple[str, ...]) -> dict[str, HttpAnswer]:
    """The answers of the URLs before the swap."""
    step = Step(session, StepKind.PROBE_BASELINE, f"{len(urls)} URL{'s' if len(urls) > 1 else ''}")
    answers = {url: probe.headers(url) for url in urls}
    reached = sum(1 for answer in answers.values() if answer.status is not None)
    step.finish(f"{reached} of {len(urls)} reached")
    return answers


def verify(
    session: Session,
    probe: Probe,
    urls: tuple[str, ...],
    event: str,
    expected: RenderedResponse | None,
    before: RenderedResponse | None,
    baseline: Mapping[str, HttpAnswer],
) -> tuple[JudgedAnswer, ...]:
    """Probe until nothing is wrong, or the limit is reached.

    Headers count as wrong only after two probes. A problem that may go away by itself gets the pace's
    patience.
    """
    step = Step(session, StepKind.VERIFY, f"{len(urls)} URL{'s' if len(urls) > 1 else ''}")
    settled: dict[str, JudgedAnswer] = {}
    tries, interval = 0, min(1.0, session.pace.first)
    while True:
        for url in urls:
            if url not in settled or not settled[url].verdict.fine:
                seen = probe.headers(url)
                settled[url] = judge(expected, event, seen, before=before, baseline=baseline.get(url))
        tries += 1
        unsettled = [answer for answer in settled.values() if not answer.verdict.fine]
        passing = [answer for answer in unsettled if answer.passing]
        patient = step.elapsed < session.pace.patience and not session.deadline.passed
        enough = tries >= (_LOOKS if passing else 2) and not (passing and patient)
        if not unsettled or enough:
            break
        step.progress(", ".join(sorted({answer.verdict for answer in unsettled})))
        # After the deadline there is still another probe: nothing counts as wrong after a single one.
        session.clock.sleep(session.deadline.left(interval) or min(1.0, session.pace.first))
        session.stop.check()
        interval = session.pace.after(interval)
    judgements = tuple(settled[url] for url in urls)
    counts = {
        verdict: sum(1 for judgement in judgements if judgement.verdict is verdict) for verdict in Served
    }
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    step.finish(told, good=not unsettled)
    return judgements
