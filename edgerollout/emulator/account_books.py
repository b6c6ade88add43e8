"""Service Quotas and pricing plans for `doctor`: moto has neither for CloudFront."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from edgerollout.emulator.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.emulator.identity import Caller
    from edgerollout.emulator.settings import Quotas

SUBSCRIPTIONS_PATH = "/v1/ListSubscriptions"
_GET_QUOTA = "ServiceQuotasV20190624.GetServiceQuota"

_CODES = {
    "L-D0C8D03A": "distributions_with_functions",
    "L-CF0D4FC5": "response_headers_policies",
    "L-E9944CCE": "csp_characters",
}
"""Codes of Service Quotas: distributions with triggers, response headers policies, length of their CSP."""

_PER_PAGE = 20


class Books:
    """An account's quotas and pricing plans. Thread-safe."""

    def __init__(self, quotas: Callable[[], Quotas]) -> None:
        self._lock = threading.Lock()
        self._quotas = quotas
        self._plans: dict[str, list[str]] = {}

    def subscribe(self, account: str, arn: str) -> None:
        """Put a resource on a flat-rate plan."""
        with self._lock:
            self._plans.setdefault(account, []).append(arn)

    def answer(self, request: Request, caller: Caller) -> Response | None:
        """The answer to a question about quotas or plans; None for any other."""
        if caller.service == "pricingplanmanager" and request.path == SUBSCRIPTIONS_PATH:
            return self._subscriptions(request, caller.account)
        if request.headers.get("x-amz-target") == _GET_QUOTA:
            return self._quota(request)
        return None

    def _quota(self, request: Request) -> Response | None:
        asked = json.loads(request.body or b"{}")
        if asked.get("ServiceCode") != "cloudfront":
            return None
        code = str(asked.get("QuotaCode"))
        if code not in _CODES:
            return _json({"__type": "NoSuchResourceException", "Message": "No such quota."}, 400)
        value = float(getattr(self._quotas(), _CODES[code]))
        return _json(
            {"Quota": {"ServiceCode": "cloudfront", "QuotaCode": code, "Value": value, "Adjustable": True}}
        )

    def _subscriptions(self, request: Request, account: str) -> Response:
        asked = json.loads(request.body or b"{}")
        token = str(asked.get("nextToken") or "0")
        if not token.isdecimal():
            return _json({"__type": "ValidationException", "message": "Invalid nextToken"}, 400)
        first = int(token)
        with self._lock:
            plans = self._plans.get(account, [])[first : first + _PER_PAGE + 1]
        summaries = [
            {
                "arn": f"arn:aws:pricingplanmanager::{account}:subscription/{first + number}",
                "planFamily": "CLOUDFRONT",
                "planTier": "FREE",
                "status": "ACTIVE",
                "resourceArns": [arn],
            }
            for number, arn in enumerate(plans[:_PER_PAGE])
        ]
        more = {"nextToken": str(first + _PER_PAGE)} if len(plans) > _PER_PAGE else {}
        return _json({"subscriptionSummaries": summaries, **more})


def _json(document: dict[str, object], status: int = 200) -> Response:
    return Response(status, (("content-type", "application/x-amz-json-1.1"),), json.dumps(document).encode())
