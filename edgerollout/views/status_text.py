"""A status for people: the live release in a few lines, then one line a behavior."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import CommandLine, spelled
from edgerollout.release.facts.arn import VersionArn
from edgerollout.release.facts.ledger import short_commit
from edgerollout.release.status.owner import distributions_warning, function_warning, remedy
from edgerollout.release.status.status import BehaviorState
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.wording import count_words, duration_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgerollout.advice import Advice, Spell
    from edgerollout.release.status.owner import Owner
    from edgerollout.release.status.reverted import Reverted
    from edgerollout.release.status.status import BehaviorStatus, DistributionStatus, Handed, Status
    from edgerollout.views.glyphs import Glyphs

_HANG = 14
"""Columns of the labels at the top."""


def status_lines(status: Status, now: datetime, width: int, glyphs: Glyphs, spell: Spell) -> tuple[Line, ...]:
    """The status in lines; `now` is what ages are counted from."""
    return tuple(_lines(status, now, width, glyphs, spell))


def release_words(status: Status) -> str:
    """Which release is live, in a few words."""
    live = status.live
    if live is None:
        return "nothing of ours is live"
    if live.mixed:
        counts = ", ".join(f"{number} on {count_words(count, 'behavior')}" for number, count in live.counts)
        return f"mixed: {counts}"
    return f"release {live.number}" + (" (withdrawn)" if status.withdrawn else "")


def since_words(status: Status, now: datetime) -> str | None:
    """Since when the release is live, and for how long; None while nothing of ours is live."""
    if status.live is None or status.live_since is None:
        return None
    if arriving(status):
        return "not everywhere yet"
    age = duration_words(max(0.0, (now - status.live_since).total_seconds()))
    return f"{status.live_since:%Y-%m-%d %H:%M:%S} UTC ({age} ago)"


def policy_words(status: Status) -> str | None:
    """The stage of the live policies, in a few words; None where they are not known."""
    live = status.live
    if live is None or live.digest is None:
        return None
    parts = [
        f"{stage} {digest}"
        for stage, digest in (("enforced", live.enforced), ("report-only", live.report_only))
        if digest is not None
    ]
    return ", ".join(parts) or "none"


def soak_words(status: Status) -> str | None:
    """What the soak of a report-only policy is counted by; None where none is observed."""
    if status.live is None or status.live.report_only is None:
        return None
    if status.uneven:
        return "starts over when every behavior observes the policy"
    return "counts from the last gap that a run saw; gaps between two runs cannot be seen"


def commit_words(status: Status) -> str | None:
    """The commit that was released, shortened as git does."""
    return None if status.commit is None else visible(short_commit(status.commit))


def override_words(status: Status) -> str | None:
    """The gates that were set aside for the live release."""
    return visible(", ".join(status.overrides)) or None


def propagation_words(one: DistributionStatus) -> str:
    """How far CloudFront is with a distribution."""
    return one.status + {None: "", True: ", invalidated", False: ", not invalidated yet"}[one.invalidated]


def carries(each: BehaviorStatus) -> str:
    """What a behavior carries, in a few words."""
    match each.state:
        case BehaviorState.FOREIGN:
            return f"foreign {foreign_words(each)}"
        case BehaviorState.MISSING:
            return "no trigger" if each.version is None else f":{each.version} at another event"
        case BehaviorState.EXCLUDED:
            there = each.foreign and foreign_words(each)
            there = there or (f":{each.version}" if each.version is not None else None)
            return "excluded" + (f", carries {there}" if there else "")
        case BehaviorState.CURRENT | BehaviorState.OLD:
            return f":{each.version} {each.state.value}"
        case _:
            assert_never(each.state)


def foreign_words(each: BehaviorStatus) -> str:
    """Somebody else's function as `name:7`; the whole ARN where it names no version."""
    arn = each.foreign or ""
    version = VersionArn.parse(arn)
    return visible(arn) if version is None else visible(f"{version.function}:{version.version}")


def notes(status: Status, spell: Spell) -> tuple[str, ...]:
    """What one should know beyond the table."""
    found: list[str] = []
    live = status.live
    if live is not None and live.digest is None:
        found.append(f"version {live.number} was not published by edgerollout: what it sends is not known")
    handed = status.handed
    if handed is not None:
        found += _handed(handed, status.environment, spell)
    elif live is not None and live.mixed:
        found.append("an earlier run stopped half-way: run its publish again")
    elif live is not None and status.uneven:
        found.append(f"drift: not every behavior carries release {live.number}; the next publish mends it")
    found += _unattached(status)
    if live is not None and not live.mixed and status.in_progress:
        wait = spell(CommandLine("wait", status.environment))
        found.append(f"not finished: `{wait}` sees it through")
    if live is not None and status.withdrawn and handed is None:
        back = spell(CommandLine("rollback", status.environment, "--from", str(live.number)))
        found.append(f"release {live.number} is withdrawn: `{back}` finishes what was begun")
    return tuple(found)


