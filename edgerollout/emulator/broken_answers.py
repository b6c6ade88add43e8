"""Answers changed as by a broken network or a proxy."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.emulator.faults import FaultKind

if TYPE_CHECKING:
    from edgerollout.emulator.faults import FaultRule
    from edgerollout.emulator.messages import Request, Response

_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in to the network.</body></html>"


def broken(rule: FaultRule, response: Response) -> Response:
    """`response`, changed by the rule."""
    match rule.kind:
        case FaultKind.HTML:
            return replace(response, status=rule.status, headers=(("content-type", "text/html"),), body=_PAGE)
        case FaultKind.EMPTY:
            return replace(response, status=rule.status, headers=(), body=b"")
        case FaultKind.CUT:
            length = (("content-length", str(len(response.body))), ("connection", "close"))
            return replace(
                response,
                headers=(*response.headers, *length),
                body=response.body[: len(response.body) // 2],
            )
        case FaultKind.TRICKLE:
            return replace(response, slowly=rule.seconds)
        case FaultKind.MISSING:
            headers = tuple(header for header in response.headers if header[0].lower() != rule.member.lower())
            return replace(response, headers=headers, body=_without(rule.member, response.body))
        case _:
            return response


def without_associations(request: Request) -> Request:
    """An UpdateDistribution whose document names no Lambda function."""
    root = ET.fromstring(request.body)
    for associations in [
        element for element in root.iter() if _local(element.tag) == "LambdaFunctionAssociations"
    ]:
        space = associations.tag.removesuffix("LambdaFunctionAssociations")
        associations.clear()
        ET.SubElement(associations, f"{space}Quantity").text = "0"
    return replace(request, body=ET.tostring(root))


def _without(member: str, body: bytes) -> bytes:
    """The document without the member of that name, at any depth."""
    if body[:1] == b"{":
        return json.dumps(_pruned(member, json.loads(body))).encode()
    if body[:1] != b"<":
        return body
    root = ET.fromstring(body)
    for parent in list(root.iter()):
        for child in [element for element in parent if _local(element.tag) == member]:
            parent.remove(child)
    if "}" in root.tag:
        ET.register_namespace("", root.tag[1:].partition("}")[0])
    return ET.tostring(root)


def _pruned(member: str, document: object) -> object:
    if isinstance(document, dict):
        return {name: _pruned(member, value) for name, value in document.items() if name != member}
    if isinstance(document, list):
        return [_pruned(member, element) for element in document]
    return document


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
