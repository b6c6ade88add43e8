"""The object `means`: how headers reach visitors, and the other possible way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgerollout.release.facts.environment import RESPONSE_HEADERS_POLICY
from edgerollout.release.facts.means_advice import ChosenBy
from edgerollout.release.facts.prices import QUOTED, REQUESTS
from edgerollout.views.output.encoder import ABSENT, Absent, Output

if TYPE_CHECKING:
    from edgerollout.release.facts.means_advice import MeansAdvice


class MeansOptionJson(Output):
    """A means for this environment."""

    deliver: str
    """its name, as it is written in edgerollout.toml"""
    month: float
    """US dollars a month for `requests` requests, to the cent"""
    cannot: Sequence[str]
    """what it cannot do here"""


class MeansJson(Output):
    """How headers reach visitors."""

    deliver: str
    """the means in use"""
    chosen_by: ChosenBy
    """`configuration`; `auto`, if that leaves the choice to edgerollout; `default`, if it does not say"""
    why: str
    """the reason, in a line"""
    cannot: Sequence[str]
    """reasons against a response headers policy"""
    proposes: str | None
    """a better means: write it as `deliver`; with `auto`: the means that would be chosen if nothing were
    live"""
    changes_to: str | None
    """the means to which the next publish changes what is live, since the configuration says so"""
    options: Sequence[MeansOptionJson]
    """all means; empty if only the live release was read"""
    requests: int
    """the requests in a month for the price `month`"""
    prices_of: str
    """the date of AWS's prices, ISO 8601"""


def means_json(advice: MeansAdvice | None) -> MeansJson | Absent:
    """The object; absent if there is no advice."""
    if advice is None:
        return ABSENT
    policy = advice.option(RESPONSE_HEADERS_POLICY)
    return MeansJson.of(
        advice,
        cannot=() if policy is None else policy.cannot,
        options=[MeansOptionJson.of(option, month=round(option.month, 2)) for option in advice.options],
        requests=REQUESTS,
        prices_of=QUOTED.isoformat(),
    )
