"""Scripts of the workflow that init writes, run by a real shell."""

from __future__ import annotations

import json
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
                "+CodeSha256: ",
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
        one["run"] for one in workflow(TRAIN)["jobs"]["test"]["steps"] if "headers" in one.get("name", "")
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
    for one in said:
        assert [line for line in lines if line.startswith(one)], (one, lines)


@pytest.mark.parametrize(
    ("codes", "result", "ended", "called"),
    [
        ({}, "completed", 0, ["promote", "publish", "tour", "promote"]),
        ({"promote": 6}, "unmet-gates", 0, ["promote", "publish", "tour", "promote"]),
        ({"promote": 6}, "refused", 6, ["promote"]),
        ({"promote": 6}, "", 6, ["promote"]),
        (
            {"publish": 5},
            "in-progress",
            0,
            ["promote", "publish", "wait", "promote", "publish", "wait"],
        ),
        ({"tour": 6}, "completed", 0, ["promote", "publish", "tour", "promote"]),
        ({"tour": 1}, "completed", 0, ["promote", "publish", "tour", "promote"]),
        ({"publish": 5, "wait": 5}, "in-progress", 5, ["promote", "publish", "wait"]),
        ({"publish": 5, "wait": 9}, "not-right", 9, ["promote", "publish", "wait"]),
        ({"publish": 6}, "refused", 6, ["promote", "publish"]),
        ({"promote": 7}, "rolled-back", 7, ["promote"]),
        ({"promote": 9}, "not-right", 9, ["promote"]),
        ({"promote": 1}, "unmet-gates", 1, ["promote"]),
    ],
)
def test_a_gate_that_is_not_met_is_no_failure_and_what_takes_long_is_waited_for(
    codes: dict[str, int], result: str, ended: int, called: list[str], tmp_path: Path
) -> None:
    steps = [
        one
        for one in workflow(TRAIN)["jobs"]["to-staging"]["steps"]
        if one.get("id") in {"rollout", "onward", "rest"}
    ]
    stub = tmp_path / "edgerollout"
    exits = "".join(f"{name}) exit {code} ;; " for name, code in codes.items())
    says = f'echo "result={result}" >> "$GITHUB_OUTPUT"' if result else ":"
    stub.write_text(
        f'#!/bin/sh\necho "$1" >> "{tmp_path}/called"\n{says}\ncase "$1" in {exits}*) exit 0 ;; esac\n'
    )
    stub.chmod(0o755)

    said = ""
    for number, step in enumerate(steps):
        output = tmp_path / f"output-{number}"
        # As GitHub runs a step of a Linux runner.
        done = subprocess.run(
            ("bash", "-e", "-c", step["run"]),
            env={
                "PATH": f"{tmp_path}:/usr/bin:/bin",
                "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
                "GITHUB_OUTPUT": str(output),
                "RUNNER_TEMP": str(tmp_path),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        said += done.stdout
        if done.returncode or "unfinished=true" not in output.read_text().splitlines():
            break

    assert (done.returncode, (tmp_path / "called").read_text().split()) == (ended, called)
    assert ("::notice::staging: not promoted yet" in said) is (result == "unmet-gates" and ended == 0)
    assert ("::notice::staging: the tour is not clean" in said) is (codes.get("tour") == 6)
    assert ("::warning::staging: no tour was made" in said) is (codes.get("tour") == 1)
