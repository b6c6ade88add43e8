"""The documents of `terraform`: what was written, or a snippet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.views.findings import by_severity
from edgerollout.views.output.common import FindingJson
from edgerollout.views.output.encoder import DocumentJson, Output
from edgerollout.views.terraform_report import ModuleFileAction

if TYPE_CHECKING:
    from edgerollout.advice import Spell
    from edgerollout.views.terraform_report import TerraformReport


class GeneratedDistributionJson(Output):
    """A distribution in the files."""

    environment: str
    """its environment"""
    name: str
    """the name it goes by"""
    id: str | None
    """the one that is imported; null for one that Terraform makes"""
    module: str
    """the module that has it"""


class InputJson(Output):
    """A variable that has no value yet."""

    environment: str
    """its environment"""
    variable: str
    """its name"""


class ModuleFindingJson(FindingJson):
    """What is left as it is."""

    distribution: str | None
    """the distribution that it is about"""


class ModuleFileJson(Output):
    """A file."""

    path: str
    """where"""
    action: ModuleFileAction
    """`created`, `replaced`, `unchanged` or `kept`"""


class TerraformJson(DocumentJson):
    """Terraform modules and environments that were written: `terraform`."""

    owner: str
    """who attaches the function: `terraform` or `edgerollout`"""
    distributions: Sequence[GeneratedDistributionJson]
    """a distribution each"""
    inputs: Sequence[InputJson]
    """variables that have no value yet"""
    findings: Sequence[ModuleFindingJson]
    """what is left as it is, and why"""
    files: Sequence[ModuleFileJson]
    """a file each"""
    next: Sequence[str]
    """the commands that come next"""


class SnippetJson(DocumentJson):
    """What an existing resource needs: `terraform --snippet`."""

    owner: str
    """who attaches the function: `terraform` or `edgerollout`"""
    snippet: str
    """the snippet as text"""


def terraform_json(report: TerraformReport, spell: Spell) -> TerraformJson:
    """The document."""
    return TerraformJson.of(
        report,
        distributions=[GeneratedDistributionJson.of(distribution) for distribution in report.distributions],
        inputs=[InputJson(environment=environment, variable=name) for environment, name in report.inputs],
        findings=[
            ModuleFindingJson.of(finding, hint=spelled(finding.hint, spell))
            for finding in by_severity(report.findings)
        ],
        files=[ModuleFileJson(path=path, action=action) for path, action in report.files],
    )


def snippet_json(owner: str, snippet: str) -> SnippetJson:
    """The document."""
    return SnippetJson(owner=owner, snippet=snippet)
