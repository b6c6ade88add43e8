"""The parts of a distribution that a preview copies: behaviors, custom errors and root object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from edgerollout.edge.model import CustomErrorResponse
from edgerollout.release.delivery.distribution_document import behaviors
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgerollout.release.facts.snapshot import Behavior

ALL_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"})
_READING = frozenset({"GET", "HEAD"})
_REQUEST_EVENTS = ("viewer-request", "origin-request")


@dataclass(frozen=True)
class PreviewBehavior:
    """One behavior. `path` is its pattern, or the default one's name; `from_bucket`: files come from S3."""

    path: str
    methods: frozenset[str] = ALL_METHODS
    from_bucket: bool = True

    @property
    def pattern(self) -> str:
        return "*" if self.path == DEFAULT_BEHAVIOR else self.path


@dataclass(frozen=True)
class Layout:
    """How paths are served. `behaviors` in order of precedence, the default one last.

    `distribution` is the name of the distribution it was read from; None for an offline layout.
    `not_run` are functions that a preview has no code for: `path event: what`. `rewrites`:
    something may change paths before the origin sees them, or the origin has index documents.
    """

    behaviors: tuple[PreviewBehavior, ...]
    default_root_object: str = "index.html"
    custom_errors: tuple[CustomErrorResponse, ...] = ()
    distribution: str | None = None
    not_run: tuple[str, ...] = ()
    rewrites: bool = True

    @classmethod
    def offline(cls, excluded: Iterable[str]) -> Layout:
        """What the configuration alone says: the default behavior, and the excluded ones before it."""
        own = [PreviewBehavior(path) for path in excluded if path != DEFAULT_BEHAVIOR]
        return cls((*own, PreviewBehavior(DEFAULT_BEHAVIOR)))

    @property
    def missing_status(self) -> int:
        """The bucket's likely status for a missing file, by the custom errors of the distribution.

        Without s3:ListBucket, the usual case, it is 403.
        """
        if self.distribution is None:
            return 404
        prepared = {custom.error_code for custom in self.custom_errors if custom.page_path is not None}
        return 404 if prepared & {403, 404} == {404} else 403


def layout_of(name: str, xml: bytes, own_function: str) -> Layout:
    """Read a DistributionConfig; `own_function` is the name of the function that the preview runs itself.

    Raises xml.etree.ElementTree.ParseError for anything but XML.
    """
    root = ET.fromstring(xml)
    origins = {
        _text(item, "Id"): _is_bucket(item) for item in root.iterfind(_path("Origins", "Items", "Origin"))
    }
    for group in root.iterfind(_path("OriginGroups", "Items", "OriginGroup")):
        first = group.find(_path("Members", "Items", "OriginGroupMember"))
        origins[_text(group, "Id")] = first is not None and origins.get(_text(first, "OriginId"), True)
    elements = {
        _text(item, "PathPattern"): item
        for item in root.iterfind(_path("CacheBehaviors", "Items", "CacheBehavior"))
    }
    default = root.find(_path("DefaultCacheBehavior"))
    if default is not None:
        elements[DEFAULT_BEHAVIOR] = default
    read = behaviors(xml)
    not_run = tuple(line for behavior in read for line in _not_run(behavior, own_function))
    endpoint = any(
        ".s3-website" in _text(item, "DomainName")
        for item in root.iterfind(_path("Origins", "Items", "Origin"))
    )
    return Layout(
        behaviors=tuple(
            PreviewBehavior(
                behavior.path,
                _methods(elements[behavior.path]),
                origins.get(_text(elements[behavior.path], "TargetOriginId"), True),
            )
            for behavior in read
        ),
        default_root_object=_text(root, "DefaultRootObject"),
        custom_errors=tuple(
            _custom_error(item)
            for item in root.iterfind(_path("CustomErrorResponses", "Items", "CustomErrorResponse"))
        ),
        distribution=name,
        not_run=not_run,
        rewrites=endpoint or any(event in line for line in not_run for event in _REQUEST_EVENTS),
    )


def _not_run(behavior: Behavior, own_function: str) -> Iterator[str]:
    for trigger in behavior.triggers:
        version = trigger.version
        if version is None or version.function != own_function:
            function = trigger.arn.partition(":function:")[2] or trigger.arn
            yield f"{behavior.path} {trigger.event}: {function}"
    for event in behavior.cloudfront_functions:
        yield f"{behavior.path} {event}: a CloudFront Function"


def _methods(behavior: ET.Element) -> frozenset[str]:
    listed = behavior.find(_path("AllowedMethods", "Items"))
    named = () if listed is None else (item.text or "" for item in listed)
    return frozenset(named) or _READING


def _is_bucket(origin: ET.Element) -> bool:
    """A bucket, by its API or its website endpoint."""
    name = _text(origin, "DomainName")
    return origin.find(_path("S3OriginConfig")) is not None or ".s3-website" in name


def _custom_error(item: ET.Element) -> CustomErrorResponse:
    code = _text(item, "ResponseCode")
    return CustomErrorResponse(
        error_code=int(_text(item, "ErrorCode")),
        page_path=_text(item, "ResponsePagePath") or None,
        response_code=int(code) if code else None,
        min_ttl=0,
    )


def _text(element: ET.Element, name: str) -> str:
    return (element.findtext(_path(name)) or "").strip()


def _path(*names: str) -> str:
    """The names, for ElementTree in any namespace."""
    return "/".join(f"{{*}}{name}" for name in names)
