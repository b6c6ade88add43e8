from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from edgerollout.config.handler_folder import read_handler
from edgerollout.errors import ConfigError


def test_every_file_is_there_by_its_path_inside_the_bundle(tmp_path: Path) -> None:
    (tmp_path / "lib" / "deep").mkdir(parents=True)
    (tmp_path / "index.py").write_bytes(b"import lib\n")
    (tmp_path / "lib" / "deep" / "table.json").write_bytes(b"{}")

    assert read_handler(tmp_path) == {"index.py": b"import lib\n", "lib/deep/table.json": b"{}"}


def test_files_come_sorted_whatever_the_disk_says(tmp_path: Path) -> None:
    for name in ("z.py", "a.py", "m.py"):
        (tmp_path / name).write_bytes(b"")

    assert list(read_handler(tmp_path)) == ["a.py", "m.py", "z.py"]


@pytest.mark.parametrize(
    "name", ["index.py", "index.mjs", "lib.cjs", "x.js", "x.ts", "x.json", "x.md", "x.txt"]
)
def test_a_checkout_on_windows_makes_the_same_bundle(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"one\r\ntwo\r\n")

    assert read_handler(tmp_path) == {name: b"one\ntwo\n"}


def test_what_is_not_text_keeps_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    assert read_handler(tmp_path) == {"logo.png": b"\x89PNG\r\n\x1a\n"}


@pytest.mark.parametrize(
    "left_out",
    [
        "__pycache__/index.cpython-313.pyc",
        "index.pyc",
        ".DS_Store",
        ".git/config",
        "lib/.hidden/x.py",
        "node_modules/left-pad/index.js",
    ],
)
def test_caches_hidden_files_and_installed_packages_stay_out(tmp_path: Path, left_out: str) -> None:
    (tmp_path / "index.py").write_bytes(b"x")
    path = tmp_path / left_out
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"y")

    assert list(read_handler(tmp_path)) == ["index.py"]


def test_a_release_json_in_the_folder_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_bytes(b"x")
    (tmp_path / "release.json").write_bytes(b"{}")

    with pytest.raises(ConfigError) as refused:
        read_handler(tmp_path)

    (problem,) = refused.value.problems
    assert problem.place.file == str(tmp_path / "release.json")
    assert "remove the file" in str(problem.suggestion)


@pytest.mark.parametrize("there", [True, False], ids=["empty", "missing"])
def test_a_folder_without_files_is_refused(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "handler"
    if there:
        folder.mkdir()

    with pytest.raises(ConfigError) as refused:
        read_handler(folder)

    assert refused.value.problems[0].place.file == str(folder)


def test_a_link_to_a_file_of_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "shared.py").write_bytes(b"shared")
    (tmp_path / "index.py").symlink_to("lib/shared.py")

    assert read_handler(tmp_path) == {"index.py": b"shared", "lib/shared.py": b"shared"}


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("../secret", "a link that leads outside the handler folder"),
        ("../elsewhere", "a link that leads outside the handler folder"),
        ("lib", "a link to a folder cannot go into the bundle"),
        (".env", "which stays out of the bundle"),
        (".", "a link to a folder cannot go into the bundle"),
    ],
)
def test_a_link_that_brings_in_what_is_no_file_of_the_folder_is_refused(
    tmp_path: Path, target: str, why: str
) -> None:
    folder = tmp_path / "handler"
    for path in (tmp_path / "elsewhere", folder / "lib"):
        path.mkdir(parents=True)
    for file in (tmp_path / "secret", tmp_path / "elsewhere" / "key", folder / ".env", folder / "index.py"):
        file.write_bytes(b"aws_secret_access_key")
    (folder / "notes.txt").symlink_to(target)

    with pytest.raises(ConfigError) as refused:
        read_handler(folder)

    (problem,) = refused.value.problems
    assert problem.place.file == str(folder / "notes.txt")
    assert why in problem.message


def test_a_file_larger_than_lambda_takes_is_told_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_bytes(b"x")
    with (tmp_path / "huge.bin").open("wb") as sparse:
        sparse.truncate(2**40)

    with pytest.raises(ConfigError) as refused:
        read_handler(tmp_path)

    (problem,) = refused.value.problems
    assert problem.place.file == str(tmp_path / "huge.bin")
    assert "1,099,511,627,776 bytes" in problem.message


def test_what_cannot_go_into_a_bundle_is_told_with_its_place_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_bytes(b"x")
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    (tmp_path / "loop.py").symlink_to("loop.py")
    os.mkfifo(tmp_path / "pipe.py")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/name\xff.py")).write_bytes(b"x")

    with pytest.raises(ConfigError) as refused:
        read_handler(tmp_path)

    told = {
        problem.place.file.rpartition("/")[2]: problem.message.partition(": ")[2] or problem.message
        for problem in refused.value.problems
    }
    assert told == {
        "gone.py": os.strerror(errno.ENOENT),
        "loop.py": os.strerror(errno.ELOOP),
        "pipe.py": "a pipe or a device cannot go into the bundle",
        "name\udcff.py": "the file's name is not UTF-8",
    }


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, unprivileged: None) -> None:
    (tmp_path / "index.py").write_bytes(b"x")
    (tmp_path / "secret.py").write_bytes(b"x")
    (tmp_path / "secret.py").chmod(0)
    (tmp_path / "lib").mkdir(mode=0)

    with pytest.raises(ConfigError) as refused:
        read_handler(tmp_path)

    assert [problem.message for problem in refused.value.problems] == [
        "the folder cannot be read",
        "cannot be read: Permission denied",
    ]
