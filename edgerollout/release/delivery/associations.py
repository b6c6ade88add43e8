"""The XML of a behavior's Lambda function associations: reading them, and changing them in place.

Unchanged associations keep their bytes and their place; the count of the list is updated.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from edgerollout.release.delivery.xml_spans import Splice
from edgerollout.release.facts.snapshot import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.delivery.xml_spans import Element

_AFTER_TRIGGERS = frozenset(
    {
        "FunctionAssociations", "FieldLevelEncryptionId", "RealtimeLogConfigArn", "CachePolicyId",
        "OriginRequestPolicyId", "ResponseHeadersPolicyId", "GrpcConfig", "ForwardedValues", "MinTTL",
        "DefaultTTL", "MaxTTL",
    }
)  # fmt: skip
"""The elements after the list of triggers in a behavior, according to botocore's model of CloudFront
2020-05-31.
"""


def triggers(behavior: Element) -> tuple[Trigger, ...]:
    """The triggers of a behavior, in the order of the document."""
    return tuple(_trigger(element) for element in _associations(behavior))


def _associations(behavior: Element) -> tuple[Element, ...]:
    items = behavior.first("LambdaFunctionAssociations", "Items")
    return () if items is None else tuple(items.all("LambdaFunctionAssociation"))


def _trigger(association: Element) -> Trigger:
    return Trigger(
        event=association.value("EventType"),
        arn=association.value("LambdaFunctionARN"),
        include_body=association.value("IncludeBody") == "true",
    )


def splices(behavior: Element, after: tuple[Trigger, ...]) -> Iterator[Splice]:
    """The splices that change a behavior's triggers to `after`; unchanged ones keep their bytes and place."""
    associations = _associations(behavior)
    wanted = list(after)
    gone = []
    for association in associations:
        trigger = _trigger(association)
        if trigger in wanted:
            wanted.remove(trigger)
        else:
            gone.append((association, trigger.event))
    prefix = behavior.written.removesuffix(behavior.name)
    for association, event in gone:
        # The new trigger of an event takes the old one's place.
        heir = next((trigger for trigger in wanted if trigger.event == event), None)
        if heir is not None:
            wanted.remove(heir)
        yield Splice(association.begin, association.end, b"" if heir is None else _written(heir, prefix))
    yield from _book_keeping(behavior, len(after), b"".join(_written(trigger, prefix) for trigger in wanted))


def _book_keeping(behavior: Element, number: int, added: bytes) -> Iterator[Splice]:
    """The splices that set the count of the behavior's list to `number` and put the `added` triggers at its
    end.
    """
    prefix = behavior.written.removesuffix(behavior.name)
    count = str(number).encode()
    listed = behavior.first("LambdaFunctionAssociations")
    if listed is None or listed.empty_tag:
        whole = _tagged("Quantity", count, prefix) + _tagged("Items", added, prefix)
        whole = _tagged("LambdaFunctionAssociations", whole, prefix)
        place = _place(behavior)
        yield Splice(place, place, whole) if listed is None else Splice(listed.begin, listed.end, whole)
        return
    quantity, items = listed.first("Quantity"), listed.first("Items")
    if quantity is None or quantity.empty_tag:
        # We change only the number in it. CloudFront itself never sends a list without one.
        at = listed.inside if quantity is None else quantity.begin
        yield Splice(at, at if quantity is None else quantity.end, _tagged("Quantity", count, prefix))
    elif quantity.text.strip() != count.decode():
        yield Splice(quantity.inside, quantity.outside, count)
    if items is None or items.empty_tag:
        if added:
            at = (listed.inside if quantity is None else quantity.end) if items is None else items.begin
            yield Splice(at, at if items is None else items.end, _tagged("Items", added, prefix))
        elif items is not None and not number:
            yield Splice(items.begin, items.end)
    elif not number:
        # CloudFront refuses an Items element whose length differs from Quantity. For 0 there must be no
        # Items.
        yield Splice(items.begin, items.inside)
        yield Splice(items.outside, items.end)
    elif added:
        yield Splice(items.outside, items.outside, added)


def _place(behavior: Element) -> int:
    """The byte at which CloudFront's model puts the list of triggers, for a behavior without one."""
    later = next((child for child in behavior.children if child.name in _AFTER_TRIGGERS), None)
    return behavior.outside if later is None else later.begin


def _written(trigger: Trigger, prefix: str) -> bytes:
    return _tagged(
        "LambdaFunctionAssociation",
        _tagged("LambdaFunctionARN", escape(trigger.arn, quote=False).encode(), prefix)
        + _tagged("EventType", escape(trigger.event, quote=False).encode(), prefix)
        + _tagged("IncludeBody", b"true" if trigger.include_body else b"false", prefix),
        prefix,
    )


def _tagged(name: str, content: bytes, prefix: str) -> bytes:
    tag = f"{prefix}{name}".encode()
    return b"<%b>%b</%b>" % (tag, content, tag)
