"""Every problem of a configuration points into the line that it names, and shows no secret."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgerollout.config import load
from edgerollout.config.excerpt import Excerpts
from edgerollout.config.toml_file import TomlFile
from edgerollout.errors import ConfigError, Problem

from .conftest import POLICY, SETTINGS

PIECES = st.one_of(
    st.sampled_from(
        [
            "[", "]", "[[", "]]", "{", "}", "=", ",", ".", "\n", "\r\n", " ", "\t", '"', "'", '"""', "'''",
            "#", "\\", "csp", "headers", "environments", "testing", "urls", "img-src", "exclude", "after",
            "zzz", "[csp]\n", "[environments.testing]\n", "img-src = ", '["a b", 7]', "\n  東京 = ", "true",
            '"é\u0301"', "distributions = ", '[{ alias = "x" }, {}]', "account = 7\n", "\ufeff", "\x00",
            "gates = { sok = 1 }\n",
        ]
    ),
    st.text(max_size=3),
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=25).map("".join)


def problems_of(settings_text: bytes, policy_text: bytes) -> tuple[tuple[Problem, ...], dict[str, list[str]]]:
    """Everything wrong with the two files, and their lines by the name of the file."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "config"
        directory.mkdir()
        lines = {}
        for file, content in (("edgerollout.toml", settings_text), ("policy.toml", policy_text)):
            (directory / file).write_bytes(content)
            text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
            lines[str(directory / file)] = text.split("\n")
        try:
            return load(directory).warnings, lines
        except ConfigError as error:
            return error.problems, lines


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(TEXTS, TEXTS)
def test_whatever_the_files_say_a_caret_points_into_the_line_it_names(first: str, second: str) -> None:
    problems, lines = problems_of(
        f"{SETTINGS}{first}".encode("utf-8", "replace"), f"{POLICY}{second}".encode("utf-8", "replace")
    )
    for problem in problems:
        place, excerpt = problem.place, problem.excerpt
        if place.line is not None:
            assert 1 <= place.line <= len(lines[place.file])
        if excerpt is None:
            continue
        assert place.line is not None
        assert place.column is not None
        line = lines[place.file][place.line - 1]
        # What is missing at the end of a line is marked behind it.
        assert 1 <= place.column <= len(line) + 1
        assert 0 <= excerpt.start < excerpt.end <= len(excerpt.text) + 1
        if excerpt.text == line:
            assert excerpt.start == place.column - 1
        else:
            assert "***" in excerpt.text


@given(TEXTS.filter(lambda text: "\n" not in text), st.data())
def test_a_mask_leaves_the_mark_where_it_was(line: str, data: st.DataObject) -> None:
    at = st.integers(0, len(line))
    start, stop = sorted((data.draw(at), data.draw(at)))
    hidden = sorted((data.draw(at), data.draw(at)))

    excerpt = Excerpts(f"one\n{line}\nthree", {2: [(hidden[0] + 4, hidden[1] + 4)]}).at(
        2, (start + 4, stop + 4)
    )

    assert 0 <= excerpt.start < excerpt.end <= len(excerpt.text) + 1
    if hidden[0] >= stop and "***" not in line and hidden[0] < hidden[1]:
        assert excerpt.text[excerpt.start : excerpt.end][: stop - start] == line[start:stop]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('aws_secret_access_key = "hunter2"', "aws_secret_access_key = ***"),
        ('zzz = "hunter2" # said in the meeting', "zzz = *** # said in the meeting"),
        ("zzz.yyy = ['hunter2', 7]", "zzz.yyy = ***"),
        ('zzz = { yyy = "hunter2" }', "zzz = ***"),
        ('"api-key" = "hunter2"', '"api-key" = ***'),
        ('urls = "https://me:hunter2@example.com/"', 'urls = "https://***@example.com/"'),
        ('urls = ["https://me:hunter2@example.com /"]', 'urls = ["https://***@example.com /"]'),
    ],
)
def test_what_may_be_a_secret_is_not_shown(line: str, shown: str) -> None:
    (*_, problem), _ = problems_of(f"{SETTINGS}{line}\n".encode(), POLICY.encode())

    assert problem.excerpt is not None
    assert problem.excerpt.text == shown
    assert "hunter2" not in str(problem)


@pytest.mark.parametrize("line", ["password = hunter2", "zzz = hunter2", "[x]\nzzz = {y = hunter2"])
def test_of_a_broken_file_no_value_of_an_unknown_key_is_shown(line: str) -> None:
    (problem,), _ = problems_of(f"{SETTINGS}{line}\n".encode(), POLICY.encode())

    assert problem.place.line is not None
    assert "hunter2" not in repr(problem)


def test_below_quotes_over_several_lines_a_broken_line_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('token = """\nhunter2 \\q\n"""\n', encoding="utf-8")

    problem = TomlFile.read(path)

    assert isinstance(problem, Problem)
    assert (problem.place.line, problem.excerpt) == (2, None)
