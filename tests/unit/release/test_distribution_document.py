"""Editing the raw document: only our own triggers change, whatever else is in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgerollout.release.delivery.distribution_document import (
    NAMESPACE,
    behaviors,
    edit,
    is_ours,
    moved,
    standing,
)
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import TriggerIntent
from edgerollout.release.delivery.xml_spans import BadDocument
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, Behavior, Trigger
from tests.fakes.documents import document, wrong_quantities
from tests.samples import THOROUGH
from tests.unit.release.builders import ACCOUNT, FOREIGN_ARN, FUNCTION_ARN, ORIGIN, VIEWER, arn, make_behavior

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EVENTS = ("viewer-request", "origin-request", ORIGIN, VIEWER)
REQUEST = Trigger("viewer-request", FOREIGN_ARN, include_body=True)
INTENT = TriggerIntent(LambdaEdge(), FUNCTION_ARN, ORIGIN, 9)

OTHERS = st.sampled_from(
    [
        FOREIGN_ARN,
        f"arn:aws:lambda:us-east-1:210987654321:function:{FUNCTION_ARN.rpartition(':')[2]}:3",
        f"{FUNCTION_ARN}-too:3",
        f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:headers",
    ]
)
ARNS = st.one_of(st.integers(1, 12).map(arn), OTHERS)
TRIGGERS = st.lists(
    st.builds(
        lambda event, target, body: Trigger(event, target, include_body=body and event.endswith("-request")),
        st.sampled_from(EVENTS),
        ARNS,
        st.booleans(),
    ),
    unique_by=lambda trigger: trigger.event,
    max_size=4,
)
PATHS = st.lists(st.from_regex(r"/[a-z]{1,6}(/\*)?", fullmatch=True), unique=True, max_size=4)
UNKNOWN = st.sampled_from(
    [
        "",
        "<NewIn2031><Mode>bold</Mode></NewIn2031>",
        "<Odd><Quantity>1</Quantity><Items><LambdaFunctionARN>x &amp; y</LambdaFunctionARN></Items></Odd>",
        '<Attributed kind="a">text<Nested/> tail</Attributed>',
        "<Unicode>ÄÖ — 世界</Unicode>",
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    paths = draw(PATHS)
    triggers = {path: draw(TRIGGERS) for path in (*paths, DEFAULT_BEHAVIOR)}
    return document(
        paths, triggers, extra=draw(UNKNOWN), cloudfront_functions={DEFAULT_BEHAVIOR: ["viewer-request"]}
    )


INTENTS = st.builds(
    TriggerIntent,
    means=st.just(LambdaEdge()),
    function_arn=st.just(FUNCTION_ARN),
    event=st.sampled_from([ORIGIN, VIEWER, None]),
    target=st.just(9),
    excluded=PATHS.map(frozenset),
    keep_events=st.sampled_from([frozenset(), frozenset({VIEWER})]),
)


def without_our_triggers(xml: bytes) -> str:
    """The document, canonical, less our triggers and the counts of the lists they are in."""
    root = ET.fromstring(xml)
    for associations in root.iter(f"{{{NAMESPACE}}}LambdaFunctionAssociations"):
        items = associations.find(f"{{{NAMESPACE}}}Items")
        kept = [
            item
            for item in (() if items is None else items)
            if not is_ours(item.findtext(f"{{{NAMESPACE}}}LambdaFunctionARN", ""), FUNCTION_ARN)
        ]
        associations.clear()
        associations.extend(kept)
    return ET.canonicalize(ET.tostring(root, encoding="unicode"))


@given(documents(), INTENTS)
def test_everything_but_our_own_triggers_survives_an_edit(xml: bytes, intent: TriggerIntent) -> None:
    edited = edit(xml, intent, arn(9))
    assert without_our_triggers(edited.xml) == without_our_triggers(xml)


@given(documents(), INTENTS)
def test_editing_twice_changes_nothing_more(xml: bytes, intent: TriggerIntent) -> None:
    once = edit(xml, intent, arn(9))
    twice = edit(once.xml, intent, arn(9))
    assert not twice.changed
    assert twice.xml == once.xml


@given(documents(), INTENTS)
def test_the_counts_are_right_after_an_edit(xml: bytes, intent: TriggerIntent) -> None:
    assert wrong_quantities(edit(xml, intent, arn(9)).xml) == wrong_quantities(xml)


@given(documents(), INTENTS)
def test_an_edit_says_what_it_made(xml: bytes, intent: TriggerIntent) -> None:
    edited = edit(xml, intent, arn(9))
    assert edited.behaviors == behaviors(edited.xml)
    assert edited.changed == (behaviors(xml) != edited.behaviors)
    assert edited.changed or edited.xml == xml


@given(documents(), INTENTS)
def test_after_an_edit_our_triggers_stand_as_intended(xml: bytes, intent: TriggerIntent) -> None:
    before = {behavior.path: behavior for behavior in behaviors(xml)}
    for behavior in edit(xml, intent, arn(9)).behaviors:
        if behavior.path in intent.excluded:
            assert behavior == before[behavior.path]
            continue
        for trigger in behavior.triggers:
            if is_ours(trigger.arn, FUNCTION_ARN):
                wanted = trigger.event == intent.event and trigger.arn == arn(9)
                assert wanted or trigger.event in intent.keep_events
        if intent.event is not None:
            assert behavior.at(intent.event) is not None, "the slot is ours, or a foreign function has it"


@given(documents(), INTENTS)
def test_cloudfront_would_take_the_triggers_one_for_each_event(xml: bytes, intent: TriggerIntent) -> None:
    for behavior in edit(xml, intent, arn(9)).behaviors:
        events = [trigger.event for trigger in behavior.triggers]
        assert len(events) == len(set(events))
        assert not any(
            trigger.include_body for trigger in behavior.triggers if trigger.event.endswith("-response")
        )


# --- byte for byte -----------------------------------------------------------------------------------

NOISE = st.lists(
    st.sampled_from(
        [
            b"\n  ", b"\r\n\t", b"<!-- a > b & <Lambda -->", b"<!---->",
            b"<?audit x='>'?>", b"<Extra a='>' b=\"'\"/>", b"<Extra>&#13;&amp;&lt;&#x4e16;</Extra>",
            "<!-- Ä 世界 -->".encode(),
            b"<Extra><![CDATA[<Items>&]]></Extra>", b"<Extra\n k = 'v'\n></Extra\n>", b"",
        ]
    ),
    max_size=3,
).map(b"".join)  # fmt: skip
"""What others may write between elements: it is all to survive, byte by byte."""


@st.composite
def noisy_documents(draw: st.DrawFn) -> bytes:
    prefix = draw(st.sampled_from([b"", b"c:"]))

    def tag(name: bytes, *content: bytes) -> bytes:
        inner = b"".join(piece + draw(NOISE) for piece in (b"", *content))
        return b"<%b%b>%b</%b%b>" % (prefix, name, inner, prefix, name)

    def value(name: bytes, text: bytes) -> bytes:
        return b"<%b%b>%b</%b%b>" % (prefix, name, text, prefix, name)

    def association(trigger: Trigger) -> bytes:
        return tag(
            b"LambdaFunctionAssociation",
            value(b"LambdaFunctionARN", trigger.arn.encode()),
            value(b"EventType", trigger.event.encode()),
            value(b"IncludeBody", b"true" if trigger.include_body else b"false"),
        )

    def lists(triggers: Sequence[Trigger]) -> bytes:
        none = (b"<%bLambdaFunctionAssociations/>" % prefix, b"")
        if not triggers and (bare := draw(st.sampled_from([None, *none]))) is not None:
            return bare
        items = (tag(b"Items", *map(association, triggers)),) if triggers else ()
        count = value(b"Quantity", str(len(triggers)).encode())
        return tag(b"LambdaFunctionAssociations", count, *items)

    def behavior(name: bytes, path: bytes, triggers: Sequence[Trigger]) -> bytes:
        own = (value(b"PathPattern", path),) if path else ()
        return tag(name, *own, lists(triggers), value(b"CachePolicyId", b"p"), value(b"MinTTL", b"0"))

    paths = [path.encode() for path in draw(PATHS)]
    items = (tag(b"Items", *(behavior(b"CacheBehavior", path, draw(TRIGGERS)) for path in paths)),)
    space = b"xmlns:c" if prefix else b"xmlns"
    body = (
        tag(
            b"Body",
            behavior(b"DefaultCacheBehavior", b"", draw(TRIGGERS)),
            tag(b"CacheBehaviors", value(b"Quantity", str(len(paths)).encode()), *(items if paths else ())),
        )
        .replace(b"<%bBody>" % prefix, b"")
        .replace(b"</%bBody>" % prefix, b"")
    )
    root = b'<%bDistributionConfig %b="%b">%b</%bDistributionConfig>'
    declaration = draw(st.sampled_from([b"", b'<?xml version="1.0" encoding="UTF-8"?>\n']))
    return declaration + root % (prefix, space, NAMESPACE.encode(), body, prefix)


_ASSOCIATION = re.compile(
    rb"<((?:c:)?)LambdaFunctionAssociation>(?:(?!<(?:c:)?LambdaFunctionAssociation>).)*?"
    rb"<(?:c:)?LambdaFunctionARN>(?P<arn>[^<]*)<.*?</(?:c:)?LambdaFunctionAssociation>",
    re.DOTALL,
)
_COUNT = re.compile(
    rb"(<(?:c:)?LambdaFunctionAssociations(?:/>|>.*?</(?:c:)?LambdaFunctionAssociations>))", re.DOTALL
)


def others_bytes(xml: bytes) -> bytes:
    """The document's bytes less our own associations and the book-keeping of their list."""
    kept = _ASSOCIATION.sub(lambda m: b"" if is_ours(m["arn"].decode(), FUNCTION_ARN) else m[0], xml)

    def bare(match: re.Match[bytes]) -> bytes:
        inner = re.sub(rb"<(?:c:)?Quantity>\d+</(?:c:)?Quantity>", b"", match[0])
        inner = re.sub(rb"</?(?:c:)?Items>", b"", inner)
        return re.sub(rb"</?(?:c:)?LambdaFunctionAssociations/?>", b"", inner)

    return _COUNT.sub(bare, kept)


