"""Tags on distributions, by ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.emulator.cloudfront.errors import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.emulator.cloudfront.distributions import World
    from edgerollout.emulator.cloudfront.state import StoredDistribution
    from edgerollout.emulator.messages import Call, Members


class Tags:
    """The tag operations."""

    def __init__(self, world: World) -> None:
        self._world = world

    def operations(self) -> dict[str, Callable[[Call], Members]]:
        return {
            "ListTagsForResource": self.list,
            "TagResource": self.tag,
            "UntagResource": self.untag,
        }

    def _resource(self, call: Call) -> StoredDistribution:
        for found in self._world.account(call).distributions.values():
            if found.arn == call.inputs["Resource"]:
                return found
        raise refusal("NoSuchResource", "The specified resource does not exist.")

    def list(self, call: Call) -> Members:
        tags = self._resource(call).tags
        return {"Tags": {"Items": [{"Key": key, "Value": value} for key, value in tags.items()]}}

    def tag(self, call: Call) -> Members:
        found = self._resource(call)
        found.tags.update({tag["Key"]: tag.get("Value", "") for tag in call.inputs["Tags"].get("Items", ())})
        return {}

    def untag(self, call: Call) -> Members:
        found = self._resource(call)
        for key in call.inputs["TagKeys"].get("Items", ()):
            found.tags.pop(key, None)
        return {}
