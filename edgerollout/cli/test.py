"""`edgerollout test`: runs the handler on CloudFront's events, with CloudFront's rules. Needs no AWS."""

# ruff: noqa: PT028 - a command's name, not a test's: its parameters are options with defaults
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.completion import EVENTS, complete
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.handlers.acceptance import Report
    from edgerollout.handlers.code import FunctionCode
    from edgerollout.policy.header_rules import ResponseEvent
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.release import Release

EXAMPLES = examples(
    ("test -e testing", "the bundle as publish would make it"),
    ("test --handler handler/nodejs", "the same release by another handler"),
    ("test --event event.json", "an event of your own as well"),
    ("test --junit report.xml", "for a CI system"),
    ("test -e production --live", "the version that is live, on every behavior"),
)


@with_global_options
def test(
    options: Options,
    handler: Annotated[
        Path | None,
        typer.Option(
            "--handler", metavar="DIR", help="Test this folder instead of the configuration's handler."
        ),
    ] = None,
    event: Annotated[
        list[Path] | None,
        typer.Option(
            "--event", metavar="FILE", help="Run the CloudFront event(s) of a JSON file too (repeatable)."
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="EVENT",
            autocompletion=complete(EVENTS),
            help="Test as if attached at origin-response or viewer-response.",
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML there as well.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Test the live version's own bundle; reads AWS.")
    ] = False,
) -> None:
    """Run the handler on CloudFront events: pages, redirects, errors, headers that are there already.

    Each answer must have the release's headers and nothing that CloudFront refuses. Exit code 6 when one does
    not. -o text, json, markdown or junit.
    """
    run_command(
        options, lambda: _run(options, handler=handler, events=event or [], at=at, junit=junit, live=live)
    )


def _run(
    options: Options,
    *,
    handler: Path | None,
    events: list[Path],
    at: str | None,
    junit: Path | None,
    live: bool,
) -> ExitCode:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode, UsageError
    from edgerollout.handlers.acceptance import run
    from edgerollout.handlers.cases import cases
    from edgerollout.handlers.event_file import read_events

    invocation = Invocation(options)
    output = invocation.document_format("junit")
    invocation.note_warnings()
    environment = invocation.environment().environment
    event_type = environment.function.event if at is None else _event(at)
    own = [case for path in events for case in read_events(path, event_type)]
    if live:
        if handler is not None:
            raise UsageError("--live tests the version that is published, --handler a folder: choose one")
        release, code, behaviors = _live(invocation, environment)
        subject = f"release {code.version}, live in {environment.name}"
    else:
        release, code = _local(invocation, environment, handler)
        behaviors = {}
        subject = f"{environment.name}: {_shown(handler or environment.function.handler, invocation)}"
    response = release.response()
    report = run(code, response, (*cases(event_type, response, environment.urls, behaviors), *own))
    invocation.note_unconfined(ran=True)
    _print(invocation, report, environment.name, f"{subject} ({code.handler}) at {event_type}", output)
    if junit is not None:
        from edgerollout.views.handler_test_junit import handler_test_junit

        _write(junit, handler_test_junit(report, environment.name))
    return ExitCode.DONE if report.ok else ExitCode.REFUSED


def _local(
    invocation: Invocation, environment: Environment, folder: Path | None
) -> tuple[Release, FunctionCode]:
    """The bundle of a first publish, with the configuration's policy."""
    from dataclasses import replace

    from edgerollout.cli.releasing import request_for
    from edgerollout.handlers.preflight import code_of
    from edgerollout.release.facts.bundle import pack
    from edgerollout.release.facts.choices import Choices
    from edgerollout.release.plans.desired import first_release

    if folder is not None:
        settings = environment.function
        runtime = _runtime_for(folder, settings.entry, settings.runtime)
        environment = replace(
            environment, function=replace(settings, handler=folder.resolve(), runtime=runtime)
        )
    request = request_for(invocation, environment, Choices(from_config=True))
    release = first_release(request)
    return release, code_of(pack(request.files, release), release)


def _live(invocation: Invocation, environment: Environment) -> tuple[Release, FunctionCode, dict[str, str]]:
    """The live release, its own bundle, and a path for each behavior that carries it, by name."""
    from dataclasses import replace

    from edgerollout.cli.means import with_means
    from edgerollout.cli.reading import reading_session
    from edgerollout.errors import Refused
    from edgerollout.handlers.preflight import code_of
    from edgerollout.release.facts.live import attached, live_release
    from edgerollout.release.facts.path_pattern import example
    from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR
    from edgerollout.release.facts.unreadable import UnreadableRelease, cannot_do_without, command_for
    from edgerollout.rollout.reading import read_bundle, take_snapshot

    session = reading_session(invocation, environment)
    environment, already = with_means(invocation, session, environment)
    snapshot = take_snapshot(session, environment, invocation.siblings(environment), read=already)
    found = live_release(snapshot, frozenset(environment.exclude))
    if found is None or snapshot.function is None:
        raise Refused(f"no release is live in {environment.name}", hint="Test without --live.")
    read = read_bundle(session.aws, snapshot.function, found.number)
    if isinstance(read, UnreadableRelease):
        raise cannot_do_without(
            f"the live release {found.number} cannot be read", read, command_for(environment, "rollback")
        )
    release, bundle = read
    carriers = attached(snapshot.distributions, snapshot.function.arn, frozenset(environment.exclude))
    behaviors = {
        f"{distribution.name} {behavior.path}": example(
            "*" if behavior.path == DEFAULT_BEHAVIOR else behavior.path
        )
        for distribution, behavior, _, version in carriers
        if version.version == found.number
    }
    code = code_of(bundle, release)
    return release, replace(code, arn=f"{snapshot.function.arn}:{found.number}"), behaviors


def _runtime_for(folder: Path, entry: str, configured: str) -> str:
    """The configured runtime where it fits the folder, else the other language's current one.

    Raises UsageError for a folder without the entry's file.
    """
    from edgerollout.errors import UsageError

    module = entry.rpartition(".")[0]
    by_language = {
        "python3.13": (f"{module}.py",),
        "nodejs22.x": (f"{module}.mjs", f"{module}.js", f"{module}.cjs"),
    }
    fitting = [
        runtime for runtime, names in by_language.items() if any((folder / name).is_file() for name in names)
    ]
    if any(runtime[:4] == configured[:4] for runtime in fitting):
        return configured
    if not fitting:
        raise UsageError(
            f"{folder} has no handler",
            why=f"neither {module}.py nor {module}.mjs, .js or .cjs exists, but the entry is {entry}",
        )
    return fitting[0]


def _event(text: str) -> ResponseEvent:
    from edgerollout.errors import UsageError

    match text:
        case "origin-response" | "viewer-response":
            return text
        case _:
            raise UsageError(
                f"response headers cannot be set at {text!r}", hint="--at origin-response or viewer-response"
            )


def _shown(folder: Path, invocation: Invocation) -> str:
    root = invocation.project.root
    return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else str(folder)


def _print(invocation: Invocation, report: Report, environment: str, title: str, output: str) -> None:
    from edgerollout.cli.rendering import show
    from edgerollout.views.handler_test import handler_test_document
    from edgerollout.views.handler_test_junit import handler_test_junit
    from edgerollout.views.output.handler_test import handler_test_json

    show(
        invocation,
        output,
        document=lambda: handler_test_document(report, title),
        json=lambda: handler_test_json(report, environment),
        junit=lambda: handler_test_junit(report, environment),
    )


def _write(path: Path, text: str) -> None:
    from edgerollout.errors import UsageError
    from edgerollout.private_file import write_private

    try:
        write_private(path, text.encode())
    except OSError as error:
        raise UsageError(f"cannot write {path}", why=error.strerror) from error
