from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.errors import ConfigError, Conflict, Excerpt, Place, Problem
from edgerollout.views.glyphs import ASCII, TYPOGRAPHIC
from edgerollout.views.ink import wrapped
from edgerollout.views.output.encoder import json_line
from edgerollout.views.output.events import error_json
from edgerollout.views.problems import problem_lines
from tests.json_output import parsed
from tests.spelling import spell

if TYPE_CHECKING:
    from collections.abc import Callable

_LINE = 'script-src = ["\'self\'", "https://cdn.example.com;", "https://fonts.example.com", "https://maps.example.com"]'
_CONFIG = ConfigError(
    (
        Problem(
            Place("config/policy.toml", 12, "csp.script-src[1]", 25),
            "the source \"https://cdn.example.com;\" has a ';' in it",
            "write each source as a string of its own",
            Excerpt(_LINE, 24, 50),
        ),
        Problem(
            Place("config/edgerollout.toml", 3, "enviroments", 1),
            "unknown key",
            "did you mean environments?",
            Excerpt("enviroments = {}", 0, 11),
        ),
        Problem(
            Place("config/edgerollout.toml", 140, 'environments."東京".urls[0]', 14),
            '"東京" is not a URL to visit',
            None,
            Excerpt('\turls = ["é", "東京"]', 14, 18),
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
    for width in (100, 80, 40):
        for name, glyphs in (("", TYPOGRAPHIC), ("-ascii", ASCII)):
            golden(
                f"problems{name}-{width}",
                "\n".join(
                    "".join(
                        f"{line.text}\n"
                        for line in wrapped(problem_lines(error, spell, width, glyphs), width)
                    )
                    for error in (_CONFIG, _CONFLICT)
                ),
            )


def test_an_error_is_an_object_with_its_exit_code() -> None:
    document = parsed(json_line(error_json(_CONFLICT, spell)))

    assert document["type"] == "error"
    assert document["exit_code"] == 4
    assert document["problems"] == []


def test_every_problem_of_a_configuration_is_in_the_object() -> None:
    document = parsed(json_line(error_json(_CONFIG, spell)))

    assert document["exit_code"] == 2
    assert document["error"] == "the configuration has 4 problems"
    problems = document["problems"]
    assert problems[0] == {
        "file": "config/policy.toml",
        "line": 12,
        "column": 25,
        "key": "csp.script-src[1]",
        "message": "the source \"https://cdn.example.com;\" has a ';' in it",
        "suggestion": "write each source as a string of its own",
    }
    assert problems[3] == {
        "file": "config/policy.toml",
        "line": None,
        "column": None,
        "key": None,
        "message": "the file does not exist",
        "suggestion": None,
    }


def test_of_very_many_problems_a_person_is_shown_the_first() -> None:
    problem = Problem(Place("config/policy.toml", 1, "csp.img-src[0]", 1), "wrong")
    lines = [line.text for line in problem_lines(ConfigError((problem,) * 130), spell)]

    assert lines[0] == "error: the configuration has 130 problems"
    assert lines.count("config/policy.toml:1:1: csp.img-src[0]: wrong") == 100
    assert lines[-1] == "and 30 more; -o json has all of them"
