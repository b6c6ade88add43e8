"""Compares the site's answers with the live release, again and again until they agree or time is up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never
from urllib.parse import urldefrag, urljoin, urlsplit

from edgerollout.advice import CommandLine, advise
from edgerollout.policy.render import RenderedResponse
from edgerollout.probe.survey import AnswerKind, first_look, survey
from edgerollout.probe.targets import LeftOut, links_of
from edgerollout.release.facts.header_comparison import DifferenceCause
from edgerollout.release.facts.headers_policies import SLOT
from edgerollout.release.facts.served import judge
from edgerollout.release.status.status import BehaviorState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from edgerollout.advice import Hint
    from edgerollout.clock import Clock
    from edgerollout.net.answer import HttpAnswer
    from edgerollout.probe.survey import Asks, SurveyAnswer, Surveyed
    from edgerollout.probe.targets import BehaviorPlace, Site, Target
    from edgerollout.release.facts.header_comparison import Difference
    from edgerollout.release.facts.served import JudgedAnswer
    from edgerollout.rollout.session import Pace


@dataclass(frozen=True)
class Expectation:
    """What the site should send. `live` is the live release by AWS, mostly the same one.

    `before` is the response of the previous release, if known.
    """

    release: int
    response: RenderedResponse
    event: str
    live: int | None = None
    previous: int | None = None
    before: RenderedResponse | None = None
    altered: str | None = None
    """The name of the release's response headers policy, where somebody has edited it."""
    stale: tuple[str, ...] = ()
    """The names of policies of others that were edited since the release copied what goes along."""


@dataclass(frozen=True)
class LiveProbe:
    """One answer, judged. `expected` and `seen` have the release's headers and those that differ.

    `notes` explain the verdict in words. `loops`: it redirects to itself.
    """

    answer: SurveyAnswer
    judged: JudgedAnswer
    expected: Mapping[str, str | None]
    seen: Mapping[str, tuple[str, ...]]
    notes: tuple[Hint, ...] = ()
    loops: bool = False

    @property
    def ok(self) -> bool:
        return self.judged.verdict.fine and not self.loops

    @property
    def differences(self) -> tuple[Difference, ...]:
        return self.judged.differences

    @property
    def why(self) -> tuple[Hint, ...]:
        """What explains the verdict, in words."""
        own = (self.judged.why, self.judged.hint)
        return (*(reason for reason in own if reason is not None), *self.notes)

    @property
    def probed(self) -> HttpAnswer:
        return self.answer.probed

    @property
    def place(self) -> BehaviorPlace | None:
        return self.answer.target.place

    @property
    def age(self) -> int | None:
        """Seconds in the cache."""
        text = next(iter(self.probed.values("age")), "")
        return int(text) if text.isdecimal() and len(text) < 12 else None


@dataclass(frozen=True)
class Verified:
    """The result of a run of verify. `looks`: how often the URLs were asked."""

    expectation: Expectation
    probes: tuple[LiveProbe, ...]
    left_out: tuple[LeftOut, ...]
    looks: int = 1
    elapsed: float = 0.0
    """Seconds."""

    @property
    def ok(self) -> bool:
        return bool(self.probes) and all(probe.ok for probe in self.probes)


def verify_live(
    probe: Asks,
    site: Site,
    urls: tuple[str, ...],
    expectation: Expectation,
    clock: Clock,
    *,
    timeout: float,
    pace: Pace,
    token: Callable[[], str],
    further: tuple[str, ...] = (),
) -> Verified:
    """Ask `urls` and a URL for every other behavior, each in every way, and judge the answers.

    `further` are other pages of the site, used with their links where `urls` show nothing.
    While something is wrong, its URLs are asked again, until `timeout` seconds have passed.
    `token` makes names that no page of the site has.
    """
    began = clock.monotonic()
    first = first_look(probe, dict.fromkeys((*urls, *further)))
    links = [*further, *(link for reply in first.values() for link in links_of(reply))]
    targets, left_out = site.targets(urls, links)
    asked = _answered(targets, first)
    found = survey(probe, site, targets, token(), links=links, asked=asked)
    looks, interval = 1, pace.first
    while True:
        judged = {target: _judged(surveyed, expectation) for target, surveyed in found.items()}
        wrong = [target for target, probes in judged.items() if not all(probe.ok for probe in probes)]
        elapsed = clock.monotonic() - began
        # A certificate that is not accepted needs a person.
        again = [target for target in wrong if not any(_refused(probe.probed) for probe in judged[target])]
        if not again or elapsed >= timeout:
            break
        clock.sleep(min(interval, timeout - elapsed))
        interval = pace.after(interval)
        found |= survey(probe, site, again, token(), links=links)
        looks += 1
    probes = tuple(probe for probed in judged.values() for probe in probed)
    unseen = (left_out for surveyed in found.values() for left_out in surveyed.left_out)
    return Verified(
        expectation,
        probes,
        (*left_out, *unseen, *_not_judged(probes)),
        looks,
        clock.monotonic() - began,
    )


def _refused(seen: HttpAnswer) -> bool:
    return seen.status is None and not seen.verified


def _not_judged(probes: tuple[LiveProbe, ...]) -> Iterator[LeftOut]:
    """The behaviors without an answer that could have headers: nothing is wrong, but nothing is proved."""
    judged = {probe.place for probe in probes if probe.expected or not probe.ok}
    for place in dict.fromkeys(probe.place for probe in probes):
        if place is not None and place not in judged:
            yield LeftOut(
                None, place, None, "no answer here could carry the headers: name a page of this behavior"
            )


