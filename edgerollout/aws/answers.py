"""Checks a response before botocore reads it: is it AWS's answer, and complete?

botocore accepts anything: a body may end before its Content-Length, an empty one is an answer
without members, unreadable JSON is a message, and any XML element is the expected one. So a
proxy's HTML page with status 200 would be a function without tags, or an account without distributions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from xml.etree import ElementTree as ET
from xml.parsers import expat

from edgerollout.aws.faults import Incomplete, MalformedAnswer

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from edgerollout.aws.retry import Operation, RetryingCaller

T = TypeVar("T")

_ERROR = 300
_NO_CONTENT = frozenset({204, 304})
_NOT_IN_BODY = frozenset({"header", "headers", "statusCode"})

_LONGEST_ERROR = 64 * 1024
"""Bytes. An error document of AWS is some lines long."""

_PIECE = 4096
"""Bytes to parse at a time when looking for the root element."""


def check_answer(operation_model: OperationModel, response_dict: Mapping[str, object], **_: object) -> None:
    """Raise MalformedAnswer unless this can be the operation's answer, or an AWS error.

    A handler of botocore's event `before-parse`. The readers of an answer check which members it must
    have.
    """
    body, status, headers = response_dict["body"], response_dict["status_code"], response_dict["headers"]
    if not isinstance(body, bytes) or not isinstance(status, int) or not isinstance(headers, Mapping):
        return  # A stream, which its reader checks.
    operation = operation_model.name
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) != len(body) and status not in _NO_CONTENT:
        raise MalformedAnswer(operation, f"it ended after {len(body):,} of {int(length):,} bytes", status)
    as_json = "json" in operation_model.service_model.resolved_protocol
    if status >= _ERROR:
        known = _json_error(body, headers) if as_json else _xml_error(body)
    else:
        known = _json_answer(operation_model, body) if as_json else _xml_answer(operation_model, body)
    if not known:
        raise MalformedAnswer(
            operation, f"{_shape(body)} came with status {status}, not AWS's answer", status
        )


def _json_answer(operation_model: OperationModel, body: bytes) -> bool:
    if not body.strip():
        return not _in_body(operation_model)
    parsed = _json(body)
    return isinstance(parsed, dict) or (parsed is None and not _in_body(operation_model))


def _json_error(body: bytes, headers: Mapping[str, str]) -> bool:
    parsed = _json(body) if body.strip() else {}
    if not isinstance(parsed, dict):
        return False
    codes = [headers.get("x-amzn-errortype"), *(parsed.get(name) for name in ("__type", "code", "Code"))]
    return any(isinstance(code, str) and code for code in codes)


def _xml_answer(operation_model: OperationModel, body: bytes) -> bool:
    if operation_model.service_model.resolved_protocol == "query":
        return _root(body) == f"{operation_model.name}Response"
    if not body.strip():
        return not _in_body(operation_model)
    if not _in_body(operation_model):
        return _root(body) not in (None, "html")
    shape = operation_model.output_shape
    payload = None if shape is None else shape.serialization.get("payload")
    if shape is None or payload is None:
        return _root(body) not in (None, "html")
    member = shape.members[payload]
    return _root(body) == str(member.serialization.get("name", member.name))


def _xml_error(body: bytes) -> bool:
    if len(body) > _LONGEST_ERROR:
        return False
    try:
        root = ET.fromstring(body)
    except (ET.ParseError, ValueError):
        return False
    known = _local(root.tag) in ("ErrorResponse", "Error", "Response")
    return known and any(_local(element.tag) == "Code" and element.text for element in root.iter())


def _in_body(operation_model: OperationModel) -> bool:
    """Whether the operation answers with anything in the body."""
    shape = operation_model.output_shape
    if shape is None:
        return False
    return any(member.serialization.get("location") not in _NOT_IN_BODY for member in shape.members.values())


def _json(body: bytes) -> object:
    """The parsed document; an empty list, which is never an answer, for invalid JSON."""
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return parsed


def _root(body: bytes) -> str | None:
    """The root element's name; None if it is not XML. A list has megabytes: only its start is read."""
    found: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, _: found.append(name)
    try:
        for first in range(0, len(body), _PIECE):
            parser.Parse(body[first : first + _PIECE])
            if found:
                return found[0].rpartition(":")[2]
    except (expat.ExpatError, ValueError):
        return None
    return None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _shape(body: bytes) -> str:
    """The kind of the wrong answer, in a word: its content is never shown."""
    if not body.strip():
        return "an empty body"
    start = body[:_PIECE].lower()
    return "HTML" if b"<html" in start or b"<!doctype html" in start else "something else"


@dataclass(frozen=True)
class ListPage(Generic[T]):
    """One page of a list. `following` is the marker of the next one, None on the last."""

    items: tuple[T, ...]
    following: str | None

    @classmethod
    def of(cls, items: tuple[T, ...], following: str | None, *, truncated: bool) -> ListPage[T]:
        """Raises Incomplete for a page that is not the last and has no marker."""
        if truncated and not following:
            raise Incomplete("the list continues, but has no marker")
        return cls(items, following if truncated else None)


def pages(
    caller: RetryingCaller, operation: Operation, ask: Callable[[str | None], ListPage[T]]
) -> Iterator[ListPage[T]]:
    """Page after page. `ask` performs the operation from a marker on, None for the first page.

    A marker of an earlier page is malformed: the list would never end.
    """
    marker: str | None = None
    seen: set[str | None] = {None}
    while True:

        def attempt(marker: str | None = marker) -> ListPage[T]:
            page = ask(marker)
            if page.following is not None and page.following in seen:
                raise MalformedAnswer(operation.name, "the list repeats the marker of an earlier page")
            return page

        page = caller.call(operation, attempt)
        yield page
        if page.following is None:
            return
        marker = page.following
        seen.add(marker)


def same(answered: str, asked: str) -> str:
    """The answer, if it is about the requested resource. Raises Incomplete if not."""
    if answered != asked:
        raise Incomplete("it is about another resource than requested")
    return answered
