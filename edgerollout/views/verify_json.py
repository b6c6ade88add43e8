"""Live headers against the release as the `verify` document. Fields are contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.release.facts.difference import Change
from edgerollout.views.json_text import json_text

if TYPE_CHECKING:
    from edgerollout.advice import Spell
    from edgerollout.probe.live_headers import Expectation, LiveProbe, Verified
    from edgerollout.probe.targets import BehaviorPlace, LeftOut
    from edgerollout.release.facts.header_comparison import Difference

SCHEMA = "1.0"


def verify_json(found: Verified, environment: str, spell: Spell) -> str:
    """The document as text."""
    document = {
        "schema": SCHEMA,
        "ok": found.ok,
        "environment": environment,
        "release": found.expectation.release,
        "live": found.expectation.live,
        "previous": found.expectation.previous,
        "event": found.expectation.event,
        "looks": found.looks,
        "probes": [_probe(one, found.expectation, spell) for one in found.probes],
        "left_out": [_left_out(one) for one in found.left_out],
    }
    return json_text(document)


def _probe(one: LiveProbe, expectation: Expectation, spell: Spell) -> dict[str, object]:
    return {
        "url": one.probed.url,
        "kind": one.answer.kind.value,
        **_place(one.place),
        "ok": one.ok,
        "status": one.probed.status,
        "expected": dict(one.expected),
        "seen": {name: list(values) for name, values in one.seen.items()},
        "differences": [_difference(each, expectation) for each in one.differences],
        "why": [spelled(each, spell) for each in one.why],
        "pop": one.probed.pop,
        "cache": one.probed.cache,
        "age": one.age,
    }


def _difference(one: Difference, expectation: Expectation) -> dict[str, object]:
    return {
        "header": one.header,
        "cause": one.cause(expectation.before).value,
        "expected": one.expected,
        "seen": list(one.seen),
        "directives": [
            {
                "name": each.name,
                "missing": list(each.those(Change.REMOVED)),
                "extra": list(each.those(Change.ADDED)),
                "change": {Change.REMOVED: "missing", Change.ADDED: "extra"}.get(each.change, "differs"),
            }
            for each in one.directives
        ],
    }


def _left_out(one: LeftOut) -> dict[str, object]:
    return {"url": one.url, "kind": one.kind, **_place(one.place), "why": one.why}


def _place(place: BehaviorPlace | None) -> dict[str, str | None]:
    if place is None:
        return {"distribution": None, "behavior": None}
    return {"distribution": place.distribution.id, "behavior": place.behavior.path}
