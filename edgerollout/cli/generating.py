"""`edgerollout terraform`: reads what exists, makes the files, checks for conflicts, writes."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.cli.asking import asker_of
from edgerollout.errors import UsageError
from edgerollout.policy.severity import Severity
from edgerollout.policy.wording import listed
from edgerollout.release.delivery.choice import carrier_of
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.tfvars import FILE
from edgerollout.scaffold.writing import present, write_all
from edgerollout.terraform.declarations import clashes, declared
from edgerollout.terraform.environment_files import Folder, SiteModule, environment_files, environment_folder
from edgerollout.terraform.live_distribution import module_name
from edgerollout.terraform.modules import FUNCTION, module_files
from edgerollout.terraform.ownership import WhoAttaches
from edgerollout.views.terraform_report import GeneratedDistribution, TerraformReport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from edgerollout.cli.invocation import Invocation
    from edgerollout.release.facts.environment import Environment
    from edgerollout.views.terraform_report import ModuleFileAction


class WantedModules:
    """The user's request."""

    def __init__(
        self, names: tuple[str, ...], folder: Path, owner: str, *, from_live: bool, force: bool
    ) -> None:
        self.names = names
        self.folder = folder
        self._owner = owner
        self.from_live = from_live
        self.force = force

    @property
    def owner(self) -> WhoAttaches:
        """Who attaches releases. Raises UsageError for an unknown word."""
        try:
            return WhoAttaches(self._owner)
        except ValueError:
            raise UsageError(
                f"there is no owner {self._owner!r}", hint="Choose one of terraform, edgerollout."
            ) from None

    def environments(self, invocation: Invocation) -> tuple[Environment, ...]:
        """Those that were named, or all. Raises UsageError for one that the configuration has not."""
        from edgerollout.config import choose_environment

        project = invocation.project
        named = tuple(
            choose_environment(project, name, None).environment for name in dict.fromkeys(self.names)
        )
        return named or tuple(project.environments.values())


@dataclass(frozen=True)
class _Prepared:
    folder: Folder
    findings: tuple[Finding, ...]


