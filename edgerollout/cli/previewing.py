"""From options to a running preview of the configuration's release, which follows every edit.

`tour` also uses it to tour a folder.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.advice import advise
from edgerollout.config import load
from edgerollout.config.handler_folder import read_handler
from edgerollout.edge.authority import LocalAuthority, authority_folder
from edgerollout.edge.layout import layout_of
from edgerollout.edge.preview import Preview, PreviewContent, PreviewRelease, preview_server
from edgerollout.edge.upstream import Upstream
from edgerollout.errors import UsageError
from edgerollout.handlers.preflight import code_of
from edgerollout.release.facts.bundle import pack
from edgerollout.release.facts.choices import Choices
from edgerollout.release.plans.desired import PublishRequest, first_release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgerollout.cli.invocation import Invocation
    from edgerollout.config import Project
    from edgerollout.edge.layout import Layout
    from edgerollout.edge.preview import PreviewEvent, RunningPreview
    from edgerollout.release.facts.environment import Environment

_CACHES = frozenset({"__pycache__", "node_modules", ".git"})
_USUAL_BUILDS = ("dist", "build", "out", "public", "_site", "www")


@dataclass(frozen=True)
class PreviewChoices:
    """What to show and how. `port` 0 is any free one; `plain` is HTTP without TLS. `spa` None means on,
    unless a distribution's own rules are used (`from_live`).
    """

    site: Path | None = None
    upstream: str | None = None
    port: int = 0
    plain: bool = False
    enforce: bool = False
    spa: bool | None = None
    from_live: bool = False


class ConfiguredRelease:
    """The first release of an environment's configuration and handler folder, as they are now.

    `enforce` enforces its policy, in this preview only.
    """

    def __init__(self, project: Project, environment: Environment, *, enforce: bool) -> None:
        self._directory = project.directory
        self._files = project.files
        self._environment = environment
        self._enforce = enforce

    def stamp(self) -> tuple[tuple[str, int, int, int], ...]:
        """Name, inode, size and time of every file that the release is made of."""
        return tuple(_stamps(self._files, self._environment.function.handler))

    def load(self) -> PreviewRelease:
        project, name = load(self._directory), self._environment.name
        if name not in project.environments:
            raise UsageError(f"{name} is no longer among the environments of {self._directory}")
        self._environment = environment = project.environments[name]
        files = read_handler(environment.function.handler)
        policy = project.policy_of(environment)
        release = first_release(PublishRequest(environment, policy, files, choices=Choices(from_config=True)))
        if self._enforce:
            release = release.in_force()
        return PreviewRelease(
            release,
            code_of(pack(files, release), release),
            environment.function.event,
            frozenset(environment.exclude),
        )


@dataclass(frozen=True)
class OpenPreview:
    """A running preview: its address, what it shows, and the release it started with."""

    running: RunningPreview
    content: PreviewContent
    served: PreviewRelease


@contextlib.contextmanager
def open_preview(
    invocation: Invocation,
    environment: Environment,
    choices: PreviewChoices,
    emit: Callable[[PreviewEvent], None] = lambda _: None,
) -> Iterator[OpenPreview]:
    """Serve on loopback until the block ends. `emit` is called from many threads.

    Raises UsageError for content that cannot be shown, ConfigError, and with `from_live` what reading AWS
    raises.
    """
    content = _content(invocation, environment, choices)
    source = ConfiguredRelease(invocation.project, environment, enforce=choices.enforce)
    authority = None if choices.plain else _authority(invocation)
    preview = Preview(source, content, invocation.clock, emit)
    with preview_server(preview, port=choices.port, authority=authority) as running:
        yield OpenPreview(running, content, preview.release)


def site_warning(site: Path) -> str | None:
    """What seems wrong with a folder, although it can be shown; None when nothing does."""
    if (site / "index.html").is_file():
        return None
    inside = next((name for name in _USUAL_BUILDS if (site / name / "index.html").is_file()), None)
    meant = "" if inside is None else f"; {site / inside} has one"
    return f"{site} has no index.html{meant}"


def _content(invocation: Invocation, environment: Environment, choices: PreviewChoices) -> PreviewContent:
    if choices.site is None and choices.upstream is None:
        raise UsageError(
            "nothing to preview was given", hint="--site DIR for a built site, --upstream URL for a server."
        )
    if choices.site is not None and choices.upstream is not None and not choices.from_live:
        raise UsageError(
            "--site and --upstream together need --from-live",
            why="only the distribution's behaviors say which of them serves a path",
            hint="Name one of the two, or add --from-live.",
        )
    if choices.site is not None:
        _check_site(choices.site)
    upstream = None if choices.upstream is None else Upstream.parse(choices.upstream)
    layout = _live_layout(invocation, environment) if choices.from_live else None
    spa = not choices.from_live if choices.spa is None else choices.spa
    return PreviewContent(choices.site, upstream, layout, spa)


def _check_site(site: Path) -> None:
    if site.is_dir() and os.access(site, os.R_OK | os.X_OK):
        return
    problem = "is not a folder" if site.exists() else "does not exist"
    if site.is_dir():
        problem = "cannot be read"
    raise UsageError(
        f"--site {site} {problem}", hint="Name the folder that your build writes, such as dist/."
    )


def _live_layout(invocation: Invocation, environment: Environment) -> Layout:
    from edgerollout.cli.reading import reading_session
    from edgerollout.rollout.reading import check_account, resolve

    session = reading_session(invocation, environment)
    check_account(session.aws, environment)
    own = resolve(environment.distributions, session.aws.cloudfront.distributions(), environment.name)
    if not own:
        raise UsageError(f"{environment.name} names no distribution", hint="Preview it without --from-live.")
    if len(own) > 1:
        rest = ", ".join(distribution.name for distribution in own[1:])
        invocation.say_aside(f"note: served like {own[0].name}, the first of {environment.name}; not {rest}")
    document = session.aws.cloudfront.document(own[0].id)
    return layout_of(own[0].name, document.xml, environment.function.name)


def _authority(invocation: Invocation) -> LocalAuthority:
    """The user's own authority for previews of all projects. It is kept, so that it needs to be trusted only
    once.
    """
    folder = authority_folder("preview")
    try:
        return LocalAuthority.open(folder, invocation.clock)
    except OSError as error:
        raise UsageError(
            f"the preview cannot keep its certificates in {folder}",
            why=error.strerror or str(error),
            hint="Make that folder writable, or preview with --http.",
        ) from error
    except UsageError as error:
        raise UsageError(
            error.summary, why=error.why, hint=advise(error.hint or "", "; or preview with --http")
        ) from error


def _stamps(files: tuple[Path, ...], folder: Path) -> Iterator[tuple[str, int, int, int]]:
    for file in files:
        yield _stamp(file)
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _CACHES and not name.startswith("."))
        for name in sorted(names):
            yield _stamp(Path(parent, name))


def _stamp(file: Path) -> tuple[str, int, int, int]:
    try:
        seen = file.stat()
    except OSError:
        # It is gone for a moment between two steps of an editor, or for good: loading will show which.
        return str(file), 0, 0, 0
    return str(file), seen.st_ino, seen.st_size, seen.st_mtime_ns