@settings(max_examples=2000 if THOROUGH else 100)
@given(noisy_documents(), INTENTS)
def test_outside_our_own_associations_every_byte_stays(xml: bytes, intent: TriggerIntent) -> None:
    edited = edit(xml, intent, arn(9)).xml
    assert others_bytes(edited) == others_bytes(xml)
    for listed in ET.fromstring(edited).iter(f"{{{NAMESPACE}}}LambdaFunctionAssociations"):
        there = list(listed.iter(f"{{{NAMESPACE}}}LambdaFunctionAssociation"))
        assert listed.findtext(f"{{{NAMESPACE}}}Quantity") in (str(len(there)), None if not there else "")
    assert behaviors(edited) == edit(edited, intent, arn(9)).behaviors


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (b"<a>" * 100 + b"</a>" * 100, "deeper"),
        (b"<a " + b" ".join(b"k%d='v'" % n for n in range(100)) + b"/>", "attributes"),
        (b"<a>" + b" " * (17 * 1024 * 1024) + b"</a>", "bytes"),
        ("<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16"), "UTF-8"),
        (b"<?xml version='1.0' encoding='iso-8859-1'?><a/>", "UTF-8"),
        (b"<html><body>", "not XML"),
        (b"", "not XML"),
    ],
)
def test_what_is_no_plain_xml_is_refused_at_once(xml: bytes, why: str) -> None:
    with pytest.raises(BadDocument, match=why):
        behaviors(xml)


