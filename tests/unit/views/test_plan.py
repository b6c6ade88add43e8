from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema
import pytest

from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.steps import Action, BehaviorPlan, DistributionPlan
from edgerollout.release.facts.finding import Finding
from edgerollout.release.plans.plan import ConfigurationChange as Configured
from edgerollout.release.plans.plan import CreateFunction, CreateRole, UpdateConfiguration
from edgerollout.views.glyphs import ASCII
from edgerollout.views.plan import plan_document
from edgerollout.views.plan_json import plan_json, plan_json_text
from tests.spelling import spell

from .drawing import markdown_of, text_of
from .sample import BEFORE, EVENT, FUNCTION, NOTHING, PLAN, REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.release.plans.plan import Plan

_FIRST = replace(
    PLAN,
    live=None,
    release=replace(BEFORE, previous=None, enforced=None, report_only=BEFORE.enforced),
    function_steps=(
        CreateRole("edgerollout-staging"),
        CreateFunction(
            "security-headers-staging", "edgerollout-staging", "python3.13", "index.handler", 128, 3
        ),
        UpdateConfiguration((Configured("memory", "256", "128"),)),
        *PLAN.function_steps,
    ),
    distributions=(
        DistributionPlan(
            "E1WWWEXAMPLE",
            "www.staging.example.com",
            tuple(
                BehaviorPlan(path, EVENT, Action.ATTACH, to_new=True) for path in ("/api/*", "Default (*)")
            ),
            PLAN.distributions[0].steps,
        ),
    ),
    strays=(),
    findings=(),
)
_PLANS = {"changes": PLAN, "nothing": NOTHING, "refused": REFUSED, "first": _FIRST}


def _text(plan: Plan, width: int) -> str:
    return text_of(plan_document(plan), width)


def _markdown(plan: Plan) -> str:
    return markdown_of(plan_document(plan))


@pytest.mark.parametrize("width", [100, 40])
@pytest.mark.parametrize("name", _PLANS)
def test_a_plan_is_text(name: str, width: int, golden: Callable[[str, str], None]) -> None:
    text = _text(_PLANS[name], width)

    golden(f"plan-{name}-{width}", text)
    assert [line for line in text.splitlines() if len(line) > width and len(line.split()) > 2] == []


@pytest.mark.parametrize("name", _PLANS)
def test_a_plan_is_markdown(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"plan-{name}-markdown", _markdown(_PLANS[name]))


@pytest.mark.parametrize("name", _PLANS)
def test_a_plan_is_a_json_document(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"plan-{name}-json", plan_json_text(_PLANS[name], spell))


def _object(**properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(of: object) -> dict[str, object]:
    return {"type": "array", "items": of}


_TEXT = {"type": "string"}
_MAYBE = {"type": ["string", "null"]}
_POLICY = {
    "anyOf": [
        {"type": "null"},
        _object(digest=_TEXT, directives={"type": "object", "additionalProperties": _list(_TEXT)}),
    ]
}
_ROW = _object(
    path=_TEXT,
    event=_TEXT,
    **{"from": _MAYBE},
    to=_MAYBE,
    action={"enum": [action.value for action in Action]},
    why=_MAYBE,
)
_SCHEMA = _object(
    schema={"const": "1.0"},
    environment=_TEXT,
    changes={"type": "boolean"},
    release=_object(
        enforced=_POLICY,
        report_only=_POLICY,
        headers={"type": "object", "additionalProperties": _object(value=_TEXT, action=_TEXT)},
    ),
    live={
        "anyOf": [
            {"type": "null"},
            _object(
                release={"type": "integer"},
                digest=_MAYBE,
                enforced=_MAYBE,
                report_only=_MAYBE,
                releases={"type": "object", "additionalProperties": {"type": "integer"}},
            ),
        ]
    },
    steps=_list({"type": "object", "required": ["type"]}),
    distributions=_list(_object(id=_TEXT, alias=_TEXT, behaviors=_list(_ROW))),
    handover=_MAYBE,
    direction=_MAYBE,
    gates=_list(
        _object(name=_TEXT, passed={"type": "boolean"}, detail=_TEXT, remedy=_MAYBE, overridden=_MAYBE)
    ),
    strays=_list(_object(distribution=_TEXT, alias=_TEXT, path=_TEXT, event=_TEXT, arn=_TEXT)),
    findings=_list(
        _object(severity=_TEXT, rule=_TEXT, message=_TEXT, hint=_MAYBE, distribution=_MAYBE, override=_MAYBE)
    ),
)


@pytest.mark.parametrize("name", _PLANS)
def test_the_json_document_has_exactly_the_promised_fields(name: str) -> None:
    jsonschema.validate(json.loads(plan_json_text(_PLANS[name], spell)), _SCHEMA)


def test_no_bundle_and_no_distribution_config_leaves_the_plan() -> None:
    plan = replace(PLAN, bundle=b"PK secret")

    for text in (plan_json_text(plan, spell), _markdown(plan), _text(plan, 100)):
        assert "PK" not in text
        assert "DistributionConfig" not in text


def test_a_version_yet_to_come_is_called_new_and_a_detached_one_null() -> None:
    document = json.loads(plan_json_text(PLAN, spell))
    rows = document["distributions"][0]["behaviors"]

    assert {(row["action"], row["to"]) for row in rows} == {
        ("replace", "new"),
        ("attach", "new"),
        ("detach", None),
        ("skip", None),
        ("foreign", "arn:aws:lambda:us-east-1:123456789012:function:image-resizer:7"),
    }


def test_an_existing_target_is_named_by_its_number() -> None:
    row = BehaviorPlan("Default (*)", EVENT, Action.REPLACE, f"{FUNCTION}:41", f"{FUNCTION}:42")
    plan = replace(PLAN, target=42, distributions=(DistributionPlan("E1", "a.example.com", (row,)),))

    assert "detach :41, attach :42" in _text(plan, 100)
    assert plan_json(plan, spell)["changes"] is True


def test_a_release_that_could_not_be_read_is_said_to_be_unread() -> None:
    assert "could not be read" in _text(replace(PLAN, release=None), 100)
    assert plan_json(replace(PLAN, release=None), spell)["release"] is None


def test_what_aws_says_brings_no_markup_into_markdown() -> None:
    finding = Finding(Severity.NOTE, "x", "<img src=x> | **bold** [link](http://evil)\n# heading @team")

    text = _markdown(replace(PLAN, findings=(finding,)))

    assert r"\<img src=x\> \| \*\*bold\*\* \[link\](http://evil) \# heading \@team" in text


def test_a_path_with_a_pipe_stays_in_its_cell() -> None:
    row = BehaviorPlan("/a|b`c/*", EVENT, Action.ATTACH, to_new=True)
    plan = replace(PLAN, distributions=(DistributionPlan("E1", "a.example.com", (row,)),))

    assert r"| `` /a\|b`c/* `` | origin-response | attach new |" in _markdown(plan)


def test_an_ascii_stream_gets_an_ascii_plan() -> None:
    assert text_of(plan_document(PLAN), 100, ASCII).isascii()
