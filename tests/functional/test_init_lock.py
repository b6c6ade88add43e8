"""tools/: what the workflow of `edgerollout init` installs, found by pip among packages made here."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.functional.project import Project

pytestmark = pytest.mark.sandbox

WHEEL = f"tools/edgerollout-{metadata.version('edgerollout')}-py3-none-any.whl"
LOCK = "tools/edgerollout.txt"


def wheel(folder: Path, name: str, version: str, tag: str = "py3-none-any", needs: str = "") -> str:
    """A package with nothing in it; its wheel's sha256."""
    record = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-{tag}.whl"
    files = {
        f"{record}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + (f"Requires-Dist: {needs}\n" if needs else ""),
        f"{record}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{record}/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def needed() -> dict[str, str]:
    """What edgerollout needs for the workflow, in the versions that are installed here."""
    names = (
        re.split(r"[^A-Za-z0-9-]", line)[0].replace("-", "_")
        for line in metadata.requires("edgerollout") or ()
        if "extra ==" not in line or "extra == 'tour'" in line
    )
    return {name: metadata.version(name) for name in names}


@pytest.fixture
def packages(tmp_path: Path, project: Project) -> Path:
    """A folder of packages, the only ones that pip knows of."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for name, version in needed().items():
        wheel(folder, name, version)
    project.extra["PIP_FIND_LINKS"] = str(folder)
    return folder


def words(project: Project) -> tuple[str, ...]:
    return (
        "init",
        "new",
        "--nested",
        "-e",
        "testing",
        "--account",
        project.account,
        "--alias",
        "t.example.com",
    )


def made(project: Project, *more: str) -> str:
    """What `init` says, having ended well."""
    result = project.run(*words(project), *more, endpoint=False)
    assert result.code == 0, result.err
    return result.out


def lock_of(project: Project) -> dict[str, str]:
    """Name and version, or path → sha256."""
    lines = (project.folder / "new" / LOCK).read_text().splitlines()
    parts = (line.split(" --hash=sha256:") for line in lines if not line.startswith("#"))
    return {what: sha256 for what, sha256 in parts}  # noqa: C416 (a list of two is no pair to mypy)


def bare_python(folder: Path) -> Path:
    """The Python of a virtual environment with nothing in it, no pip either."""
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", str(folder)), check=True)
    return folder / "bin" / "python"


def test_the_workflow_can_install_what_init_wrote(project: Project, packages: Path, tmp_path: Path) -> None:
    out = made(project)

    assert f"    created  {LOCK}\n    created  {WHEEL}" in out
    locked = lock_of(project)
    assert set(locked) == {f"./{WHEEL}", *(f"{n.replace('_', '-')}=={v}" for n, v in needed().items())}
    fresh = bare_python(tmp_path / "fresh")
    install = ("install", "--quiet", "--no-compile", "--require-hashes", "-r", LOCK)
    subprocess.run(
        (sys.executable, "-m", "pip", "--python", fresh, *install),
        cwd=project.folder / "new",
        env=project.variables,
        check=True,
    )
    asked = "import edgerollout.cli.samples as here; print(here.samples())"
    [samples] = subprocess.run(
        (fresh, "-c", asked), capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout.splitlines()
    assert samples.startswith(str(tmp_path / "fresh")), "it is whole without its checkout"
    assert sorted(path.name for path in Path(samples).iterdir()) == ["config", "docs", "handler"]
    assert (tmp_path / "fresh" / "bin" / "edgerollout").exists()


def test_a_changed_wheel_is_not_installed(project: Project, packages: Path, tmp_path: Path) -> None:
    made(project)
    with zipfile.ZipFile(project.folder / "new" / WHEEL, "a") as archive:
        archive.writestr("edgerollout/more.py", "")

    refused = subprocess.run(
        (sys.executable, "-m", "pip", "install", "--target", tmp_path / "t", "--require-hashes", "-r", LOCK),
        cwd=project.folder / "new",
        env=project.variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode != 0
    assert "DO NOT MATCH THE HASHES" in refused.stderr


def test_the_lock_is_for_the_runner_and_not_for_this_machine(project: Project, packages: Path) -> None:
    name, version = next(iter(needed().items()))
    runners = 'only_there; python_version == "3.13" and sys_platform == "linux"'
    wheel(packages, name, version, needs=f"compiled\nRequires-Dist: {runners}")
    wheel(packages, "only_there", "1", needs='never_here; sys_platform == "win32" or python_version < "3.13"')
    right = wheel(packages, "compiled", "2", "cp313-cp313-manylinux_2_28_x86_64")
    for tag in (
        "cp311-cp311-manylinux_2_28_x86_64",
        "cp313-cp313-macosx_11_0_arm64",
        "cp314-cp314-win_amd64",
    ):
        wheel(packages, "compiled", "2", tag)

    made(project)

    locked = lock_of(project)
    assert locked["compiled==2"] == right
    assert "only-there==1" in locked
    assert not any("never" in text for text in locked)


def test_a_lock_that_is_there_stays_until_it_is_wanted_anew(project: Project, packages: Path) -> None:
    made(project)
    first = lock_of(project)
    name = next(iter(needed()))
    project.extra["PIP_FIND_LINKS"] = ""

    again = made(project)

    assert f"unchanged  {LOCK}" in again, "pip, which would find nothing, is not asked"
    assert lock_of(project) == first

    project.extra["PIP_FIND_LINKS"] = str(packages)
    wheel(packages, name, f"{needed()[name]}.post9")
    renewed = project.run("init", "new", "--lock", "--force", endpoint=False)

    assert renewed.code == 0, renewed.err
    assert f"{name.replace('_', '-')}=={needed()[name]}.post9" in lock_of(project)
    assert "next:" not in renewed.out


def test_without_an_index_the_project_is_made_and_the_command_for_the_lock_named(
    project: Project, packages: Path
) -> None:
    project.extra["PIP_FIND_LINKS"] = ""
    result = project.run(*words(project), "-o", "json", endpoint=False)

    assert result.code == 0, result.err
    [finding] = result.document["findings"]
    assert finding["rule"] == "not-locked"
    assert "Then `edgerollout init new --lock` makes it." in finding["hint"]
    assert not (project.folder / "new" / "tools").exists()
    (project.folder / "new/config/policy.toml").write_text("# mine\n")

    refused = project.run("init", "new", "--lock", endpoint=False)
    project.extra["PIP_FIND_LINKS"] = str(packages)
    later = project.run("init", "new", "--lock", "-o", "json", endpoint=False)

    assert refused.code == 1
    assert "pip did not find what the workflow installs" in refused.err
    assert later.document["files"] == [
        {"path": LOCK, "action": "created"},
        {"path": WHEEL, "action": "created"},
    ]
    assert (project.folder / "new/config/policy.toml").read_text() == "# mine\n"


def test_a_wheel_of_another_version_is_named_and_the_lock_not_replaced_unasked(
    project: Project, packages: Path
) -> None:
    folder = project.folder / "new" / "tools"
    folder.mkdir(parents=True)
    (folder / "edgerollout-0.0.1-py3-none-any.whl").write_bytes(b"old")
    (folder / "edgerollout.txt").write_text("boto3==1.0\n")

    unasked = project.run("init", "new", "--lock", endpoint=False)
    forced = project.run("init", "new", "--lock", "--force", endpoint=False)

    assert unasked.code == 2
    assert f"other content: {LOCK}" in unasked.err
    assert forced.code == 0, forced.err
    assert "edgerollout-0.0.1-py3-none-any.whl belongs to another version" in forced.out


def test_only_force_and_a_folder_go_with_lock(project: Project) -> None:
    result = project.run("init", "--lock", "--runtime", "nodejs22.x", endpoint=False)

    assert result.code == 2
    assert "--lock makes only tools/" in result.err


@pytest.fixture
def private_index(packages: Path, project: Project) -> Iterator[ThreadingHTTPServer]:
    """The packages behind an address with a password in it, in the way of an index."""
    for path in packages.glob("*.whl"):
        name = path.name.split("-")[0].replace("_", "-")
        (packages / "simple" / name).mkdir(parents=True, exist_ok=True)
        path.rename(packages / "simple" / name / path.name)

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(packages)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    project.extra = {
        "PIP_NO_INDEX": "0",
        "PIP_INDEX_URL": f"http://reader:pa55word@127.0.0.1:{server.server_port}/simple",
    }
    yield server
    server.shutdown()
    server.server_close()


def test_of_a_private_index_neither_address_nor_password_is_written(
    project: Project, private_index: ThreadingHTTPServer
) -> None:
    made(project)

    text = (project.folder / "new" / LOCK).read_text()
    assert len(lock_of(project)) == 1 + len(needed())
    assert "127.0.0.1" not in text
    assert "pa55word" not in text


def test_the_password_of_an_index_that_does_not_answer_is_not_shown(
    project: Project, private_index: ThreadingHTTPServer
) -> None:
    private_index.shutdown()
    private_index.server_close()

    result = project.run("init", "new", "--lock", endpoint=False)

    assert result.code == 1
    assert "pa55word" not in result.out + result.err


def test_a_python_without_pip_borrows_one_from_a_virtual_environment(
    project: Project, packages: Path, tmp_path: Path
) -> None:
    made(project)
    bare = bare_python(tmp_path / "bare")
    our_wheel = str(project.folder / "new" / WHEEL)
    install = ("install", "--quiet", "--no-compile", "--no-deps", "--no-index", our_wheel)
    subprocess.run((sys.executable, "-m", "pip", "--python", bare, *install), check=True)
    asks = (
        "import os\n"
        "from edgerollout.cli.samples import samples\n"
        "from edgerollout.scaffold.lock import lock_text\n"
        "from edgerollout.scaffold.own_wheel import own_wheel\n"
        "print(lock_text(own_wheel(samples()), os.environ), end='')"
    )

    told = subprocess.run(
        (bare, "-c", asks), env=project.variables, cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert told.stdout == (project.folder / "new" / LOCK).read_text()
