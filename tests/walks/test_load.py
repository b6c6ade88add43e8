"""Visitors ask the real edge while releases come and go: no answer goes without headers."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.command_line import start
from tests.functional.project import REPOSITORY, Result
from tests.samples import THOROUGH

from .visitors import Visitors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(0)]

MINUTES = float(os.environ.get("EDGEROLLOUT_TEST_LOAD_MINUTES") or (10 if THOROUGH else 0))
"""How long rounds of commands go on; one round is done in any case."""
PEOPLE = 4
HOSTS = ("testing.example.com", "www.example.com")
SETTINGS = """\
[function]
name = "headers-{environment}"
runtime = "python3.13"
handler = "handler/python"
role = "role-{environment}"
event = "EVENT"

[environments.testing]
account = "123456789012"
distributions = [{ alias = "testing.example.com" }, { alias = "www.example.com" }]
urls = ["https://testing.example.com/"]
gates = { tour = false }
"""
POLICY = """\
[headers]
referrer-policy = "no-referrer"
x-round = "ROUND"

[csp]
default-src = ["'self'", "https://ROUND.example"]
"""
_FLIP = ("promote", "--enforce", "--override", "reporting", "--reason", "load", "--no-verify")


class Site:
    """A project with a sandbox of its own, in the background as a user has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(REPOSITORY / "handler" / "python", folder / "handler" / "python")
        (folder / "config").mkdir()
        (folder / "home").mkdir()
        self.files("origin-response", 0)
        self.must("sandbox", "up", "--deploy-seconds", "0.5", "--invalidation-seconds", "0.5")
        self.state: Any = self.must("sandbox", "status", "-o", "json").document

    def files(self, event: str, number: int) -> None:
        for name, template in (("edgerollout", SETTINGS), ("policy", POLICY)):
            text = template.replace("EVENT", event).replace("ROUND", f"r{number}")
            (self.folder / "config" / f"{name}.toml").write_text(text, encoding="utf-8")

    def must(self, *arguments: str) -> Result:
        variables = {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "LANG": "C.UTF-8"}
        process = start(*arguments, cwd=self.folder, env=variables)
        out, err = process.communicate(timeout=600)
        assert process.wait() == 0, f"{arguments}: {out}\n{err}"
        return Result(0, out, err)

    def does(self, command: str, *more: str) -> None:
        self.must("--sandbox", command, "-e", "testing", "--yes", *more)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.must("sandbox", "down")


def test_no_answer_goes_without_headers_while_releases_come_and_go(
    site: Site, record_property: Callable[[str, object], None]
) -> None:
    visitors = Visitors(HOSTS, site.state["https_port"], site.state["ca_file"])
    until, number = time.monotonic() + 60 * MINUTES, 0
    with visitors.asking(PEOPLE):
        site.does("publish", "--create")
        visitors.on = True
        site.does(*_FLIP)
        visitors.enforced = True
        while number == 0 or time.monotonic() < until:
            number += 1
            visitors.errors_too = False
            site.files("viewer-response", number)
            site.does("publish")
            if not THOROUGH:
                break
            site.files("origin-response", number)
            site.does("publish")
            visitors.errors_too = True
            site.does(*_FLIP)
            site.does("rollback")
            site.files("origin-response", number + 1000)
            site.does("publish")
    for name, count in visitors.answers.items():
        record_property(f"load on the edge: {name}", count)
    record_property("load on the edge: rounds", number)
    assert not visitors.bare, "\n".join(visitors.bare[:20])
    assert not any(name.startswith("no answer") for name in visitors.answers), visitors.answers
    assert sum(count for name, count in visitors.answers.items() if name.endswith("due")) > 50
