"""The wire formats: every operation finds its route, and what is written is read back."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, quote

import pytest
from botocore.model import ListShape, Shape, StructureShape
from botocore.parsers import create_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from edgerollout.emulator.cloudfront.errors import refusal
from edgerollout.emulator.codec import rest_json, rest_xml
from edgerollout.emulator.codec.members import scalar, timestamp
from edgerollout.emulator.codec.model import error_status, service_model
from edgerollout.emulator.codec.routes import Router
from edgerollout.emulator.messages import Request, ServiceError
from tests.samples import THOROUGH

if TYPE_CHECKING:
    from edgerollout.emulator.messages import Response

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=20)


def request(method: str, uri: str, body: bytes = b"", **headers: str) -> Request:
    path, _, query = uri.partition("?")
    return Request(method, path, tuple(parse_qsl(query, keep_blank_values=True)), query, headers, body)


@pytest.mark.parametrize("service", ["cloudfront", "lambda"])
def test_every_operation_of_the_model_finds_its_own_route(service: str) -> None:
    model = service_model(service)
    router = Router(model)
    value = "arn:aws:lambda:us-east-1:123456789012:function:a b/c:1"
    for name in model.operation_names:
        http = model.operation_model(name).http
        uri = re.sub(r"\{\w+\+?\}", quote(value, safe=""), http["requestUri"])
        matched = router.match(request(http["method"], uri))
        assert matched is not None, name
        assert matched[0] == name
        assert set(matched[1].values()) <= {value}


def test_a_trailing_slash_and_extra_query_parameters_do_not_matter() -> None:
    router = Router(service_model("cloudfront"))
    matched = router.match(request("GET", "/2020-05-31/distribution/?MaxItems=3&Marker=E1"))
    assert matched == ("ListDistributions", {})
    assert router.match(request("GET", "/2020-05-31/nothing")) is None


def values_of(shape: Shape) -> st.SearchStrategy[Any]:
    """Anything a caller may say for `shape`, all members present."""
    if isinstance(shape, StructureShape):
        return st.fixed_dictionaries({name: values_of(member) for name, member in shape.members.items()})
    if isinstance(shape, ListShape):
        return st.lists(values_of(shape.member), max_size=2)
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name in ("integer", "long"):
        return st.integers(-(2**31), 2**31 - 1)
    return st.sampled_from(shape.enum) if getattr(shape, "enum", None) else TEXT


@given(data=st.data())
@settings(max_examples=2000 if THOROUGH else 40)
@pytest.mark.parametrize("name", ["CacheBehavior", "Origin", "OriginGroup", "ViewerCertificate"])
def test_a_structure_written_as_xml_is_read_back(name: str, data: st.DataObject) -> None:
    shape = cast("StructureShape", service_model("cloudfront").shape_for(name))
    value = data.draw(values_of(shape))
    element = ET.fromstring(rest_xml.write_element(name, shape, value))
    assert rest_xml.structure(element, shape) == value


def parsed(service: str, response: Response, operation: str) -> dict[str, Any]:
    """What the SDK's own parser makes of a response."""
    model = service_model(service)
    shape = model.operation_model(operation).output_shape
    return create_parser(model.metadata["protocol"]).parse(
        {"status_code": response.status, "headers": dict(response.headers), "body": response.body}, shape
    )


def test_an_error_has_the_code_message_and_status_of_the_model() -> None:
    response = rest_xml.write_error(refusal("PreconditionFailed", "no <match> & so on"), "id-1")
    answer = parsed("cloudfront", response, "GetDistribution")
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == (
        "PreconditionFailed",
        "no <match> & so on",
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert answer["ResponseMetadata"]["RequestId"] == "id-1"


def test_a_lambda_error_travels_with_its_code_in_a_header() -> None:
    response = rest_json.write_error(ServiceError("ResourceConflictException", "busy", 409), "id-2")
    answer = parsed("lambda", response, "GetFunction")
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == ("ResourceConflictException", "busy")
    assert answer["ResponseMetadata"]["RequestId"] == "id-2"


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("cloudfront", "CNAMEAlreadyExists", 409),
        ("cloudfront", "NoSuchDistribution", 404),
        ("cloudfront", "NotModeled", 400),
        ("lambda", "TooManyRequestsException", 429),
    ],
)
def test_statuses_come_from_the_model(service: str, code: str, status: int) -> None:
    assert error_status(service, code) == status


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "MissingBody"), (b"  ", "MissingBody"), (b"<a", "MalformedXML"), (b"plain", "MalformedXML")],
)
def test_a_body_that_is_no_document_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(ServiceError) as caught:
        rest_xml.element_of(body)
    assert caught.value.code == code


def test_everything_that_does_not_fit_the_model_is_listed() -> None:
    shape = cast("StructureShape", service_model("cloudfront").shape_for("LambdaFunctionAssociation"))
    element = ET.fromstring(
        "<LambdaFunctionAssociation><EventType>later</EventType><IncludeBody>maybe</IncludeBody>"
        "</LambdaFunctionAssociation>"
    )
    with pytest.raises(ServiceError) as caught:
        rest_xml.structure(element, shape)
    message = caught.value.message
    assert message.startswith("3 validation errors detected: ")
    assert "Value null at 'lambdaFunctionAssociation.lambdaFunctionARN'" in message
    assert "Value 'later' at 'lambdaFunctionAssociation.eventType'" in message
    assert "'maybe' is not a boolean" in message


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "InvalidRequestContentException"),
        (b"[]", "SerializationException"),
        (b'{"ZipFile": "%%%"}', "SerializationException"),
        (b'{"DryRun": "yes"}', "SerializationException"),
    ],
)
def test_a_json_body_that_does_not_fit_is_refused(body: bytes, code: str) -> None:
    operation = service_model("lambda").operation_model("UpdateFunctionCode")
    with pytest.raises(ServiceError) as caught:
        rest_json.read_input(operation, request("PUT", "/", body), {"FunctionName": "f"})
    assert caught.value.code == code


def test_a_missing_required_member_is_refused() -> None:
    operation = service_model("lambda").operation_model("CreateAlias")
    with pytest.raises(ServiceError, match="Value null at 'name'"):
        rest_json.read_input(
            operation, request("POST", "/", b'{"FunctionVersion": "1"}'), {"FunctionName": "f"}
        )


def test_timestamps_are_iso_8601_with_milliseconds() -> None:
    assert timestamp(datetime(2026, 11, 22, 8, 37, 10, 85260, tzinfo=UTC)) == "2026-11-22T08:37:10.085Z"


@pytest.mark.parametrize(
    ("text", "kind", "value"), [("3", "integer", 3), ("true", "boolean", True), ("x", "string", "x")]
)
def test_scalars_have_the_type_of_their_shape(text: str, kind: str, value: object) -> None:
    assert scalar(text, Shape("S", {"type": kind})) == value