# --- by example --------------------------------------------------------------------------------------


def edited_triggers(
    triggers: Mapping[str, Sequence[Trigger]], intent: TriggerIntent = INTENT, target: str | None = arn(9)
) -> dict[str, tuple[Trigger, ...]]:
    paths = [path for path in triggers if path != DEFAULT_BEHAVIOR]
    xml = document(paths, triggers)
    return {behavior.path: behavior.triggers for behavior in edit(xml, intent, target).behaviors}


OURS = Trigger(ORIGIN, arn(9))


def test_every_behavior_and_the_default_one_are_edited_at_once() -> None:
    after = edited_triggers({"/a": [Trigger(ORIGIN, arn(1))], "/b": [], DEFAULT_BEHAVIOR: [REQUEST]})
    assert after == {"/a": (OURS,), "/b": (OURS,), DEFAULT_BEHAVIOR: (REQUEST, OURS)}


def test_a_distribution_with_nothing_but_the_default_behavior_is_edited() -> None:
    assert edited_triggers({}) == {DEFAULT_BEHAVIOR: (OURS,)}


def test_version_digits_inside_the_account_id_do_not_confuse_anyone() -> None:
    old = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:security-headers-testing:{ACCOUNT[:4]}"
    assert edited_triggers({DEFAULT_BEHAVIOR: [Trigger(ORIGIN, old)]}) == {DEFAULT_BEHAVIOR: (OURS,)}


