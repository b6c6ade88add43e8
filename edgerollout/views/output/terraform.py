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
    """its name for people"""
    id: str | None
    """the imported distribution; null if Terraform makes a new one"""
    module: str
    """its module"""


class InputJson(Output):
    """A variable that has no value yet."""

    environment: str
    """its environment"""
    variable: str
    """its name"""


class ModuleFindingJson(FindingJson):
    """Something that does not change."""

    distribution: str | None
    """the distribution"""


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
    """all distributions"""
    inputs: Sequence[InputJson]
    """variables that have no value yet"""
    findings: Sequence[ModuleFindingJson]
    """what does not change, and why"""
    files: Sequence[ModuleFileJson]
    """all files"""
    next: Sequence[str]
    """the next commands"""


class SnippetJson(DocumentJson):
    """The lines for an existing resource: `terraform --snippet`."""

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
