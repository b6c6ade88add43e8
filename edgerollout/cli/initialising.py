"""`init`: asks, reads the live site, makes the files, checks them, asks about existing files, writes."""

from __future__ import annotations

import difflib
import shlex
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.cli.asking import asker_of
from edgerollout.cli.init_answers import InitFlags, Interview, answers_of, sure_host
from edgerollout.cli.live_site import LiveSite
from edgerollout.cli.samples import samples
from edgerollout.config.discovery import CONFIG, find_config
from edgerollout.config.project import SETTINGS_FILE
from edgerollout.errors import ConfigError, Interrupted, UsageError
from edgerollout.policy.render import ENFORCED
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.finding import Finding
from edgerollout.scaffold.files import IGNORE_FILE, ScaffoldFile, scaffold_files, with_ignored
from edgerollout.scaffold.lock import LOCK_FILE, TOOLS, NotLocked, lock_text, locks
from edgerollout.scaffold.own_wheel import own_wheel
from edgerollout.scaffold.starting_policy import StartingPolicy, from_scratch, from_site, names_sent
from edgerollout.scaffold.survey import Survey, differences, findings_of, replaceable
from edgerollout.scaffold.writing import present, write_all
from edgerollout.views.init_report import FileAction, InitReport
from edgerollout.views.ink import Line, Style, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.cli.invocation import Invocation
    from edgerollout.config import Project
    from edgerollout.release.facts.snapshot import Distribution
    from edgerollout.scaffold.answers import InitAnswers

_SHOWN = 20
"""The most distributions that are listed before the question."""