def test_a_function_whose_name_merely_starts_like_ours_is_foreign() -> None:
    longer = Trigger(ORIGIN, f"{FUNCTION_ARN}-too:1")
    assert edited_triggers({DEFAULT_BEHAVIOR: [longer]}) == {DEFAULT_BEHAVIOR: (longer,)}


def test_the_include_body_of_others_is_kept() -> None:
    assert edited_triggers({DEFAULT_BEHAVIOR: [REQUEST]})[DEFAULT_BEHAVIOR][0].include_body


def test_a_foreign_function_on_our_event_keeps_its_slot_unless_named_as_replaceable() -> None:
    foreign = Trigger(ORIGIN, FOREIGN_ARN)
    assert edited_triggers({DEFAULT_BEHAVIOR: [foreign]}) == {DEFAULT_BEHAVIOR: (foreign,)}
    taking = TriggerIntent(
        LambdaEdge(), FUNCTION_ARN, ORIGIN, 9, replaceable=frozenset({FOREIGN_ARN.rpartition(":")[0]})
    )
    assert edited_triggers({DEFAULT_BEHAVIOR: [foreign]}, taking) == {DEFAULT_BEHAVIOR: (OURS,)}


def test_detaching_takes_all_of_ours_and_leaves_no_empty_items() -> None:
    intent = TriggerIntent(LambdaEdge(), FUNCTION_ARN, None, None)
    xml = document([], {DEFAULT_BEHAVIOR: [Trigger(ORIGIN, arn(1)), Trigger(VIEWER, arn(2))]})
    edited = edit(xml, intent, None)
    assert edited.behaviors == (Behavior(DEFAULT_BEHAVIOR),)
    associations = ET.fromstring(edited.xml).find(f".//{{{NAMESPACE}}}LambdaFunctionAssociations")
    assert associations is not None
    assert [child.tag.rpartition("}")[2] for child in associations] == ["Quantity"]


def test_a_document_without_the_list_of_triggers_gets_one() -> None:
    xml = document().replace(
        b"<LambdaFunctionAssociations><Quantity>0</Quantity></LambdaFunctionAssociations>", b""
    )
    assert edit(xml, INTENT, arn(9)).behaviors == (Behavior(DEFAULT_BEHAVIOR, (OURS,)),)


def test_an_untouched_document_is_the_very_same_bytes() -> None:
    xml = document([], {DEFAULT_BEHAVIOR: [OURS]})
    assert edit(xml, INTENT, arn(9)).xml is xml


def test_the_namespace_stays_the_default_one_as_cloudfront_writes_it() -> None:
    edited = edit(document(2), INTENT, arn(9)).xml
    assert f'<DistributionConfig xmlns="{NAMESPACE}">'.encode() in edited
    assert b"ns0:" not in edited


