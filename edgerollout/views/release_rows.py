"""The release part of a plan as diff rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.stage import Stage
from edgerollout.policy.staging import is_twin
from edgerollout.release.facts.difference import Change, headers_before_after
from edgerollout.release.facts.release import SHORT
from edgerollout.views.document import DiffRow, Marker
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.headers import Header
    from edgerollout.release.facts.difference import DirectiveDifference, HeaderDifference, PolicyDifference
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.standing import LiveRelease
    from edgerollout.release.plans.plan import Plan


def release_title(plan: Plan) -> str:
    """`Release 41 → new`, `Release 42 (live already)`, `New release (…)`."""
    target = "new" if plan.target is None else str(plan.target)
    if plan.rolls_back and plan.target is None:
        live = "none" if plan.live is None else str(plan.live.number)
        return f"Release {live} → none"
    if plan.live is None:
        first = "New release" if plan.target is None else f"Release {plan.target}"
        return f"{first} (no release is live yet)"
    if plan.target == plan.live.number:
        return f"Release {target} (live already)"
    return f"Release {plan.live.number} → {target}"


def release_rows(plan: Plan) -> tuple[DiffRow, ...]:
    """Headers and policies, before → after; only digests where the live release was not read."""
    return tuple(_rows(plan))


def _rows(plan: Plan) -> Iterator[DiffRow]:
    if plan.live is not None and plan.live.mixed:
        counts = ", ".join(
            f"{number} on {count_words(count, 'behavior')}" for number, count in plan.live.counts
        )
        yield DiffRow(Marker.CHANGED, 0, f"mixed: release {counts}")
    if plan.rolls_back and plan.target is None:
        yield DiffRow(Marker.REMOVED, 0, "the release is removed; the site sends its own headers again")
    elif plan.release is None:
        yield DiffRow(Marker.NONE, 0, "its headers could not be read")
    elif plan.live is not None and plan.live.digest == plan.release.digest()[:SHORT]:
        yield DiffRow(Marker.NONE, 0, "headers and policies do not change")
        yield from _carried(plan.release)
    elif plan.live is not None and plan.live.release is None:
        yield from _digests_only(plan.live, plan.release)
    else:
        yield from _difference(None if plan.live is None else plan.live.release, plan.release)


def _difference(before: Release | None, after: Release) -> Iterator[DiffRow]:
    difference = headers_before_after(before, after)
    along = () if before is None else tuple(_along(before, after))
    if before is not None and difference.is_empty:
        if not along:
            only = (
                "the means changes"
                if before.deliver != after.deliver
                else "the handler or its settings change"
            )
            yield DiffRow(Marker.NONE, 0, f"browsers see no difference: only {only}")
        yield from along
        yield from _carried(after)
        return
    if difference.headers:
        yield DiffRow(Marker.NONE, 0, "headers")
        for header in difference.headers:
            yield from _header(header)
        yield from _unchanged(
            sum(1 for header in difference.headers if header.change is Change.UNCHANGED), "other header"
        )
    for policy in difference.policies:
        yield from _policy(policy, before)
    if before is not None and (changes := before.handler.changes_to(after.handler)):
        yield DiffRow(Marker.CHANGED, 0, f"handler: {', '.join(changes)}")
    yield from along


def _along(before: Release, after: Release) -> Iterator[DiffRow]:
    """The policies of others of which something else goes along."""
    was = {policy.name: policy.variant for policy in before.carried}
    now = {policy.name: policy.variant for policy in after.carried}
    for name in sorted({*was, *now}):
        if was.get(name) != now.get(name):
            yield DiffRow(
                Marker.ADDED if name not in was else Marker.REMOVED if name not in now else Marker.CHANGED,
                0,
                f"what goes along of {name}",
            )


def _header(header: HeaderDifference) -> Iterator[DiffRow]:
    if header.change is Change.UNCHANGED:
        return
    loosened = " (loosened: it restricts less)" if header.loosened else ""
    if header.before is not None:
        gone = loosened if header.after is None else ""
        yield DiffRow(Marker.REMOVED, 1, _header_words(header.before) + gone)
    if header.after is not None:
        twin = " (observed; promote --enforce enforces it)" if is_twin(header.name) else ""
        yield DiffRow(Marker.ADDED, 1, _header_words(header.after) + (twin or loosened))


def _header_words(header: Header) -> str:
    match header.action:
        case "set":
            return f"{header.name}: {header.value}"
        case "keep":
            return f"{header.name}: {header.value} (unless the origin sends its own)"
        case "remove":
            return f"{header.name} (removed from the response)"


def _policy(policy: PolicyDifference, before: Release | None) -> Iterator[DiffRow]:
    name = f"content-security-policy, {policy.stage.value}"
    digest = f"policy {(policy.after or policy.before or '')[:SHORT]}"
    if policy.after is None:
        other = before and (
            before.enforced_digest if policy.stage is Stage.ENFORCED else before.report_only_digest
        )
        yield DiffRow(Marker.REMOVED, 0, f"{name}: ends ({digest})")
        if other is None:
            yield from _directives(policy)
        return
    if policy.change is Change.UNCHANGED and all(
        directive.change is Change.UNCHANGED for directive in policy.directives
    ):
        yield DiffRow(Marker.NONE, 0, f"{name}: unchanged ({digest})")
        return
    if policy.change is Change.ADDED:
        against = (
            "" if policy.compared_with is None else f", compared with the {policy.compared_with.value} one"
        )
        yield DiffRow(Marker.ADDED, 0, f"{name}: new ({digest}{against})")
    else:
        yield DiffRow(Marker.CHANGED, 0, f"{name}: changed ({digest})")
    yield from _directives(policy)


def _directives(policy: PolicyDifference) -> Iterator[DiffRow]:
    for directive in policy.directives:
        yield from _directive(directive)
    yield from _unchanged(
        sum(1 for directive in policy.directives if directive.change is Change.UNCHANGED), "directive"
    )


def _directive(directive: DirectiveDifference) -> Iterator[DiffRow]:
    aside = "" if directive.sent else " (browsers ignore it in report-only; not sent)"
    match directive.change:
        case Change.UNCHANGED:
            return
        case Change.ADDED:
            yield DiffRow(Marker.ADDED, 1, _sources(directive.name, directive.those(Change.ADDED)) + aside)
        case Change.REMOVED:
            yield DiffRow(
                Marker.REMOVED, 1, _sources(directive.name, directive.those(Change.REMOVED)) + aside
            )
        case Change.CHANGED:
            yield DiffRow(
                Marker.CHANGED, 1, _sources(directive.name, directive.those(Change.UNCHANGED)) + aside
            )
            yield from (DiffRow(Marker.ADDED, 2, source) for source in directive.those(Change.ADDED))
            yield from (DiffRow(Marker.REMOVED, 2, source) for source in directive.those(Change.REMOVED))


def _sources(name: str, sources: tuple[str, ...]) -> str:
    return " ".join((name, *sources))


def _unchanged(count: int, noun: str) -> Iterator[DiffRow]:
    if count:
        yield DiffRow(Marker.NONE, 1, f"{count_words(count, noun)} unchanged")


def _digests_only(live: LiveRelease, after: Release) -> Iterator[DiffRow]:
    yield DiffRow(Marker.NONE, 0, f"what release {live.number} sends was not read: digests only")
    pairs = (
        ("enforced policy", live.enforced, after.enforced_digest),
        ("report-only policy", live.report_only, after.report_only_digest),
        ("report-only headers", live.observed, after.observed_digest),
    )
    for noun, old, new in pairs:
        before, now = old and old[:SHORT], new and new[:SHORT]
        if before == now:
            if now is not None:
                yield DiffRow(Marker.NONE, 1, f"{noun} {now} unchanged")
            continue
        if before is not None:
            yield DiffRow(Marker.REMOVED, 1, f"{noun} {before}")
        if now is not None:
            yield DiffRow(Marker.ADDED, 1, f"{noun} {now}")


def _carried(release: Release) -> Iterator[DiffRow]:
    for noun, digest in (
        ("enforced policy", release.enforced_digest),
        ("report-only policy", release.report_only_digest),
        ("report-only headers", release.observed_digest),
    ):
        if digest is not None:
            yield DiffRow(Marker.NONE, 1, f"{noun} {digest[:SHORT]}")
