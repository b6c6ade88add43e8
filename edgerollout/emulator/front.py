"""The entry of all requests: each is named, may get a fault, is answered and logged."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.emulator.account_books import SUBSCRIPTIONS_PATH, Books
from edgerollout.emulator.admin import ADMIN, Admin
from edgerollout.emulator.broken_answers import broken, without_associations
from edgerollout.emulator.calls import CallLog, LoggedCall
from edgerollout.emulator.corrections import Corrections, iam_error
from edgerollout.emulator.faults import BROKEN, FaultKind, FaultRule, Faults
from edgerollout.emulator.functions import download
from edgerollout.emulator.identity import Caller, Unsigned, caller_of
from edgerollout.emulator.messages import Request, Response, ServiceError
from edgerollout.emulator.moto_bridge import Moto, form_of
from edgerollout.loopback import is_foreign, is_local

if TYPE_CHECKING:
    from edgerollout.emulator.plane import ControlPlane

_ABOUT = ("Qualifier", "Resource")
"""Parameters of a query string that name the requested version or resource."""

_OURS = ("cloudfront", "lambda")
_XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")


_FROM_A_PAGE = Response(
    403, (("content-type", "application/json"),), b'{"error": "requests from web pages are refused"}'
)


class ConnectionReset(Exception):
    """Close the connection hard instead of answering."""


@dataclass(frozen=True)
class Arrival:
    """A received call that is not carried out yet; `operation` is `service:Operation`."""

    operation: str
    account: str
    path: str
    session: str | None
    """The session token that it was signed with."""


Around = Callable[[Arrival, Callable[[], Response]], Response]
"""Carries out a call, now or later, and returns its answer; raises ConnectionReset for no answer."""


def at_once(_: Arrival, carry_out: Callable[[], Response]) -> Response:
    return carry_out()


def _operation_name(request: Request) -> str:
    """The name of a request to moto: its Action, its target, or method and path."""
    if request.path == SUBSCRIPTIONS_PATH:
        return "ListSubscriptions"
    target = request.headers.get("x-amz-target")
    if target:
        return target.rpartition(".")[2]
    action = form_of(request).get("Action") or dict(request.query).get("Action")
    return action or f"{request.method} {'object' if request.path.count('/') > 1 else 'bucket'}"


def _error_code(response: Response) -> str | None:
    if response.status < 400:
        return None
    header = {name.lower(): value for name, value in response.headers}.get("x-amzn-errortype")
    found = _XML_CODE.search(response.body)
    return header or (found[1].decode() if found else str(response.status))


class FrontDoor:
    """Routes by the credential scope; `pause` waits for a delay fault, in real seconds; every call but
    downloads goes through `around`.

    Pages of other sites, foreign host names and callers without
    `secret` are refused: a signature proves it, on the admin path a bearer token, for code a signed URL.
    """

    def __init__(
        self,
        *,
        secret: str,
        plane: ControlPlane,
        moto: Moto,
        faults: Faults,
        calls: CallLog,
        admin: Admin,
        pause: Callable[[float], None],
        around: Around = at_once,
    ) -> None:
        self._around = around
        self._secret = secret
        self._plane = plane
        self._moto = moto
        self.books = Books(lambda: plane.settings.quotas)
        """Quotas and pricing plans, for tests to change."""
        self._corrections = Corrections(moto, plane.tagged_distributions, self.books)
        self._faults = faults
        self._calls = calls
        self._admin = admin
        self.pause = pause

    def answer(self, request: Request) -> Response:
        """The answer. Raises ConnectionReset if a fault demands no answer."""
        host = request.headers.get("host", "")
        if not is_local(host) or is_foreign(f"http://{host}", request.headers.get):
            return _FROM_A_PAGE
        self._plane.tick()
        if request.path.startswith(download.PREFIX):
            return self._download(request)
        if request.path.startswith(ADMIN):
            return self._admin.answer(request)
        try:
            caller = caller_of(request, self._secret, self._moto.given_out)
        except Unsigned as refusal:
            return self._refuse(refusal.caller, refusal)
        if caller.service in _OURS:
            operation, carry_out = self._ours(request, caller, host)
        else:
            operation = _operation_name(request)

            def carry_out(request: Request) -> Response:
                return self._corrections.answer(request, caller, host)

        status, error = 0, "ConnectionReset"
        try:
            arrival = Arrival(
                f"{caller.service}:{operation}",
                caller.account,
                request.path,
                request.headers.get("x-amz-security-token"),
            )
            response = self._around(arrival, lambda: self._with_faults(request, caller, operation, carry_out))
            status, error = response.status, _error_code(response) or ""
            return response
        finally:
            self._calls.note(
                LoggedCall(
                    time=self._plane.schedule.now().isoformat(),
                    account=caller.account,
                    region=caller.region,
                    service=caller.service,
                    operation=operation,
                    path=request.path,
                    status=status,
                    error=error or None,
                    about=next((value for name, value in request.query if name in _ABOUT), None),
                )
            )

    def _download(self, request: Request) -> Response:
        """A download of code, as from S3; faults of `lambda:DownloadCode` apply."""
        rule = self._faults.take("lambda", download.OPERATION, request.path)
        if rule is None:
            return self._plane.download(request)
        match rule.kind:
            case FaultKind.RESET:
                raise ConnectionReset
            case FaultKind.ERROR:
                return Response(rule.status, (("content-type", "text/plain"),), rule.code.encode())
            case FaultKind.DELAY:
                self.pause(rule.seconds)
                return self._plane.download(request)
            case _:
                return broken(rule, self._plane.download(request))

    def _ours(self, request: Request, caller: Caller, host: str) -> tuple[str, Callable[[Request], Response]]:
        matched = self._plane.match(caller.service, request)
        if matched is None:
            unknown = ServiceError(
                "UnknownOperationException", f"{request.method} {request.path} is unknown.", 404
            )
            return f"{request.method} {request.path}", lambda _: self._plane.refuse(caller.service, unknown)
        return matched.operation, lambda asked: self._plane.answer(matched, asked, caller, f"http://{host}")

    def _refuse(self, caller: Caller, error: ServiceError) -> Response:
        if caller.service in _OURS:
            return self._plane.refuse(caller.service, error)
        return iam_error(error.code, error.message, error.status)

    def _with_faults(
        self, request: Request, caller: Caller, operation: str, carry_out: Callable[[Request], Response]
    ) -> Response:
        if self._faults.throttled(caller.account, caller.service, operation):
            code, status = (
                ("TooManyRequestsException", 429) if caller.service == "lambda" else ("Throttling", 400)
            )
            return self._refuse(caller, ServiceError(code, "Rate exceeded", status))
        rule = self._faults.take(caller.service, operation, request.path)
        if rule is None:
            return carry_out(request)
        if rule.kind is FaultKind.LIE:
            return carry_out(without_associations(request))
        if rule.after_commit or rule.kind in (FaultKind.CUT, FaultKind.MISSING, FaultKind.TRICKLE):
            return self._meet(rule, caller, carry_out(request))
        if rule.kind is FaultKind.DELAY:
            self.pause(rule.seconds)
            return carry_out(request)
        return self._meet(rule, caller, None)

    def _meet(self, rule: FaultRule, caller: Caller, response: Response | None) -> Response:
        """The fault itself; `response` is the normal answer of the committed operation."""
        if rule.kind is FaultKind.RESET:
            raise ConnectionReset
        if rule.kind in BROKEN:
            response = response or Response(rule.status, (), b"")
            if rule.kind is FaultKind.CUT and not response.body:
                raise ConnectionReset  # There is nothing to cut.
            return broken(rule, response)
        if rule.kind is FaultKind.DELAY and response is not None:
            self.pause(rule.seconds)
            return response
        return self._refuse(caller, ServiceError(rule.code, rule.message, rule.status))
