"""The steps of one distribution.

A lane is a generator, so that its code reads as a simple sequence: swap, wait for Deployed, invalidate, wait.
It yields what it needs (a write, a Deployed distribution, a completed invalidation, a pause) and never waits
itself. So many lanes share one poll and one clock (`scheduler.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, assert_never

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import Conflict, EdgerolloutError
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.distribution_document import behaviors, edit, moved
from edgerollout.release.delivery.means import seen
from edgerollout.release.delivery.steps import AwaitDeployed, Invalidate, SwapTriggers
from edgerollout.release.facts.arn import VersionArn, is_ours
from edgerollout.release.facts.events import CallRetried, Noticed, StepKind
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.live import caller_reference
from edgerollout.release.facts.snapshot import Behavior, Distribution, Trigger
from edgerollout.rollout.ports import (
    AwsFailure,
    Busy,
    Document,
    LostAnswer,
    PreconditionFailed,
    TooManyInvalidations,
)
from edgerollout.rollout.session import Step
from edgerollout.rollout.stopping import OutOfTime

if TYPE_CHECKING:
    from edgerollout.release.delivery.steps import DistributionPlan, TriggerIntent
    from edgerollout.release.facts.swap_marks import Due
    from edgerollout.rollout.marking import Marking
    from edgerollout.rollout.session import Session

T = TypeVar("T")

StandingTriggers = frozenset[tuple[str, str, str]]
"""(path, event, ARN) of triggers."""

_NO_SUCH_VERSION = "InvalidLambdaFunctionAssociation"
"""CloudFront's answer for a version that is gone, and for others that it cannot run."""
_SWAP_TRIES = 6
"""How often a swap is tried when the distribution keeps changing."""

_LOST_FOR = 180.0
"""Seconds for which an update with a lost answer is read back and tried again."""

_PENDING_FOR = 120.0
"""Seconds for which CloudFront may see a version as Pending that Lambda calls Active."""

_LAG = 60.0
"""Seconds for which a read may still show the distribution as it was before our update."""

_ONCE_MORE = (
    "Run the same command again. If it always ends like this, the endpoint that answers as CloudFront keeps"
    " no Lambda associations."
)
_INVALIDATION_PAUSE = 30.0
"""Seconds between tries while 15 wildcard invalidations are in progress: they take minutes."""


@dataclass(frozen=True)
class Write:
    """Run this call when a writer is free; the lane gets its result, or its exception."""

    call: Callable[[], object]


@dataclass(frozen=True)
class UntilDeployed:
    """Continue when the distribution is Deployed and `settled` accepts it; the lane gets it."""

    distribution: str
    settled: Callable[[Distribution], bool]
    step: Step
    unsettled: str | None = None
    """The status to report for a Deployed one that `settled` does not accept; None: its own."""


@dataclass(frozen=True)
class UntilInvalidated:
    """Continue when the invalidation is Completed; the lane gets it."""

    distribution: str
    invalidation: str
    step: Step


@dataclass(frozen=True)
class Pause:
    """Continue after so many seconds."""

    seconds: float


LaneRequest = Write | UntilDeployed | UntilInvalidated | Pause
Lane = Generator[LaneRequest, object, None]


@dataclass
class LaneState:
    """The state of a lane, which stays readable after its end."""

    plan: DistributionPlan
    etag: str | None = None
    """The distribution's ETag after this run's last read or write there."""
    outdated: set[str] = field(default_factory=set)
    """ETags that this run has seen replaced: an answer with one of them is from before the swap."""
    wrote: bool = False
    updated: bool = False
    """Whether an update of the distribution was carried out, or may have been."""
    swapped: bool = False
    """Whether every swap of the plan has been carried out."""
    paths: frozenset[str] = frozenset()
    """The paths of the behaviors at the last swap, or when the plan was made."""
    left: StandingTriggers | None = None
    """Every trigger as the last swap left it; None before a swap."""
    open: Step | None = None
    """The step under way, for telling where a failure belongs."""
    error: Exception | None = None
    finished: bool = False
    rolled_back: bool = False
    """Whether this run took its own changes here back."""


