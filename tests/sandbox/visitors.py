"""What visitors of a distribution without a site would get, worked out from what its edges are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR

if TYPE_CHECKING:
    from edgerollout.emulator.messages import Members
    from edgerollout.emulator.sink import DistributionView

Triggers = dict[str, dict[str, str]]
"""Path → event → ARN after `function:`."""


class Visitors:
    """What visitors of each distribution get, as an edge would serve it.

    A response carries the release of the viewer trigger, else the one it was cached with. Cached is
    whatever was deployed since the last invalidation completed.
    """

    def __init__(self) -> None:
        self._triggers: dict[str, dict[str, dict[str, str]]] = {}
        self._cached: dict[str, dict[str, set[str | None]]] = {}
        self.went_bare: list[tuple[str, str]] = []
        """(distribution, path) whose responses had headers on every request before, and then had not."""

    def deployed(self, distribution: DistributionView) -> None:
        identity, before = distribution.id, self.sees(distribution.id)
        self._triggers[identity] = triggers_of(distribution.config)
        cached = self._cached.setdefault(identity, {})
        for path, triggers in self._triggers[identity].items():
            cached.setdefault(path, set()).add(triggers.get("origin-response"))
        now = self.sees(identity)
        self.went_bare += [
            (identity, path)
            for path, seen in before.items()
            if None not in seen and None in now.get(path, set())
        ]

    def invalidated(self, distribution_id: str, paths: tuple[str, ...]) -> None:
        assert paths == ("/*",)
        for path, triggers in self._triggers[distribution_id].items():
            self._cached[distribution_id][path] = {triggers.get("origin-response")}

    def removed(self, distribution_id: str) -> None:
        self._triggers.pop(distribution_id)

    def sees(self, distribution: str) -> dict[str, set[str | None]]:
        """Path → the versions whose headers a response may carry; None: it may carry none."""
        return {
            path: {viewer}
            if (viewer := triggers.get("viewer-response"))
            else self._cached[distribution][path]
            for path, triggers in self._triggers.get(distribution, {}).items()
        }


def triggers_of(config: Members) -> Triggers:
    """Path → event → ARN after `function:`."""
    every = [*config["CacheBehaviors"].get("Items", []), config["DefaultCacheBehavior"]]
    return {
        item.get("PathPattern", DEFAULT_BEHAVIOR): {
            trigger["EventType"]: trigger["LambdaFunctionARN"].rpartition(":function:")[2]
            for trigger in item.get("LambdaFunctionAssociations", {}).get("Items", [])
        }
        for item in every
    }
