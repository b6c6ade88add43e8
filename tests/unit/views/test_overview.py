from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.release.status.overview import Overview, OverviewRow, Seen, Standing, Unseen
from edgerollout.views.glyphs import ASCII
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.status import overview_json, status_json
from edgerollout.views.overview import overview_document
from tests.json_output import parsed
from tests.spelling import spell

from .drawing import markdown_of, text_of
from .statuses import CURRENT, DRIFT, IN_PROGRESS, MIXED, NOTHING, NOW, UNKNOWN, WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.release.status.status import Status


def _row(
    name: str, status: Status, after: str | None = None, standing: Standing | None = None
) -> OverviewRow:
    return OverviewRow(name, after, Seen(replace(status, environment=name), frozenset()), standing)


_EXPIRED = Unseen(
    "sts:GetCallerIdentity failed: ExpiredToken: The security token included in the request is expired",
    "get fresh credentials, then repeat the command",
)
SETTLED = Overview(
    (
        _row("testing", CURRENT),
        _row("staging", CURRENT, "testing", Standing.SAME),
        _row("production", NOTHING, "staging"),
    )
)
TROUBLED = Overview(
    (
        _row("testing", IN_PROGRESS),
        _row("staging", DRIFT, "testing", Standing.OTHER),
        OverviewRow("acceptance", "testing", _EXPIRED, None),
        _row("preview", MIXED, "staging", Standing.NONE),
        _row("demo", UNKNOWN, "acceptance", Standing.UNKNOWN),
        _row("production", WITHDRAWN, "staging", Standing.OLDER),
    )
)
OVERVIEWS = {"settled": SETTLED, "troubled": TROUBLED}


def _text(overview: Overview, width: int) -> str:
    return text_of(overview_document(overview, NOW), width)


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("name", OVERVIEWS)
def test_an_overview_is_text(name: str, width: int, golden: Callable[[str, str], None]) -> None:
    text = _text(OVERVIEWS[name], width)

    golden(f"overview-{name}-{width}", text)
    assert [line for line in text.splitlines() if len(line) > width and "edgerollout" not in line] == []


@pytest.mark.parametrize("name", OVERVIEWS)
def test_an_overview_is_markdown(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"overview-{name}-markdown", markdown_of(overview_document(OVERVIEWS[name], NOW)))


def test_the_document_has_a_status_of_each_environment_or_why_there_is_none() -> None:
    document = parsed(json_text(overview_json(TROUBLED, NOW, spell)))

    assert (document["schema"], document["complete"], document["drift"]) == ("1.0", False, True)
    rows = {row["environment"]: row for row in document["environments"]}
    assert rows["acceptance"] == {
        "environment": "acceptance",
        "after": "testing",
        "error": _EXPIRED.error,
        "hint": _EXPIRED.hint,
    }
    staging = replace(DRIFT, environment="staging")
    status = parsed(json_text(status_json(staging, NOW, "aws", spell)))
    del status["endpoint"]
    assert rows["staging"] == {**status, "after": "testing", "standing": "other"}
    assert rows["testing"]["standing"] is None


def test_all_read_and_nothing_drifting_is_said_so() -> None:
    document = overview_json(SETTLED, NOW, spell)
    assert (document.complete, document.drift) == (True, False)


def test_a_table_that_does_not_fit_is_stacked_and_one_that_fits_is_not() -> None:
    assert "environment  release" in _text(SETTLED, 80)
    assert "environment  release" not in _text(SETTLED, 60)


def test_promotion_is_only_proposed_where_the_environment_before_enforces_something() -> None:
    assert "promote" not in _text(
        Overview((_row("testing", IN_PROGRESS), _row("staging", CURRENT, "testing", Standing.OTHER))), 80
    )
    assert "`edgerollout promote -e production`, later" in _text(TROUBLED, 200)


def test_words_from_aws_bring_no_markup_and_no_control_characters() -> None:
    evil = Unseen("<b>\x1b[31m| # x\n", "\x1b[2J<i>")
    overview = Overview((OverviewRow("testing", None, evil, None),))

    markdown = markdown_of(overview_document(overview, NOW))
    assert "\x1b" not in _text(overview, 80) + markdown
    assert "<b>" not in markdown.replace("\\<b\\>", "")
    assert len(markdown.splitlines()) == 7


def test_an_ascii_stream_gets_an_ascii_overview() -> None:
    for overview in OVERVIEWS.values():
        assert text_of(overview_document(overview, NOW), 80, ASCII).isascii()


def test_the_documentation_shows_what_it_really_prints() -> None:
    text = (Path(__file__).parents[3] / "docs" / "output.md").read_text(encoding="utf-8")

    assert _text(SETTLED, 80) in text
