"""`edgerollout scan`: grades what a site sends, as public scanners would. Only reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.completion import GRADES, complete, pages, releases
from edgerollout.cli.examples import examples
from edgerollout.cli.options import CaFile, Options, Resolve, with_global_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.policy.grade.observation import Observation
    from edgerollout.policy.render import RenderedResponse
    from edgerollout.probe.scan import SiteReach, UngradedUrl
    from edgerollout.views.scan import Scanned

EXAMPLES = examples(
    ("scan https://www.example.com", "grade a site"),
    ("scan -e testing --sandbox", "an environment's URLs, before and after the next release"),
    ("scan https://www.example.com --min-grade A", "6 when the grade is lower"),
    ("scan --headers h.txt --url https://www.example.com", "from saved headers"),
)

_AT_ONCE = 4


@dataclass(frozen=True)
class _Wanted:
    urls: tuple[str, ...]
    headers: Path | None
    url: str | None
    html: Path | None
    har: Path | None
    release: int | None
    min_grade: str | None
    allow_private: bool
    resolve: tuple[str, ...]
    ca_file: Path | None
    preloaded: tuple[str, ...]


@with_global_options
def scan(
    options: Options,
    urls: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[URL]...", autocompletion=pages, help="Sites to grade. Default: those of -e ENV."
        ),
    ] = None,
    headers: Annotated[
        Path | None, typer.Option("--headers", metavar="FILE", help="Grade saved `Name: value` lines.")
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Where the headers of --headers come from.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="The page that came with --headers.")
    ] = None,
    har: Annotated[
        Path | None, typer.Option("--har", metavar="FILE", help="Grade the documents in a HAR.")
    ] = None,
    release: Annotated[
        int | None,
        typer.Option(
            "--release",
            metavar="N",
            autocompletion=releases,
            min=1,
            help="Also grade with the headers of this release.",
        ),
    ] = None,
    min_grade: Annotated[
        str | None,
        typer.Option(
            "--min-grade",
            metavar="GRADE",
            autocompletion=complete(GRADES),
            help="Exit with 6 below this Observatory grade.",
        ),
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Go to private addresses, too.")
    ] = False,
    resolve: Resolve = None,
    ca_file: CaFile = None,
    preloaded: Annotated[
        list[str] | None,
        typer.Option("--preloaded", metavar="HOST", help="Treat HOST as being on the HSTS preload list."),
    ] = None,
) -> None:
    """Grade what a site sends: MDN Observatory's score, and a letter like that of securityheaders.com.

    It shows the effect of every test on the score, and the grades once a report-only policy is enforced. With
    -e or --release it also shows the grades with that release's headers.
    """
    wanted = _Wanted(
        tuple(urls or ()),
        headers,
        url,
        html,
        har,
        release,
        min_grade,
        allow_private,
        tuple(resolve or ()),
        ca_file,
        tuple(host.lower().rstrip(".") for host in preloaded or ()),
    )
    run_command(options, lambda: _run(options, wanted))


def _run(options: Options, wanted: _Wanted) -> ExitCode:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.policy.grade.observatory import is_at_least
    from edgerollout.views.scan import Failed

    invocation = Invocation(options)
    output = invocation.document_format()
    least = None if wanted.min_grade is None else _grade_name(wanted.min_grade)
    results = _scanned(invocation, wanted)
    _print(invocation, results, output)
    seen = [result for result in results if not isinstance(result, Failed)]
    low = [graded for graded in seen if least and not is_at_least(graded.now.observatory.grade, least)]
    if low and not invocation.quiet:
        names = ", ".join(graded.url for graded in low)
        invocation.say_aside(f"below {least}: {names}")
    return ExitCode.REFUSED if low or len(seen) < len(results) else ExitCode.DONE


def _scanned(invocation: Invocation, wanted: _Wanted) -> tuple[Scanned, ...]:
    from edgerollout.policy.grade.grades import change_of, grades_of
    from edgerollout.policy.grade.observation import Observation
    from edgerollout.views.scan import Failed, Graded

    saved = _saved(wanted)
    new, live = _release(invocation, wanted)
    found: Sequence[Observation | UngradedUrl] = saved or _live(invocation, wanted)
    results: list[Scanned] = []
    for observation in found:
        if not isinstance(observation, Observation):
            results.append(
                Failed(
                    observation.url,
                    observation.why,
                    observation.hint,
                    observation.final_url,
                    observation.status,
                )
            )
        elif (why := observation.page.no_page) is not None:
            results.append(Failed(observation.url, why, None, observation.page.url, observation.page.status))
        elif new is None:
            results.append(Graded(observation, grades_of(observation), None))
        else:
            change = change_of(observation, new, live)
            results.append(Graded(observation, change.before, change.after))
    return tuple(results)


def _saved(wanted: _Wanted) -> tuple[Observation, ...]:
    """What was saved to files; empty where sites are to be requested. Raises UsageError for a mixture."""
    from edgerollout.errors import UsageError
    from edgerollout.probe.scan import complete_url
    from edgerollout.probe.scan_files import read_har, read_headers

    ways = [bool(wanted.urls), wanted.headers is not None, wanted.har is not None]
    if sum(ways) > 1:
        raise UsageError("URLs, --headers and --har cannot be combined", hint="Choose one of them.")
    if wanted.headers is None and (wanted.url is not None or wanted.html is not None):
        raise UsageError("--url and --html need --headers")
    if wanted.har is not None:
        return read_har(wanted.har)
    if wanted.headers is None:
        return ()
    if wanted.url is None:
        raise UsageError("--headers needs the --url that they came from")
    return (read_headers(wanted.headers, complete_url(wanted.url), wanted.html),)


def _live(invocation: Invocation, wanted: _Wanted) -> list[Observation | UngradedUrl]:
    """Request the sites, a few at a time. The results have the given order."""
    from edgerollout.errors import UsageError
    from edgerollout.probe.scan import complete_url, look_at_all

    urls = wanted.urls
    if not urls and _names_environment(invocation):
        urls = invocation.environment().environment.urls
    if not urls:
        raise UsageError("nothing to scan", hint="Give a URL, --headers, --har, or -e ENV with urls.")
    reach = _reach(invocation, wanted)
    complete = list(dict.fromkeys(complete_url(url) for url in urls))
    return look_at_all(complete, reach, at_once=_AT_ONCE)


def _reach(invocation: Invocation, wanted: _Wanted) -> SiteReach:
    from edgerollout.cli.live_network import network
    from edgerollout.probe.scan import SiteReach, as_scanned

    environment = invocation.environment().environment if _names_environment(invocation) else None
    return SiteReach(
        invocation.clock,
        as_scanned(network(invocation, wanted.ca_file, wanted.resolve, environment=environment)),
        allow_private=wanted.allow_private,
        preloaded=frozenset(wanted.preloaded),
    )


def _names_environment(invocation: Invocation) -> bool:
    """Whether the user named an environment: a scan of a URL needs no configuration."""
    return invocation.options.env is not None


def _release(
    invocation: Invocation, wanted: _Wanted
) -> tuple[RenderedResponse | None, RenderedResponse | None]:
    """The headers of a release, and those of the live one; None where neither is wanted.

    --release N is that release; -e alone is what publish would release now.
    """
    if wanted.release is None and not _names_environment(invocation):
        return None, None
    from edgerollout.cli.reading import reading_session
    from edgerollout.cli.releasing import read_and_plan, request_for
    from edgerollout.errors import Refused
    from edgerollout.release.facts.choices import Choices
    from edgerollout.rollout.reading import needed_release

    environment = invocation.environment().environment
    session = reading_session(invocation, environment)
    choices = Choices(create=True, preflight=False)
    request = request_for(invocation, environment, choices)
    snapshot, made = read_and_plan(invocation, environment, request, session)
    function = snapshot.function

    def response(number: int) -> RenderedResponse:
        if function is None:
            raise Refused(f"the function {environment.function.name} does not exist, so it has no release")
        return needed_release(session.aws, function, number, environment).response()

    # Without a digest it is a version that somebody else published: it has no release.json.
    ours = made.live is not None and made.live.digest is not None
    live = response(made.live.number) if made.live and ours else None
    if wanted.release is not None:
        return response(wanted.release), live
    return (None if made.release is None else made.release.response()), live


def _grade_name(given: str) -> str:
    from edgerollout.errors import UsageError
    from edgerollout.policy.grade.observatory_v6 import GRADES

    names = [name for _, name in GRADES]
    if given.upper() not in names:
        raise UsageError(f"the grade {given!r} does not exist", hint=f"Choose one of {', '.join(names)}.")
    return given.upper()


def _print(invocation: Invocation, results: Sequence[Scanned], output: str) -> None:
    from edgerollout.cli.rendering import show
    from edgerollout.views.output.scan import scan_json
    from edgerollout.views.scan import scan_document

    show(
        invocation,
        output,
        document=lambda: scan_document(results),
        json=lambda: scan_json(results),
    )
