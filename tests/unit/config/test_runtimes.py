"""Which runtimes a project may have, and what is said of those whose time ends."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.config import load
from edgerollout.config.runtimes import CURRENT, RUNTIMES, caution, refusal
from edgerollout.release.delivery.edge_rules import RETIRED_RUNTIMES

from .conftest import SETTINGS

if TYPE_CHECKING:
    from .conftest import Write

TODAY = dt.date(2026, 11, 28)
SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "edgerollout.schema.json"


@pytest.mark.parametrize("runtime", [*RUNTIMES, "python3.15", "nodejs26.x"])
def test_a_project_may_have_what_lambda_at_edge_runs_or_may_run_one_day(runtime: str) -> None:
    assert refusal(runtime) is None


@pytest.mark.parametrize(
    ("runtime", "message", "hint"),
    [
        ("nodejs16.x", "AWS has retired the runtime nodejs16.x", 'use runtime = "nodejs22.x"'),
        ("python2.7", "AWS has retired the runtime python2.7", 'use runtime = "python3.13"'),
        ("java21", "Lambda@Edge does not run java21, only Node.js and Python", "use nodejs22.x"),
        ("provided.al2023", "Lambda@Edge does not run provided.al2023", "use nodejs22.x"),
        ("nodejs22", 'unknown runtime "nodejs22"', "did you mean nodejs22.x?"),
        ("Python3.12", 'unknown runtime "Python3.12"', "did you mean python3.12?"),
        ("nodejs23.x", 'unknown runtime "nodejs23.x"', "did you mean nodejs2"),
        ("brainfuck", 'unknown runtime "brainfuck"', "use nodejs22.x"),
    ],
)
def test_another_runtime_is_refused_with_what_would_be_right(runtime: str, message: str, hint: str) -> None:
    refused = refusal(runtime)

    assert refused is not None
    assert refused[0].startswith(message)
    assert refused[1].startswith(hint)


@pytest.mark.parametrize(
    ("runtime", "today", "words"),
    [
        ("python3.13", "2026-11-28", None),
        ("python3.10", "2026-10-30", None),
        (
            "python3.10",
            "2026-10-31",
            "does not maintain python3.10 any more, and accepts no code from 2027-01-15",
        ),
        ("python3.10", "2026-11-30", "allows no new function with python3.10"),
        ("python3.10", "2027-01-15", "accepts no code for python3.10 since 2027-01-15: publish is refused"),
        ("nodejs18.x", "2026-11-28", "rollback still works"),
        ("nodejs26.x", "2026-11-28", "does not know nodejs26.x"),
    ],
)
def test_the_author_is_told_when_a_runtimes_time_ends(runtime: str, today: str, words: str | None) -> None:
    told = caution(runtime, dt.date.fromisoformat(today))

    assert (told is None) == (words is None)
    if told is not None and words is not None:
        assert words in told[0]


@pytest.mark.parametrize(
    ("runtime", "today", "offered"),
    [
        ("nodejs20.x", "2026-11-28", "nodejs22.x"),
        ("nodejs20.x", "2027-05-01", "nodejs24.x"),
        ("nodejs22.x", "2027-05-01", "nodejs24.x"),
        ("python3.10", "2026-11-28", "python3.13"),
    ],
)
def test_what_is_better_does_not_age_itself(runtime: str, today: str, offered: str) -> None:
    told = caution(runtime, dt.date.fromisoformat(today))
    assert told is not None
    assert f'"{offered}"' in told[1]


def test_what_is_offered_has_time_left() -> None:
    assert [runtime for runtime in CURRENT if caution(runtime, TODAY) is not None] == []


def test_publish_refuses_what_aws_takes_no_code_for() -> None:
    closed = {runtime for runtime, support in RUNTIMES.items() if support.updates <= TODAY}

    assert closed == RETIRED_RUNTIMES & RUNTIMES.keys()


def test_editors_know_the_same_runtimes() -> None:
    pattern = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]["function"]["properties"]["runtime"][
        "pattern"
    ]
    names = [f"python{major}.{minor}" for major in (2, 3) for minor in range(100)]
    names += [f"nodejs{number}.x" for number in range(100)]

    assert [name for name in names if re.search(pattern, name)] == [
        name for name in names if refusal(name) is None
    ]


def test_a_runtime_whose_time_ends_is_a_warning_at_its_line_where_the_day_is_known(write: Write) -> None:
    directory = write(SETTINGS.replace("python3.13", "python3.9"))

    assert load(directory).warnings == ()
    (warning,) = load(directory, TODAY).warnings
    assert str(warning) == (
        "config/edgerollout.toml:3:11: function.runtime: AWS accepts no code for python3.9 since 2026-09-30:"
        ' publish is refused, rollback still works (runtime = "python3.13" has more time)'
    )
