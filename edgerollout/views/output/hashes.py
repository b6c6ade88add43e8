"""The `hashes` document: the inline code of a build, and what a policy makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgerollout.policy.inline_code import InlineKind
from edgerollout.views.output.encoder import DocumentJson, Output

if TYPE_CHECKING:
    from edgerollout.views.hashes import HashesReport


class CodePlaceJson(Output):
    """A place in the build."""

    file: str
    """relative to the folder, with `/`"""
    line: int
    """of the element, from 1"""


class InlineCodeJson(Output):
    """A piece of inline code."""

    kind: InlineKind
    """`script`, `style`, `handler`, `style-attribute` or `javascript-url`"""
    source: str
    """the source that allows it, with its quotes"""
    places: Sequence[CodePlaceJson]
    """where the build has it"""
    allowed: bool | None
    """whether the judged policies allow it; null where none was judged"""


class IdleHashJson(Output):
    """A hash in a policy that no page of the build has."""

    directive: str
    """its list"""
    source: str
    """as written"""


class HashesJson(DocumentJson):
    """The inline code of a site's build: `hashes`."""

    site: str
    """the folder, as given"""
    pages: int
    """HTML files"""
    environment: str | None
    """whose policy was judged; null: the base policy, or none"""
    release: int | None
    """the live release whose policies were judged; null: the configuration's"""
    code: Sequence[InlineCodeJson]
    """each piece once, in the order of files and lines"""
    idle: Sequence[IdleHashJson]
    """hashes in the judged policies that no page has"""
    unread: Sequence[CodePlaceJson]
    """frames that nest too deep and were not read"""


def hashes_json(report: HashesReport) -> HashesJson:
    """The document."""
    blocked = {(found.kind, found.source) for found in report.blocked}
    build = report.build
    return HashesJson(
        site=str(build.folder),
        pages=build.pages,
        environment=report.environment,
        release=report.release,
        code=[
            InlineCodeJson(
                kind=found.kind,
                source=found.source,
                places=[CodePlaceJson(file=file, line=line) for file, line in found.places],
                allowed=(found.kind, found.source) not in blocked if report.judged else None,
            )
            for found in build.found
        ],
        idle=[IdleHashJson(directive=directive, source=source) for directive, source in report.idle],
        unread=[CodePlaceJson(file=file, line=line) for file, line in build.unread],
    )
