"""The `verify` document: live headers against the release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from edgerollout.advice import spelled
from edgerollout.probe.survey import AnswerKind
from edgerollout.release.facts.difference import Change
from edgerollout.release.facts.header_comparison import DifferenceCause
from edgerollout.views.output.encoder import DocumentJson, Output

if TYPE_CHECKING:
    from edgerollout.advice import Spell
    from edgerollout.probe.live_headers import Expectation, LiveProbe, Verified
    from edgerollout.probe.targets import BehaviorPlace, LeftOut
    from edgerollout.release.facts.difference import DirectiveDifference
    from edgerollout.release.facts.header_comparison import Difference


class DirectiveDifferenceJson(Output):
    """A directive that is not as the release says."""

    name: str
    """its name"""
    missing: Sequence[str]
    """sources that are not there"""
    extra: Sequence[str]
    """sources that are there and should not be"""
    change: Literal["missing", "extra", "differs"]
    """`missing` and `extra`: the whole directive"""


class HeaderDifferenceJson(Output):
    """A header that is not as the release says."""

    header: str
    """its name"""
    cause: DifferenceCause
    """`missing`, `leftover` (the value of the release before), `duplicate`, `unwanted` (the release takes it
    off), `other`"""
    expected: str | None
    """its value; null: it should not be there"""
    seen: Sequence[str]
    """its values, one for each header line"""
    directives: Sequence[DirectiveDifferenceJson]
    """for a CSP that is there once: what differs in it"""


class ProbeJson(Output):
    """One answer of the site, judged."""

    url: str
    """what was asked"""
    kind: AnswerKind
    """how the answer came about: `miss`, `hit`, `304`, `redirect`, `404` (an error page, whatever its
    status), `head`, `https-redirect` (CloudFront's own), `error` (no answer, or a status of 500 and above)"""
    distribution: str | None
    """the distribution's id; null for a host that is not the environment's"""
    behavior: str | None
    """the behavior's path; null for a host that is not the environment's"""
    ok: bool
    """whether it is as the release says"""
    status: int | None
    """the answer's status; null without an answer"""
    expected: Mapping[str, str | None]
    """header → its value (null: should not be there); empty where no function runs"""
    seen: Mapping[str, Sequence[str]]
    """header → its values; empty where no function runs"""
    differences: Sequence[HeaderDifferenceJson]
    """a header each"""
    why: Sequence[str]
    """what explains the verdict, in words"""
    pop: str | None
    """`x-amz-cf-pop` as sent"""
    cache: str | None
    """`x-cache` as sent"""
    age: int | None
    """seconds in the cache; null where not sent"""


class LeftOutJson(Output):
    """What was not looked at."""

    url: str | None
    """what would have been asked"""
    kind: str | None
    """how; null for a whole behavior"""
    distribution: str | None
    """the distribution's id"""
    behavior: str | None
    """the behavior's path"""
    why: str
    """why"""


class VerifyJson(DocumentJson):
    """Whether the site sends what the release says: `verify`."""

    ok: bool
    """whether every answer is as the release says; false when there was none"""
    environment: str
    """its name"""
    release: int
    """the number of the release expected"""
    live: int | None
    """the number of the live release"""
    previous: int | None
    """the number of the release before the expected one"""
    event: str
    """where the function sits"""
    looks: int
    """how often the site was asked (`--timeout`)"""
    probes: Sequence[ProbeJson]
    """an answer each"""
    left_out: Sequence[LeftOutJson]
    """what was not looked at"""


def verify_json(found: Verified, environment: str, spell: Spell) -> VerifyJson:
    """The document."""
    return VerifyJson.of(
        found,
        environment=environment,
        release=found.expectation.release,
        live=found.expectation.live,
        previous=found.expectation.previous,
        event=found.expectation.event,
        probes=[_probe(one, found.expectation, spell) for one in found.probes],
        left_out=[_left_out(one) for one in found.left_out],
    )


def _probe(one: LiveProbe, expectation: Expectation, spell: Spell) -> ProbeJson:
    distribution, behavior = _place(one.place)
    return ProbeJson.of(
        one,
        url=one.probed.url,
        kind=one.answer.kind,
        distribution=distribution,
        behavior=behavior,
        status=one.probed.status,
        differences=[_difference(each, expectation) for each in one.differences],
        why=[spelled(each, spell) for each in one.why],
        pop=one.probed.pop,
        cache=one.probed.cache,
    )


def _difference(one: Difference, expectation: Expectation) -> HeaderDifferenceJson:
    return HeaderDifferenceJson.of(
        one,
        cause=one.cause(expectation.before),
        directives=[
            DirectiveDifferenceJson(
                name=each.name,
                missing=each.those(Change.REMOVED),
                extra=each.those(Change.ADDED),
                change=_change(each),
            )
            for each in one.directives
        ],
    )


def _change(one: DirectiveDifference) -> Literal["missing", "extra", "differs"]:
    match one.change:
        case Change.REMOVED:
            return "missing"
        case Change.ADDED:
            return "extra"
        case _:
            return "differs"


def _left_out(one: LeftOut) -> LeftOutJson:
    distribution, behavior = _place(one.place)
    return LeftOutJson.of(one, distribution=distribution, behavior=behavior)


def _place(place: BehaviorPlace | None) -> tuple[str | None, str | None]:
    return (None, None) if place is None else (place.distribution.id, place.behavior.path)