def test_behaviors_come_in_order_of_precedence_the_default_last() -> None:
    xml = document(["/z", "/a/*", "*.jpg"], response_headers_policies={"/z": "policy-1"})
    found = behaviors(xml)
    assert [behavior.path for behavior in found] == ["/z", "/a/*", "*.jpg", DEFAULT_BEHAVIOR]
    assert found[0].response_headers_policy == "policy-1"


def test_cloudfront_functions_are_told_by_event() -> None:
    xml = document(["/a"], cloudfront_functions={"/a": ["viewer-request", "viewer-response"]})
    assert behaviors(xml)[0].cloudfront_functions == ("viewer-request", "viewer-response")


# --- moved since the plan looked ---------------------------------------------------------------------

A, D = "/a", DEFAULT_BEHAVIOR
PLANNED = (make_behavior(A, 1), make_behavior(D, 1, more=(REQUEST,)))


@pytest.mark.parametrize(
    ("now", "disturbed"),
    [
        pytest.param(PLANNED, set(), id="nothing happened"),
        pytest.param((make_behavior(A, 9), make_behavior(D, 9)), set(), id="our target is there already"),
        pytest.param((make_behavior(A, 9), make_behavior(D, 1)), set(), id="our target is there in part"),
        pytest.param((*PLANNED, make_behavior("/new")), set(), id="a behavior without trigger was added"),
        pytest.param(PLANNED[1:], set(), id="a behavior was removed whole"),
        pytest.param(
            (make_behavior(A, 1), make_behavior(D, 1)), set(), id="a foreign trigger elsewhere went"
        ),
        pytest.param(
            (make_behavior(A, 2), make_behavior(D, 2)),
            {(A, ORIGIN, arn(1)), (A, ORIGIN, arn(2)), (D, ORIGIN, arn(1)), (D, ORIGIN, arn(2))},
            id="another release was rolled out",
        ),
        pytest.param((make_behavior(A), make_behavior(D, 1)), {(A, ORIGIN, arn(1))}, id="ours was taken off"),
        pytest.param(
            (make_behavior(A, FOREIGN_ARN), make_behavior(D, 1)),
            {(A, ORIGIN, FOREIGN_ARN)},
            id="a foreign function took the slot",
        ),
        pytest.param(
            (make_behavior(A, 1, more=(Trigger(VIEWER, arn(2)),)), PLANNED[1]),
            {(A, VIEWER, arn(2))},
            id="ours appeared at another event",
        ),
        pytest.param(
            (*PLANNED, make_behavior("/new", 1)),
            {("/new", ORIGIN, arn(1))},
            id="a behavior was copied with ours",
        ),
        pytest.param(
            (*PLANNED, make_behavior("/skip", 2)), set(), id="an excluded path is nobody's business"
        ),
    ],
)
def test_only_what_others_did_to_our_triggers_counts_as_moved(
    now: tuple[Behavior, ...], disturbed: set[tuple[str, str, str]]
) -> None:
    bare = TriggerIntent(LambdaEdge(), FUNCTION_ARN, ORIGIN, 9, frozenset({"/skip"}))
    intent = TriggerIntent(
        LambdaEdge(), FUNCTION_ARN, ORIGIN, 9, frozenset({"/skip"}), seen=standing(PLANNED, bare)
    )
    assert moved(now, intent, arn(9)) == disturbed


def test_an_intent_that_saw_nothing_compares_nothing() -> None:
    assert (
        moved((make_behavior(A, 7),), TriggerIntent(LambdaEdge(), FUNCTION_ARN, ORIGIN, 9), arn(9))
        == frozenset()
    )


@given(documents(), INTENTS)
def test_our_own_edit_is_never_taken_for_somebody_elses(xml: bytes, intent: TriggerIntent) -> None:
    seen = standing(behaviors(xml), intent)
    remembering = TriggerIntent(
        LambdaEdge(),
        intent.function_arn,
        intent.event,
        intent.target,
        intent.excluded,
        intent.keep_events,
        seen=seen,
    )
    after = edit(xml, remembering, arn(9)).behaviors
    assert moved(after, remembering, arn(9)) == frozenset()
