"""The admin path, `/_sandbox/…`: JSON over the same server, for tests, demos and the daemon.

GET state, GET calls, DELETE calls, GET and PUT windows, switches and quotas, GET, POST and DELETE faults, PUT
throttles, PUT code (replaces a version's zip), POST advance, POST shutdown; and the operations that the
surrounding process adds.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from edgerollout.emulator.faults import FaultRule, Faults, Throttle
from edgerollout.emulator.messages import Request, Response
from edgerollout.emulator.settings import adjusted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.emulator.calls import CallLog
    from edgerollout.emulator.plane import ControlPlane

ADMIN = "/_sandbox/"

AdminOperation: TypeAlias = Callable[[dict[str, Any]], object]
"""Takes the request's JSON object and returns a JSON document. Raises ValueError for a wrong request."""


def _json(document: object, status: int = 200) -> Response:
    return Response(status, (("content-type", "application/json"),), json.dumps(document).encode())


def _seconds(document: dict[str, Any]) -> float:
    seconds = document.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or seconds < 0:
        raise ValueError(f"'seconds' cannot be {seconds!r}")
    return float(seconds)


class Admin:
    """The admin operations, for callers that know `secret`.

    `shutdown` must return at once and stop the server afterwards.
    `more` are further operations by method and name, such as ("GET", "identity").
    """

    def __init__(
        self,
        secret: str,
        plane: ControlPlane,
        faults: Faults,
        calls: CallLog,
        shutdown: Callable[[], None],
        more: Mapping[tuple[str, str], AdminOperation],
    ) -> None:
        self._secret = secret
        self._plane = plane
        self._faults = faults
        self._calls = calls
        self._shutdown = shutdown
        self._more = more

    def answer(self, request: Request) -> Response:
        """The result; 400 with a message for a wrong request, 404 for an unknown path."""
        name = request.path.removeprefix(ADMIN)
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self._secret}".encode()):
            return _json(
                {"error": "the Authorization header is not Bearer and the sandbox's secret key"}, 403
            )
        try:
            document = json.loads(request.body) if request.body else {}
            if not isinstance(document, dict):
                raise ValueError("the body must be a JSON object")
            answer = self._answer(request.method, name, document)
        except (ValueError, TypeError) as error:
            return _json({"error": str(error)}, 400)
        return (
            _json({"error": f"no {request.method} {request.path}"}, 404) if answer is None else _json(answer)
        )

    def _answer(self, method: str, name: str, document: dict[str, Any]) -> object | None:
        match method, name:
            case "GET", "state":
                return {
                    **self._plane.summary(),
                    **self._settings(),
                    "now": self._plane.schedule.now().isoformat(),
                }
            case "GET", "windows" | "switches" | "quotas":
                return self._settings()[name]
            case "PUT", "windows" | "switches" | "quotas":
                self._adjust(name, document)
                return self._settings()[name]
            case "GET", "faults":
                return [rule.to_json() for rule in self._faults.rules()]
            case "POST", "faults":
                self._faults.add(FaultRule.from_json(document))
                return [rule.to_json() for rule in self._faults.rules()]
            case "DELETE", "faults":
                self._faults.clear()
                return []
            case "PUT", "throttles":
                for operation, rate in document.items():
                    self._faults.throttle(operation, Throttle(**rate))
                return document
            case _:
                return self._answer_more(method, name, document)

    def _answer_more(self, method: str, name: str, document: dict[str, Any]) -> object | None:
        match method, name:
            case "GET", "calls":
                return self._calls.to_json()
            case "DELETE" | "POST", "calls":
                self._calls.clear()
                return []
            case "PUT", "code":
                return self._replace_code(document)
            case "POST", "advance":
                self._plane.advance(_seconds(document))
                return {"now": self._plane.schedule.now().isoformat()}
            case "POST", "shutdown":
                self._shutdown()
                return {"stopping": True}
            case _:
                operation = self._more.get((method, name))
                return None if operation is None else operation(document)

    def _replace_code(self, document: dict[str, Any]) -> object:
        arn, code, mirror = document.get("arn"), document.get("zip"), document.get("mirror", False)
        if not isinstance(arn, str) or not isinstance(code, str) or not isinstance(mirror, bool):
            raise ValueError("'arn' and 'zip' (base64) are needed, and 'mirror' is true or false")
        self._plane.replace_code(arn, base64.b64decode(code, validate=True), mirror=mirror)
        return {"arn": arn}

    def _settings(self) -> dict[str, object]:
        settings = self._plane.settings
        return {
            "windows": asdict(settings.windows),
            "switches": asdict(settings.switches),
            "quotas": asdict(settings.quotas),
        }

    def _adjust(self, name: str, document: dict[str, Any]) -> None:
        with self._plane.lock:
            settings = self._plane.settings
            match name:
                case "windows":
                    settings = replace(settings, windows=adjusted(settings.windows, document))
                case "switches":
                    settings = replace(settings, switches=adjusted(settings.switches, document))
                case _:
                    settings = replace(settings, quotas=adjusted(settings.quotas, document))
            self._plane.settings = settings