class Generating:
    """One run."""

    def __init__(self, invocation: Invocation, wanted: WantedModules) -> None:
        self._invocation = invocation
        self._wanted = wanted
        self._owner = wanted.owner
        self._asker = asker_of(invocation)

    def run(self) -> TerraformReport:
        """Do everything. When it raises, nothing was written."""
        base = self._wanted.folder
        if base.exists() and not base.is_dir():
            raise UsageError(f"{base} is not a folder", hint=advise(CommandLine("terraform", None, "DIR")))
        self._invocation.note_warnings()
        chosen = self._wanted.environments(self._invocation)
        prepared = [self._prepare(environment) for environment in chosen]
        files = dict(module_files(self._owner, imports=any(ready.folder.imports for ready in prepared)))
        for module in prepared:
            files |= environment_files(module.folder, self._invocation.spell_for_all)
        self._check_clashes(files)
        folders = [ready.folder for ready in prepared]
        gone = [finding for folder in folders for finding in self._gone(folder, files)]
        lost = [finding for folder in folders for finding in self._lost(folder, files)]
        written = self._write(files)
        return TerraformReport(
            owner=self._owner.value,
            distributions=tuple(
                GeneratedDistribution(folder.environment.name, site.name, site.id, site.label)
                for folder in folders
                for site in folder.sites
            ),
            inputs=tuple((folder.environment.name, name) for folder in folders for name in _inputs(folder)),
            findings=(
                *(finding for ready in prepared for finding in ready.findings),
                *(finding for environment in chosen for finding in self._settings(environment)),
                *(finding for folder in folders for finding in self._shared_role(folder)),
                *gone,
                *lost,
            ),
            files=written,
            next=tuple(self._next(folders)),
        )

    # --- what the files are made from ----------------------------------------------------------------------

    def _prepare(self, environment: Environment) -> _Prepared:
        if self._wanted.from_live:
            from edgerollout.cli.live_folder import read_folder
            from edgerollout.cli.reading import reading_session

            session = reading_session(self._invocation, environment)
            siblings = self._invocation.siblings(environment)
            folder, findings = read_folder(session.aws, environment, siblings, self._owner)
            kept = tuple(self._kept(folder))
            # Where a tfvars file exists, the attached release need not be known.
            return _Prepared(
                folder, (*(finding for finding in findings if not kept or finding.rule != "mixed"), *kept)
            )
        sites = []
        for selector in environment.distributions:
            if selector.alias is None:
                raise UsageError(
                    f"{environment.name} names distribution {selector.id} by its id, so it exists already",
                    why="without --from-live files are written for distributions that Terraform makes",
                    hint="--from-live imports it; --snippet is for one that is in Terraform already.",
                )
            sites.append(SiteModule(module_name(selector.alias), selector.alias))
        folder = Folder(environment, self._owner, tuple(sites))
        return _Prepared(folder, ())

    def _kept(self, folder: Folder) -> Iterator[Finding]:
        """A warning where an existing tfvars file, which stays, does not name the attached release."""
        from edgerollout.cli.handing_over import read_tfvars

        environment = folder.environment
        file = self._wanted.folder / environment_folder(environment.name) / FILE
        if folder.owner is not WhoAttaches.TERRAFORM or not file.exists():
            return
        said = read_tfvars(replace(environment, triggers="terraform", tfvars=file))
        if said != folder.attached:
            named = "none" if said is None or said.release is None else f"release {said.release}"
            if folder.attached is None:
                carries, hint = "does not carry one release everywhere", None
            else:
                carries = f"carries release {folder.attached.release}"
                hint = "To name the attached release: remove the file and generate again."
            yield Finding(
                Severity.WARNING,
                "tfvars-differ",
                f"{file} stays as it is and names {named}; {environment.name} {carries}: the first apply"
                " changes that",
                hint,
            )

    def _gone(self, folder: Folder, files: Mapping[PurePosixPath, bytes]) -> Iterator[Finding]:
        """A warning where a site's module or resource is in the replaced files, but not in the new ones."""
        main = environment_folder(folder.environment.name) / "main.tf"
        before = (present(self._wanted.folder / main) or b"").decode("utf-8", "replace")
        now = set(declared(files[main].decode("utf-8")))
        gone = [
            address.removeprefix("resource.")
            for address in dict.fromkeys(declared(before))
            if address not in now and not address.startswith("module.edgerollout_")
        ]
        if gone:
            yield Finding(
                Severity.WARNING,
                "module-gone",
                f"{', '.join(gone)}: in {self._wanted.folder / main} before, but no longer:"
                " `terraform apply` would destroy their resources",
                "If they have other names now, say so before the next apply, in a file of your own next to"
                " it: a `moved` block for each, from the old name to the new one.",
            )

    def _lost(self, folder: Folder, files: dict[PurePosixPath, bytes]) -> Iterator[Finding]:
        """A warning where the tfvars file is gone from a folder in use, and its content is unknown.

        Then it is removed from `files`, so that Terraform asks for it.
        """
        place = environment_folder(folder.environment.name)
        unknown = folder.attached is None or folder.attached.qualified_arn is None
        in_use = present(self._wanted.folder / place / "main.tf") is not None
        gone = present(self._wanted.folder / place / FILE) is None
        if place / FILE in files and unknown and in_use and gone:
            del files[place / FILE]
            yield Finding(
                Severity.WARNING,
                "tfvars-lost",
                f"{self._wanted.folder / place / FILE} is missing, and was not written: an apply would remove"
                f" the {folder.attaches} from every behavior",
                advise(
                    "Restore it, or write it again: ",
                    CommandLine("publish", folder.environment.name, *_no_swap(folder.environment)),
                ),
            )

    def _settings(self, environment: Environment) -> Iterator[Finding]:
        """Warnings where the configuration contradicts these files."""
        wanted = self._wanted.folder / environment_folder(environment.name) / FILE
        if self._owner is WhoAttaches.EDGEROLLOUT and carrier_of(environment).file is not None:
            yield Finding(
                Severity.WARNING,
                "owner-differs",
                f'{environment.name} has triggers = "terraform", but these files make Terraform ignore them',
                "Remove that line from edgerollout.toml, or leave --owner out.",
            )
        elif (
            self._owner is WhoAttaches.TERRAFORM
            and environment.tfvars is not None
            and environment.tfvars.resolve() != wanted.resolve()
        ):
            yield Finding(
                Severity.WARNING,
                "tfvars-elsewhere",
                f"{environment.name}: releases are written into {environment.tfvars}, which Terraform does"
                f" not read in {wanted.parent}",
                f"In edgerollout.toml: tfvars, for {wanted}.",
            )

    def _shared_role(self, folder: Folder) -> Iterator[Finding]:
        """A warning where two environments share a role that both folders would make or import."""
        own = folder.environment
        if folder.role_arn is not None:
            return
        others = [
            environment.name
            for environment in self._invocation.project.environments.values()
            if environment.name != own.name
            and (environment.account, environment.function.role) == (own.account, own.function.role)
        ]
        if others:
            yield Finding(
                Severity.WARNING,
                "role-shared",
                f"role {own.function.role} is used by {listed(others)}, too: {own.name}'s Terraform would own"
                " it alone, so it cannot create it next to the others, and would destroy it with the rest",
                "Put {environment} into function.role, or keep it in one folder and give"
                f" module.{FUNCTION} of the others its role_arn.",
            )

    # --- what is in the way ------------------------------------------------------------------------------

    def _check_clashes(self, files: Mapping[PurePosixPath, bytes]) -> None:
        """Raise UsageError where a folder has other files that declare the same things as ours."""
        base = self._wanted.folder
        for path in (folder.with_name("imports.tf") for folder in files if folder.name == "versions.tf"):
            if path not in files and (base / path).exists():
                raise UsageError(
                    f"{base / path} takes over live resources, but these files would not describe them",
                    why="the first apply would change them to these files: one bucket, one behavior",
                    hint="Nothing was changed. Add --from-live, or remove that file.",
                )
        for folder in dict.fromkeys(path.parent for path in files):
            ours = [
                text.decode("utf-8")
                for path, text in files.items()
                if path.parent == folder and path.suffix == ".tf"
            ]
            others = {
                path: (present(path) or b"").decode("utf-8", "replace")
                for path in sorted((base / folder).glob("*.tf"))
                if folder / path.name not in files
            }
            found = clashes(ours, others.values())
            if found:
                raise UsageError(
                    f"{base / folder} declares {', '.join(found)} already, in"
                    f" {', '.join(path.name for path in others if clashes(ours, [others[path]]))}",
                    why="Terraform reads all files of a folder as one",
                    hint="Nothing was changed. Write into another folder, or rename the existing ones.",
                )

    def _write(self, files: Mapping[PurePosixPath, bytes]) -> tuple[tuple[str, ModuleFileAction], ...]:
        """Write the new files. Raises UsageError, before anything is written, for existing files that
        differ.
        """
        base = self._wanted.folder
        before = {path: present(base / path) for path in files}
        # Only a run of a release changes the attached release, never this generator.
        kept = {path for path, content in before.items() if path.name == FILE and content is not None}
        differing = [path for path in files if before[path] not in (None, files[path]) and path not in kept]
        if differing and not self._wanted.force:
            raise UsageError(
                f"{len(differing)} of the files exist already, with other content:"
                f" {', '.join(str(base / path) for path in differing)}",
                why="terraform replaces files only with --force",
                hint="Nothing was changed. --force replaces them; another DIR keeps them.",
            )
        actions: dict[PurePosixPath, ModuleFileAction] = {}
        for path, content in files.items():
            if before[path] == content:
                actions[path] = "unchanged"
            elif path in kept:
                actions[path] = "kept"
            else:
                actions[path] = "created" if before[path] is None else "replaced"
        wanted = {
            base / path: files[path] for path, done in actions.items() if done in ("created", "replaced")
        }
        if self._asker is not None:
            self._asker.agree_to_write([str(path) for path in wanted])
        write_all(wanted)
        return tuple((str(base / path), action) for path, action in actions.items())

    # --- what comes next ---------------------------------------------------------------------------------

    def _next(self, folders: Sequence[Folder]) -> Iterator[str]:
        spell = self._invocation.spell
        if not folders:
            return
        first = folders[0].environment
        where = self._wanted.folder / environment_folder(first.name)
        terraform = shlex.join(("terraform", f"-chdir={where.as_posix()}"))
        yield f"{terraform} init"
        yield f"{terraform} plan"
        if self._owner is WhoAttaches.TERRAFORM:
            if carrier_of(first).file is None:
                yield f"# in edgerollout.toml, [environments.{first.name}]:"
                yield '#   triggers = "terraform"'
                if self._written_elsewhere(first):
                    root = self._invocation.project.root.resolve()
                    file = Path(os.path.relpath((where / FILE).resolve(), root)).as_posix()
                    yield f"#   tfvars   = {json.dumps(file, ensure_ascii=False)}"
            yield f"{terraform} apply"
            yield spell(CommandLine("publish", first.name, *_no_swap(first)))
            yield f"{terraform} apply"
            yield spell(CommandLine("wait", first.name))
        else:
            yield f"{terraform} apply"
            yield spell(CommandLine("publish", first.name))

    def _written_elsewhere(self, environment: Environment) -> bool:
        """Whether releases are written to another folder unless the configuration names this one."""
        from edgerollout.config.environments import tfvars_file

        ours = self._wanted.folder / environment_folder(environment.name) / FILE
        return tfvars_file(self._invocation.project.root, environment.name).resolve() != ours.resolve()


def _no_swap(environment: Environment) -> tuple[str, ...]:
    """The option against a swap, where the configuration does not say yet that Terraform attaches."""
    return () if carrier_of(environment).file is not None else ("--no-swap",)


def _inputs(folder: Folder) -> Iterator[str]:
    """The variables without a value."""
    for site in folder.sites:
        if site.live is None:
            yield f"{site.label}_bucket"
            yield f"{site.label}_certificate_arn"
        else:
            yield from (secret.variable for secret in site.live.secrets)
