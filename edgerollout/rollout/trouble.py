"""What is not right with a site though all is done."""

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
    """What is not right: the worst of what live responses say, and why that is said.

    `served` is None where a browser saw it: the enforced policy blocks what the site needs. `hosts` are
    those it was seen on, none where that is not known.
    """

    served: Served | None
    why: str
    hosts: frozenset[str | None] = frozenset()

    @property
    def wrong(self) -> bool:
        """Whether it is an objection to the release."""
        return self.served is None or self.served in _WRONG


def trouble_with(judged: Sequence[JudgedAnswer], before: RenderedResponse | None) -> Trouble | None:
    """The worst result of the live responses; None without an objection to the release.

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
