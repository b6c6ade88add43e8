from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout import planfile
from edgerollout.errors import Conflict, ExitCode, UsageError
from edgerollout.policy.headers import Header
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import (
    Action,
    AwaitDeployed,
    BehaviorPlan,
    DistributionPlan,
    Invalidate,
    SwapTriggers,
    TriggerIntent,
)
from edgerollout.release.facts.choices import Choices
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.release import HandlerFacts, Release
from edgerollout.release.facts.standing import LiveRelease
from edgerollout.release.plans.plan import Plan, PublishVersion, UpdateCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.planfile import SavedPlan

_FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:headers"
_EVENT = "origin-response"
_RELEASE = Release(
    environment="staging",
    handler=HandlerFacts({"index.py": "ab" * 32}, "python3.13", "index.handler", 128, 3, "role"),
    headers=(Header("x-frame-options", "DENY"),),
    previous=41,
)
_ROW = BehaviorPlan("Default (*)", _EVENT, Action.REPLACE, f"{_FUNCTION}:41", to_new=True)
_PLAN = Plan(
    environment="staging",
    account="123456789012",
    function_arn=_FUNCTION,
    means=LambdaEdge(),
    release=_RELEASE,
    target=None,
    live=LiveRelease(41, None, "00" * 8, None, None, ((41, 1),)),
    function_steps=(UpdateCode("sha="), PublishVersion("edgerollout/1", "sha=")),
    distributions=(
        DistributionPlan(
            "E1",
            "www.example.com",
            (_ROW,),
            (
                SwapTriggers(TriggerIntent(LambdaEdge(), _FUNCTION, _EVENT, None)),
                AwaitDeployed(),
                Invalidate(("/*",)),
            ),
        ),
    ),
    bundle=b"PK bytes",
)


def _saved(tmp_path: Path, plan: Plan = _PLAN, choices: Choices = Choices()) -> SavedPlan:  # noqa: B008
    planfile.write(tmp_path / "plan.json", plan, choices)
    return planfile.read(tmp_path / "plan.json")


def test_a_file_of_before_there_was_replace_is_read_as_replacing_nothing(tmp_path: Path) -> None:
    _saved(tmp_path)
    path = tmp_path / "plan.json"
    document = json.loads(path.read_text())
    del document["choices"]["replace"]
    path.write_text(json.dumps(document))
    assert planfile.read(path).choices.replace == ()


def test_a_saved_plan_is_fresh_as_long_as_the_same_plan_comes_out(tmp_path: Path) -> None:
    saved = _saved(tmp_path, choices=Choices(create=True, accepted_headers=("x-a",)))

    assert (saved.environment, saved.choices) == ("staging", Choices(create=True, accepted_headers=("x-a",)))
    planfile.check_fresh(saved, _PLAN)


def test_the_file_holds_intent_and_neither_bytes_nor_documents(tmp_path: Path) -> None:
    _saved(tmp_path)

    text = (tmp_path / "plan.json").read_text()
    assert "PK" not in text
    assert set(json.loads(text)) == {"schema", "environment", "choices", "intent"}


_MOVED: list[tuple[str, Callable[[Plan], Plan], str]] = [
    (
        "policy",
        lambda plan: replace(plan, release=replace(_RELEASE, headers=())),
        "the configuration or the handler",
    ),
    ("live", lambda plan: replace(plan, live=None), "the live release"),
    (
        "mixed",
        lambda plan: replace(plan, live=LiveRelease(41, None, "00" * 8, None, None, ((40, 1), (41, 1)))),
        "the live release",
    ),
    ("function steps", lambda plan: replace(plan, function_steps=()), "the function"),
    (
        "trigger",
        lambda plan: replace(
            plan,
            distributions=(
                replace(plan.distributions[0], behaviors=(replace(_ROW, before=f"{_FUNCTION}:40"),)),
            ),
        ),
        "what is attached to a distribution, or its state",
    ),
    ("event", lambda plan: replace(plan, means=LambdaEdge("viewer-response")), "event"),
    ("account", lambda plan: replace(plan, account="999999999999"), "account"),
]


@pytest.mark.parametrize(("move", "words"), [row[1:] for row in _MOVED], ids=[row[0] for row in _MOVED])
def test_a_plan_is_stale_when_something_moved_and_says_what(
    tmp_path: Path, move: Callable[[Plan], Plan], words: str
) -> None:
    saved = _saved(tmp_path)

    with pytest.raises(Conflict, match="stale") as refused:
        planfile.check_fresh(saved, move(_PLAN))

    assert refused.value.exit_code is ExitCode.CONFLICT
    assert words in str(refused.value.why)
    assert "Nothing was changed" in str(refused.value.hint)


def test_what_changes_nothing_of_the_intent_leaves_a_plan_fresh(tmp_path: Path) -> None:
    saved = _saved(tmp_path)

    planfile.check_fresh(
        saved,
        replace(
            _PLAN,
            bundle=b"other",
            findings=(Finding(Severity.NOTE, "x", "y"),),
            urls=("https://www.example.com/",),
            release=replace(_RELEASE, commit="abc"),
        ),
    )


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{",
        "[]",
        "null",
        '{"schema": "2.0"}',
        '{"schema": "1.0"}',
        '{"schema": "1.0", "environment": "x", "choices": [], "intent": {}}',
        '{"schema": "1.0", "environment": "x", "choices": {"create": true, "newer": true}, "intent": {}}',
        (
            '{"schema": "1.0", "environment": "x", "choices": {"create": 0, "again": 0, "from_config": 0,'
            ' "accepted_headers": 3}, "intent": {}}'
        ),
        (
            '{"schema": "1.0", "environment": "x", "choices": {"create": 0, "again": 0, "from_config": 0,'
            ' "accepted_headers": []}, "intent": 3}'
        ),
    ],
)
def test_what_is_no_saved_plan_is_a_usage_error(tmp_path: Path, document: str) -> None:
    (tmp_path / "plan.json").write_text(document)

    with pytest.raises(UsageError, match=r"plan\.json"):
        planfile.read(tmp_path / "plan.json")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(_JSON)
def test_any_json_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps({"schema": "1.0", "environment": "x", "choices": content, "intent": content}))

    with contextlib.suppress(UsageError):
        planfile.read(path)


def test_a_file_that_is_not_text_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(UsageError, match="is not a saved plan"):
        planfile.read(tmp_path / "plan.json")


def test_a_folder_that_is_not_there_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="cannot write"):
        planfile.write(Path("/nowhere/plan.json"), _PLAN, Choices())
    with pytest.raises(UsageError, match="cannot read"):
        planfile.read(Path("/nowhere/plan.json"))
