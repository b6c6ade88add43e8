"""What `edgerollout terraform` wrote and saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edgerollout.advice import spelled
from edgerollout.policy.severity import Severity
from edgerollout.views.findings import by_severity
from edgerollout.views.ink import Line, Style, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Spell
    from edgerollout.release.facts.finding import Finding

ModuleFileAction = Literal["created", "replaced", "unchanged", "kept"]

_STYLES: dict[ModuleFileAction, Style] = {
    "created": Style.ADDED,
    "replaced": Style.WARNING,
    "unchanged": Style.MUTED,
    "kept": Style.MUTED,
}
_FINDINGS: dict[Severity, Style] = {
    Severity.ERROR: Style.BAD,
    Severity.WARNING: Style.WARNING,
    Severity.NOTE: Style.MUTED,
}


@dataclass(frozen=True)
class GeneratedDistribution:
    """A distribution in the files. `id`: the one that is imported; None for one that Terraform makes."""

    environment: str
    name: str
    id: str | None
    module: str


@dataclass(frozen=True)
class TerraformReport:
    """`owner`: who attaches. `next` are command lines, in order. `inputs`: variables without a value."""

    owner: str
    distributions: tuple[GeneratedDistribution, ...]
    inputs: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    files: tuple[tuple[str, ModuleFileAction], ...]
    next: tuple[str, ...]


def terraform_lines(report: TerraformReport, spell: Spell) -> Iterator[Line]:
    """The report for people."""
    for one in report.distributions:
        what = f"imports {one.id}" if one.id else "makes a distribution"
        yield Line(
            f"{one.environment}: {visible(one.name)} {what} as module.{one.module}", Style.STRONG, hang=2
        )
    for finding in by_severity(report.findings):
        message = f"{finding.severity.value}: {visible(finding.message)}"
        yield Line(message, _FINDINGS[finding.severity], hang=len(finding.severity.value) + 2)
        if finding.hint:
            yield Line(f"  {visible(spelled(finding.hint, spell))}", Style.MUTED, hang=2)
    yield Line("")
    width = max(len(action) for _, action in report.files) + 2
    for path, action in report.files:
        yield Line(f"{action.ljust(width)}{visible(path)}", _STYLES[action], hang=width)
    if report.inputs:
        yield Line("")
        yield Line("values that Terraform asks for (TF_VAR_NAME, or a .tfvars file):", Style.STRONG)
        for environment, name in report.inputs:
            yield Line(f"  {environment}: {name}", whole=True)
    yield Line("")
    yield Line("next:", Style.STRONG)
    for command in report.next:
        yield Line(f"  {visible(command)}", whole=True)
