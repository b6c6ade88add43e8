"""The rest-xml protocol (CloudFront): bodies are XML documents, named and nested according to the model."""

from __future__ import annotations

import base64
import uuid
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any, cast
from xml.sax.saxutils import escape

from botocore.model import ListShape, OperationModel, Shape, StructureShape

from edgerollout.emulator.codec.members import MalformedMember, header_members, located, scalar, text_of
from edgerollout.emulator.messages import Members, RawXml, Request, Response, ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMESPACE = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CHECKED_ENUMS = frozenset({"EventType", "ViewerProtocolPolicy", "PriceClass", "HttpVersion"})


def element_of(body: bytes) -> ET.Element:
    """The document's root without CloudFront's namespace on any tag. Raises MalformedXML, MissingBody."""
    if not body.strip():
        raise ServiceError("MissingBody", "This operation requires a body. Ensure that the body is present.")
    try:
        root = ET.fromstring(body)
    except ET.ParseError as error:
        raise ServiceError("MalformedXML", f"The XML document cannot be parsed: {error}") from None
    prefix = f"{{{NAMESPACE}}}"
    for element in root.iter():
        element.tag = element.tag.removeprefix(prefix)
    return root


def structure(element: ET.Element, shape: StructureShape) -> dict[str, Any]:
    """The members under `element`.

    Raises MalformedXML, which lists everything that does not fit the model.
    """
    problems: list[str] = []
    found = _structure(element, shape, _camel(element.tag), problems)
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise ServiceError("MalformedXML", count + "; ".join(problems))
    return found


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _structure(element: ET.Element, shape: StructureShape, path: str, problems: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    children: dict[str, ET.Element] = {child.tag: child for child in element}
    for name, member in shape.members.items():
        child = children.get(member.serialization.get("name", name))
        spot = f"{path}.{_camel(name)}"
        if child is not None:
            found[name] = _value(child, member, spot, problems)
        elif name in shape.required_members:
            problems.append(f"Value null at '{spot}' failed to satisfy constraint: Member must not be null")
    return found


def _value(element: ET.Element, shape: Shape, path: str, problems: list[str]) -> object:
    if isinstance(shape, StructureShape):
        return _structure(element, shape, path, problems)
    if isinstance(shape, ListShape):
        return [
            _value(child, shape.member, f"{path}.{number}.member", problems)
            for number, child in enumerate(element, start=1)
        ]
    text = element.text or ""
    if shape.type_name == "blob":
        return base64.b64decode(text)
    try:
        value = scalar(text, shape)
    except MalformedMember as error:
        problems.append(f"Value at '{path}' failed to satisfy constraint: {error}")
        return text
    if shape.name in _CHECKED_ENUMS and value not in shape.metadata.get("enum", ()):
        allowed = ", ".join(shape.metadata["enum"])
        problems.append(
            f"Value '{text}' at '{path}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{allowed}]"
        )
    return value


def read_input(operation: OperationModel, request: Request, uri: Mapping[str, str]) -> Members:
    """An operation's input, as the caller gave it to boto3. Raises ServiceError when the document does not
    fit.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    try:
        found = located(shape, request, uri)
    except MalformedMember as error:
        raise ServiceError("InvalidArgument", str(error)) from None
    payload = shape.serialization.get("payload")
    if payload is not None:
        member = shape.members[payload]
        if member.type_name == "blob":
            found[payload] = request.body
        elif isinstance(member, StructureShape) and (request.body or payload in shape.required_members):
            found[payload] = structure(element_of(request.body), member)
    return found


def write_element(name: str, shape: Shape, value: object) -> str:
    """`value` as the element `name`."""
    if isinstance(value, RawXml):
        return value.text
    if isinstance(shape, StructureShape):
        members = cast("Members", value)
        inner = "".join(
            write_element(member.serialization.get("name", key), member, members[key])
            for key, member in shape.members.items()
            if members.get(key) is not None
        )
        return f"<{name}>{inner}</{name}>"
    if isinstance(shape, ListShape):
        item = shape.member.serialization.get("name", "member")
        inner = "".join(write_element(item, shape.member, element) for element in cast("list[object]", value))
        return f"<{name}>{inner}</{name}>"
    return f"<{name}>{escape(text_of(value))}</{name}>"


def write_output(operation: OperationModel, output: Members, request_id: str) -> Response:
    """The response that boto3 parses back into `output`."""
    status = int(operation.http.get("responseCode", 200))
    headers: tuple[tuple[str, str], ...] = (("x-amzn-requestid", request_id),)
    shape = operation.output_shape
    if shape is None:
        return Response(status, headers, b"")
    headers += header_members(shape, output)
    payload = shape.serialization.get("payload")
    if payload is None or output.get(payload) is None:
        return Response(status, headers, b"")
    value = output[payload]
    if isinstance(value, bytes):
        return Response(status, (*headers, ("content-type", "application/octet-stream")), value)
    member = shape.members[payload]
    name = member.serialization.get("name", payload)
    text = write_element(name, member, value).replace(f"<{name}>", f'<{name} xmlns="{NAMESPACE}">', 1)
    return Response(status, (*headers, ("content-type", "text/xml")), (_DECLARATION + text).encode())


def write_error(error: ServiceError, request_id: str = "") -> Response:
    """CloudFront's error document."""
    fault = "Receiver" if error.status >= 500 else "Sender"
    identity = request_id or str(uuid.uuid4())
    text = (
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>{fault}</Type><Code>{escape(error.code)}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{identity}</RequestId></ErrorResponse>"
    )
    headers = (("x-amzn-requestid", identity), ("content-type", "text/xml"))
    return Response(error.status, headers, (_DECLARATION + text).encode())
