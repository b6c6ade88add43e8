from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import EdgerolloutError, UsageError
from edgerollout.scaffold.writing import present, write_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every file with its content, every folder with None."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


class _Interrupting(dict[Path, bytes]):
    """Files whose n-th one is never told: somebody pressed Ctrl-C."""

    def __init__(self, files: Mapping[Path, bytes], at: int) -> None:
        super().__init__(files)
        self._at = at

    def items(self) -> Iterator[tuple[Path, bytes]]:  # type: ignore[override]
        for number, item in enumerate(super().items()):
            if number == self._at:
                raise KeyboardInterrupt
            yield item


def test_files_and_folders_are_made(tmp_path: Path) -> None:
    write_all({tmp_path / "a" / "b" / "c": b"1", tmp_path / "d": b"2"})

    assert tree(tmp_path) == {"a": None, "a/b": None, "a/b/c": b"1", "d": b"2"}


def test_a_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o640)

    write_all({path: b"new"})

    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_one_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")

    write_all({tmp_path / "link": b"new"})

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_file_that_cannot_be_made_leaves_the_others_unwritten(tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(b"a file where a folder should be")
    before = tree(tmp_path)

    with pytest.raises(EdgerolloutError) as caught:
        write_all({tmp_path / "new" / "a": b"1", tmp_path / "config" / "b": b"2"})

    assert caught.value.hint == "Nothing was changed."
    assert tree(tmp_path) == before


def test_a_rename_that_fails_takes_the_earlier_ones_back(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "z").mkdir()
    before = tree(tmp_path)

    # A folder is in the place of the last file, which only the rename finds out.
    with pytest.raises(EdgerolloutError):
        write_all({tmp_path / "a": b"new", tmp_path / "b": b"new", tmp_path / "z": b"new"})

    assert tree(tmp_path) == before


@pytest.mark.parametrize("at", [0, 1, 2])
def test_ctrl_c_leaves_nothing_half_written(at: int, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    before = tree(tmp_path)
    files = {tmp_path / "a": b"1", tmp_path / "new" / "b": b"2", tmp_path / "c": b"3"}

    with pytest.raises(KeyboardInterrupt):
        write_all(_Interrupting(files, at))

    assert tree(tmp_path) == before


def test_what_is_there_is_read_and_nothing_is_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")

    assert present(tmp_path / "a") == b"1"
    assert present(tmp_path / "b") is None


def test_what_cannot_be_replaced_is_refused_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "lost").symlink_to("nowhere")

    with pytest.raises(UsageError) as folder:
        present(tmp_path)
    with pytest.raises(UsageError) as link:
        present(tmp_path / "lost")

    assert folder.value.why == os.strerror(errno.EISDIR)
    assert link.value.why == "it is a broken link"
