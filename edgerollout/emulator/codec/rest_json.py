"""The rest-json protocol (Lambda): bodies are JSON objects, blobs are base64."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from edgerollout.emulator.codec.members import MalformedMember, header_members, located
from edgerollout.emulator.messages import Members, Request, Response, ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "blob": (str,),
}


def _read(value: object, shape: Shape) -> object:
    wanted = _TYPES.get(shape.type_name)
    if wanted and (not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted)):
        raise ServiceError("SerializationException", f"{value!r} can not be converted to a {shape.type_name}")
    if isinstance(shape, StructureShape):
        return _read_structure(cast("Members", value), shape)
    if isinstance(shape, MapShape):
        return {key: _read(member, shape.value) for key, member in cast("Members", value).items()}
    if isinstance(shape, ListShape):
        return [_read(element, shape.member) for element in cast("list[object]", value)]
    if shape.type_name == "blob":
        try:
            return base64.b64decode(cast("str", value), validate=True)
        except binascii.Error:
            raise ServiceError("SerializationException", "a blob is not base64") from None
    return value


def _read_structure(value: Members, shape: StructureShape) -> dict[str, Any]:
    return {
        name: _read(value[wire], member)
        for name, member in shape.members.items()
        if (wire := member.serialization.get("name", name)) in value
        and value[wire] is not None
        and "location" not in member.serialization
    }


def read_input(operation: OperationModel, request: Request, uri: Mapping[str, str]) -> Members:
    """An operation's input, as the caller gave it to boto3. Raises SerializationException, as Lambda does."""
    shape = operation.input_shape
    if shape is None:
        return {}
    try:
        found = located(shape, request, uri)
    except MalformedMember as error:
        raise ServiceError("InvalidParameterValueException", str(error)) from None
    if request.body and shape.serialization.get("payload") is None:
        try:
            document = json.loads(request.body)
        except ValueError:
            raise ServiceError(
                "InvalidRequestContentException", "Could not parse request body into json"
            ) from None
        found.update(cast("dict[str, Any]", _read(document, shape)))
    for name in shape.required_members:
        if name not in found:
            raise ServiceError(
                "ValidationException",
                f"1 validation error detected: Value null at '{name[:1].lower() + name[1:]}' "
                "failed to satisfy constraint: Member must not be null",
            )
    return found


def _json_default(value: object) -> object:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"no JSON for {type(value).__name__}")


def write_output(operation: OperationModel, output: Members, request_id: str) -> Response:
    """The response that boto3 parses back into `output`."""
    status = int(operation.http.get("responseCode", 200))
    headers: tuple[tuple[str, str], ...] = (("x-amzn-requestid", request_id),)
    shape = operation.output_shape
    if shape is None:
        return Response(status, headers, b"")
    headers += header_members(shape, output)
    body = {
        member.serialization.get("name", name): output[name]
        for name, member in shape.members.items()
        if "location" not in member.serialization and output.get(name) is not None
    }
    text = json.dumps(body, default=_json_default)
    if status == 204:
        return Response(status, headers, b"")
    return Response(status, (*headers, ("content-type", "application/json")), text.encode())


def write_error(error: ServiceError, request_id: str = "") -> Response:
    """Lambda's error document: the code is in a header."""
    fault = "Service" if error.status >= 500 else "User"
    headers = (
        ("x-amzn-requestid", request_id or str(uuid.uuid4())),
        ("x-amzn-errortype", error.code),
        ("content-type", "application/json"),
    )
    return Response(error.status, headers, json.dumps({"Type": fault, "message": error.message}).encode())
