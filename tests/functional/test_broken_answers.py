"""A proxy cuts answers, a captive portal answers with a page: words and exit 1, and nothing leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.emulator.faults import FaultKind, FaultRule
from tests.json_output import parsed

from .project import WIDER_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgerollout.emulator.server import RunningServer

    from .project import Project, Result

pytestmark = pytest.mark.sandbox

SECRET = "s3cr3t-that-the-origin-knows"
ALWAYS = 10_000


@pytest.fixture(autouse=True)
def no_faults_left(server: RunningServer) -> Iterator[None]:
    yield
    server.faults.clear()


@pytest.fixture
def guarded(published: tuple[Project, str]) -> Project:
    """Release 1 is live, the origin wants a secret header, and a wider policy is configured."""
    project, distribution = published
    found = project.cloudfront.get_distribution_config(Id=distribution)
    config: dict[str, Any] = found["DistributionConfig"]
    header = {"HeaderName": "x-origin-key", "HeaderValue": SECRET}
    config["Origins"]["Items"][0]["CustomHeaders"] = {"Quantity": 1, "Items": [header]}
    project.cloudfront.update_distribution(Id=distribution, IfMatch=found["ETag"], DistributionConfig=config)
    project.policy(WIDER_POLICY)
    return project


def says_so(result: Result, operation: str) -> None:
    assert result.code == 1
    assert f"{operation} failed" in result.err
    assert "a bug" not in result.err
    assert SECRET not in result.out + result.err


def test_a_document_that_is_always_cut_ends_in_words_and_the_outcome_and_shows_nothing_of_it(
    guarded: Project, server: RunningServer
) -> None:
    cut = FaultRule("GetDistributionConfig", FaultKind.CUT, times=ALWAYS)
    server.faults.add(cut)
    result = guarded.run("publish", "-e", "testing", "--yes", "-v", "-o", "json")
    assert result.code == 1
    assert result.outcome["type"] == "outcome"
    assert (result.outcome["result"], result.outcome["exit_code"]) == ("failed", 1)
    assert "GetDistributionConfig" in result.outcome["error"]
    assert SECRET not in result.out + result.err
    assert "a bug" not in result.out + result.err

    server.faults.clear()
    again = guarded.run("publish", "-e", "testing", "--yes", "-o", "json")
    assert (again.outcome["result"], again.outcome["release"]) == ("completed", 2)
    assert guarded.versions() == [1, 2]


def test_a_refusal_that_quotes_the_document_is_told_without_what_is_secret(
    guarded: Project, server: RunningServer, tmp_path: Path
) -> None:
    quoting = f"The parameter {SECRET} is wrong: <HeaderValue>{SECRET[:9]}</HeaderValue>"
    server.faults.add(
        FaultRule("UpdateDistribution", code="InvalidArgument", status=400, message=quoting, times=ALWAYS)
    )
    summary = tmp_path / "summary.md"
    guarded.extra = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(tmp_path / "outputs")}
    result = guarded.run("publish", "-e", "testing", "--yes", "-o", "github")
    assert result.code == 1
    assert "::error " in result.err
    assert "InvalidArgument: The parameter … is wrong" in result.err
    told = result.out + result.err + summary.read_text(encoding="utf-8")
    assert SECRET[:9] not in told
    assert "result=failed" in (tmp_path / "outputs").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "operation", "fault"),
    [
        ("status", "cloudfront:ListDistributions", FaultRule("", FaultKind.HTML, status=200)),
        ("plan", "lambda:ListVersionsByFunction", FaultRule("", FaultKind.MISSING, member="Description")),
        ("doctor", "sts:GetCallerIdentity", FaultRule("", FaultKind.EMPTY, status=200)),
    ],
    ids=lambda name: name if isinstance(name, str) else name.kind.value,
)
def test_what_reads_says_what_could_not_be_read(
    guarded: Project, server: RunningServer, command: str, operation: str, fault: FaultRule
) -> None:
    server.faults.add(FaultRule(**{**fault.__dict__, "operation": operation, "times": ALWAYS}))
    says_so(guarded.run(command, "-e", "testing", "-v"), operation)


def test_a_run_that_fails_before_it_acts_still_ends_with_its_outcome(
    guarded: Project, server: RunningServer
) -> None:
    server.faults.add(FaultRule("GetFunction", FaultKind.HTML, status=200, times=ALWAYS))
    result = guarded.run("rollback", "-e", "testing", "--yes", "-o", "json")
    says_so(result, "lambda:GetFunction")
    assert parsed(result.out.splitlines()[-1])["type"] == "outcome"