def lane(session: Session, state: LaneState, marking: Marking, due: Due, target_arn: str | None) -> Lane:
    """The distribution's steps, one after the other; `due` names the release to attach, or NOTHING.

    The marks of its swaps are on the function already (`Marking`).
    """
    swaps = sum(isinstance(step, SwapTriggers) for step in state.plan.steps)
    state.paths = frozenset(row.path for row in state.plan.behaviors)
    for number, step in enumerate(state.plan.steps, start=1):
        match step:
            case SwapTriggers():
                yield from _swap(session, state, step.intent, target_arn)
                swaps -= 1
                state.swapped = swaps == 0
            case AwaitDeployed():
                yield from _await_deployed(session, state, step, marking, due, target_arn)
            case Invalidate():
                last = number == len(state.plan.steps)
                yield from _invalidate(session, state, due.release, step.paths, last=last)
                if step.unmark:
                    marking.through(state.plan.id)
            case _:
                assert_never(step)
    if state.plan.marks:
        marking.through(state.plan.id)
    state.finished = True


def _swap(session: Session, state: LaneState, intent: TriggerIntent, target_arn: str | None) -> Lane:
    step = state.open = Step(session, StepKind.SWAP_TRIGGERS, state.plan.name, state.plan.id)
    etag = yield from _written(lambda: swap_triggers(session, state, step, intent, target_arn))
    state.etag = etag
    step.finish(etag)


def swap_triggers(
    session: Session, state: LaneState, step: Step, intent: TriggerIntent, target_arn: str | None
) -> str:
    """Edit the distribution's triggers in one update. Returns its ETag afterwards.

    Whenever the document has changed, the edit is made again from the intent: a colleague's change survives,
    and ours is added to it. Raises Conflict when somebody changed our own triggers.
    """
    cloudfront, distribution = session.aws.cloudfront, state.plan.id
    conflicts, losses, waits, interval = 0, 0, 0, session.pace.first / 4
    while True:
        document = cloudfront.document(distribution)
        disturbed = moved(behaviors(document.xml, intent.means), intent, target_arn)
        if disturbed:
            raise _superseded(session, state.plan, intent, disturbed)
        edited = edit(document.xml, intent, target_arn)
        state.paths = frozenset(behavior.path for behavior in edited.behaviors)
        state.left = _triggers(edited.behaviors)
        if not edited.changed:
            return document.etag
        state.outdated |= {etag for etag in (state.etag, document.etag) if etag is not None}
        try:
            updated = cloudfront.update(distribution, Document(document.etag, edited.xml))
        except PreconditionFailed as failure:
            conflicts += 1
            if conflicts >= _SWAP_TRIES:
                raise Conflict(
                    f"{state.plan.name} ({distribution}) was changed by others {conflicts} times in a row",
                    hint="Wait until the other deployment has ended, then run the command again.",
                ) from failure
            _retry(session, failure, conflicts, interval)
        except LostAnswer as failure:
            # Only the document shows whether the update was carried out.
            state.wrote = state.updated = True
            losses += 1
            if step.elapsed >= _LOST_FOR:
                raise
            _retry(session, failure, losses, interval)
        except Busy as failure:
            # Lambda reports the version as Active some moments before CloudFront does.
            waits += 1
            if step.elapsed >= _PENDING_FOR:
                raise
            step.progress("the version is Pending for CloudFront")
            _retry(session, failure, waits, interval)
        except AwsFailure as failure:
            _check_deleted(session, failure, target_arn)
            raise
        else:
            state.wrote = state.updated = True
            return updated.etag
        interval = session.pace.after(interval)


def _check_deleted(session: Session, failure: AwsFailure, target_arn: str | None) -> None:
    """Raise Conflict where CloudFront refused a version that is gone."""
    if failure.code == _NO_SUCH_VERSION and (gone := _deleted(session, target_arn)):
        raise Conflict(
            f"{gone} was deleted by others while it was to be attached",
            why=failure.message,
            hint=advise(
                "Nothing was swapped there. `", CommandLine("history"), "` lists the releases that exist."
            ),
        ) from failure


def _deleted(session: Session, target_arn: str | None) -> str | None:
    """The version as `name:42` where it is gone; None where it exists, or that is unknown."""
    version = None if target_arn is None else VersionArn.parse(target_arn)
    if version is None:
        return None
    try:
        function = session.aws.functions.function(version.function)
    except EdgerolloutError:
        return None
    if function is not None and function.version(version.version) is not None:
        return None
    return f"{version.function}:{version.version}"


def _retry(session: Session, failure: AwsFailure, attempt: int, wait: float) -> None:
    """Report another try, and let `wait` seconds pass before it."""
    service, _, operation = failure.operation.partition(":")
    session.emit(CallRetried(service, operation, failure.code, attempt, wait))
    session.clock.sleep(session.deadline.left(wait))
    session.stop.check()
    if session.deadline.passed:
        raise OutOfTime(f"{failure.operation} was not answered in time", why=failure.why)


