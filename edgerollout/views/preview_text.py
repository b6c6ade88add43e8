"""What `preview` says: where it answers and with what, a line a request, and what became of an edit."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import CommandLine
from edgerollout.edge.preview import (
    HELD_BACK,
    Answered,
    Broken,
    HandlerPrinted,
    HandlerTrouble,
    Reloaded,
    Tunnelled,
)
from edgerollout.release.facts.release import SHORT
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.problems import problem_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgerollout.advice import Spell
    from edgerollout.edge.preview import PreviewContent, PreviewEvent, RunningPreview
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.release import Release

_TRACE_LINES = 6


def ready_lines(
    running: RunningPreview,
    content: PreviewContent,
    environment: Environment,
    release: Release,
    handler: Path,
    system: str,
    spell: Spell,
) -> Iterator[Line]:
    """Where the preview is and what it serves.

    `handler` is the handler's folder as it is to be shown, `system` the machine's, as sys.platform names it.
    """
    yield Line(f"Preview of {environment.name}: {running.url}", Style.STRONG)
    yield Line(f"  shows:   {_shown(content)}", hang=11)
    settings = environment.function
    yield Line(f"  through: {visible(str(handler))} ({settings.runtime}) at {settings.event}", hang=11)
    yield Line(f"  policy:  {policy_words(release)}", hang=11)
    response = release.response()
    held = [name for name in (*response.set, *response.keep) if name in HELD_BACK]
    if held:
        yield Line(
            f"  without: {', '.join(held)}: browsers would force https:// on all of localhost", hang=11
        )
    if environment.exclude:
        yield Line(f"  bare:    {visible(', '.join(environment.exclude))} (exclude)", hang=11)
    if content.layout is not None:
        for line in content.layout.not_run:
            yield Line(f"  not run: {visible(line)}", Style.WARNING, hang=11)
    if running.ca_file is not None:
        yield Line(f"  TLS:     trust {visible(str(running.ca_file))}, or preview with --http", hang=11)
        yield Line(f"           {trust_command(running.ca_file, system)}", Style.MUTED, whole=True)
    if content.site is not None:
        command = spell(CommandLine("tour", environment.name, "--site", str(content.site)))
        yield Line(f"Next:  {command}", whole=True)
    yield Line("Saved changes of the policy and the handler show with the next request. Ctrl-C ends it.")


def policy_words(release: Release) -> str:
    """Stage and short digest of the policy that is served."""
    if release.enforced_digest is not None:
        return f"enforced {release.enforced_digest[:SHORT]}, in this preview only"
    if release.report_only_digest is not None:
        return f"report-only {release.report_only_digest[:SHORT]}; --enforce tries it in force"
    return "no CSP in the configuration"


def event_lines(event: PreviewEvent, spell: Spell, *, quiet: bool = False) -> tuple[Line, ...]:
    """What an event says on stderr; requests and reloads say nothing when `quiet`."""
    match event:
        case Answered(method, path, status, seconds, without, bare):
            text = f"{status} {method:<4} {visible(path)}  {seconds * 1000:.0f} ms"
            if without:
                text += "  bare: no header of ours" if bare else f"  not ours: {', '.join(without)}"
            return () if quiet else (Line(text, _style(status), hang=9),)
        case Tunnelled(path, kind):
            text = f"    GET  {visible(path)}  passed through: {visible(kind)}"
            return () if quiet else (Line(text, Style.MUTED, hang=9),)
        case Reloaded(served):
            return () if quiet else (Line(f"reloaded: {policy_words(served.release)}", Style.GOOD, hang=10),)
        case Broken(error):
            goes_on = Line("The preview goes on with what was good last.", Style.WARNING)
            return (*problem_lines(error, spell), goes_on)
        case HandlerTrouble(status, message, trace):
            what = Line(f"handler: {visible(message)}: visitors get a {status}", Style.BAD, hang=9)
            return (what, *(Line(f"  {visible(one)}", whole=True) for one in trace[-_TRACE_LINES:]))
        case HandlerPrinted(lines):
            return (
                () if quiet else tuple(Line(f"handler: {visible(one)}", Style.MUTED, hang=9) for one in lines)
            )
        case _:
            assert_never(event)


def trust_command(ca_file: Path, system: str) -> str:
    """How a browser of this system comes to trust the authority; undone in the same place."""
    path = shlex.quote(str(ca_file))
    if system == "darwin":
        keychain = "~/Library/Keychains/login.keychain-db"
        return f"security add-trusted-cert -p ssl -k {keychain} {path}"
    if system == "win32":
        return f'certutil -user -addstore Root "{ca_file}"'
    return f"certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n edgerollout-preview -i {path}"


def _shown(content: PreviewContent) -> str:
    parts: list[str] = []
    if content.site is not None:
        fallback = " (unknown paths get index.html; --no-spa)" if content.spa else ""
        parts.append(f"{visible(str(content.site))}{fallback}")
    if content.upstream is not None:
        parts.append(content.upstream.url)
    if content.layout is not None:
        parts.append(f"as {visible(content.layout.distribution or '')} serves it")
    return ", ".join(parts)


def _style(status: int) -> Style:
    if status >= 500:
        return Style.BAD
    return Style.WARNING if status >= 400 else Style.PLAIN
