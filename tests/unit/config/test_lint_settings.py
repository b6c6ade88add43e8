from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.config import lint_settings, load
from edgerollout.policy.lint import LintFinding
from edgerollout.policy.severity import Severity

if TYPE_CHECKING:
    from conftest import Write

SETTINGS = """\
[function]
name = "headers-{environment}"
runtime = "python3.13"
handler = "handler/python"
role = "edge-{environment}"

[environments.testing]
account = "123456789012"
distributions = [{ alias = "testing.example.com" }]
"""
SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "edgerollout.schema.json"
IGNORE = """
[[lint.ignore]]
rule = "script-unsafe-eval"
directive = "Script-Src"
source = "'unsafe-eval'"
reason = "the map needs it"
"""


def test_an_ignore_is_read_with_its_reason_and_place(write: Write) -> None:
    (ignore,) = load(write(SETTINGS + IGNORE)).ignores
    assert ignore.reason == "the map needs it"
    assert ignore.place.line == 12


@pytest.mark.parametrize(
    ("rule", "directive", "source", "expected"),
    [
        ("script-unsafe-eval", "script-src", "'unsafe-eval'", True),
        ("script-unsafe-eval", "default-src", "'unsafe-eval'", False),
        ("script-unsafe-eval", "script-src", None, False),
        ("script-unsafe-inline", "script-src", "'unsafe-eval'", False),
    ],
)
def test_an_ignore_covers_its_rule_on_what_it_names(
    write: Write, rule: str, directive: str, source: str | None, expected: bool
) -> None:
    (ignore,) = load(write(SETTINGS + IGNORE)).ignores
    finding = LintFinding(Severity.WARNING, rule, "…", directive=directive, source=source)
    assert ignore.covers(finding) is expected


def test_an_ignore_without_more_covers_headers_too(write: Write) -> None:
    (ignore,) = load(write(SETTINGS + '\n[[lint.ignore]]\nrule = "hsts-short"\nreason = "soon"\n')).ignores
    assert ignore.covers(LintFinding(Severity.NOTE, "hsts-short", "…", header="strict-transport-security"))


def test_the_schema_knows_the_same_keys() -> None:
    lint = json.loads(SCHEMA.read_text(encoding="utf-8"))["properties"]["lint"]
    assert tuple(lint["properties"]) == lint_settings.LINT_KEYS
    assert set(lint["properties"]["ignore"]["items"]["properties"]) == set(lint_settings.IGNORE_KEYS)


def test_an_ignore_of_a_header_covers_that_header_alone(write: Write) -> None:
    named = '\n[[lint.ignore]]\nrule = "header-name"\nheader = "Tenant"\nreason = "the gateway reads it"\n'
    (ignore,) = load(write(SETTINGS + named)).ignores
    assert ignore.covers(LintFinding(Severity.ERROR, "header-name", "…", header="tenant"))
    assert not ignore.covers(LintFinding(Severity.ERROR, "header-name", "…", header="tenent"))