class Initialising:
    """One run of init in `folder`."""

    def __init__(self, invocation: Invocation, folder: Path, flags: InitFlags) -> None:
        self._invocation = invocation
        self._base = folder
        self._flags = flags
        self._config = _config_folder(invocation.options.config)
        self._asker = asker_of(invocation)

    def run(self) -> InitReport:
        """Do everything. When it raises (UsageError, ConfigError, Interrupted…), nothing was written."""
        if self._invocation.sandbox and (
            self._invocation.options.profile or self._invocation.options.endpoint_url
        ):
            raise UsageError("--sandbox cannot be combined with --endpoint-url or --profile")
        self._look_for_files_in_the_way()
        self._check_nesting()
        answers, live = self._ask()
        surveys: tuple[Survey, ...] = ()
        if self._flags.from_live and self._invocation.sandbox:
            with self._draft(self._files(answers, from_scratch())) as draft:
                live = LiveSite.of_sandbox(self._invocation, draft, self._root())
        if live is not None:
            surveys = tuple(live.surveys(answers))
        policy, chosen = _policy_of(surveys)
        files = self._files(answers, policy)
        with self._draft(files):
            pass
        findings = (
            *(() if live is None else live.findings),
            *policy.findings,
            *(finding for survey in surveys for finding in findings_of(survey, names_sent(policy))),
            *(() if chosen is None else differences(surveys, chosen, ENFORCED)),
        )
        kept = self._kept(files)
        if answers.pipeline == "github":
            try:
                tools = self._tools()
            except NotLocked as error:
                findings = (*findings, self._not_locked(error))
            else:
                kept |= self._kept(tools[:1])
                files = (*files, *_together_or_not(tools, kept))
        written = self._write(files, kept, self._ignoring())
        if any(action == "kept" for _, action in written):
            findings = (*findings, *self._together())
        return InitReport(
            environments=answers.names,
            policy=policy,
            surveys=surveys,
            findings=findings,
            files=written,
            next=self._next(answers, policy, surveys),
        )

    def lock(self) -> InitReport:
        """Make only tools/. Raises NotLocked when that fails, and everything that `run` raises."""
        if self._flags != InitFlags(lock=True, force=self._flags.force, nested=self._flags.nested):
            raise UsageError("--lock makes only tools/", hint="It works with --force and [DIR] only.")
        self._look_for_files_in_the_way()
        tools = self._tools()
        kept = self._kept(tools[:1])
        return InitReport(
            environments=(),
            policy=None,
            surveys=(),
            findings=tuple(self._left_over(tools)),
            files=self._write(_together_or_not(tools, kept), kept, {}),
            next=(),
        )

    # --- what is asked ---------------------------------------------------------------------------------

    def _ask(self) -> tuple[InitAnswers, LiveSite | None]:
        invocation = self._invocation
        interview = Interview(self._flags, self._asker, sandbox=invocation.sandbox, say=invocation.say_aside)
        names = interview.names()
        live = LiveSite.of_user(invocation) if interview.from_live() and not invocation.sandbox else None
        if live is not None and self._asker is not None:
            self._asker.say(_choices(live.there()))
        selectors = interview.selectors(names)
        unread = next((finding.message for finding in live.findings), None) if live is not None else None
        accounts = interview.accounts(names, None if live is None else live.account, unread)
        hosts = {name: sure_host(wanted) for name, wanted in selectors.items()}
        if live is not None:
            hosts = {
                **live.hosts(selectors, accounts),
                **{name: host for name, host in hosts.items() if host},
            }
        urls = interview.urls(names, hosts)
        runtime, pipeline = interview.runtime(), interview.pipeline()
        return answers_of(names, accounts, selectors, urls, runtime, pipeline), live

    # --- the files -------------------------------------------------------------------------------------

    def _files(self, answers: InitAnswers, policy: StartingPolicy) -> tuple[ScaffoldFile, ...]:
        return scaffold_files(answers, policy, samples(), self._config)

    def _tools(self) -> tuple[ScaffoldFile, ScaffoldFile]:
        """The lock and the wheel. Without --force, an existing lock for this wheel stays."""
        wheel = own_wheel(samples())
        lock = present(self._base / LOCK_FILE)
        if lock is None or self._flags.force or not locks(lock, wheel):
            self._invocation.say_aside("asking pip what the workflow must install …")
            lock = lock_text(wheel, self._invocation.variables).encode()
        return ScaffoldFile(LOCK_FILE, lock), ScaffoldFile(TOOLS / wheel.name, wheel.content)

    def _not_locked(self, error: NotLocked) -> Finding:
        folder = () if self._base == Path() else (str(self._base),)
        return Finding(
            Severity.WARNING,
            "not-locked",
            f"{LOCK_FILE} is missing, but the workflow installs from it: {error}",
            advise(
                *(() if error.hint is None else (error.hint, " ")),
                "Then `",
                CommandLine("init", None, *folder, "--lock"),
                "` makes it.",
            ),
        )

    def _left_over(self, tools: tuple[ScaffoldFile, ScaffoldFile]) -> Iterator[Finding]:
        for path in sorted((self._base / TOOLS).glob("edgerollout-*.whl")):
            if path.name != tools[1].path.name:
                message = f"{TOOLS / path.name} belongs to another version; the lock does not name it"
                yield Finding(Severity.NOTE, "left-over", message, "Delete it.")

    def _root(self) -> Path:
        return (self._base / self._config).resolve().parent

    @contextmanager
    def _draft(self, files: tuple[ScaffoldFile, ...]) -> Iterator[Project]:
        """The project in a temporary folder, read by the usual loader.

        Raises ConfigError; the problems name the places in the files that would be written.
        """
        from edgerollout.config import load

        with tempfile.TemporaryDirectory(prefix="edgerollout-init-") as name:
            for file in files:
                path = Path(name) / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.content)
            try:
                draft = load(Path(name) / self._config)
            except ConfigError as error:
                raise _of_the_answers(error, Path(name)) from None
            yield draft

    def _look_for_files_in_the_way(self) -> None:
        """Refuse a DIR that is not a folder before asking all the questions."""
        if self._base.exists() and not self._base.is_dir():
            raise UsageError(f"{self._base} is not a folder", hint=advise(CommandLine("init", None, "DIR")))

    def _check_nesting(self) -> None:
        """Ask before making a project inside another one, because commands search upwards for their
        project.
        """
        if self._flags.nested or present(self._base / self._config / SETTINGS_FILE) is not None:
            return
        around = find_config(self._base.absolute().parent)
        if around is None:
            return
        if self._asker is None:
            raise UsageError(
                f"this would make a project inside the one in {around.parent}",
                hint="Nothing was changed. --nested makes it; another DIR keeps them separate.",
            )
        if not self._asker.agreed(f"Make a project inside the one in {around.parent}?"):
            raise Interrupted("nothing was changed")

    def _write(
        self,
        files: tuple[ScaffoldFile, ...],
        kept: frozenset[PurePosixPath],
        more: Mapping[PurePosixPath, tuple[FileAction, bytes]],
    ) -> tuple[tuple[str, FileAction], ...]:
        """Write `more` and all files without `kept`. Returns what happened to each file."""
        actions: dict[PurePosixPath, FileAction] = {}
        wanted: dict[Path, bytes] = {}
        for file in files:
            there = present(self._base / file.path)
            if there == file.content:
                actions[file.path] = "unchanged"
            elif file.path in kept:
                actions[file.path] = "kept"
            else:
                actions[file.path] = "created" if there is None else "replaced"
                wanted[self._base / file.path] = file.content
        for path, (action, content) in more.items():
            actions[path] = action
            wanted[self._base / path] = content
        if self._asker is not None:
            self._asker.agree_to_write([str(path) for path in wanted])
        write_all(wanted)
        return tuple((str(path), action) for path, action in actions.items())

    def _ignoring(self) -> Mapping[PurePosixPath, tuple[FileAction, bytes]]:
        """.gitignore, where a line is missing."""
        there = present(self._base / IGNORE_FILE)
        extended = with_ignored(there)
        if extended is None:
            return {}
        return {IGNORE_FILE: ("created" if there is None else "extended", extended)}

    def _kept(self, files: tuple[ScaffoldFile, ...]) -> frozenset[PurePosixPath]:
        """The existing files that stay as they are. Raises UsageError where nobody can be asked."""
        before = {file.path: present(self._base / file.path) for file in files}
        differing = [file for file in files if before[file.path] not in (None, file.content)]
        if not differing or self._flags.force:
            return frozenset()
        names = [str(scaffold_file.path) for scaffold_file in differing]
        if self._asker is None:
            where = "" if self._base == Path() else f" in {self._base}"
            raise UsageError(
                f"{len(names)} of the files exist already{where}, with other content: {', '.join(names)}",
                why="init replaces files only with --force",
                hint="Nothing was changed. --force replaces them; at a terminal it shows each and asks.",
            )
        kept: set[PurePosixPath] = set()
        for item in differing:
            self._asker.say(_difference(str(item.path), before[item.path] or b"", item.content))
            if not self._asker.agreed(f"Replace {item.path}?"):
                kept.add(item.path)
        return frozenset(kept)

    def _together(self) -> Iterator[Finding]:
        """Problems between the kept files and the new ones."""
        from edgerollout.config import load

        try:
            load(self._base / self._config)
        except ConfigError as error:
            for problem in error.problems:
                yield Finding(Severity.WARNING, "kept", str(problem), "A file that was kept does not fit.")

    # --- what comes next -------------------------------------------------------------------------------

    def _next(
        self, answers: InitAnswers, policy: StartingPolicy, surveys: tuple[Survey, ...]
    ) -> tuple[str, ...]:
        spell = self._invocation.spell
        first = answers.names[0]
        taken = next((replaceable(survey) for survey in surveys if survey.environment == first), ())
        # At a terminal both commands offer to make role and function.
        create = () if self._invocation.streams.stdin_is_terminal else ("--create",)
        extra = [
            *create,
            *(word for arn in taken for word in ("--replace", arn)),
            *(word for name in policy.lasting for word in ("--accept-header", name)),
        ]
        go = () if self._base == Path() else (shlex.join(("cd", str(self._base))),)
        return (
            *go,
            spell(CommandLine("doctor", first)),
            spell(CommandLine("plan", first, *extra)),
            spell(CommandLine("publish", first, *extra)),
        )


