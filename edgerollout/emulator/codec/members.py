"""Members outside the body: URI, query string, headers, status; and the text form of scalars."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, Shape, StructureShape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.emulator.messages import Members, Request


class MalformedMember(Exception):
    """A text that is not a valid value of its shape."""


def scalar(text: str, shape: Shape) -> str | int | float | bool:
    """The value of `text`. Raises Malformed."""
    try:
        match shape.type_name:
            case "integer" | "long":
                return int(text)
            case "float" | "double":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}[text.strip().lower()]
            case _:
                return text
    except (ValueError, KeyError):
        raise MalformedMember(f"{text!r} is not a {shape.type_name}") from None


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as CloudFront writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def text_of(value: object) -> str:
    """A scalar as AWS writes it in XML and headers."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return timestamp(value)
    return str(value)


def located(shape: StructureShape, request: Request, uri: Mapping[str, str]) -> dict[str, Any]:
    """The input members in the URI, the query string and the headers."""
    found: dict[str, Any] = {}
    query: dict[str, list[str]] = {}
    for name, value in request.query:
        query.setdefault(name, []).append(value)
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        match member.serialization.get("location"):
            case "uri" if wire in uri:
                found[name] = scalar(uri[wire], member)
            case "querystring" if wire in query and isinstance(member, ListShape):
                found[name] = [scalar(text, member.member) for text in query[wire]]
            case "querystring" if wire in query:
                found[name] = scalar(query[wire][0], member)
            case "header" if wire.lower() in request.headers:
                found[name] = scalar(request.headers[wire.lower()], member)
            case _:
                pass
    return found


def header_members(shape: StructureShape, output: Members) -> tuple[tuple[str, str], ...]:
    """The output members that are sent as headers."""
    return tuple(
        (member.serialization.get("name", name), text_of(output[name]))
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header" and output.get(name) is not None
    )
