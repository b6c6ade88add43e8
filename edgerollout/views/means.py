"""How headers reach visitors, in a line; and in detail the price and the limits of both means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.facts.environment import LAMBDA_EDGE
from edgerollout.release.facts.means_advice import ChosenBy
from edgerollout.release.facts.prices import QUOTED, REQUESTS
from edgerollout.views.document import Item, List, Marker, Title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.facts.means_advice import MeansAdvice, MeansOption
    from edgerollout.views.document import Passage

_A_MONTH = f"a month for {REQUESTS // 1_000_000} million requests"


def means_words(advice: MeansAdvice) -> str | None:
    """The line of a status; None if there is nothing to say."""
    if advice.chosen_by is ChosenBy.AUTO:
        proposal = f'; deliver = "{advice.proposes}" is possible, too' if advice.proposes else ""
        return f"{advice.deliver} (auto: {advice.why}{proposal})"
    if advice.changes_to is not None:
        return (
            f'{advice.deliver}; the configuration says "{advice.changes_to}", so the next publish changes it'
        )
    if advice.proposes is not None:
        return f"{advice.deliver}{_gain(advice, advice.proposes)}"
    return None


def means_note(advice: MeansAdvice | None, environment: str) -> List:
    """The note of a plan, if nobody chose the means and the other one would be better; otherwise no item."""
    if advice is None or advice.proposes is None or advice.chosen_by is not ChosenBy.DEFAULT:
        return List(())
    line = Item(_line(advice.proposes, environment), label="next")
    words = f"by {advice.deliver}{_gain(advice, advice.proposes)}"
    return List((Item(words, Marker.NOTE, under=(line,)),))


def means_details(advice: MeansAdvice | None, environment: str) -> Iterator[Passage]:
    """Both means with their price and their limits here, and the line that changes the means."""
    if advice is None or not advice.options:
        return
    yield Title(f"By {advice.deliver}: {advice.why}")
    items = [
        Item(
            f"{option.deliver}: {_price(option)}",
            Marker.DONE if option.deliver == advice.deliver else Marker.WAITING,
            under=tuple(Item(f"not here: {reason}") for reason in option.cannot),
        )
        for option in advice.options
    ]
    if advice.proposes is not None:
        items.append(Item(_line(advice.proposes, environment), label="next"))
    items.append(Item(f"prices of {QUOTED.day} {QUOTED:%B %Y}; docs/means.md compares the two", Marker.NOTE))
    yield List(tuple(items))


def _gain(advice: MeansAdvice, proposes: str) -> str:
    """The price of this means, and that the other one costs nothing."""
    now, other = advice.option(advice.deliver), advice.option(proposes)
    if now is None or other is None or other.month >= now.month:
        return f"; {proposes} would do the same"
    return f", about ${now.month:.0f} {_A_MONTH}; a response headers policy would do the same for free"


def _price(option: MeansOption) -> str:
    if option.deliver == LAMBDA_EDGE:
        return f"about ${option.month:.0f} {_A_MONTH}"
    return "free, and nothing runs at the edge"


def _line(deliver: str, environment: str) -> str:
    return f'deliver = "{deliver}" under [environments.{environment}] in edgerollout.toml'