class _Dropped(EdgerolloutError):
    """CloudFront accepted an update, but did not keep it."""


def _await_deployed(
    session: Session,
    state: LaneState,
    planned: AwaitDeployed,
    marking: Marking,
    due: Due,
    target_arn: str | None,
) -> Lane:
    intent = planned.intent
    step = state.open = Step(session, StepKind.AWAIT_DEPLOYED, state.plan.name, state.plan.id)

    def settled(now: Distribution) -> bool:
        """Whether it is Deployed with our change in it: a 200 or an ETag does not prove that.

        A read right after the update may still show the old state.
        """
        if intent is None:
            return True
        now = seen(now, intent.means)
        if now.etag in state.outdated:
            return False
        ours = now.etag == state.etag
        left = state.left or frozenset()
        gone = _gone(now, left, None if ours else intent)
        if not gone and _stands(now, intent, target_arn, state.paths):
            return True
        if planned.attached_elsewhere:
            return False
        if ours and state.left is None:
            # This run has changed nothing here: it is as the plan saw it, and the plan said what is missing.
            return True
        if ours:
            # Our ETag names what is stored, so waiting would change nothing.
            raise _dropped(state.plan, now, left, gone)
        if step.elapsed < _LAG:
            return False
        raise _superseded(session, state.plan, intent, moved(now.behaviors, intent, target_arn))

    words = "not attached yet" if planned.attached_elsewhere else None
    try:
        deployed = yield UntilDeployed(state.plan.id, settled, step, words)
    except _Dropped:
        if intent is not None:
            # Otherwise the next run sees a changed distribution without the release, and takes it for rolled
            # back.
            yield from _written(lambda: marking.note((state.plan.id,), due))
        raise
    if isinstance(deployed, Distribution):
        state.etag = deployed.etag or state.etag
    step.finish("Deployed")


def _dropped(
    plan: DistributionPlan, now: Distribution, left: StandingTriggers, gone: StandingTriggers
) -> _Dropped:
    kept = _triggers(now.behaviors) - left if left else frozenset()
    why = [f"{kind}: {_shown(which)}" for kind, which in (("missing", gone), ("still there", kept)) if which]
    return _Dropped(
        f"CloudFront answered 200 but dropped the update of {plan.name} ({plan.id})",
        why=f"it is Deployed without that; {'; '.join(why)}" if why else "it is Deployed without that",
        hint=_ONCE_MORE,
    )


def _invalidate(
    session: Session, state: LaneState, release: int, paths: tuple[str, ...], *, last: bool
) -> Lane:
    step = state.open = Step(session, StepKind.INVALIDATE, " ".join(paths), state.plan.id)
    cloudfront, distribution = session.aws.cloudfront, state.plan.id
    if state.etag is None:
        state.etag = yield from _written(lambda: cloudfront.distribution(distribution).etag or "")
    reference = caller_reference(release, state.etag)
    while True:
        try:
            made = yield from _written(lambda: cloudfront.invalidate(distribution, paths, reference))
            break
        except TooManyInvalidations as busy:
            step.progress(busy.code)
            yield Pause(_INVALIDATION_PAUSE)
    state.wrote = True
    if not made.completed:
        try:
            yield UntilInvalidated(distribution, made.id, step)
        except OutOfTime as late:
            if not last:
                # The viewer trigger may be removed only when no cached response lacks the headers.
                raise
            # Nothing is left to do here: an invalidation completes without us.
            message = f"{late.summary}; invalidation {made.id} completes by itself within minutes"
            session.emit(Noticed(Severity.WARNING, message, distribution))
    step.finish(made.id)


def _written(call: Callable[[], T]) -> Generator[LaneRequest, object, T]:
    """Let a writer run the call. This keeps its type, which a generator's `send` would lose."""
    answer: list[T] = []
    yield Write(lambda: answer.append(call()))
    return answer[0]


