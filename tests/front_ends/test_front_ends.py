"""What the tour writes for a real front-end is enough, and nothing of it is too much: a browser says so."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.command_line import start
from tests.front_ends.collector import collecting
from tests.front_ends.sites import MONACO, PDF_JS, PYODIDE, SWAGGER_UI, TINYMCE, FrontEnd
from tests.outside import LEFT_OUT, NODE_FOLDER, chromium

_HANDLER = Path(__file__).parents[2] / "handler" / "python"
_CONFIG = """\
default = "testing"
[function]
name = "headers"
runtime = "python3.13"
handler = "handler/python"
role = "headers"
[environments.testing]
account = "111122223333"
distributions = [{ alias = "www.example.com" }]
[tour]
patience = 60
"""
_STRICT = {"default-src": ["'none'"], "base-uri": ["'none'"], "object-src": ["'none'"]}
"""Nothing is allowed: every source of the policy in the end is one that the tour suggested."""

_SLOW = pytest.mark.thorough
FRONT_ENDS = (
    SWAGGER_UI,
    TINYMCE,
    pytest.param(PYODIDE, marks=_SLOW),
    pytest.param(MONACO, marks=_SLOW),
    pytest.param(PDF_JS, marks=_SLOW),
)


@pytest.mark.parametrize("front_end", FRONT_ENDS, ids=lambda item: item.package)
def test_what_the_tour_writes_is_enough_and_no_source_of_it_is_too_much(
    front_end: FrontEnd, tmp_path: Path
) -> None:
    site = tmp_path / "dist"
    site.mkdir()
    packages = NODE_FOLDER / "node_modules"
    if not (packages / front_end.package).is_dir():
        pytest.skip(f"{LEFT_OUT}{front_end.package} of tests/node is not installed")
    front_end.build(packages, site)
    written = _toured(front_end, tmp_path)
    with collecting(site, chromium()) as collector:
        assert collector.blocked(_header(written)) == ()
        for directive, source in _gained(written):
            less = {**written, directive: [item for item in written[directive] if item != source]}
            assert collector.blocked(_header(less)), f"{directive} {source} is not needed"


def _toured(front_end: FrontEnd, folder: Path) -> dict[str, list[str]]:
    """The policy that `tour --write` leaves."""
    config = folder / "config"
    config.mkdir()
    (config / "edgerollout.toml").write_text(_CONFIG)
    shutil.copytree(_HANDLER, folder / "handler" / "python")
    (config / "policy.toml").write_text(
        "[csp]\n" + "".join(f"{name} = {json.dumps(values)}\n" for name, values in _STRICT.items())
    )
    accepted = [word for source in front_end.accepts for word in ("--accept", source)]
    command = start(
        "tour", "--site", "dist", "--no-crawl", "--write", "-o", "json", *accepted,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "EDGEROLLOUT_BROWSER": str(chromium())},
    )  # fmt: skip
    out, err = command.communicate(timeout=300)
    assert command.returncode == 6, err + out
    document = json.loads(out)
    assert document["complete"], document["pages"]
    assert {violation["suggestion"]["action"] for violation in document["violations"]} == {"allow"}, out
    csp: dict[str, list[str]] = tomllib.loads((config / "policy.toml").read_text())["csp"]
    return csp


def _header(policy: dict[str, list[str]]) -> str:
    """As a server sends it; an empty list allows nothing."""
    return "; ".join(" ".join([name, *(values or ["'none'"])]) for name, values in policy.items())


def _gained(policy: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Directive and source of all that the tour added."""
    return [
        (directive, source)
        for directive, sources in policy.items()
        for source in sources
        if source not in _STRICT.get(directive, ())
    ]