def _handed(handed: Handed, environment: str, spell: Spell) -> Iterator[str]:
    """What is left for Terraform to do, or must not be done."""
    if handed.problem is not None:
        yield visible(spelled(handed.problem, spell))
    elif not handed.applied:
        what = "take our triggers off" if handed.release is None else f"attach release {handed.release}"
        yield visible(
            f"Terraform was told to {what}, and has not everywhere: `terraform apply` in {handed.folder},"
            f" then `{spell(CommandLine('wait', environment))}`"
        )
    yield from (visible(spelled(one, spell)) for one in handed.partly)


def _unattached(status: Status) -> Iterator[str]:
    """The releases after the live one: taken back, or it is not known what became of them."""
    told = None if status.handed is None else status.handed.release
    back = [str(number) for number in status.unattached if number in status.taken_back]
    unclear = [
        str(number) for number in status.unattached if number not in status.taken_back and number != told
    ]
    if back:
        yield f"rolled back: {', '.join(back)} (withdrawn; what they brought is not published again unasked)"
    if unclear:
        yield f"published and attached nowhere: {', '.join(unclear)} (unfinished, or rolled back)"


def owner_notes(status: Status, spell: Spell) -> Iterator[str]:
    """Who else manages what the release is made of, and what that may lead to."""
    if status.owner is not None and not (status.agreed and status.owner.is_terraform):
        yield visible(function_warning(status.function, status.owner))
    owned: dict[Owner, list[str]] = {}
    for one in status.distributions:
        agreed = status.agreed and one.owner is not None and one.owner.is_terraform
        if one.owner is not None and one.reverted is None and not agreed:
            owned.setdefault(one.owner, []).append(one.name)
    for owner, names in owned.items():
        yield visible(distributions_warning(names, owner))
    for one in status.distributions:
        if one.reverted is not None:
            yield visible(f"{one.reverted}. {spelled(_remedy(status, one.reverted), spell)}")


def _remedy(status: Status, reverted: Reverted) -> Advice:
    return remedy(reverted.owner, status.environment, partly=bool(reverted.behind))


def arriving(status: Status) -> bool:
    """Whether some distribution does not serve the release yet, or may still have old responses cached."""
    return any(
        one.invalidated is False or (one.invalidated is None and one.status != "Deployed")
        for one in status.distributions
    )


def _lines(status: Status, now: datetime, width: int, glyphs: Glyphs, spell: Spell) -> Iterator[Line]:
    yield Line(f"{status.environment}: {release_words(status)}", Style.STRONG, hang=2)
    for label, words in (
        ("live since", since_words(status, now)),
        ("CSP", policy_words(status)),
        ("soak", soak_words(status)),
        ("overridden", override_words(status)),
        ("commit", commit_words(status)),
        ("function", f"{status.function} on {status.event}, account {status.account}"),
    ):
        if words is not None:
            yield Line(f"  {label:<{_HANG - 2}}{words}", hang=_HANG)
    for distribution in status.distributions:
        yield Line("")
        yield from _distribution(distribution, width, glyphs, published=status.live is not None)
    remarks = (*notes(status, spell), *owner_notes(status, spell))
    if remarks:
        yield Line("")
        for remark in remarks:
            yield Line(f"{glyphs.warning} {remark}", Style.WARNING, hang=2)


def _distribution(one: DistributionStatus, width: int, glyphs: Glyphs, *, published: bool) -> Iterator[Line]:
    yield Line(f"{visible(one.name)} ({one.id})  {propagation_words(one)}", Style.STRONG, hang=2)
    rows = [(visible(each.path), carries(each), each.state) for each in one.behaviors]
    fitting = [len(path) for path, words, _ in rows if len(path) + len(words) + 6 <= width]
    column = max(fitting, default=0)
    for path, words, state in rows:
        mark, style = _mark(state, glyphs, published=published)
        if column + len(words) + 6 <= width and len(path) <= column:
            yield Line(f"  {mark} {path.ljust(column)}  {words}", style)
        else:
            # The path has a line for itself: no column would be left for what it carries.
            yield Line(f"  {mark} {path}", style)
            yield Line(f"      {words}", style, hang=6)


def _mark(state: BehaviorState, glyphs: Glyphs, *, published: bool) -> tuple[str, Style]:
    match state:
        case BehaviorState.CURRENT:
            return glyphs.done, Style.PLAIN
        case BehaviorState.EXCLUDED:
            return glyphs.waiting, Style.MUTED
        case BehaviorState.MISSING if not published:
            return glyphs.waiting, Style.PLAIN
        case BehaviorState.MISSING | BehaviorState.OLD | BehaviorState.FOREIGN:
            return glyphs.warning, Style.WARNING
        case _:
            assert_never(state)
