"""The raw XML of a DistributionConfig: reading its behaviors, and editing our part in place.

UpdateDistribution replaces the whole document. A document rebuilt from a parsed tree loses every field that
the SDK does not know yet. So the received bytes are edited: only those that the means writes (`means.py`)
change. Every other byte stays, also comments, entities and white space.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.release.delivery.associations import triggers
from edgerollout.release.delivery.xml_spans import Splice, parse, spliced
from edgerollout.release.facts.arn import is_ours
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, Behavior, Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.delivery.means import Means
    from edgerollout.release.delivery.steps import Slot, TriggerIntent
    from edgerollout.release.delivery.xml_spans import Element

NAMESPACE = "http://cloudfront.amazonaws.com/doc/2020-05-31/"


@dataclass(frozen=True)
class Edited:
    """A document after the edit. `changed` is False when it was already as intended."""

    xml: bytes = field(repr=False)
    changed: bool
    behaviors: tuple[Behavior, ...]


def behaviors(xml: bytes, means: Means | None = None) -> tuple[Behavior, ...]:
    """The document's cache behaviors, in order of precedence, the default one last; as `means` sees them."""
    found = (_read(path, element) for path, element in elements(parse(xml)))
    return tuple(found) if means is None else tuple(means.seen(behavior) for behavior in found)


def edit(xml: bytes, intent: TriggerIntent, target_arn: str | None) -> Edited:
    """The document with our triggers as `intent` wants them; `target_arn` is the version to attach.

    CloudFront allows one function per event and behavior. So somebody else's trigger at our event stays, and
    ours is not attached there, unless the intent names that function as replaceable.
    """
    splices: list[Splice] = []
    for path, element in elements(parse(xml)):
        if path in intent.excluded:
            continue
        before = intent.means.seen(_read(path, element)).triggers
        if intent.slots:
            after = _slotted(path, before, intent.slots)
        elif intent.in_place:
            after = _in_place(path, before, intent, target_arn)
        else:
            after = _wanted(path, before, intent, target_arn)
        if after != before:
            splices += intent.means.splices(element, after)
    edited = spliced(xml, splices) if splices else xml
    return Edited(edited, changed=bool(splices), behaviors=behaviors(edited, intent.means))


def there_and_back(xml: bytes, means: Means) -> bytes:
    """The document after a trigger was put into every behavior and taken out again."""
    found = {path: means.seen(_read(path, element)).triggers for path, element in elements(parse(xml))}

    def with_more(document: bytes, *more: Trigger) -> bytes:
        item = elements(parse(document))
        return spliced(
            document, [splice for path, at in item for splice in means.splices(at, (*found[path], *more))]
        )

    return with_more(
        with_more(xml, Trigger(means.slot, "arn:aws:lambda:us-east-1:000000000000:function:f:1"))
    )


def standing(all_behaviors: tuple[Behavior, ...], intent: TriggerIntent) -> frozenset[tuple[str, str, str]]:
    """(path, event, ARN) of every trigger that matters to the intent: ours at any event, anyone's at its
    event.
    """
    return frozenset(
        (behavior.path, trigger.event, trigger.arn)
        for behavior in all_behaviors
        if behavior.path not in intent.excluded
        for trigger in behavior.triggers
        if trigger.event == intent.event or is_ours(trigger.arn, intent.function_arn)
    )


def moved(
    now: tuple[Behavior, ...], intent: TriggerIntent, target_arn: str | None
) -> frozenset[tuple[str, str, str]]:
    """The (path, event, ARN) that somebody else added or removed since the plan was made.

    Our own edit does not count (an earlier try of this run, or of the run that it resumes). Neither does a
    behavior that was added without a trigger, or removed completely.
    """
    if intent.seen is None:
        return frozenset()
    standing_now = standing(now, intent)
    paths = {behavior.path for behavior in now}
    came = {entry for entry in standing_now - intent.seen if entry[2] != target_arn}
    # Where the slot is as our edit leaves it (the target, or somebody else's function that stays), the edit
    # itself removed what is missing beside it.
    edited = {
        path
        for path, event, arn in standing_now
        if event == intent.event and (arn == target_arn or not is_ours(arn, intent.function_arn))
    }
    went = {
        entry
        for entry in intent.seen - standing_now
        if intent.event is not None and entry[0] in paths and entry[0] not in edited
    }
    return frozenset(came | went)


def _wanted(
    path: str, before: tuple[Trigger, ...], intent: TriggerIntent, target_arn: str | None
) -> tuple[Trigger, ...]:
    after: list[Trigger] = []
    back = _coming_back(path, intent)
    attached = intent.event is None or target_arn is None
    for trigger in before:
        ours = is_ours(trigger.arn, intent.function_arn)
        if trigger.event == intent.event and (ours or trigger.holder in intent.replaceable):
            if target_arn is not None:
                after.append(trigger if trigger.arn == target_arn else Trigger(trigger.event, target_arn))
                attached = True
        elif ours and trigger.event not in intent.keep_events:
            after += back.get(trigger.event, ())
        else:
            after.append(trigger)
            attached = attached or trigger.event == intent.event
    if not attached and intent.event is not None and target_arn is not None:
        after.append(Trigger(intent.event, target_arn))
    return tuple(after)


def _slotted(path: str, before: tuple[Trigger, ...], slots: tuple[Slot, ...]) -> tuple[Trigger, ...]:
    after = before
    for slot in slots:
        if slot.path != path or not slot.stands((Behavior(path, after),)):
            continue
        kept = tuple(trigger for trigger in after if trigger.event != slot.event)
        after = kept if slot.wanted is None else (*kept, slot.wanted)
    return after


def _in_place(
    path: str, before: tuple[Trigger, ...], intent: TriggerIntent, target_arn: str | None
) -> tuple[Trigger, ...]:
    after: list[Trigger] = []
    back = _coming_back(path, intent)
    for trigger in before:
        if not is_ours(trigger.arn, intent.function_arn) or trigger.arn == target_arn:
            after.append(trigger)
        elif trigger.event in back:
            after += back[trigger.event]
        elif target_arn is not None:
            after.append(Trigger(trigger.event, target_arn))
    return tuple(after)


def _coming_back(path: str, intent: TriggerIntent) -> dict[str, tuple[Trigger]]:
    return {
        replaced.event: (Trigger(replaced.event, replaced.arn, replaced.include_body),)
        for replaced in intent.restore
        if replaced.path == path
    }


def elements(root: Element) -> Iterator[tuple[str, Element]]:
    """(path, element) of each behavior of a document."""
    listed = root.first("CacheBehaviors", "Items")
    for element in () if listed is None else listed.all("CacheBehavior"):
        yield element.value("PathPattern"), element
    default = root.first("DefaultCacheBehavior")
    if default is not None:
        yield DEFAULT_BEHAVIOR, default


def _read(path: str, element: Element) -> Behavior:
    functions = element.first("FunctionAssociations", "Items")
    return Behavior(
        path,
        triggers(element),
        tuple(
            association.value("EventType")
            for association in (() if functions is None else functions.all("FunctionAssociation"))
        ),
        element.value("ResponseHeadersPolicyId") or None,
    )
