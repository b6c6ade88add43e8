"""The `verify` document: live headers compared with the release."""

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
    """A directive that differs from the release."""

    name: str
    """its name"""
    missing: Sequence[str]
    """sources that are missing"""
    extra: Sequence[str]
    """sources that should not be there"""
    change: Literal["missing", "extra", "differs"]
    """`missing` and `extra` mean the whole directive"""


class HeaderDifferenceJson(Output):
    """A header that differs from the release."""

    header: str
    """its name"""
    cause: DifferenceCause
    """`missing`, `leftover` (the value of the release before), `duplicate`, `unwanted` (the release removes
    it), `other`"""
    expected: str | None
    """its value in the release; null: it should not be there"""
    seen: Sequence[str]
    """its values in the response, one for each header line"""
    directives: Sequence[DirectiveDifferenceJson]
    """for a single CSP: the directives that differ"""


class ProbeJson(Output):
    """A response of the site, compared with the release."""

    url: str
    """the requested URL"""
    kind: AnswerKind
    """the kind of response: `miss`, `hit`, `304`, `redirect`, `404` (an error page with any status), `head`,
    `https-redirect` (from CloudFront itself), `error` (no answer, or a status of 500 or more)"""
    distribution: str | None
    """the distribution's id; null for a host outside the environment"""
    behavior: str | None
    """the behavior's path; null for a host outside the environment"""
    ok: bool
    """whether it has the headers of the release"""
    status: int | None
    """its status; null without an answer"""
    expected: Mapping[str, str | None]
    """header → its value (null: should not be there); empty if no function runs"""
    seen: Mapping[str, Sequence[str]]
    """header → its values; empty if no function runs"""
    differences: Sequence[HeaderDifferenceJson]
    """all headers that differ"""
    why: Sequence[str]
    """the reasons for the result, in words"""
    pop: str | None
    """`x-amz-cf-pop` as sent"""
    cache: str | None
    """`x-cache` as sent"""
    age: int | None
    """seconds in the cache; null if not sent"""


class LeftOutJson(Output):
    """Something that was not checked."""

    url: str | None
    """the URL that was not requested"""
    kind: str | None
    """the kind of response; null for a whole behavior"""
    distribution: str | None
    """the distribution's id"""
    behavior: str | None
    """the behavior's path"""
    why: str
    """why"""


class VerifyJson(DocumentJson):
    """Whether the site sends what the release says: `verify`."""

    ok: bool
    """whether every response has the headers of the release; false if there was none"""
    environment: str
    """its name"""
    release: int
    """the number of the expected release"""
    live: int | None
    """the number of the live release"""
    previous: int | None
    """the number of the release before that"""
    event: str
    """where the function sits; `headers-policy`: releases are response headers policies"""
    altered: str | None
    """the name of the release's response headers policy, where somebody has edited it"""
    stale: Sequence[str]
    """names of policies of others that were edited since the release copied what goes along of them"""
    looks: int
    """how often the site was checked (`--timeout`)"""
    probes: Sequence[ProbeJson]
    """all responses"""
    left_out: Sequence[LeftOutJson]
    """what was not checked"""


def verify_json(found: Verified, environment: str, spell: Spell) -> VerifyJson:
    """The document."""
    return VerifyJson.of(
        found,
        environment=environment,
        release=found.expectation.release,
        live=found.expectation.live,
        previous=found.expectation.previous,
        event=found.expectation.event,
        altered=found.expectation.altered,
        stale=found.expectation.stale,
        probes=[_probe(probe, found.expectation, spell) for probe in found.probes],
        left_out=[_left_out(left) for left in found.left_out],
    )


def _probe(probe: LiveProbe, expectation: Expectation, spell: Spell) -> ProbeJson:
    distribution, behavior = _place(probe.place)
    return ProbeJson.of(
        probe,
        url=probe.probed.url,
        kind=probe.answer.kind,
        distribution=distribution,
        behavior=behavior,
        status=probe.probed.status,
        differences=[_difference(difference, expectation) for difference in probe.differences],
        why=[spelled(reason, spell) for reason in probe.why],
        pop=probe.probed.pop,
        cache=probe.probed.cache,
    )


def _difference(difference: Difference, expectation: Expectation) -> HeaderDifferenceJson:
    return HeaderDifferenceJson.of(
        difference,
        cause=difference.cause(expectation.before),
        directives=[
            DirectiveDifferenceJson(
                name=directive.name,
                missing=directive.those(Change.REMOVED),
                extra=directive.those(Change.ADDED),
                change=_change(directive),
            )
            for directive in difference.directives
        ],
    )


def _change(directive: DirectiveDifference) -> Literal["missing", "extra", "differs"]:
    match directive.change:
        case Change.REMOVED:
            return "missing"
        case Change.ADDED:
            return "extra"
        case _:
            return "differs"


def _left_out(left_out: LeftOut) -> LeftOutJson:
    distribution, behavior = _place(left_out.place)
    return LeftOutJson.of(left_out, distribution=distribution, behavior=behavior)


def _place(place: BehaviorPlace | None) -> tuple[str | None, str | None]:
    return (None, None) if place is None else (place.distribution.id, place.behavior.path)
