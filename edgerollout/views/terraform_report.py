"""The output of `edgerollout terraform`: the files it wrote and what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edgerollout.advice import Typed, advise
from edgerollout.views.document import (
    Advised,
    Code,
    Doc,
    Item,
    List,
    Marker,
    Table,
    TableRow,
    Title,
    Verdict,
)
from edgerollout.views.findings import findings_list
from edgerollout.views.ink import Style
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.release.facts.finding import Finding
    from edgerollout.views.document import Phrase

ModuleFileAction = Literal["created", "replaced", "unchanged", "kept"]

_STYLES = {
    "created": Style.ADDED,
    "extended": Style.ADDED,
    "replaced": Style.WARNING,
    "unchanged": Style.MUTED,
    "kept": Style.MUTED,
}


@dataclass(frozen=True)
class GeneratedDistribution:
    """A distribution in the files. `id` is imported; None if Terraform makes a new distribution."""

    environment: str
    name: str
    id: str | None
    module: str


@dataclass(frozen=True)
class TerraformReport:
    """`owner` attaches the triggers. `next` are commands, in order. `inputs` are variables without value."""

    owner: str
    distributions: tuple[GeneratedDistribution, ...]
    inputs: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    files: tuple[tuple[str, ModuleFileAction], ...]
    next: tuple[str, ...]


def terraform_document(report: TerraformReport) -> Doc:
    """The report as a document."""
    made = tuple(Item(_made(distribution)) for distribution in report.distributions)
    inputs = tuple(Item(f"{environment}: {name}") for environment, name in report.inputs)
    asked = (Title("Values that Terraform asks for (TF_VAR_NAME, or a .tfvars file)"), List(inputs))
    names = {distribution.id: distribution.name for distribution in report.distributions if distribution.id}
    parts = (List(made), findings_list(report.findings, names), Title("Files"), files_table(report.files))
    advised = Advised("next", advise(*map(Typed, report.next)))
    return Doc("Terraform", (*parts, *(asked if inputs else ())), files_verdict(report.files), (advised,))


def files_table(files: Iterable[tuple[str, str]]) -> Table:
    """What happened to each file, by its path."""
    rows = (TableRow((action, Code(path)), style=_STYLES[action]) for path, action in files)
    return Table(("", "file"), tuple(rows))


def files_verdict(files: Iterable[tuple[str, str]]) -> Verdict:
    """How many of them were written."""
    written = sum(1 for _, action in files if action not in ("unchanged", "kept"))
    words = f"{count_words(written, 'file')} written" if written else "no file has changed"
    return Verdict(f"{words} · nothing was changed in AWS", Marker.DONE)


def _made(distribution: GeneratedDistribution) -> Phrase:
    action = f"imports {distribution.id}" if distribution.id else "makes a distribution"
    return f"{distribution.environment}: {distribution.name} {action} as ", Code(
        f"module.{distribution.module}"
    )
