from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.steps import Action, BehaviorPlan, DistributionPlan
from edgerollout.release.facts.finding import Finding
from edgerollout.release.plans.plan import ConfigurationChange as Configured
from edgerollout.release.plans.plan import CreateFunction, CreateRole, UpdateConfiguration
from edgerollout.views.glyphs import ASCII
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.plan import plan_json
from edgerollout.views.plan import plan_document
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
    golden(f"plan-{name}-json", json_text(plan_json(_PLANS[name], spell)))


def test_no_bundle_and_no_distribution_config_leaves_the_plan() -> None:
    plan = replace(PLAN, bundle=b"PK secret")

    for text in (json_text(plan_json(plan, spell)), _markdown(plan), _text(plan, 100)):
        assert "PK" not in text
        assert "DistributionConfig" not in text


def test_a_version_yet_to_come_is_called_new_and_a_detached_one_null() -> None:
    document = json.loads(json_text(plan_json(PLAN, spell)))
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
    assert plan_json(plan, spell).changes


def test_a_release_that_could_not_be_read_is_said_to_be_unread() -> None:
    assert "could not be read" in _text(replace(PLAN, release=None), 100)
    assert plan_json(replace(PLAN, release=None), spell).release is None


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
