"""What comes of a tour: progress while it runs, the verdict on stdout, and the files that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine
from edgerollout.cli.invocation import Invocation
from edgerollout.cli.promoting import evidence_file
from edgerollout.errors import EdgerolloutError, ExitCode, UsageError
from edgerollout.private_file import own_folder, write_private
from edgerollout.views.ink import Line, Style, visible

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.cli.options import Options
    from edgerollout.cli.touring import Toured, TourWish
    from edgerollout.policy.grade.grades import GradeChange
    from edgerollout.tour.judgement import TourVerdict
    from edgerollout.tour.model import Gathered, TourEvent
    from edgerollout.tour.suggestion import SuggestionChoices
    from edgerollout.views.tour_rows import TourHeading


@dataclass(frozen=True)
class Files:
    """What is to be written where."""

    evidence: Path | None
    html: Path | None
    write: bool
    overlay: bool
    site: Path | None = None
    """The folder that was toured: what is written is tried there again."""


def run_tour(options: Options, wish: TourWish, files: Files) -> ExitCode:
    """Tour, tell, write."""
    from edgerollout.cli.touring import tour_site
    from edgerollout.views.tour_rows import TourHeading

    invocation = Invocation(options)
    output = invocation.document_format()
    _check(files)
    if files.write and wish.urls and not wish.candidate and wish.site is None and options.env is None:
        # A page of anybody's: which policy.toml would its sources go to?
        invocation.environment()
    toured = tour_site(invocation, wish, lambda event: _tell(invocation, event))
    environment = toured.environment
    name = None if environment is None else environment.name
    mode = toured.gathered.mode
    writing = invocation.spell(CommandLine("tour", name, "--write")) if mode == "deployed" else None
    heading = TourHeading(name, mode, toured.release, files.write, writing)
    return _finish(invocation, output, toured.verdict, toured.gathered, heading, files, toured)


def run_reports(
    options: Options, file: Path, own: tuple[str, ...], choices: SuggestionChoices, files: Files
) -> ExitCode:
    """Judge the environment's local policy by reports from elsewhere."""
    from edgerollout.cli.touring import alias_urls
    from edgerollout.tour.origin import origin_of
    from edgerollout.tour.reports import read_reports
    from edgerollout.tour.tally import Tally
    from edgerollout.views.tour_rows import TourHeading

    invocation = Invocation(options)
    output = invocation.document_format()
    _check(files)
    environment = invocation.environment().environment
    policy = invocation.project.policy_of(environment).csp.effective
    urls = (*environment.urls, *alias_urls(environment), *own)
    tally = Tally(policy, frozenset(origin for url in urls if (origin := origin_of(url))))
    tally.add_all(read_reports(file))
    heading = TourHeading(environment.name, "reports", None, files.write)
    return _finish(invocation, output, tally.verdict(choices), None, heading, files, None)


def _check(files: Files) -> None:
    """Raise UsageError before anything is done for what could not be done after."""
    if files.overlay and not files.write:
        raise UsageError("--overlay goes with --write")
    for option, file in (("--html", files.html), ("--evidence", files.evidence)):
        if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
            why = "it is a folder" if file.is_dir() else "its folder does not exist"
            raise UsageError(f"{option} {file} cannot be written", why=why)


def _tell(invocation: Invocation, event: TourEvent) -> None:
    from edgerollout.views.tour_progress import progress_line

    line = progress_line(event, invocation.streams.stderr_glyphs)
    if line is not None and not invocation.quiet:
        invocation.streams.print_aside([line])


def _finish(
    invocation: Invocation,
    output: str,
    verdict: TourVerdict,
    gathered: Gathered | None,
    heading: TourHeading,
    files: Files,
    toured: Toured | None,
) -> ExitCode:
    _print(invocation, output, verdict, gathered, heading)
    if files.html is not None:
        _write_html(invocation, files.html, verdict, gathered, heading)
    if toured is not None:
        _write_evidence(invocation, files, toured)
    if files.write:
        _write_policy(invocation, verdict, files)
    return ExitCode.DONE if verdict.passed else ExitCode.REFUSED


