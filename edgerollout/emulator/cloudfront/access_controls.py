"""Origin access controls: create, read, change, list and delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgerollout.emulator.cloudfront.distributions import World, check_if_match
from edgerollout.emulator.cloudfront.errors import refusal
from edgerollout.emulator.names import entity_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.emulator.messages import Call, Members


class AccessControls:
    """The origin access control operations."""

    def __init__(self, world: World) -> None:
        self._world = world

    def operations(self) -> dict[str, Callable[[Call], Members]]:
        return {
            "CreateOriginAccessControl": self.create,
            "GetOriginAccessControl": self.get,
            "GetOriginAccessControlConfig": self.get_config,
            "UpdateOriginAccessControl": self.update,
            "ListOriginAccessControls": self.list,
            "DeleteOriginAccessControl": self.delete,
        }

    def _find(self, call: Call) -> dict[str, Any]:
        found = self._world.account(call).access_controls.get(call.inputs["Id"])
        if found is None:
            raise refusal("NoSuchOriginAccessControl", "The specified origin access control does not exist.")
        return found

    @staticmethod
    def _members(found: dict[str, Any]) -> Members:
        return {
            "OriginAccessControl": {"Id": found["Id"], "OriginAccessControlConfig": found["Config"]},
            "ETag": found["ETag"],
        }

    def _check_name(self, call: Call, name: str, own: str | None) -> None:
        """Raises OriginAccessControlAlreadyExists if another one has the name."""
        controls = self._world.account(call).access_controls.values()
        if any(control["Config"]["Name"] == name and control["Id"] != own for control in controls):
            raise refusal(
                "OriginAccessControlAlreadyExists", "An origin access control with this name already exists."
            )

    def create(self, call: Call) -> Members:
        config = call.inputs["OriginAccessControlConfig"]
        controls = self._world.account(call).access_controls
        self._check_name(call, config["Name"], None)
        found = {"Id": entity_id("E"), "ETag": entity_id("E"), "Config": config}
        controls[found["Id"]] = found
        return {
            **self._members(found),
            "Location": f"https://cloudfront.amazonaws.com/2020-05-31/origin-access-control/{found['Id']}",
        }

    def get(self, call: Call) -> Members:
        return self._members(self._find(call))

    def get_config(self, call: Call) -> Members:
        found = self._find(call)
        return {"OriginAccessControlConfig": found["Config"], "ETag": found["ETag"]}

    def update(self, call: Call) -> Members:
        found, config = self._find(call), call.inputs["OriginAccessControlConfig"]
        check_if_match(call.inputs.get("IfMatch"), found["ETag"])
        self._check_name(call, config["Name"], found["Id"])
        found.update(Config=config, ETag=entity_id("E"))
        return self._members(found)

    def list(self, call: Call) -> Members:
        controls = self._world.account(call).access_controls.values()
        items = [{"Id": control["Id"], **control["Config"]} for control in controls]
        return {
            "OriginAccessControlList": {
                "Marker": "",
                "MaxItems": 100,
                "IsTruncated": False,
                "Quantity": len(items),
                **({"Items": items} if items else {}),
            }
        }

    def delete(self, call: Call) -> Members:
        found = self._find(call)
        check_if_match(call.inputs.get("IfMatch"), found["ETag"])
        used = any(
            origin.get("OriginAccessControlId") == found["Id"]
            for distribution in self._world.account(call).distributions.values()
            for origin in distribution.config["Origins"].get("Items", ())
        )
        if used:
            raise refusal(
                "OriginAccessControlInUse",
                "Cannot delete the origin access control because it's in use by one or more distributions.",
            )
        del self._world.account(call).access_controls[found["Id"]]
        return {}
