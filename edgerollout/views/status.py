"""A status: the live release in a few lines, then a line for each behavior."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import CommandLine, Typed
from edgerollout.release.facts.arn import VersionArn
from edgerollout.release.facts.headers_policies import SLOT
from edgerollout.release.facts.ledger import short_commit
from edgerollout.release.status.owner import distributions_warning, function_warning, remedy
from edgerollout.release.status.status import BehaviorState
from edgerollout.views.document import (
    Advised,
    Code,
    Doc,
    Item,
    Labelled,
    List,
    Marker,
    Table,
    TableRow,
    Title,
)
from edgerollout.views.ink import Style
from edgerollout.views.means import means_details, means_words
from edgerollout.views.wording import count_words, duration_words, stages_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgerollout.advice import Hint
    from edgerollout.release.status.changing import Changing
    from edgerollout.release.status.owner import Owner
    from edgerollout.release.status.status import BehaviorStatus, DistributionStatus, Handed, Status
    from edgerollout.views.document import Passage, Phrase


def release_words(status: Status) -> str:
    """Which release is live, in a few words."""
    live = status.live
    if live is None:
        return "no release is live"
    if live.mixed:
        counts = ", ".join(f"{number} on {count_words(count, 'behavior')}" for number, count in live.counts)
        return f"mixed: {counts}"
    return f"release {live.number}" + (" (withdrawn)" if status.withdrawn else "")


def since_words(status: Status, now: datetime) -> str | None:
    """Since when the release is live, and for how long; None if no release is live."""
    if status.live is None or status.live_since is None:
        return None
    if arriving(status):
        return "not everywhere yet"
    age = duration_words(max(0.0, (now - status.live_since).total_seconds()))
    return f"{status.live_since:%Y-%m-%d %H:%M:%S} UTC ({age} ago)"


def policy_words(status: Status) -> str | None:
    """The stage of the live policies, in a few words; None if it is not known."""
    live = status.live
    if live is None or live.digest is None:
        return None
    parts = [f"{stage} {digest}" for stage, digest in stages_of(live) if digest is not None]
    return ", ".join(parts) or "none"


def soak_words(status: Status) -> str | None:
    """From when the soak of a report-only policy or header is counted; None if there is none."""
    live = status.live
    if live is None or (live.report_only is None and live.observed is None):
        return None
    if status.uneven:
        return "starts again when every behavior sends the policy"
    return "counts from the last gap that a run saw; gaps between two runs cannot be seen"


def propagation_words(distribution: DistributionStatus) -> str:
    """How far CloudFront has rolled out a change to a distribution."""
    return (
        distribution.status
        + {None: "", True: ", invalidated", False: ", not invalidated yet"}[distribution.invalidated]
    )


def carries(behavior: BehaviorStatus, slot: str) -> str:
    """What a behavior carries in the slot of the means, in a few words."""
    match behavior.state:
        case BehaviorState.FOREIGN:
            return f"foreign {foreign_words(behavior)}"
        case BehaviorState.MISSING:
            if behavior.version is not None:
                return f":{behavior.version} " + ("by a function" if slot == SLOT else "at another event")
            return "no policy" if slot == SLOT else "no trigger"
        case BehaviorState.EXCLUDED:
            there = behavior.foreign and foreign_words(behavior)
            there = there or (f":{behavior.version}" if behavior.version is not None else None)
            return "excluded" + (f", carries {there}" if there else "")
        case BehaviorState.CURRENT | BehaviorState.OLD:
            return f":{behavior.version} {behavior.state.value}"
        case _:
            assert_never(behavior.state)


def foreign_words(behavior: BehaviorStatus) -> str:
    """A function that is not edgerollout's, as `name:7`; the whole ARN if it names no version."""
    arn = behavior.foreign or ""
    version = VersionArn.parse(arn)
    return arn if version is None else f"{version.function}:{version.version}"


def notes(status: Status) -> Iterator[Phrase]:
    """Notes about the status, shown below the tables."""
    live, handed = status.live, status.handed
    if live is not None and live.digest is None:
        yield f"version {live.number} was not published by edgerollout: what it sends is not known"
    if status.changing is not None:
        yield f"{status.changing.told}; ", finish_command(status.changing, status.environment), " finishes it"
    elif handed is not None:
        yield from _handed(handed, status.environment)
    elif live is not None and live.mixed:
        yield "an earlier run stopped half-way: run its publish again"
    elif live is not None and status.uneven:
        yield f"drift: not every behavior has release {live.number}; the next publish repairs that"
    yield from edited(status.altered, status.stale, status.environment)
    yield from _unattached(status)
    if live is not None and not live.mixed and status.in_progress:
        yield "not finished: ", CommandLine("wait", status.environment), " finishes it"
    if live is not None and status.withdrawn and handed is None:
        back = CommandLine("rollback", status.environment, "--from", str(live.number))
        yield f"release {live.number} is withdrawn: ", back, " finishes the rollback"


