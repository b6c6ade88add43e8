"""The output of a tour: progress while it runs, the verdict on stdout, and the requested files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.advice import spelled
from edgerollout.cli.invocation import Invocation
from edgerollout.cli.promoting import evidence_file
from edgerollout.errors import EdgerolloutError, ExitCode, UsageError
from edgerollout.private_file import own_folder, write_private
from edgerollout.tour.gains import Gain, Loss, gains, losses
from edgerollout.tour.model import PageStarted
from edgerollout.tour.next_step import Circumstances, next_step
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.wording import count_words
from edgerollout.waiting import PageToured, waits_for

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.cli.options import Options
    from edgerollout.cli.touring import Toured, TourOptions
    from edgerollout.policy.grade.grades import GradeChange
    from edgerollout.release.facts.environment import Environment
    from edgerollout.tour.judgement import TourVerdict
    from edgerollout.tour.model import Gathered, TourEvent
    from edgerollout.tour.suggestion import SuggestionChoices
    from edgerollout.views.document import Doc
    from edgerollout.views.output.tour import TourJson
    from edgerollout.views.tour_rows import TourHeading


@dataclass(frozen=True)
class Files:
    """The files to write."""

    evidence: Path | None
    html: Path | None
    write: bool
    overlay: bool
    prune: bool = False
    site: Path | None = None
    """The folder that was toured: what is written is tested there again."""


def run_tour(options: Options, asked: TourOptions, files: Files) -> ExitCode:
    """Tour, report, and write the files."""
    from edgerollout.cli.touring import tour_site

    invocation = Invocation(options)
    output = invocation.document_format()
    _check(files)
    if files.write and asked.urls and not asked.candidate and asked.site is None and options.env is None:
        # For somebody else's page no policy.toml is known that could get its sources.
        invocation.environment()
    toured = tour_site(invocation, asked, lambda event: tell_progress(invocation, event))
    environment = toured.environment
    evidence = None
    if toured.evidence is not None and files.evidence is not None:
        evidence = str(files.evidence)
    now = Circumstances(
        mode=toured.gathered.mode,
        environment=None if environment is None else environment.name,
        file=None if files.site is None else str(files.site),
        proven=toured.evidence is not None,
        evidence=evidence,
        follows=environment is not None and environment.after is not None,
    )
    return _finish(invocation, output, Judged(toured.verdict, now, environment, toured), files)


def run_reports(
    options: Options, file: Path, own: tuple[str, ...], choices: SuggestionChoices, files: Files
) -> ExitCode:
    """Check the environment's local policy with reports from elsewhere."""
    from edgerollout.cli.touring import alias_urls
    from edgerollout.tour.origin import origin_of
    from edgerollout.tour.reports import read_reports
    from edgerollout.tour.tally import Tally

    invocation = Invocation(options)
    output = invocation.document_format()
    _check(files)
    environment = invocation.environment().environment
    policy = invocation.project.policy_of(environment).csp.effective
    urls = (*environment.urls, *alias_urls(environment), *own)
    tally = Tally(policy, frozenset(origin for url in urls if (origin := origin_of(url))))
    tally.add_all(read_reports(file))
    now = Circumstances("reports", environment.name, str(file), follows=environment.after is not None)
    return _finish(invocation, output, Judged(tally.verdict(choices), now, environment), files)


def _check(files: Files) -> None:
    """Raise UsageError before the tour for everything that could not be written after it."""
    if files.overlay and not files.write:
        raise UsageError("--overlay needs --write")
    for option, file in (("--html", files.html), ("--evidence", files.evidence)):
        if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
            why = "it is a folder" if file.is_dir() else "its folder does not exist"
            raise UsageError(f"{option} {file} cannot be written", why=why)


def tell_progress(invocation: Invocation, event: TourEvent) -> None:
    """Report the progress of the tour on stderr."""
    if isinstance(event, PageStarted):
        waits_for(PageToured(event.url, event.number, event.known))
    from edgerollout.views.tour_progress import progress_line

    line = progress_line(event, invocation.streams.stderr_glyphs)
    if line is not None and not invocation.quiet:
        invocation.streams.print_aside([line])


@dataclass(frozen=True)
class Judged:
    """A verdict, and its subject.

    `toured` is None for reports, `environment` for pages of somebody else.
    """

    verdict: TourVerdict
    now: Circumstances
    environment: Environment | None
    toured: Toured | None = None

    @property
    def gathered(self) -> Gathered | None:
        return None if self.toured is None else self.toured.gathered


def _finish(invocation: Invocation, output: str, judged: Judged, files: Files) -> ExitCode:
    from edgerollout.views.tour_rows import TourHeading

    verdict, now = judged.verdict, judged.now
    found, lost = _gains(invocation, judged, overlay=files.overlay), _losses(invocation, judged)
    failed: EdgerolloutError | None = None
    written = pruned = False
    try:
        pruned = files.prune and _may_prune(invocation, judged)
        if files.write or pruned:
            _write_policy(invocation, judged, found if files.write else (), lost if pruned else ())
            written = files.write
    except EdgerolloutError as error:
        # Report the findings of the tour nevertheless.
        failed, pruned = error, False
    now = replace(now, written=written)
    release = None if judged.toured is None else judged.toured.release
    heading = TourHeading(now, release, found, next_step(verdict, now), lost, pruned)
    try:
        # Before the verdict: what to do next is the last that is read.
        if files.html is not None:
            _write_html(invocation, files.html, verdict, judged.gathered, heading)
        if judged.toured is not None:
            write_evidence(invocation, files, judged.toured)
    except EdgerolloutError as error:
        failed = failed or error
    _print(invocation, output, verdict, judged.gathered, heading)
    if failed is not None:
        raise failed
    if output == "json" and heading.next_step is not None:
        invocation.say_aside(f"next: {visible(spelled(heading.next_step, invocation.spell))}")
    return ExitCode.DONE if verdict.passed else ExitCode.REFUSED


