"""A site is added to an environment that enforces: a browser tries the policy there first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.outside import chromium

from .estate import ACCOUNT, FUNCTION, Estate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.sandbox

FIRST, ADDED = "testing.example.com", "added.example.com"
SETS_ASIDE = ("--override", "lint", "--override", "tour", "--override", "reporting", "--reason", "a test")
POLICY = """\
[csp]
default-src = ["'self'"]
script-src = ["'self'", "'unsafe-inline'", "https:"]
style-src = ["'self'", "'unsafe-inline'", "https:"]
img-src = ["'self'", "data:", "https:"]
font-src = ["'self'", "data:", "https:"]
connect-src = ["'self'", "https:"]
frame-src = ["'self'", "https:"]
worker-src = ["'self'", "blob:"]
"""


def settings(*aliases: str) -> str:
    """edgerollout.toml of one environment with these distributions."""
    names = ", ".join(f'{{ alias = "{alias}" }}' for alias in aliases)
    urls = json.dumps([f"https://{alias}/" for alias in aliases])
    table = f'[environments.testing]\naccount = "{ACCOUNT}"\n'
    return f"{FUNCTION}\n{table}distributions = [{names}]\nurls = {urls}\n"


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    made = Estate(tmp_path)
    made.extra["EDGEROLLOUT_BROWSER"] = str(chromium())
    made.write("config/policy.toml", POLICY)
    made.write("config/edgerollout.toml", settings(FIRST, ADDED))
    made.start()
    yield made
    made.stop()


def test_evidence_of_a_candidate_tour_opens_the_way_for_an_added_site(estate: Estate) -> None:
    estate.write("config/edgerollout.toml", settings(FIRST))
    estate.done("publish", "testing", "--create")
    estate.done("promote", "testing", "--enforce", "--no-verify", *SETS_ASIDE)
    estate.write("config/edgerollout.toml", settings(FIRST, ADDED))
    assert "never observed there" in estate.refused("publish", "testing")

    words = ("tour", "-e", "testing", "--candidate", "--live", "--no-crawl", "--evidence", "tried.json")
    toured = estate.run("--sandbox", *words)
    assert toured.code == 0, toured.out + toured.err
    assert "evidence: tried.json" in toured.err

    estate.done("publish", "testing", "--evidence", "tried.json")
    assert {
        behavior["state"]
        for distribution in estate.status("testing")["distributions"]
        for behavior in distribution["behaviors"]
    } == {"current"}