def _stands(now: Distribution, intent: TriggerIntent, target_arn: str | None, paths: frozenset[str]) -> bool:
    """Whether every behavior of `paths` that is to carry the target does, and no other trigger of ours is
    left.

    A behavior that a colleague added meanwhile is left to the next run. For single `slots`: whether none
    still has its old trigger. Something else that others have put there is theirs.
    """
    if intent.slots:
        return not any(slot.stands(now.behaviors) for slot in intent.slots)
    restored = {(replaced.path, replaced.event, replaced.arn) for replaced in intent.restore}
    for behavior in now.behaviors:
        if behavior.path in intent.excluded or behavior.path not in paths:
            continue
        for trigger in behavior.triggers:
            version = trigger.version
            ours = version is not None and version.function_arn == intent.function_arn
            allowed = (
                trigger.event in intent.keep_events
                or ((intent.in_place or trigger.event == intent.event) and trigger.arn == target_arn)
                # A restored version that was made by hand is of our function, too.
                or (behavior.path, trigger.event, trigger.arn) in restored
            )
            if ours and not allowed:
                return False
        if intent.event is not None and target_arn is not None:
            there = behavior.at(intent.event)
            if there is None or (there.arn != target_arn and not _left_alone(behavior.path, there, intent)):
                return False
    return True


def _triggers(behaviors: Iterable[Behavior]) -> StandingTriggers:
    return frozenset(
        (behavior.path, trigger.event, trigger.arn) for behavior in behaviors for trigger in behavior.triggers
    )


def _gone(now: Distribution, left: StandingTriggers, intent: TriggerIntent | None) -> StandingTriggers:
    """The triggers of the swap that are no longer there, without those on behaviors that were removed
    meanwhile.

    With an `intent`, somebody else has changed the distribution since: then only our triggers count, and
    others' triggers that we restored. For single `slots` nothing counts: what others put there is theirs.
    """
    if intent is not None and intent.slots:
        return frozenset()
    paths = {behavior.path for behavior in now.behaviors}
    gone = frozenset(trigger for trigger in left - _triggers(now.behaviors) if trigger[0] in paths)
    if intent is None:
        return gone
    restored = {(trigger.path, trigger.event, trigger.arn) for trigger in intent.restore}
    return frozenset(
        trigger for trigger in gone if trigger in restored or is_ours(trigger[2], intent.function_arn)
    )


def _left_alone(path: str, trigger: Trigger, intent: TriggerIntent) -> bool:
    """Whether a trigger is somebody else's, which the plan saw at our event and left there."""
    version = trigger.version
    replaced = version is not None and version.function_arn in intent.replaceable
    return not replaced and (intent.seen is None or (path, trigger.event, trigger.arn) in intent.seen)


def _superseded(
    session: Session,
    plan: DistributionPlan,
    intent: TriggerIntent,
    disturbed: frozenset[tuple[str, str, str]],
) -> Conflict:
    """The conflict with somebody else's change; it names the newer release where the ledger has it."""
    newer = _newer_release(session, intent, disturbed)
    cause = "somebody else changed the behaviors" if newer is None else f"superseded by {newer}"
    why = f"not as this plan saw them: {_shown(disturbed)}" if disturbed else None
    return Conflict(
        f"{cause} on {plan.name} ({plan.id})",
        why=why or "they are not as this run left them",
        hint=advise(
            "Their change was not undone. Look at `", CommandLine("status"), "`, then run the command again."
        ),
    )


def _shown(triggers: StandingTriggers) -> str:
    """Path, event and `name:42` of each."""
    return "; ".join(
        f"{path} {event} {arn.rpartition(':function:')[2]}" for path, event, arn in sorted(triggers)
    )


def _newer_release(
    session: Session, intent: TriggerIntent, disturbed: frozenset[tuple[str, str, str]]
) -> str | None:
    """The new release that is newer than all those seen before, as `43 (commit 0a1b2c3d4e5f)`, or None."""
    seen = intent.seen or frozenset()
    newest = max(_ours(disturbed - seen, intent), key=lambda version: version.version, default=None)
    if newest is None or any(version.version >= newest.version for version in _ours(seen, intent)):
        return None
    try:
        known = {version.number: version for version in session.aws.functions.versions(newest.function)}
    except AwsFailure:
        # It is needed only for the message.
        return None
    found = known.get(newest.version)
    line = None if found is None else LedgerLine.parse(found.description)
    if line is None:
        return None
    return str(newest.version) if line.commit is None else f"{newest.version} (commit {line.commit})"


def _ours(triggers: frozenset[tuple[str, str, str]], intent: TriggerIntent) -> list[VersionArn]:
    versions = (VersionArn.parse(arn) for _, _, arn in triggers)
    return [
        version for version in versions if version is not None and version.function_arn == intent.function_arn
    ]
