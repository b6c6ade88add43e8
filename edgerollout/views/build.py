"""What `build` prints: the bundle's digests and size, and the headers in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.facts.bundle import code_sha256
from edgerollout.release.facts.release import SHORT
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.markdown import code, plain

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.release.facts.release import Release


def build_lines(release: Release, bundle: bytes, out: Path | None) -> tuple[Line, ...]:
    """The bundle for people."""
    response = release.response()
    return (
        Line(f"Release for {release.environment}: {release.digest()[:SHORT]}", Style.STRONG),
        *(Line(f"  {key}: {visible(value)}", hang=6) for key, value in response.set.values()),
        *(
            Line(f"  {key}: {visible(value)}  (unless the origin sends its own)", hang=6)
            for key, value in response.keep.values()
        ),
        *(Line(f"  {name}: removed") for name in response.remove),
        *(() if response.total_bytes else (Line("  no header of ours"),)),
        Line(""),
        Line(f"Bundle: {len(bundle):,} bytes, {release.handler.runtime}, {release.handler.entry}", hang=8),
        Line(f"CodeSha256: {code_sha256(bundle)}", hang=8),
        Line("Not written: name a file with --out FILE" if out is None else f"Written to {out}", Style.MUTED),
    )


def build_markdown(release: Release, bundle: bytes, out: Path | None) -> str:
    """The bundle for a pull request."""
    response = release.response()
    rows = [
        *((key, code(value)) for key, value in response.set.values()),
        *((key, f"{code(value)}, unless the origin sends its own") for key, value in response.keep.values()),
        *((name, "removed") for name in response.remove),
    ]
    written = "" if out is None else f", written to {code(str(out))}"
    return "\n".join(
        (
            f"## Release for {plain(release.environment)}: {code(release.digest()[:SHORT])}",
            "",
            "| header | value |",
            "|---|---|",
            *(f"| {code(name)} | {value} |" for name, value in rows),
            "",
            f"Bundle: {len(bundle):,} bytes, CodeSha256 {code(code_sha256(bundle))}{written}",
            "",
        )
    )