def edited(altered: str | None, stale: tuple[str, ...], environment: str) -> Iterator[Phrase]:
    """What somebody edited: a release's own policy, policies of which something goes along."""
    again = CommandLine("publish", environment)
    if altered is not None:
        words = f"drift: somebody has edited the response headers policy {altered}; "
        yield words, again, " makes a new one"
    for name in stale:
        words = f"drift: {name} was edited since the release copied what goes along of it; "
        yield words, again, " copies them again"


def finish_command(change: Changing, environment: str) -> CommandLine:
    """The command that sees a change of means through."""
    if change.back:
        return CommandLine("rollback", environment, "--from", str(change.old))
    return CommandLine("publish", environment)


def _handed(handed: Handed, environment: str) -> Iterator[Phrase]:
    """What Terraform must still do, or must not do."""
    if handed.problem is not None:
        yield handed.problem
    elif not handed.applied:
        task = "remove the release" if handed.release is None else f"attach release {handed.release}"
        told = f"Terraform must {task}, and has not done so everywhere"
        wait = CommandLine("wait", environment)
        yield told, ": ", Typed("terraform apply"), f" in {handed.folder}, then ", wait
    yield from handed.partly


def _unattached(status: Status) -> Iterator[str]:
    """The releases after the live one: rolled back, or with unknown history."""
    told = None if status.handed is None else status.handed.release
    back = [str(number) for number in status.unattached if number in status.taken_back]
    unclear = [
        str(number) for number in status.unattached if number not in status.taken_back and number != told
    ]
    if back:
        yield f"rolled back: {', '.join(back)} (withdrawn; publishing the same again needs --again)"
    if unclear:
        yield f"published and attached nowhere: {', '.join(unclear)} (unfinished, or rolled back)"


def owner_notes(status: Status) -> Iterator[Phrase]:
    """Who else manages parts of the release, and what may happen because of that."""
    if status.owner is not None and not (status.agreed and status.owner.is_terraform):
        yield function_warning(status.function, status.owner)
    owned: dict[Owner, list[str]] = {}
    for distribution in status.distributions:
        agreed = status.agreed and distribution.owner is not None and distribution.owner.is_terraform
        if distribution.owner is not None and distribution.reverted is None and not agreed:
            owned.setdefault(distribution.owner, []).append(distribution.name)
    for owner, names in owned.items():
        yield distributions_warning(names, owner)
    for item in status.distributions:
        if item.reverted is not None:
            behind = bool(item.reverted.behind)
            yield f"{item.reverted}. ", remedy(item.reverted.owner, status.environment, partly=behind)


def arriving(status: Status) -> bool:
    """Whether a distribution does not serve the release yet, or may still have old responses in its cache."""
    return any(
        distribution.invalidated is False
        or (distribution.invalidated is None and distribution.status != "Deployed")
        for distribution in status.distributions
    )


def _function_words(status: Status) -> str:
    if status.event == SLOT:
        return f"{status.function}, which only stores the releases and runs nowhere; account {status.account}"
    return f"{status.function} on {status.event}, account {status.account}"


def status_document(
    status: Status, now: datetime, next_step: Hint | None = None, *, details: bool = False
) -> Doc:
    """The status. Ages are counted from `now`. `details`: with all advice about the means."""
    facts = Labelled(
        (
            ("live since", since_words(status, now)),
            ("CSP", policy_words(status)),
            ("soak", soak_words(status)),
            ("overridden", ", ".join(status.overrides) or None),
            ("commit", None if status.commit is None else short_commit(status.commit)),
            ("function", _function_words(status)),
            ("means", None if status.advice is None else means_words(status.advice)),
        )
    )
    tables = [
        part
        for distribution in status.distributions
        for part in _distribution(distribution, status.event, published=status.live is not None)
    ]
    remarks = [Item(words, Marker.WARNING) for words in (*notes(status), *owner_notes(status))]
    told = tuple(means_details(status.advice, status.environment)) if details else ()
    title = f"{status.environment}: {release_words(status)}"
    hints = () if next_step is None else (Advised("next", next_step),)
    return Doc(title, (facts, *tables, List(tuple(remarks)), *told), advised=hints)


def _distribution(distribution: DistributionStatus, slot: str, *, published: bool) -> tuple[Passage, ...]:
    rows = (
        TableRow((Code(behavior.path), carries(behavior, slot)), *_mark(behavior.state, published=published))
        for behavior in distribution.behaviors
    )
    heading = f"{distribution.name} ({distribution.id}): {propagation_words(distribution)}"
    return Title(heading), Table(("behavior", "carries"), tuple(rows), fold="behavior")


def _mark(state: BehaviorState, *, published: bool) -> tuple[Marker, Style | None]:
    match state:
        case BehaviorState.CURRENT:
            return Marker.DONE, None
        case BehaviorState.EXCLUDED:
            return Marker.WAITING, None
        case BehaviorState.MISSING if not published:
            return Marker.WAITING, Style.PLAIN
        case BehaviorState.MISSING | BehaviorState.OLD | BehaviorState.FOREIGN:
            return Marker.WARNING, None
        case _:
            assert_never(state)
