from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from edgerollout.private_file import own_folder, write_private

if TYPE_CHECKING:
    from pathlib import Path


def test_only_this_user_may_read_what_is_written(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(b"an old one")
    file.chmod(0o666)

    write_private(file, b"new")

    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o600)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("dangling", [True, False])
def test_nothing_is_written_through_a_link(tmp_path: Path, dangling: bool) -> None:
    target, file = tmp_path / "precious", tmp_path / "plan.json"
    if not dangling:
        target.write_bytes(b"kept")
    file.symlink_to(target)

    with pytest.raises(OSError, match="it is a link"):
        write_private(file, b"new")

    assert target.exists() != dangling
    assert dangling or target.read_bytes() == b"kept"


def test_a_second_name_of_the_file_keeps_its_content(tmp_path: Path) -> None:
    other, file = tmp_path / "precious", tmp_path / "plan.json"
    other.write_bytes(b"kept")
    os.link(other, file)

    write_private(file, b"new")

    assert other.read_bytes() == b"kept"


def test_a_pipe_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="a pipe or a device"):
        write_private(tmp_path / "pipe", b"new")


@pytest.mark.parametrize("link", [".edgerollout", ".edgerollout/evidence"])
def test_a_folder_of_our_own_that_is_a_link_is_refused(tmp_path: Path, link: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    project = tmp_path / "project"
    (project / link).parent.mkdir(parents=True)
    (project / link).symlink_to(elsewhere)

    with pytest.raises(OSError, match="is a link"):
        own_folder(project / ".edgerollout" / "evidence")

    assert list(elsewhere.iterdir()) == []
