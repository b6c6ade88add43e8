"""A preview opened within the process, as a tour of a folder opens it."""

from __future__ import annotations

import shutil
import urllib.request
from pathlib import Path

import pytest

from edgerollout.cli.invocation import Invocation
from edgerollout.cli.options import Options
from edgerollout.cli.previewing import PreviewChoices, open_preview, site_warning

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def invocation(tmp_path: Path) -> Invocation:
    for name in ("config", "handler"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text("home")
    return Invocation(Options(config=tmp_path / "config", env="testing"))


@pytest.mark.parametrize("enforce", [False, True])
def test_it_answers_until_the_block_is_left(invocation: Invocation, tmp_path: Path, enforce: bool) -> None:
    choices = PreviewChoices(tmp_path / "dist", plain=True, enforce=enforce)
    with open_preview(invocation, invocation.environment().environment, choices) as opened:
        with urllib.request.urlopen(opened.running.url, timeout=120) as page:
            assert page.read() == b"home"
            stage = "content-security-policy" if enforce else "content-security-policy-report-only"
            assert "api.testing.example.com" in page.headers[stage]
        assert (opened.served.release.enforced is not None) is enforce
    with pytest.raises(OSError):  # noqa: PT011 - whichever way this system says that nobody listens
        urllib.request.urlopen(opened.running.url, timeout=120)


def test_an_environment_that_waits_for_its_policy_is_previewed_with_the_configurations(
    invocation: Invocation, tmp_path: Path
) -> None:
    staging = invocation.project.environments["staging"]
    with open_preview(invocation, staging, PreviewChoices(tmp_path / "dist", plain=True)) as opened:
        assert opened.served.release.report_only is not None


def test_a_folder_with_its_build_inside_is_pointed_out(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert site_warning(tmp_path) == f"{tmp_path} has no index.html"
    (tmp_path / "out" / "index.html").write_text("")
    assert site_warning(tmp_path) == f"{tmp_path} has no index.html; {tmp_path / 'out'} has one"
    assert site_warning(tmp_path / "out") is None
