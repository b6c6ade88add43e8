"""The raw XML of a DistributionConfig: reading its triggers, and editing ours in place.

UpdateDistribution replaces the whole document. Rebuilding it from a parsed tree loses every field
the SDK at hand does not know yet, so the document is edited as it came: only our own
LambdaFunctionAssociations change, everything else survives by construction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from edgerollout.release.arn import VersionArn
from edgerollout.release.snapshot import DEFAULT_BEHAVIOR, Behavior, Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.plan import Slot, TriggerIntent

NAMESPACE = "http://cloudfront.amazonaws.com/doc/2020-05-31/"

# CloudFront writes its namespace as the default one; so do we, instead of a made-up prefix.
ET.register_namespace("", NAMESPACE)


@dataclass(frozen=True)
class Edited:
    """A document after the edit. `changed` is False when it already stood as intended."""

    xml: bytes = field(repr=False)
    changed: bool
    behaviors: tuple[Behavior, ...]


def behaviors(xml: bytes) -> tuple[Behavior, ...]:
    """The document's cache behaviors, in order of precedence, the default one last."""
    return tuple(_read(path, element) for path, element in _elements(ET.fromstring(xml)))


def edit(xml: bytes, intent: TriggerIntent, target_arn: str | None) -> Edited:
    """The document with our triggers as `intent` wants them, `target_arn` being the version to attach.

    One function per event and behavior is CloudFront's rule, so a foreign trigger at our event stays
    and ours is not attached there, unless the intent names its function as replaceable.
    """
    root = ET.fromstring(xml)
    changed = False
    for path, element in _elements(root):
        if path in intent.excluded:
            continue
        before = _read(path, element).triggers
        if intent.slots:
            after = _slotted(path, before, intent.slots)
        elif intent.in_place:
            after = _in_place(path, before, intent, target_arn)
        else:
            after = _wanted(before, intent, target_arn)
        if after != before:
            _write(element, after)
            changed = True
    if not changed:
        return Edited(xml, changed=False, behaviors=behaviors(xml))
    # A carriage return in a comment came as a character reference; written bare it would become LF.
    edited = ET.tostring(root, encoding="utf-8", xml_declaration=True).replace(b"\r", b"&#13;")
    return Edited(edited, changed=True, behaviors=tuple(_read(path, item) for path, item in _elements(root)))


def is_ours(arn: str, function_arn: str) -> bool:
    """Whether `arn` is a version of the function `function_arn` (unqualified), compared part by part."""
    version = VersionArn.parse(arn)
    return version is not None and version.function_arn == function_arn


def standing(all_behaviors: tuple[Behavior, ...], intent: TriggerIntent) -> frozenset[tuple[str, str, str]]:
    """(path, event, ARN) of every trigger the intent is about: ours anywhere, anyone's at its event."""
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
    """The (path, event, ARN) that came or went since the plan looked: somebody else touched our triggers.

    Our own edit already in place is no surprise (an earlier try of this run, or of the run it
    resumes), nor is a behavior that was added without a trigger or removed whole.
    """
    if intent.seen is None:
        return frozenset()
    standing_now = standing(now, intent)
    paths = {behavior.path for behavior in now}
    came = {entry for entry in standing_now - intent.seen if entry[2] != target_arn}
    # Where the slot is as our edit leaves it (the target, or a foreign function that keeps it), what
    # is missing beside it is what the edit takes out.
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
    before: tuple[Trigger, ...], intent: TriggerIntent, target_arn: str | None
) -> tuple[Trigger, ...]:
    after: list[Trigger] = []
    attached = intent.event is None or target_arn is None
    for trigger in before:
        ours = is_ours(trigger.arn, intent.function_arn)
        version = trigger.version
        replaceable = version is not None and version.function_arn in intent.replaceable
        if trigger.event == intent.event and (ours or replaceable):
            if target_arn is not None:
                after.append(trigger if trigger.arn == target_arn else Trigger(trigger.event, target_arn))
                attached = True
        elif ours and trigger.event not in intent.keep_events:
            continue
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
    back = {
        one.event: Trigger(one.event, one.arn, one.include_body) for one in intent.restore if one.path == path
    }
    for trigger in before:
        if not is_ours(trigger.arn, intent.function_arn) or trigger.arn == target_arn:
            after.append(trigger)
        elif trigger.event in back:
            after.append(back[trigger.event])
        elif target_arn is not None:
            after.append(Trigger(trigger.event, target_arn))
    return tuple(after)


def _elements(root: ET.Element) -> Iterator[tuple[str, ET.Element]]:
    space = root.tag.removesuffix(_local(root.tag))
    for element in root.iterfind(f"{space}CacheBehaviors/{space}Items/{space}CacheBehavior"):
        yield element.findtext(f"{space}PathPattern", ""), element
    default = root.find(f"{space}DefaultCacheBehavior")
    if default is not None:
        yield DEFAULT_BEHAVIOR, default


def _read(path: str, element: ET.Element) -> Behavior:
    space = element.tag.removesuffix(_local(element.tag))
    triggers = tuple(
        Trigger(
            event=item.findtext(f"{space}EventType", ""),
            arn=item.findtext(f"{space}LambdaFunctionARN", ""),
            include_body=item.findtext(f"{space}IncludeBody", "false") == "true",
        )
        for item in element.iterfind(
            f"{space}LambdaFunctionAssociations/{space}Items/{space}LambdaFunctionAssociation"
        )
    )
    functions = tuple(
        item.findtext(f"{space}EventType", "")
        for item in element.iterfind(f"{space}FunctionAssociations/{space}Items/{space}FunctionAssociation")
    )
    policy = element.findtext(f"{space}ResponseHeadersPolicyId") or None
    return Behavior(path, triggers, functions, policy)


def _write(element: ET.Element, triggers: tuple[Trigger, ...]) -> None:
    space = element.tag.removesuffix(_local(element.tag))
    associations = element.find(f"{space}LambdaFunctionAssociations")
    if associations is None:
        associations = ET.SubElement(element, f"{space}LambdaFunctionAssociations")
    kept = {
        item.findtext(f"{space}LambdaFunctionARN", "") + item.findtext(f"{space}EventType", ""): item
        for item in associations.iterfind(f"{space}Items/{space}LambdaFunctionAssociation")
    }
    for name in (f"{space}Quantity", f"{space}Items"):
        for old in associations.findall(name):
            associations.remove(old)
    quantity = ET.Element(f"{space}Quantity")
    quantity.text = str(len(triggers))
    associations.insert(0, quantity)
    if not triggers:
        # CloudFront refuses an Items element of another length than Quantity, and wants none at 0.
        return
    items = ET.Element(f"{space}Items")
    associations.insert(1, items)
    for trigger in triggers:
        foreign = kept.get(trigger.arn + trigger.event)
        if foreign is not None:
            items.append(foreign)
            continue
        item = ET.SubElement(items, f"{space}LambdaFunctionAssociation")
        ET.SubElement(item, f"{space}LambdaFunctionARN").text = trigger.arn
        ET.SubElement(item, f"{space}EventType").text = trigger.event
        ET.SubElement(item, f"{space}IncludeBody").text = "true" if trigger.include_body else "false"


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
