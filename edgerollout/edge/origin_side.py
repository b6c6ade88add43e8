"""A cache miss: origin-request, the origin (or two), origin-response."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.edge.functions import event_request, event_response, request_after, response_after
from edgerollout.edge.origins import OriginRequest, OriginUnreachable
from edgerollout.edge.pages import ORIGIN_UNREACHABLE, error_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.edge.functions import EdgeFunctions
    from edgerollout.edge.message import EdgeRequest, EdgeResponse
    from edgerollout.edge.model import EdgeBehavior, EdgeDistribution, OriginSettings
    from edgerollout.edge.origins import Origin
    from edgerollout.handlers.events import EventConfig, Lines

_FAILOVER_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class EdgeVisit:
    """Where one request is served: its distribution, its behavior, and the facts for events.

    `generation` is the cache's when the request arrived. `region` is the distribution as the regional cache
    behind the location knows it, which asks the origin; None: the same.
    """

    distribution: EdgeDistribution
    behavior: EdgeBehavior
    config: EventConfig
    generation: int
    region: EdgeDistribution | None = None


class OriginSide:
    """Fetches through a behavior's origin functions, over the edge's own connections to origins."""

    def __init__(self, functions: EdgeFunctions, connect: Callable[[OriginSettings], Origin]) -> None:
        self._functions = functions
        self._connect = connect

    def fetch(self, visit: EdgeVisit, request: EdgeRequest, conditions: Lines = ()) -> EdgeResponse:
        """The response to store and send; `conditions` are headers of a revalidation.

        In an origin group both origin functions run once for each origin tried, and the first
        origin's own status decides (Developer Guide, "Optimize high availability with CloudFront
        origin failover"). Raises FunctionFailed.
        """
        if visit.region is not None:
            there = visit.region.behavior_for(request.path)
            visit = replace(visit, distribution=visit.region, behavior=there, region=None)
        origins, failover = visit.distribution.origins_of(visit.behavior.target)
        tries = origins if request.method in _FAILOVER_METHODS else origins[:1]
        response = error_page(502, ORIGIN_UNREACHABLE, visit.config.request_id)
        for origin in tries:
            try:
                response, status = self._try(origin, visit, request, conditions)
            except OriginUnreachable:
                # After a failed connection CloudFront always tries the next origin, whatever the criteria.
                response = error_page(502, ORIGIN_UNREACHABLE, visit.config.request_id)
                continue
            if status not in failover:
                break
        return response

    def _try(
        self, origin: OriginSettings, visit: EdgeVisit, request: EdgeRequest, conditions: Lines
    ) -> tuple[EdgeResponse, int]:
        """One origin's answer after the functions, and its own status."""
        behavior, config = visit.behavior, visit.config
        asked = replace(request, host=origin.domain_name, headers=(*request.headers, *conditions))
        on_request = behavior.functions.get("origin-request")
        if on_request is not None:
            with_body = "origin-request" in behavior.include_body
            shown = event_request(asked, with_body=with_body, origin=origin)
            result = self._functions.run("origin-request", on_request, config, shown)
            if "status" in result:
                # A response made here goes to the cache; origin-response does not see it.
                generated = response_after(result, None)
                return generated, generated.status
            asked = request_after(result, asked)
        answer = self._connect(origin).fetch(
            OriginRequest(
                asked.method,
                origin.path + asked.path,
                asked.querystring,
                (*asked.headers, *origin.headers),
                asked.body,
            )
        )
        on_response = behavior.functions.get("origin-response")
        if on_response is None:
            return answer, answer.status
        shown = event_request(asked, with_body=False, origin=origin)
        result = self._functions.run("origin-response", on_response, config, shown, event_response(answer))
        return response_after(result, answer), answer.status