def _together_or_not(
    tools: tuple[ScaffoldFile, ScaffoldFile], kept: frozenset[PurePosixPath]
) -> tuple[ScaffoldFile, ...]:
    """The files without a new wheel where the lock is kept: a lock needs its own wheel."""
    return tools[:1] if tools[0].path in kept else tools


def _policy_of(surveys: tuple[Survey, ...]) -> tuple[StartingPolicy, Survey | None]:
    """The policy of the last environment whose pages answer, which is nearest to the public."""
    for survey in reversed(surveys):
        policy = from_site(survey.site)
        if policy.seen:
            return policy, survey
    return from_scratch(), None


def _choices(distributions: tuple[Distribution, ...]) -> Iterator[Line]:
    """The first distributions to choose from."""
    if distributions:
        yield Line("In this account:", Style.MUTED)
    for distribution in distributions[:_SHOWN]:
        yield Line(
            f"  {distribution.id}  {visible(', '.join(distribution.aliases) or distribution.domain_name)}",
            Style.MUTED,
            hang=4,
        )
    if len(distributions) > _SHOWN:
        yield Line(f"  and {len(distributions) - _SHOWN} more", Style.MUTED)


def _config_folder(said: Path | None) -> PurePosixPath:
    """The configuration folder, relative to the base. Raises UsageError for one that is not below it."""
    folder = said or CONFIG
    path = PurePosixPath(folder.as_posix())
    if folder.is_absolute() or ".." in path.parts or path == PurePosixPath():
        raise UsageError(
            f"-C {folder}: init makes the configuration in a folder below its own",
            hint="Name it relative to that folder, such as -C config; with a DIR, init works elsewhere.",
        )
    return path


def _of_the_answers(error: ConfigError, folder: Path) -> ConfigError:
    """The loader's problems, with the final names of the files."""
    prefix = f"{folder}/"
    problems = tuple(
        replace(
            problem,
            place=replace(problem.place, file=problem.place.file.removeprefix(prefix)),
            message=problem.message.replace(prefix, ""),
        )
        for problem in error.problems
    )
    return ConfigError(problems, hint="Nothing was written. Give other answers to init.")


def _difference(name: str, old: bytes, new: bytes) -> Iterator[Line]:
    """Old and new as a unified diff."""
    before, after = (text.decode("utf-8", "replace").splitlines() for text in (old, new))
    for line in difflib.unified_diff(before, after, f"{name} (there)", f"{name} (new)", lineterm=""):
        style = {"+": Style.ADDED, "-": Style.REMOVED, "@": Style.MUTED}.get(line[:1], Style.PLAIN)
        yield Line(visible(line), style)
