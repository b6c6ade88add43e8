"""The wheel of the running edgerollout: a new project's pipeline installs exactly this one."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE = Path(__file__).resolve().parent.parent
_RECORD = f"edgerollout-{__version__}.dist-info"
_SAMPLES = (("config", "*"), ("docs/schema", "*.schema.json"), ("handler", "*"))
"""Folders with the files in them that `init` needs, as pyproject.toml has them."""
_OF_THIS_INSTALLATION = frozenset({"RECORD", "INSTALLER", "REQUESTED", "WHEEL", "direct_url.json"})
_WHEEL = "Wheel-Version: 1.0\nGenerator: edgerollout\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@dataclass(frozen=True)
class Wheel:
    """A wheel's file name and bytes."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def own_wheel(samples: Path) -> Wheel:
    """The installed package as a wheel; for a checkout installed with `--editable`, its files as they are
    now.

    The same files make the same bytes on every machine: nothing is compressed, because that differs between
    versions of zlib. `samples` has `config/`, `handler/` and `docs/schema/`. Raises OSError and
    importlib.metadata.PackageNotFoundError where edgerollout runs without being installed. Layout:
    https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    """
    files = {**dict(_code(samples)), **dict(_description())}
    record = f"{_RECORD}/RECORD"
    rows = [*(f"{name},{_digest(content)},{len(content)}" for name, content in sorted(files.items()))]
    files[record] = "".join(f"{row}\n" for row in [*rows, f"{record},,"]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3  # Unix, on Windows too
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return Wheel(f"edgerollout-{__version__}-py3-none-any.whl", buffer.getvalue())


def _code(samples: Path) -> Iterator[tuple[str, bytes]]:
    yield from _below(_PACKAGE, "edgerollout")
    for folder, files in _SAMPLES:
        yield from _below(samples / folder, f"edgerollout/_scaffold/{folder}", files)


def _below(folder: Path, name: str, files: str = "*") -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob(files):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{name}/{path.relative_to(folder).as_posix()}", path.read_bytes()


def _description() -> Iterator[tuple[str, bytes]]:
    """Name, version, requirements, entry point and licences."""
    yield f"{_RECORD}/WHEEL", _WHEEL.encode()
    for path in metadata.distribution("edgerollout").files or ():
        if path.parts[0] == _RECORD and not _OF_THIS_INSTALLATION.intersection(path.parts[1:]):
            yield path.as_posix(), path.read_binary()


def _digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
