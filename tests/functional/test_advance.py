"""`edgerollout advance`: whichever step is due, and who has to act."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from .project import WIDER_POLICY, Project, Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

pytestmark = pytest.mark.sandbox

SET_ASIDE = ("--override", "tour", "--override", "reporting", "--reason", "a test")


def advance(project: Project, environment: str = "testing", *words: str) -> Result:
    return project.run("advance", "-e", environment, "--yes", "-o", "json", *words)


def chosen(result: Result) -> dict[str, Any]:
    return next(event for event in result.events if event["type"] == "advance_chosen")


def ended(result: Result) -> tuple[int, str, str]:
    """The exit code, the step, the result."""
    assert result.code == result.outcome["exit_code"]
    return result.code, chosen(result)["step"], result.outcome["result"]


@pytest.fixture
def ladder(project: Project) -> Project:
    """testing, and staging after it; production would be the same once more."""
    project.distribution()
    project.distribution(f"staging.{project.alias}")
    _configure(project)
    return project


def _configure(project: Project, soak: str = "0s") -> None:
    staging = f'distributions = [{{ alias = "staging.{project.alias}" }}]\nafter = "testing"\n'
    function = f'function = {{ name = "staging-{project.account}", role = "staging-{project.account}" }}\n'
    gates = f'gates = {{ soak = "{soak}" }}\n'
    project.configure(environments={"testing": "", "staging": staging + function + gates})


def test_each_call_takes_the_step_that_is_due_and_none_where_all_is_live(ladder: Project) -> None:
    ladder.forget_calls()
    early = advance(ladder, "staging", "--create")
    assert ended(early) == (0, "wait", "waiting")
    assert ladder.writes() == {}, "testing has proven nothing yet"

    assert ended(advance(ladder, "testing", "--create")) == (0, "publish", "completed")
    unproven = advance(ladder, "testing")
    assert unproven.code == 6, "a tour is missing, and time makes none"
    assert (chosen(unproven)["step"], unproven.outcome["result"]) == ("enforce", "unmet-gates")
    assert ended(advance(ladder, "testing", *SET_ASIDE)) == (0, "enforce", "completed")
    assert ended(advance(ladder, "testing")) == (0, "none", "nothing-to-do")

    assert ended(advance(ladder, "staging", "--create")) == (0, "carry", "completed")
    _configure(ladder, soak="7d")
    ladder.forget_calls()
    waiting = advance(ladder, "staging")
    assert ended(waiting) == (0, "wait", "waiting")
    assert ladder.writes() == {}
    assert "soak" in chosen(waiting)["why"]
    assert chosen(waiting)["until"] > time.strftime("%Y-%m-%d", time.gmtime())
    assert {event["name"]: event["passed"] for event in waiting.events if event["type"] == "gate_judged"} == {
        "soak": False,
        "tour": False,
        "reporting": False,
    }

    # A merge moves testing on; what soaks in staging neither stops nor starts over.
    ladder.policy(WIDER_POLICY)
    assert ended(advance(ladder, "testing")) == (0, "publish", "completed")
    assert ended(advance(ladder, "testing", *SET_ASIDE)) == (0, "enforce", "completed")
    soaking = advance(ladder, "staging")
    assert ended(soaking) == (0, "wait", "waiting")
    assert chosen(soaking)["until"] == chosen(waiting)["until"]

    # Once it has soaked it is enforced, then the next one comes.
    _configure(ladder)
    assert ended(advance(ladder, "staging", *SET_ASIDE)) == (0, "carry", "completed")
    assert ended(advance(ladder, "staging", *SET_ASIDE)) == (0, "enforce", "completed")
    assert ended(advance(ladder, "staging")) == (0, "none", "nothing-to-do")


def test_what_was_killed_in_the_middle_is_finished_by_the_next_call(
    ladder: Project, slower: Callable[..., AbstractContextManager[None]]
) -> None:
    with slower(deploy_seconds=4):
        running = ladder.start("advance", "-e", "testing", "--create", "--yes", "-o", "json")
        assert running.stdout is not None
        for line in running.stdout:
            if json.loads(line).get("step") == "await-deployed":
                break
        running.kill()
        running.communicate()
        assert ended(advance(ladder, "testing", "--timeout", "0s")) == (5, "finish", "in-progress")
    assert ended(advance(ladder, "testing")) == (0, "finish", "completed")
    assert ladder.versions() == [1]


def test_what_was_taken_back_needs_a_person(published: tuple[Project, str]) -> None:
    project, _ = published
    project.policy(WIDER_POLICY)
    assert ended(advance(project)) == (0, "publish", "completed")
    assert project.run("rollback", "-e", "testing", "--yes").code == 0

    refused = advance(project)

    assert (refused.code, refused.outcome["result"]) == (6, "refused")
    assert "--again" in refused.outcome["next_step"]


def test_a_job_and_a_log_say_which_step_it_is(published: tuple[Project, str]) -> None:
    project, _ = published
    project.configure(environments={"testing": 'gates = { soak = "7d" }\n'})
    for name in ("summary", "output"):
        project.write(name, "")
        project.extra[{"summary": "GITHUB_STEP_SUMMARY", "output": "GITHUB_OUTPUT"}[name]] = str(
            project.folder / name
        )

    job = project.run("advance", "-e", "testing", "--yes", "-o", "github")
    log = project.run("advance", "-e", "testing", "--yes")

    assert (job.code, log.code) == (0, 0), (job.err, log.err)
    assert "result=waiting" in (project.folder / "output").read_text().splitlines()
    assert "waiting: release 1 is live in testing" in (project.folder / "summary").read_text()
    for item in (job, log):
        assert "wait: soak: observed for" in item.err
        assert "next: Come back at" in item.err
