"""A status as Markdown, for a job summary or a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.status.status import BehaviorState
from edgerollout.views.markdown import code, plain
from edgerollout.views.status_text import (
    carries,
    commit_words,
    notes,
    override_words,
    owner_notes,
    policy_words,
    propagation_words,
    release_words,
    since_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgerollout.advice import Spell
    from edgerollout.release.status.status import BehaviorStatus, DistributionStatus, Status


def status_markdown(status: Status, now: datetime, spell: Spell) -> str:
    """The status as headings and one table a distribution, ending in a line end.

    `now` is what ages are counted from. Text that comes from AWS is escaped: it can bring no markup.
    """
    return "\n".join(_lines(status, now, spell)) + "\n"


def _lines(status: Status, now: datetime, spell: Spell) -> Iterator[str]:
    yield f"## {plain(status.environment)}: {release_words(status)}"
    facts = [
        ("Live since", since_words(status, now)),
        ("CSP", policy_words(status)),
        ("Overridden", override_words(status)),
        ("Commit", commit_words(status)),
    ]
    known = [f"- {label}: {plain(words)}" for label, words in facts if words is not None]
    if known:
        yield ""
        yield from known
    for one in status.distributions:
        yield ""
        yield from _distribution(one)
    remarks = (*notes(status, spell), *map(plain, owner_notes(status, spell)))
    if remarks:
        yield ""
        yield from (f"> **Note:** {remark}  " for remark in remarks[:-1])
        yield f"> **Note:** {remarks[-1]}"


def _distribution(one: DistributionStatus) -> Iterator[str]:
    yield f"### {plain(one.name)} ({one.id}): {propagation_words(one)}"
    yield ""
    yield "| behavior | version | state |"
    yield "|---|---|---|"
    for each in one.behaviors:
        yield f"| {code(each.path)} | {_version(each)} | {_state(each)} |"


def _version(each: BehaviorStatus) -> str:
    return "" if each.version is None else f":{each.version}"


def _state(each: BehaviorStatus) -> str:
    ours = each.state in (BehaviorState.CURRENT, BehaviorState.OLD)
    return each.state.value if ours else plain(carries(each))