def _print(
    invocation: Invocation, output: str, verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading
) -> None:
    streams = invocation.streams
    match output:
        case "json":
            from edgerollout.views.tour_json import tour_json

            streams.write_data(tour_json(verdict, gathered, heading))
        case "markdown":
            from edgerollout.views.tour_markdown import tour_markdown

            streams.write_data(tour_markdown(gathered, verdict, environment=heading.environment or ""))
        case _:
            from edgerollout.views.tour_text import tour_lines

            streams.print_data(tour_lines(verdict, gathered, heading, streams.columns, streams.stdout_glyphs))


def _write_html(
    invocation: Invocation, file: Path, verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading
) -> None:
    from edgerollout.views.tour_html import tour_html

    name = heading.environment or ""
    text = tour_html(gathered, verdict, environment=name, grades=_grades(invocation, verdict, heading))
    _write(file, text.encode("utf-8"))
    invocation.say_aside(f"report: {file}")


def _grades(invocation: Invocation, verdict: TourVerdict, heading: TourHeading) -> GradeChange | None:
    """What the environment's headers are graded with the policy before and after; None without one."""
    if heading.environment is None:
        return None
    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.policy.grade.grades import grade_change
    from edgerollout.policy.render import render

    project = invocation.project
    headers = project.policy_of(project.environments[heading.environment]).headers
    before, after = (
        render(headers, None, LayeredCsp(csp)).set.items() for csp in (verdict.before, verdict.after)
    )
    return grade_change(
        [(name, value) for name, (_, value) in before], [(name, value) for name, (_, value) in after]
    )


def _write_evidence(invocation: Invocation, files: Files, toured: Toured) -> None:
    """Evidence of a deployed release, where promote looks for it, or where it was asked for."""
    if toured.evidence is None or toured.environment is None:
        if files.evidence is not None:
            invocation.streams.print_aside(
                [
                    Line(
                        "no evidence: only a tour of a deployed release that observes a policy is, or one"
                        " with --candidate",
                        Style.WARNING,
                    )
                ]
            )
        return
    file = files.evidence or evidence_file(invocation.project.root, toured.environment.name)
    if files.evidence is None:
        _own_folder(file.parent)
    _write(file, toured.evidence.to_bytes())
    invocation.say_aside(f"evidence: {file}")


def _own_folder(folder: Path) -> None:
    """Raises EdgerolloutError where the folder of the evidence cannot be had."""
    try:
        own_folder(folder)
    except OSError as error:
        raise EdgerolloutError(f"{folder} cannot be made", why=error.strerror or str(error)) from error


def _write(file: Path, content: bytes) -> None:
    """Raises EdgerolloutError when the file takes nothing."""
    try:
        write_private(file, content)
    except OSError as error:
        raise EdgerolloutError(f"{file} could not be written", why=error.strerror or str(error)) from error


def _write_policy(invocation: Invocation, verdict: TourVerdict, files: Files) -> None:
    """Add the suggestions to policy.toml, to the base unless told otherwise."""
    from edgerollout.config.policy_growth import grow_policy
    from edgerollout.tour.belonging import is_its_own
    from edgerollout.tour.insertion import differences, grow

    project = invocation.project
    environment = invocation.environment().environment
    file = project.files[1]
    own = {one for one in verdict.wanted if files.overlay or is_its_own(environment, one[1])}
    others = [one for one in verdict.wanted if one not in own]
    after = grow(project.policy, environment.name, others)
    after = grow(after, environment.name, sorted(own), overlay=True)
    more = tuple(differences(project.policy, after))
    count = grow_policy(file, more)
    if own and not files.overlay:
        why = "it comes after another one" if environment.after else "these hosts are under its own alias"
        written = ", ".join(f"{directive} {source}" for directive, source in sorted(own))
        invocation.say_aside(visible(f"for {environment.name} alone, as {why}: {written}"))
    if not count:
        invocation.say_aside(f"nothing to add to {file}")
        return
    sources = "1 source" if count == 1 else f"{count} sources"
    invocation.say_aside(f"{visible(str(file))}: {sources} added")
    again = ("--candidate",) if files.site is None else ("--site", str(files.site))
    command = invocation.spell(CommandLine("tour", environment.name, *again))
    invocation.say_aside(f"next: {visible(command)}")
