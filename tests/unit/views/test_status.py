from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.advice import CommandLine, advise
from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.headers import Header
from edgerollout.release.facts.release import HandlerFacts, Release
from edgerollout.release.status.changing import Changing
from edgerollout.release.status.owner import Owner
from edgerollout.release.status.status import BehaviorState, BehaviorStatus
from edgerollout.views.glyphs import ASCII
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.status import status_json
from edgerollout.views.status import status_document
from tests.json_output import parsed
from tests.spelling import spell

from .drawing import markdown_of, text_of
from .statuses import CURRENT, DRIFT, IN_PROGRESS, MISSING, MIXED, NOTHING, NOW, OWNED, STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.release.status.status import Status


def _text(status: Status, width: int) -> str:
    return text_of(status_document(status, NOW), width)


def _markdown(status: Status) -> str:
    return markdown_of(status_document(status, NOW))


@pytest.mark.parametrize("width", [100, 40])
@pytest.mark.parametrize("name", STATUSES)
def test_a_status_is_text(name: str, width: int, golden: Callable[[str, str], None]) -> None:
    text = _text(STATUSES[name], width)

    golden(f"status-{name}-{width}", text)
    assert [line for line in text.splitlines() if len(line) > width and "edgerollout" not in line] == []


@pytest.mark.parametrize("name", STATUSES)
def test_a_status_is_markdown(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"status-{name}-markdown", _markdown(STATUSES[name]))


@pytest.mark.parametrize("name", STATUSES)
def test_a_status_is_a_json_document(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"status-{name}-json", json_text(status_json(STATUSES[name], NOW, "aws", spell)))


def test_a_mixed_environment_has_no_release_but_a_count_of_each() -> None:
    document = status_json(MIXED, NOW, "aws", spell)

    assert document.release is None
    assert document.releases == {"41": 3, "42": 2}
    assert document.drift


def test_the_document_has_the_policy_where_it_was_read() -> None:
    enforced = LayeredCsp(Csp.of({"img-src": ["'self'"]}), Csp.of({"img-src": ["data:"]}))
    handler = HandlerFacts({}, "python3.13", "index.handler", 128, 3, "edgerollout-staging")
    release = Release("staging", handler, (Header("x-frame-options", "DENY"),), enforced)
    assert CURRENT.live is not None
    status = replace(CURRENT, live=replace(CURRENT.live, release=release))

    document = parsed(json_text(status_json(status, NOW, "aws", spell)))

    assert document["policy"] == {
        "enforced": {"base": {"img-src": ["'self'"]}, "overlay": {"img-src": ["data:"]}},
        "report_only": None,
        "headers": {"x-frame-options": {"value": "DENY", "action": "set"}},
        "observed": {},
    }


@pytest.mark.parametrize(
    ("back", "command"),
    [(False, "edgerollout publish -e staging"), (True, "edgerollout rollback -e staging --from 7")],
)
def test_a_change_of_means_that_is_half_done_is_told_with_the_command_that_finishes_it(
    back: bool, command: str
) -> None:
    change = Changing(7, 8, "lambda-edge", "response-headers-policy", 3, 1, 0, back)
    status = replace(MIXED, changing=change)
    assert f"`{command}` finishes it" in " ".join(_text(status, 100).split())
    told = status_json(status, NOW, "aws", spell).changing
    assert told is not None
    assert (told.old_alone, told.both, told.new_alone, told.back, told.finish) == (1, 3, 0, back, command)


def test_nothing_live_is_no_drift_and_no_warning() -> None:
    assert not status_json(NOTHING, NOW, "aws", spell).drift
    assert "!" not in _text(NOTHING, 100)


def test_a_release_on_its_way_is_not_said_to_be_live_since_anything() -> None:
    assert "not everywhere yet" in _text(IN_PROGRESS, 100)
    assert "ago" not in _text(IN_PROGRESS, 100)


def test_an_excluded_behavior_shows_what_it_carries_all_the_same() -> None:
    excluded = BehaviorStatus("/internal/*", 12, BehaviorState.EXCLUDED)
    status = replace(CURRENT, distributions=(replace(CURRENT.distributions[0], behaviors=(excluded,)),))

    assert "/internal/*  excluded, carries :12" in _text(status, 100)
    assert not status.drift


def test_a_foreign_trigger_without_a_version_is_named_by_its_arn() -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:image-resizer:$LATEST"
    foreign = BehaviorStatus("/x/*", None, BehaviorState.FOREIGN, arn)
    status = replace(CURRENT, distributions=(replace(CURRENT.distributions[0], behaviors=(foreign,)),))

    assert f"foreign {arn}" in _text(status, 100)


def test_names_from_aws_bring_no_markup_and_no_control_characters() -> None:
    distribution = replace(DRIFT.distributions[0], name="<b>*evil*</b>\x1b[31m\n# heading")
    status = replace(DRIFT, distributions=(distribution,), commit="\x1b[2J0123456789")

    markdown = _markdown(status)

    assert "\x1b" not in _text(status, 100) + markdown
    assert "<b>" not in markdown.replace("\\<b\\>", "")
    assert "\n# heading" not in markdown


def test_a_path_with_a_pipe_stays_in_its_cell() -> None:
    odd = BehaviorStatus("/a|b/*", 42, BehaviorState.CURRENT)
    status = replace(CURRENT, distributions=(replace(CURRENT.distributions[0], behaviors=(odd,)),))

    assert r"| `/a\|b/*` | :42 current |" in _markdown(status)


def test_an_ascii_stream_gets_an_ascii_status() -> None:
    for status in STATUSES.values():
        assert text_of(status_document(status, NOW), 100, ASCII).isascii()


def test_the_documentation_shows_what_status_really_prints() -> None:
    text = (Path(__file__).parents[3] / "docs" / "output.md").read_text(encoding="utf-8")

    following = advise(CommandLine("publish", "staging"))
    assert text_of(status_document(MISSING, NOW, following), 100) in text


def test_another_owner_is_named_with_what_its_next_deployment_may_do() -> None:
    text = " ".join(_text(OWNED, 100).split())

    assert (
        "www.staging.example.com, assets.staging.example.com are managed by CloudFormation stack web:"
        " its next deployment may take the release off again" in text
    )
    assert "function security-headers-staging is managed by Terraform" in text


def test_a_tag_from_aws_brings_no_markup() -> None:
    owner = Owner("Terraform", "# <b>\x1b[31m", "terraform=x")
    markdown = _markdown(replace(CURRENT, owner=owner))

    assert "\x1b" not in markdown + _text(replace(CURRENT, owner=owner), 100)
    assert "<b>" not in markdown.replace("\\<b\\>", "")
