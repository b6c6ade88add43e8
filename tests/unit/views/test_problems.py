from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.errors import ConfigError, Conflict, Place, Problem
from edgerollout.views.ink import wrapped
from edgerollout.views.problems import problem_json, problem_lines
from tests.spelling import spell

if TYPE_CHECKING:
    from collections.abc import Callable

_CONFIG = ConfigError(
    (
        Problem(
            Place("config/policy.toml", 12, "csp.script-src"),
            "the source \"https://cdn.example.com;\" has a ';' in it",
            "write each source as a string of its own",
        ),
        Problem(
            Place("config/edgerollout.toml", 3, "enviroments"), "unknown key", "did you mean environments?"
        ),
        Problem(Place("config/policy.toml"), "the file does not exist"),
    ),
    hint="Mend them and run the same command again.",
)
_CONFLICT = Conflict(
    "www.example.com was changed by somebody else",
    why="its trigger at Default (*) is :43 now,\nthe plan saw :41",
    hint="Look at it with `edgerollout status`, then plan again.",
)


def test_errors_say_what_where_why_and_what_next(golden: Callable[[str, str], None]) -> None:
    for width in (100, 40):
        golden(
            f"problems-{width}",
            "\n".join(
                "".join(f"{line.text}\n" for line in wrapped(problem_lines(error, spell), width))
                for error in (_CONFIG, _CONFLICT)
            ),
        )


def test_an_error_is_an_object_with_its_exit_code() -> None:
    document = problem_json(_CONFLICT, spell)

    assert document["type"] == "error"
    assert document["exit_code"] == 4
    assert document["problems"] == []


def test_every_problem_of_a_configuration_is_in_the_object() -> None:
    document = problem_json(_CONFIG, spell)

    assert document["exit_code"] == 2
    assert document["error"] == "the configuration has 3 problems"
    assert document["problems"] == [
        {
            "file": "config/policy.toml",
            "line": 12,
            "key": "csp.script-src",
            "message": "the source \"https://cdn.example.com;\" has a ';' in it",
            "suggestion": "write each source as a string of its own",
        },
        {
            "file": "config/edgerollout.toml",
            "line": 3,
            "key": "enviroments",
            "message": "unknown key",
            "suggestion": "did you mean environments?",
        },
        {
            "file": "config/policy.toml",
            "line": None,
            "key": None,
            "message": "the file does not exist",
            "suggestion": None,
        },
    ]
