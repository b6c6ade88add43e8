"""The output of `build`: the digests and the size of the bundle, and the headers in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.facts.bundle import code_sha256
from edgerollout.release.facts.release import SHORT
from edgerollout.views.document import Code, Doc, Labelled, Paragraph, Title

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.release.facts.release import Release
    from edgerollout.views.document import Phrase

_UNLESS = " (unless the origin sends its own)"


def build_document(release: Release, bundle: bytes, out: Path | None) -> Doc:
    """A document with the headers of the release, and the digests and size of its bundle."""
    response = release.response()
    headers: list[tuple[str, Phrase | None]] = [
        *((key, Code(value)) for key, value in response.set.values()),
        *((key, (Code(value), _UNLESS)) for key, value in response.keep.values()),
        *((name, "removed") for name in response.remove),
    ]
    facts = (
        ("bundle", f"{len(bundle):,} bytes, {release.handler.runtime}, {release.handler.entry}"),
        ("CodeSha256", Code(code_sha256(bundle))),
        ("file", "not written: name a file with --out FILE" if out is None else Code(str(out))),
    )
    shown = Labelled(tuple(headers)) if headers else Paragraph("no header of edgerollout")
    title = ("Release for ", release.environment, ": ", Code(release.digest()[:SHORT]))
    return Doc(title, (shown, Title("Bundle"), Labelled(facts)))
