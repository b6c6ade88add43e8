"""`edgerollout tour`: finds what a policy blocks, or would block, in a real browser. Changes only files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.completion import GRANULARITIES, complete, pages
from edgerollout.cli.examples import examples
from edgerollout.cli.options import SELDOM, CaFile, Options, with_global_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.config.tour_settings import Screen
    from edgerollout.errors import ExitCode
    from edgerollout.tour.steps import PageStep
    from edgerollout.tour.suggestion import SuggestionChoices

EXAMPLES = examples(
    ("tour -e testing", "what the live policy would block; writes evidence"),
    ("tour -e testing --candidate --write", "try the local policy, and repair it"),
    ("tour --site dist", "a built folder, before any deploy"),
    ("tour -e production --reports reports.ndjson.gz", "what visitors' browsers reported"),
)


@with_global_options
def tour(
    options: Options,
    urls: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[URL]...",
            autocompletion=pages,
            help="Pages to visit. Default: those of -e ENV, and what they link.",
        ),
    ] = None,
    candidate: Annotated[
        bool, typer.Option("--candidate", help="Put the local policy into the pages, deploy nothing.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="With --candidate: try the live enforced policy.")
    ] = False,
    site: Annotated[
        Path | None, typer.Option("--site", metavar="DIR", help="Tour a built folder, as preview serves it.")
    ] = None,
    enforce: Annotated[
        bool,
        typer.Option("--enforce", help="With --candidate or --site: enforce the policy."),
    ] = False,
    strip_enforced: Annotated[
        bool,
        typer.Option(
            "--strip-enforced",
            rich_help_panel=SELDOM,
            help="Remove the site's enforced policy, which hides violations.",
        ),
    ] = False,
    pages: Annotated[
        Path | None,
        typer.Option("--pages", metavar="FILE", help="More pages, one URL on a line; - is stdin."),
    ] = None,
    max_pages: Annotated[
        int | None,
        typer.Option("--max-pages", metavar="N", min=1, help="Visit at most N pages, instead of 20."),
    ] = None,
    crawl: Annotated[
        bool | None,
        typer.Option(
            "--crawl/--no-crawl",
            rich_help_panel=SELDOM,
            show_default=False,
            help="Follow links. Default: unless URLs are given.",
        ),
    ] = None,
    sitemap: Annotated[
        bool | None,
        typer.Option(
            "--sitemap/--no-sitemap",
            rich_help_panel=SELDOM,
            show_default=False,
            help="Read sitemaps. Default: as --crawl.",
        ),
    ] = None,
    steps: Annotated[
        Path | None, typer.Option("--steps", metavar="FILE", help="What to click and fill in, page by page.")
    ] = None,
    resolve: Annotated[
        list[str] | None,
        typer.Option(
            "--resolve",
            rich_help_panel=SELDOM,
            metavar="PLACE",
            help="HOST:PORT:ADDRESS: reach HOST there (repeatable).",
        ),
    ] = None,
    ca_file: CaFile = None,
    device: Annotated[
        list[str] | None,
        typer.Option(
            "--device",
            rich_help_panel=SELDOM,
            metavar="DEVICE",
            help="Load pages with this screen: desktop, phone, 1024x768@2 (repeatable).",
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            "--patience",
            rich_help_panel=SELDOM,
            metavar="SECONDS",
            min=1,
            max=300,
            help="Wait so long for a busy page, instead of 10 s.",
        ),
    ] = None,
    browser_argument: Annotated[
        list[str] | None,
        typer.Option(
            "--browser-argument",
            rich_help_panel=SELDOM,
            metavar="WORD",
            help="One more word for the browser's command line (repeatable).",
        ),
    ] = None,
    storage_state: Annotated[
        Path | None,
        typer.Option(
            "--storage-state", metavar="FILE", help="Cookies and storage of a login (Playwright's)."
        ),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header",
            rich_help_panel=SELDOM,
            metavar="'NAME: VALUE'",
            help="Send this header to the site, too (repeatable).",
        ),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            "--origin",
            rich_help_panel=SELDOM,
            metavar="URL",
            help="Another origin of the site's own (repeatable).",
        ),
    ] = None,
    granularity: Annotated[
        str,
        typer.Option(
            "--granularity",
            rich_help_panel=SELDOM,
            metavar="KIND",
            show_default=False,
            autocompletion=complete(GRANULARITIES),
            help="By origin (default), host-wildcard, directory, path.",
        ),
    ] = "origin",
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="SOURCE", help="Suggest this risky source, too: unsafe-eval, data:"),
    ] = None,
    max_hashes: Annotated[
        int | None,
        typer.Option(
            "--max-hashes",
            metavar="N",
            min=0,
            rich_help_panel=SELDOM,
            help="Suggest at most N hashes for a directive, instead of 20.",
        ),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Add the suggested sources to policy.toml.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove from it what no page of a complete tour used.")
    ] = False,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="With --write: for this environment only.")
    ] = False,
    reports: Annotated[
        Path | None,
        typer.Option("--reports", metavar="FILE", help="Read reports from browsers instead; - is stdin."),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", metavar="FILE", help="Default: .edgerollout/evidence/ENV.json"),
    ] = None,
    no_evidence: Annotated[
        bool, typer.Option("--no-evidence", rich_help_panel=SELDOM, help="Write none, and do not call AWS.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a report with screenshots.")
    ] = None,
    screenshots: Annotated[
        bool | None,
        typer.Option(
            "--screenshots/--no-screenshots",
            rich_help_panel=SELDOM,
            show_default=False,
            help="Default: not when logged in.",
        ),
    ] = None,
) -> None:
    """Visit pages in a real browser. Report what the policy blocks there, and which sources would fix it.

    Every page is loaded twice and scrolled. Exit code 0: nothing would break; 6: something would, or not
    everything was seen.
    """

    def run() -> ExitCode:
        from edgerollout.cli.live_network import usable_ca
        from edgerollout.cli.tour_results import Files, run_reports, run_tour
        from edgerollout.cli.touring import TourOptions
        from edgerollout.net.addresses import parse_addresses
        from edgerollout.tour.model import TourRequest

        files = Files(evidence=evidence, html=html, write=write, overlay=overlay, prune=prune, site=site)
        given = (*(urls or ()), *_lines_of(pages))
        follow = not given if crawl is None else crawl
        choices = _choices(granularity, accept or [], max_hashes)
        if reports is not None:
            _refuse_beside_reports(
                candidate=candidate,
                live=live,
                site=site,
                enforce=enforce,
                strip_enforced=strip_enforced,
                max_pages=max_pages,
                crawl=crawl,
                sitemap=sitemap,
                steps=steps,
                resolve=resolve,
                ca_file=ca_file,
                device=device,
                patience=patience,
                browser_argument=browser_argument,
                storage_state=storage_state,
                header=header,
                evidence=evidence,
                no_evidence=no_evidence,
                screenshots=screenshots,
                prune=prune,
            )
            return run_reports(options, reports, (*given, *(origin or ())), choices, files)
        reads_sitemap = follow if sitemap is None else sitemap
        _refuse_what_does_nothing(
            (
                "--max-pages",
                max_pages is not None and not follow and not reads_sitemap,
                "all named pages are visited; --crawl follows their links",
            ),
            ("--prune", prune and bool(given), "it needs a tour of all pages, but you named some"),
            ("--screenshots", screenshots and html is None, "they are for the report of --html"),
            ("--evidence", evidence is not None and no_evidence, "--no-evidence writes none"),
            (
                "--strip-enforced",
                strip_enforced and (candidate or site is not None),
                "your own policy replaces the site's",
            ),
        )
        request = TourRequest(
            urls=(),
            strip_enforced=strip_enforced,
            crawl=follow,
            sitemap=reads_sitemap,
            max_pages=20 if max_pages is None else max_pages,
            origins=tuple(_origin(text) for text in origin or ()),
            headers=tuple(_header(text) for text in header or ()),
            resolve=parse_addresses(resolve or ()),
            ca_file=usable_ca(ca_file),
            storage_state=_readable(storage_state, "--storage-state"),
            screenshots=screenshots if html is not None else False,
        )
        _check_candidate(candidate=candidate, live=live, enforce=enforce, evidence=evidence)
        proves = evidence is not None and not no_evidence
        asked = TourOptions(
            given,
            request,
            choices,
            candidate,
            enforce,
            site,
            live,
            asks_aws=not no_evidence,
            proves=proves,
            steps=_steps(steps),
            devices=tuple(map(_screen, device or ())),
            patience=patience,
            browser_arguments=tuple(browser_argument or ()),
        )
        return run_tour(options, asked, files)

    run_command(options, run)


def _choices(granularity: str, accept: list[str], max_hashes: int | None) -> SuggestionChoices:
    """The settings for suggestions. Raises UsageError for an unknown granularity."""
    from typing import cast, get_args

    from edgerollout.errors import UsageError
    from edgerollout.policy.csp import KEYWORDS
    from edgerollout.tour.suggestion import MOST_HASHES, Granularity, SuggestionChoices

    known = get_args(Granularity)
    if granularity not in known:
        raise UsageError(
            f"the granularity {granularity!r} does not exist", hint=f"Choose one of {', '.join(known)}."
        )
    # A shell removes the quotes.
    accepted = frozenset(
        f"'{keyword}'" if f"'{keyword.lower()}'" in KEYWORDS else keyword for keyword in accept
    )
    most = MOST_HASHES if max_hashes is None else max_hashes
    return SuggestionChoices(cast("Granularity", granularity), accepted, most)


def _lines_of(file: Path | None) -> tuple[str, ...]:
    """The URLs in a file, one on each line, without empty lines and comments."""
    import sys

    from edgerollout.errors import UsageError

    if file is None:
        return ()
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise UsageError(f"--pages {file} cannot be read", why=why) from error
    lines = (line.strip() for line in text.splitlines())
    found = tuple(line for line in lines if line and not line.startswith("#"))
    if not found:
        raise UsageError(f"--pages {file} has no page", hint="Write one URL on each line.")
    return found


def _screen(given: str) -> Screen:
    from edgerollout.config.tour_settings import DEVICE_FORMS, screen_of
    from edgerollout.errors import UsageError

    screen = screen_of(given)
    if screen is None:
        raise UsageError(f"--device {given!r} is not a device", hint=f"Choose one: {DEVICE_FORMS}")
    return screen


def _origin(given: str) -> str:
    from edgerollout.errors import UsageError
    from edgerollout.tour.origin import origin_of

    if not origin_of(given):
        raise UsageError(
            f"--origin {given!r} is not an origin", hint="Give a complete one: https://api.example.com"
        )
    return given


def _header(given: str) -> tuple[str, str]:
    from edgerollout.errors import UsageError

    name, colon, value = given.partition(":")
    clean = name.strip()
    if not colon or not clean or not clean.isascii() or any(c in given for c in "\r\n\0") or " " in clean:
        raise UsageError(f"--header {given!r} is not a header", hint="Write 'NAME: VALUE'.")
    return clean, value.strip()


def _readable(file: Path | None, option: str) -> Path | None:
    from edgerollout.errors import UsageError

    if file is None or file.is_file():
        return file
    raise UsageError(f"{option} {file} cannot be read", why="the file does not exist")


def _steps(file: Path | None) -> Mapping[str, tuple[PageStep, ...]]:
    from edgerollout.tour.steps import read_steps

    return {} if file is None else read_steps(file)


def _check_candidate(*, candidate: bool, live: bool, enforce: bool, evidence: Path | None) -> None:
    from edgerollout.errors import UsageError

    if live and not candidate:
        raise UsageError("--live needs --candidate", hint="Without both, the tour uses the live policy.")
    if candidate and enforce and evidence is not None:
        raise UsageError(
            "--evidence cannot be combined with --enforce: evidence is about a policy that only reports",
            hint="Leave one of the two out.",
        )


def _refuse_beside_reports(**others: object) -> None:
    from edgerollout.errors import UsageError

    for name, value in others.items():
        if value is not None and value is not False and value != []:
            option = name.replace("_", "-")
            raise UsageError(
                f"--reports visits no page, so --{option} does not work with it", hint="Leave it out."
            )


def _refuse_what_does_nothing(*rules: tuple[str, object, str]) -> None:
    """Raise UsageError for the first option that would be ignored: its name, whether it would, and why."""
    from edgerollout.errors import UsageError

    for option, is_ignored, why in rules:
        if is_ignored:
            raise UsageError(f"{option} would do nothing here", why=why, hint="Leave it out.")