def _answered(targets: Iterable[Target], asked: Mapping[str, HttpAnswer]) -> dict[str, HttpAnswer]:
    """Answers that are known without a request: a host that did not answer is not asked for every
    behavior."""
    silent = {urlsplit(url).netloc: answer for url, answer in asked.items() if answer.status is None}
    known = {
        target.url: replace(silent[host], url=target.url)
        for target in targets
        if (host := urlsplit(target.url).netloc) in silent
    }
    return {**known, **asked}


def _judged(surveyed: Surveyed, expectation: Expectation) -> tuple[LiveProbe, ...]:
    """The answers of one target. A miss shows which of the old release's headers come from the origin."""
    fresh = next((answer.probed for answer in surveyed.answers if answer.kind is AnswerKind.MISS), None)
    before = None if fresh is None else _without(expectation.before, fresh)
    return tuple(judge_answer(answer, expectation, before) for answer in surveyed.answers)


def _without(before: RenderedResponse | None, fresh: HttpAnswer) -> RenderedResponse | None:
    """The previous release without the headers of a fresh response, which come from elsewhere."""
    if before is None:
        return None
    sent = {name for name, _ in fresh.headers}
    return RenderedResponse(
        set={name: value for name, value in before.set.items() if name not in sent},
        keep={name: value for name, value in before.keep.items() if name not in sent},
    )


def judge_answer(
    answer: SurveyAnswer, expectation: Expectation, left_behind: RenderedResponse | None = None
) -> LiveProbe:
    """Compare an answer with what is live. `left_behind`: headers that only an old response can still
    have."""
    seen, place = answer.probed, answer.target.place
    found = judge(
        expectation.response,
        expectation.event,
        seen,
        before=expectation.before,
        left_behind=left_behind,
        error_pages=() if place is None else _error_pages(answer.kind, place),
    )
    if not found.compared:
        return LiveProbe(answer, found, {}, {})
    loops = 300 <= (seen.status or 0) < 400 and _leads_to_itself(seen)
    notes: list[Hint] = ["it redirects to itself: a loop"] if loops else []
    if found.differences:
        notes += _explained(answer, expectation, found.differences)
    own = {**expectation.response.keep, **expectation.response.set}
    expected: dict[str, str | None] = {name: value for name, (_, value) in own.items()}
    expected |= {difference.header: difference.expected for difference in found.differences}
    return LiveProbe(
        answer,
        found,
        dict(sorted(expected.items())),
        {name: values for name in sorted(expected) if (values := seen.values(name))},
        tuple(notes),
        loops,
    )


def _error_pages(kind: AnswerKind, place: BehaviorPlace) -> frozenset[int]:
    """The statuses that mean a missing page, where such a page was asked for."""
    errors = place.distribution.custom_errors if kind is AnswerKind.NOT_FOUND else ()
    return frozenset(error.answered_as for error in errors if error.answered_as is not None)


def _leads_to_itself(seen: HttpAnswer) -> bool:
    location = next(iter(seen.values("location")), None)
    try:
        return location is not None and urldefrag(urljoin(seen.url, location)).url == seen.url
    except ValueError:
        return False


def _explained(
    answer: SurveyAnswer, expectation: Expectation, differences: tuple[Difference, ...]
) -> list[Hint]:
    """The most likely reason for differences, from the behavior in AWS and the state of the cache."""
    place, seen = answer.target.place, answer.probed
    if place is None:
        return ["no distribution of the environment serves this host"]
    if (why := _trigger(place)) is not None:
        return [why]
    causes = {difference.cause(expectation.before) for difference in differences}
    cached = (seen.cache or "").startswith(("Hit", "RefreshHit"))
    viewer = not expectation.event.startswith("origin-")
    found: list[Hint] = []
    if (
        causes <= {DifferenceCause.LEFTOVER, DifferenceCause.MISSING, DifferenceCause.UNWANTED}
        and cached
        and not viewer
    ):
        age = next(iter(seen.values("age")), None)
        since = "" if age is None else f" {age} s ago"
        found.append(
            advise(
                f"it was cached{since}, before release {expectation.release}: invalidate it (",
                CommandLine("wait"),
                " requests the missing invalidation)",
            )
        )
    elif DifferenceCause.LEFTOVER in causes:
        found.append(
            f"headers of release {expectation.previous}: this edge does not serve the new one yet"
            if expectation.previous is not None
            else "headers from before: this edge does not serve the new release yet"
        )
    elif causes == {DifferenceCause.MISSING}:
        found.append(
            "the policy is there: this edge may not have it yet"
            if expectation.event == SLOT
            else "the trigger is there: this edge may not have it yet, or the function does not set them"
        )
    if DifferenceCause.DUPLICATE in causes:
        found.append(
            "sent more than once: the origin, a response headers policy or another function adds its own"
        )
    return found


def _trigger(place: BehaviorPlace) -> Hint | None:
    """What is wrong with the behavior's trigger; None if it carries the live release."""
    behavior, publish = place.behavior, CommandLine("publish")
    match behavior.state:
        case BehaviorState.MISSING if behavior.version is not None:
            return advise(
                f"the behavior {behavior.path} has the release at another event (", publish, " moves it)"
            )
        case BehaviorState.MISSING:
            return advise(f"the behavior {behavior.path} does not have the release (", publish, " adds it)")
        case BehaviorState.OLD:
            return advise(
                f"the behavior {behavior.path} carries version {behavior.version} (", publish, " swaps it)"
            )
        case BehaviorState.FOREIGN:
            return f"the behavior {behavior.path} has what is not of this environment: {behavior.foreign}"
        case BehaviorState.CURRENT | BehaviorState.EXCLUDED:
            return None
        case _:
            assert_never(behavior.state)
