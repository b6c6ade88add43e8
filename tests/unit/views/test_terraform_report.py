from __future__ import annotations

from edgerollout.policy.severity import Severity
from edgerollout.release.facts.finding import Finding
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.terraform import terraform_json
from edgerollout.views.terraform_report import (
    GeneratedDistribution,
    TerraformReport,
    terraform_document,
)
from tests.json_output import parsed
from tests.spelling import spell

from .drawing import text_of

REPORT = TerraformReport(
    owner="terraform",
    distributions=(
        GeneratedDistribution("testing", "www.example.com", "E2QWRUHAPOMQZL", "www_example_com"),
        GeneratedDistribution("staging", "new.example.com", None, "new_example_com"),
    ),
    inputs=(("testing", "www_key"),),
    findings=(
        Finding(Severity.NOTE, "role-kept", "role web was not made by edgerollout"),
        Finding(Severity.WARNING, "slot-taken", "\x1b[31mred\x1b[0m stays", "Take it out.", "E2QWRUHAPOMQZL"),
    ),
    files=(("terraform/main.tf", "created"), ("terraform/x.tfvars.json", "kept")),
    next=("terraform init",),
)


def test_the_report_says_what_is_imported_and_what_is_made() -> None:
    lines = text_of(terraform_document(REPORT)).splitlines()
    assert lines[1:3] == [
        "  testing: www.example.com imports E2QWRUHAPOMQZL as module.www_example_com",
        "  staging: new.example.com makes a distribution as module.new_example_com",
    ]
    assert "    created  terraform/main.tf" in lines
    assert "next: terraform init" in lines
    assert "  testing: www_key" in lines


def test_warnings_come_before_notes_and_no_escape_reaches_the_terminal() -> None:
    text = text_of(terraform_document(REPORT))
    assert text.index("warning: ") < text.index("note: ")
    assert "\x1b" not in text


def test_the_document_has_everything() -> None:
    document = parsed(json_text(terraform_json(REPORT, spell)))
    assert document["schema"] == "1.0"
    assert [finding["rule"] for finding in document["findings"]] == ["slot-taken", "role-kept"]
    assert document["inputs"] == [{"environment": "testing", "variable": "www_key"}]
    assert document["files"][1] == {"path": "terraform/x.tfvars.json", "action": "kept"}
