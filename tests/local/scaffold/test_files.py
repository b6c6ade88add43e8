"""Scripts of the workflow that init writes, run by a real shell."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.scaffold.test_files import TRAIN, files, loaded, workflow


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("data:", "data:", ["testing: headers and handler stay as they are."]),
        (
            "data:",
            "data: blob:",
            [
                "### testing",
                "-    img-src 'self' data:;",
                "+    img-src 'self' data: blob:;",
                "+  CodeSha256 ",
            ],
        ),
        (None, "data:", ["### testing", "+Release for testing: ", "+    img-src 'self' data:;"]),
    ],
)
def test_a_pull_request_shows_what_becomes_of_the_headers(
    before: str | None, after: str, said: list[str], tmp_path: Path
) -> None:
    here = tmp_path / "workspace"
    for folder, images in ((here / "base", before), (here, after)):
        if images is not None:
            loaded(files(), folder)
            policy = folder / "config/policy.toml"
            policy.write_text(policy.read_text().replace('"data:"', json.dumps(images.split())[1:-1]))
    [script] = [
        step["run"] for step in workflow(TRAIN)["jobs"]["test"]["steps"] if "headers" in step.get("name", "")
    ]
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "edgerollout").symlink_to(Path(sys.executable).with_name("edgerollout"))

    done = subprocess.run(
        ("bash", "-e", "-c", script),
        env={
            "PATH": f"{commands}:/usr/bin:/bin",
            "EDGEROLLOUT_ENV": "testing",
            "GITHUB_WORKSPACE": str(here),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
            "RUNNER_TEMP": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "summary").read_text().splitlines()
    for text in said:
        assert [line for line in lines if line.startswith(text)], (text, lines)


@pytest.mark.parametrize(
    ("answers", "ended", "called"),
    [
        ([(0, "completed"), (0, "completed")], 0, ["advance", "advance"]),
        ([(0, "waiting"), (0, "waiting")], 0, ["advance", "advance"]),
        ([(5, "in-progress"), (0, "completed"), (0, "completed")], 0, ["advance", "wait", "advance"]),
        ([(0, "completed"), (5, "in-progress"), (0, "completed")], 0, ["advance", "advance", "wait"]),
        ([(5, "in-progress"), (5, "in-progress")], 5, ["advance", "wait"]),
        ([(5, "in-progress"), (9, "not-right")], 9, ["advance", "wait"]),
        ([(6, "unmet-gates")], 1, ["advance"]),
        ([(0, "completed"), (7, "rolled-back")], 1, ["advance", "advance"]),
    ],
)
def test_a_job_takes_two_steps_and_waits_for_what_takes_long(
    answers: list[tuple[int, str]], ended: int, called: list[str], tmp_path: Path
) -> None:
    stub = tmp_path / "edgerollout"
    said = "".join(
        f'{number}) echo "result={result}" >> "$GITHUB_OUTPUT"; exit {code} ;;\n'
        for number, (code, result) in enumerate(answers, 1)
    )
    stub.write_text(
        f'#!/bin/sh\necho "$1" >> "{tmp_path}/called"\ncase $(wc -l < "{tmp_path}/called") in\n{said}esac\n'
    )
    stub.chmod(0o755)

    outputs: dict[str, str] = {}
    code = 0
    for number, step in enumerate(workflow(TRAIN)["jobs"]["to-staging"]["steps"]):
        if not step.get("run", "").startswith(("edgerollout advance", "edgerollout wait")):
            continue
        wanted = re.fullmatch(r"steps\.(\w+)\.outputs\.result == '([\w-]+)'", step.get("if", ""))
        if "if" in step and (wanted is None or outputs[wanted[1]] != wanted[2]):
            continue
        output = tmp_path / f"output-{number}"
        # As GitHub runs a step of a Linux runner.
        code = subprocess.run(
            ("bash", "-e", "-c", step["run"]),
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "GITHUB_OUTPUT": str(output)},
            check=False,
        ).returncode
        outputs[step.get("id", "")] = output.read_text().strip().removeprefix("result=")
        if code:
            break

    assert (code, (tmp_path / "called").read_text().split()) == (ended, called)
