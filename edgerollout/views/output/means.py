"""The object `means`: by what releases reach visitors, and what the other way would be."""

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
    """A means, as it would be for this environment."""

    deliver: str
    """its name, as it is written in edgerollout.toml"""
    month: float
    """US dollars a month for `requests` requests, to the cent"""
    cannot: Sequence[str]
    """what it cannot do here"""


class MeansJson(Output):
    """By what releases reach visitors."""

    deliver: str
    """by what releases reach visitors"""
    chosen_by: ChosenBy
    """`configuration`; `auto`, where that leaves it to edgerollout; `default`, where it says nothing"""
    why: str
    """why, in a line"""
    cannot: Sequence[str]
    """what speaks against a response headers policy"""
    proposes: str | None
    """the means that would be better, to be written as `deliver`; of `auto`: what would be chosen if nothing
    were live"""
    changes_to: str | None
    """the means to which the next publish changes what is live, since the configuration says so"""
    options: Sequence[MeansOptionJson]
    """each means; empty where only what is live was looked at"""
    requests: int
    """the requests a month of which `month` speaks"""
    prices_of: str
    """when AWS's prices were quoted, ISO 8601"""


def means_json(advice: MeansAdvice | None) -> MeansJson | Absent:
    """The object; absent where it was not asked for."""
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
