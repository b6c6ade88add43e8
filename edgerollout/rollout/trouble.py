"""What is wrong with a site, although every step is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.release.facts.served import Served

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.policy.render import RenderedResponse
    from edgerollout.release.facts.served import JudgedAnswer

_WRONG = (Served.WRONG, Served.FAILING)


@dataclass(frozen=True)
class Trouble:
    """What is wrong: the worst verdict on the live responses, and its reason.

    `served` is None where a browser saw it: the enforced policy blocks what the site needs. `hosts` are the
    hosts where it was seen; empty where that is unknown.
    """

    served: Served | None
    why: str
    hosts: frozenset[str | None] = frozenset()

    @property
    def wrong(self) -> bool:
        """Whether the release itself is wrong."""
        return self.served is None or self.served in _WRONG


def trouble_with(judged: Sequence[JudgedAnswer], before: RenderedResponse | None) -> Trouble | None:
    """The worst verdict on the live responses; None where nothing is wrong.

    `before` is the response of the release before.
    """
    bad = [answer for answer in judged if not answer.verdict.fine]
    wrong = [answer for answer in bad if answer.verdict in _WRONG]
    worst = wrong or [answer for answer in bad if answer.verdict is Served.UNREACHABLE] or bad
    if not worst:
        return None
    first = worst[0]
    served = Served.WRONG if any(answer.verdict is Served.WRONG for answer in wrong) else first.verdict
    hosts = frozenset(urlsplit(answer.url).hostname for answer in bad)
    return Trouble(served, f"{first.url} ({first.words(before)})", hosts)
