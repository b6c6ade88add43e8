"""Runs the functions of a behavior, and applies what they return."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.edge.message import EdgeRequest, EdgeResponse, phrase, without
from edgerollout.edge.model import MissingFunction
from edgerollout.edge.pages import LAMBDA_UNUSABLE
from edgerollout.errors import EdgerolloutError
from edgerollout.handlers.events import EventConfig, EventRequest, EventResponse, cf_object
from edgerollout.handlers.refusals import Refusal, refusals
from edgerollout.handlers.results import HandlerFailure, HandlerOutcome, HandlerResult
from edgerollout.handlers.runner import HandlerRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edgerollout.edge.model import OriginSettings
    from edgerollout.handlers.code import FunctionCode
    from edgerollout.handlers.events import EventType, Lines


@dataclass(frozen=True)
class EdgeCall:
    """One call of a function at the edge, as in its owner's logs."""

    distribution_id: str
    event_type: EventType
    arn: str
    request_id: str
    outcome: HandlerOutcome
    refusals: tuple[Refusal, ...] = ()


class FunctionFailed(Exception):
    """The viewer gets CloudFront's error page with this status, text and X-Cache."""

    def __init__(self, status: int, text: str, x_cache: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.x_cache = x_cache


class EdgeFunctions:
    """Warm runners, one for each function version in use; thread-safe."""

    def __init__(self, on_run: Callable[[EdgeCall], None] | None = None) -> None:
        self._on_run = on_run
        self._lock = threading.Lock()
        self._runners: dict[FunctionCode, HandlerRunner] = {}

    def run(
        self,
        event_type: EventType,
        function: FunctionCode | MissingFunction,
        config: EventConfig,
        request: EventRequest,
        response: EventResponse | None = None,
    ) -> Mapping[str, object]:
        """The result of the function, if CloudFront accepts it. Raises FunctionFailed if not.

        A function that throws, takes too long or cannot be loaded is a 503; a refused result is a
        502 with the reason on the page (Developer Guide, "HTTP 502", "HTTP 503").
        """
        sent = cf_object(event_type, config, request, response)
        outcome = self._invoke(function, {"Records": [{"cf": sent}]}, config.request_id)
        found: tuple[Refusal, ...] = ()
        if isinstance(outcome, HandlerResult):
            found = refusals(event_type, sent, outcome.value)
        if self._on_run is not None:
            run = EdgeCall(
                config.distribution_id, event_type, function.arn, config.request_id, outcome, found
            )
            self._on_run(run)
        if isinstance(outcome, HandlerFailure):
            raise FunctionFailed(503, LAMBDA_UNUSABLE, "LambdaExecutionError from cloudfront")
        if found:
            raise FunctionFailed(502, found[0].text, "LambdaValidationError from cloudfront")
        if not isinstance(outcome.value, Mapping):
            raise AssertionError("a result that is not an object is refused")
        return outcome.value

    def keep_only(self, functions: Iterable[FunctionCode]) -> None:
        """End the runners of all other versions."""
        wanted = set(functions)
        with self._lock:
            unused = [code for code in self._runners if code not in wanted]
            runners = [self._runners.pop(code) for code in unused]
        # Closing waits for a running call, which may still finish.
        for runner in runners:
            runner.close()

    def _invoke(
        self, function: FunctionCode | MissingFunction, record: Mapping[str, object], request_id: str
    ) -> HandlerOutcome:
        if isinstance(function, MissingFunction):
            return HandlerFailure("init", f"there is no code for {function.arn}", (), 0.0, ())
        with self._lock:
            runner = self._runners.get(function)
            if runner is None:
                runner = self._runners[function] = HandlerRunner(function)
        try:
            return runner.invoke(record, request_id=request_id)
        except EdgerolloutError as error:
            # No interpreter here: for the viewer the same as a runtime that Lambda dropped.
            return HandlerFailure("init", str(error), (), 0.0, ())


def event_request(
    request: EdgeRequest, *, with_body: bool, origin: OriginSettings | None = None
) -> EventRequest:
    """The request as a function sees it."""
    lines = (("Host", request.host), *without(request.headers, {"host"}))
    return EventRequest(
        request.method,
        request.path,
        lines,
        request.querystring,
        request.client_ip,
        None if origin is None else _origin_object(origin),
        request.body if with_body else None,
    )


def event_response(response: EdgeResponse) -> EventResponse:
    """The response as a function sees it: without its body."""
    return EventResponse(response.status, response.headers, response.reason)


def request_after(result: Mapping[str, object], before: EdgeRequest) -> EdgeRequest:
    """The request a function returned; parts it may not change (method, viewer) stay."""
    lines = header_lines(result.get("headers"))
    host = next((value for name, value in lines if name.lower() == "host"), before.host)
    return replace(
        before,
        host=host,
        path=str(result.get("uri", before.path)),
        querystring=str(result.get("querystring", before.querystring)),
        headers=without(lines, {"host"}),
    )


def response_after(result: Mapping[str, object], before: EdgeResponse | None) -> EdgeResponse:
    """The response a function returned; a body it does not mention stays as it was."""
    status = int(str(result["status"]))
    own_words = result.get("statusDescription")
    reason = str(own_words) if own_words else phrase(status)
    body = result.get("body")
    if body is None:
        return EdgeResponse(
            status, reason, header_lines(result.get("headers")), before.body if before else b""
        )
    encoded = result.get("bodyEncoding") == "base64"
    content = base64.b64decode(str(body)) if encoded else str(body).encode()
    lines = without(header_lines(result.get("headers")), {"content-length"})
    return EdgeResponse(status, reason, (*lines, ("Content-Length", str(len(content)))), content)


def header_lines(headers: object) -> Lines:
    """A result's headers as lines; an entry without a key gets the usual casing, as CloudFront does it."""
    if not isinstance(headers, Mapping):
        return ()
    return tuple(
        (
            str(entry.get("key") or "-".join(part.capitalize() for part in str(name).split("-"))),
            entry["value"],
        )
        for name, entries in headers.items()
        for entry in entries
    )


def _origin_object(origin: OriginSettings) -> Mapping[str, object]:
    shared: dict[str, object] = {
        "customHeaders": {name.lower(): [{"key": name, "value": value}] for name, value in origin.headers},
        "domainName": origin.domain_name,
        "path": origin.path,
    }
    if origin.is_s3:
        return {"s3": {**shared, "authMethod": "none", "region": ""}}
    fixed = {"keepaliveTimeout": 5, "port": 443, "protocol": "https", "readTimeout": 30}
    return {"custom": {**shared, **fixed, "sslProtocols": ["TLSv1.2"]}}
