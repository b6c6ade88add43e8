"""The output of `preview`: its address and contents, a line for each request, the result of each edit."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import CommandLine, Typed, advise
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
from edgerollout.views.document import Advised, Doc, Labelled, Paragraph
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.problems import problem_lines

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.advice import Spell
    from edgerollout.edge.preview import PreviewContent, PreviewEvent, RunningPreview
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.release import Release

_TRACE_LINES = 6


def ready_document(
    running: RunningPreview,
    content: PreviewContent,
    environment: Environment,
    release: Release,
    handler: Path,
    system: str,
) -> Doc:
    """The address of the preview, and what it serves.

    `handler` is the handler's folder as the user should see it, `system` is sys.platform.
    """
    settings, response, ca_file = environment.function, release.response(), running.ca_file
    held = [name for name in (*response.set, *response.keep) if name in HELD_BACK]
    why_held = ": browsers would force https:// on all of localhost"
    not_run = () if content.layout is None else content.layout.not_run
    facts = Labelled(
        (
            ("shows", _shown(content)),
            ("through", f"{handler} ({settings.runtime}) at {settings.event}"),
            ("policy", policy_words(release)),
            ("without", ", ".join(held) + why_held if held else None),
            ("excluded", ", ".join(environment.exclude) or None),
            *(("not run", line) for line in not_run),
            ("TLS", None if ca_file is None else f"trust {ca_file}, or preview with --http"),
        )
    )
    advised = [] if ca_file is None else [Advised("trust", advise(Typed(trust_command(ca_file, system))))]
    if content.site is not None:
        tour = CommandLine("tour", environment.name, "--site", str(content.site))
        advised.append(Advised("next", advise(tour)))
    note = Paragraph("The next request sees each change to policy or handler. Ctrl-C ends the preview.")
    return Doc(f"Preview of {environment.name}: {running.url}", (facts, note), advised=tuple(advised))


def policy_words(release: Release) -> str:
    """Stage and short digest of the served policy."""
    if release.enforced_digest is not None:
        return f"enforced {release.enforced_digest[:SHORT]}, in this preview only"
    if release.report_only_digest is not None:
        return f"report-only {release.report_only_digest[:SHORT]}; --enforce enforces it"
    return "no CSP in the configuration"


def event_lines(event: PreviewEvent, spell: Spell, *, quiet: bool = False) -> tuple[Line, ...]:
    """The lines of an event for stderr; none for requests and reloads if `quiet`."""
    match event:
        case Answered(method, path, status, seconds, without, bare):
            text = f"{status} {method:<4} {visible(path)}  {seconds * 1000:.0f} ms"
            if without:
                text += "  excluded: no headers" if bare else f"  from the site itself: {', '.join(without)}"
            return () if quiet else (Line(text, _style(status), hang=9),)
        case Tunnelled(path, kind):
            text = f"    GET  {visible(path)}  passed through: {visible(kind)}"
            return () if quiet else (Line(text, Style.MUTED, hang=9),)
        case Reloaded(served):
            return () if quiet else (Line(f"reloaded: {policy_words(served.release)}", Style.GOOD, hang=10),)
        case Broken(error):
            goes_on = Line("The preview goes on with the last valid files.", Style.WARNING)
            return (*problem_lines(error, spell), goes_on)
        case HandlerTrouble(status, message, trace):
            headline = Line(f"handler: {visible(message)}: visitors get a {status}", Style.BAD, hang=9)
            return (headline, *(Line(f"  {visible(item)}", whole=True) for item in trace[-_TRACE_LINES:]))
        case HandlerPrinted(lines):
            return (
                ()
                if quiet
                else tuple(Line(f"handler: {visible(line)}", Style.MUTED, hang=9) for line in lines)
            )
        case _:
            assert_never(event)


def trust_command(ca_file: Path, system: str) -> str:
    """The command that makes browsers on this system trust the certificate authority."""
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
        parts.append(f"{content.site}{fallback}")
    if content.upstream is not None:
        parts.append(content.upstream.url)
    if content.layout is not None:
        parts.append(f"as {content.layout.distribution or ''} serves it")
    return ", ".join(parts)


def _style(status: int) -> Style:
    if status >= 500:
        return Style.BAD
    return Style.WARNING if status >= 400 else Style.PLAIN