def _gains(invocation: Invocation, judged: Judged, *, overlay: bool) -> tuple[Gain, ...]:
    """What policy.toml gains from the suggestions; for somebody else's pages, what their policy gains."""
    if judged.environment is not None:
        policy = invocation.project.policy
        return gains(policy, judged.environment, judged.verdict.wanted, overlay=overlay)
    return tuple(
        Gain(None, addition.directive, addition.sources, addition.copied, addition.copied_from)
        for addition in judged.verdict.additions
    )


def _print(
    invocation: Invocation, output: str, verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading
) -> None:
    from edgerollout.cli.rendering import show

    def document() -> Doc:
        from edgerollout.views.tour import tour_document

        return tour_document(verdict, gathered, heading, details=bool(invocation.options.verbose))

    def json() -> TourJson:
        from edgerollout.views.output.tour import tour_json

        return tour_json(verdict, gathered, heading)

    show(invocation, output, document, json)


def _write_html(
    invocation: Invocation, file: Path, verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading
) -> None:
    from edgerollout.views.tour_html import tour_html

    grades = _grades(invocation, verdict, heading)
    text = tour_html(gathered, verdict, heading, spell=invocation.spell, grades=grades)
    _write(file, text.encode("utf-8"))
    invocation.say_aside(f"report: {file}")


def _grades(invocation: Invocation, verdict: TourVerdict, heading: TourHeading) -> GradeChange | None:
    """The grades of the environment's headers with the policy before and after; None without an
    environment.
    """
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


def write_evidence(invocation: Invocation, files: Files, toured: Toured) -> None:
    """Write evidence about a deployed release, to the file that promote reads, or to the requested one."""
    if toured.evidence is None or toured.environment is None:
        if files.evidence is not None:
            invocation.streams.print_aside(
                [
                    Line(
                        "no evidence: only a tour of a deployed release observing a policy gives it, or one"
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
    """Make the folder of the evidence. Raises EdgerolloutError where that fails."""
    try:
        own_folder(folder)
    except OSError as error:
        raise EdgerolloutError(f"{folder} cannot be created", why=error.strerror or str(error)) from error


def _write(file: Path, content: bytes) -> None:
    """Write a file. Raises EdgerolloutError when that fails."""
    try:
        write_private(file, content)
    except OSError as error:
        raise EdgerolloutError(f"{file} could not be written", why=error.strerror or str(error)) from error


def _losses(invocation: Invocation, judged: Judged) -> tuple[Loss, ...]:
    """The sources in policy.toml that no page used."""
    if judged.environment is None:
        return ()
    project = invocation.project
    return losses(project.policy, judged.environment, judged.verdict.unused, project.environments.values())


def _may_prune(invocation: Invocation, judged: Judged) -> bool:
    """Whether the tour saw enough to know what is used: all pages of the environment's `urls`, and those they
    link to. It says why where it did not.
    """
    gathered, environment = judged.gathered, judged.environment
    if gathered is None or environment is None:
        return False
    visited = {urlsplit(visit.url).path or "/" for visit in gathered.visits}
    missing = [url for url in environment.urls if (urlsplit(url).path or "/") not in visited]
    why = ""
    if not judged.verdict.complete:
        why = "not everything was seen"
    elif missing:
        why = f"{missing[0]} was not visited"
    elif gathered.left_out:
        why = f"{gathered.left_out} more pages were found: --max-pages"
    if why:
        invocation.streams.print_aside([Line(visible(f"nothing was pruned: {why}"), Style.WARNING)])
    return not why


def _write_policy(
    invocation: Invocation, judged: Judged, found: tuple[Gain, ...], lost: tuple[Loss, ...]
) -> None:
    """Add the suggestions to policy.toml, each with its reason, and remove what is `lost`.

    Raises EdgerolloutError where that fails.
    """
    from edgerollout.config.policy_growth import grow_policy
    from edgerollout.views.tour_wording import reason_in_policy

    private = judged.gathered is not None and judged.gathered.private
    reasons = {
        (suggestion.directive, suggestion.source): reason_in_policy(suggestion, private=private)
        for suggestion in judged.verdict.suggestions
    }
    file = invocation.project.files[1]
    count = grow_policy(
        file,
        (
            (
                text.environment,
                text.directive,
                dict.fromkeys(text.copied, f"as in {text.copied_from}")
                | {source: reasons.get((text.directive, source), "") for source in text.sources},
            )
            for text in found
        ),
        ((item.environment, item.directive, item.sources) for item in lost),
    )
    gone = sum(len(item.sources) for item in lost)
    told = [f"{count_words(count, 'source')} added"] if count else []
    told += [f"{count_words(gone, 'source')} removed"] if gone else []
    name = visible(str(file))
    invocation.say_aside(f"{name}: {', '.join(told)}" if told else f"nothing to change in {name}")
