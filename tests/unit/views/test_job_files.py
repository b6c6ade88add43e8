from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.views.job_files import SUMMARY_LIMIT, JobFiles, _assignment

if TYPE_CHECKING:
    from pathlib import Path


def _outputs(text: str) -> dict[str, str]:
    """As the runner reads the file."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n")[:-1])
    for line in lines:
        if heredoc := re.fullmatch(r"(\w+)<<(\w+)", line):
            value: list[str] = []
            while (word := next(lines)) != heredoc[2]:
                value.append(word)
            found[heredoc[1]] = "\n".join(value)
        else:
            name, _, found[name] = line.partition("=")
    return found


@given(st.text(st.sampled_from("a=\n\r<>_"), max_size=20) | st.text(st.characters(codec="utf-8")))
def test_a_value_of_any_shape_is_one_output(value: str) -> None:
    text = _assignment("first", value) + _assignment("second", "2")

    assert _outputs(text) == {"first": value, "second": "2"}


def test_outputs_and_summary_are_appended(tmp_path: Path) -> None:
    summary, output = tmp_path / "summary", tmp_path / "output"
    summary.write_text("before\n")
    output.write_text("before=1\n")
    files = JobFiles.from_environment({"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output)})

    files.append_summary("## ✔\n")
    files.append_outputs({"release": "42", "result": "completed"})

    assert summary.read_text(encoding="utf-8") == "before\n## ✔\n"
    assert output.read_text(encoding="utf-8") == "before=1\nrelease=42\nresult=completed\n"


@pytest.mark.parametrize("variables", [{}, {"GITHUB_STEP_SUMMARY": "", "GITHUB_OUTPUT": ""}])
def test_without_files_nothing_is_written(variables: dict[str, str]) -> None:
    files = JobFiles.from_environment(variables)

    files.append_summary("x")
    files.append_outputs({"release": "42"})

    assert files == JobFiles(None, None)


@pytest.mark.parametrize("there", [0, 1000, SUMMARY_LIMIT - 10, SUMMARY_LIMIT, SUMMARY_LIMIT + 5])
def test_a_summary_never_grows_past_what_github_takes(tmp_path: Path, there: int) -> None:
    summary = tmp_path / "summary"
    summary.write_bytes(b"." * there)

    JobFiles(summary).append_summary("ä line of the summary\n" * 100_000)

    data = summary.read_bytes()
    assert len(data) <= max(there, SUMMARY_LIMIT)
    added = data[there:].decode()
    assert added == "" or added.endswith("\n\n(cut here: a job summary cannot be longer)\n")
