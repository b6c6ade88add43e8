"""Aliases, resource policies and tags of functions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from edgerollout.emulator.functions.errors import invalid, not_found, refusal
from edgerollout.emulator.functions.pages import page
from edgerollout.emulator.functions.state import LATEST, StoredFunction, new_revision
from edgerollout.emulator.names import FunctionArn

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.emulator.functions.workshop import Workshop
    from edgerollout.emulator.messages import Call, Members

_TAG_TEXT = re.compile(r"[\w\s.:/=+@-]*")
"""Letters, digits and blanks of any alphabet, and these (Lambda Developer Guide, "Using tags")."""


class Aliases:
    """Names for versions."""

    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop

    def operations(self) -> dict[str, Callable[[Call], Members]]:
        return {
            "CreateAlias": self.create,
            "GetAlias": self.get,
            "UpdateAlias": self.update,
            "DeleteAlias": self.delete,
            "ListAliases": self.list,
        }

    def _check_version(self, found: StoredFunction, number: str) -> None:
        if number != LATEST and not (number.isdecimal() and int(number) in found.versions):
            raise not_found(f"{found.arn}:{number}")

    def _alias(self, call: Call) -> tuple[StoredFunction, dict[str, Any]]:
        found = self._shop.function(call)
        alias = found.aliases.get(call.inputs["Name"])
        if alias is None:
            raise refusal(
                "ResourceNotFoundException", f"Cannot find alias arn: {found.arn}:{call.inputs['Name']}"
            )
        return found, alias

    def create(self, call: Call) -> Members:
        found, inputs = self._shop.function(call), call.inputs
        name = inputs["Name"]
        if name in found.aliases:
            raise refusal("ResourceConflictException", f"Alias already exists: {found.arn}:{name}")
        if name.isdecimal():
            raise invalid(f"Value '{name}' at 'name' failed to satisfy constraint: an alias is not a number")
        self._check_version(found, inputs["FunctionVersion"])
        found.aliases[name] = {
            "AliasArn": f"{found.arn}:{name}",
            "Name": name,
            "FunctionVersion": inputs["FunctionVersion"],
            "Description": inputs.get("Description", ""),
            "RoutingConfig": inputs.get("RoutingConfig", {}),
            "RevisionId": new_revision(),
        }
        return found.aliases[name]

    def get(self, call: Call) -> Members:
        return self._alias(call)[1]

    def update(self, call: Call) -> Members:
        found, alias = self._alias(call)
        if "FunctionVersion" in call.inputs:
            self._check_version(found, call.inputs["FunctionVersion"])
        for name in ("FunctionVersion", "Description", "RoutingConfig"):
            if name in call.inputs:
                alias[name] = call.inputs[name]
        alias["RevisionId"] = new_revision()
        return alias

    def delete(self, call: Call) -> Members:
        # AWS answers 204 whether or not the alias was there.
        self._shop.function(call).aliases.pop(call.inputs["Name"], None)
        return {}

    def list(self, call: Call) -> Members:
        wanted = call.inputs.get("FunctionVersion")
        aliases = self._shop.function(call).aliases
        names = [
            name for name in sorted(aliases) if wanted is None or aliases[name]["FunctionVersion"] == wanted
        ]
        listed, marker = page(call, [aliases[name] for name in names], names)
        return {"Aliases": listed, **marker}


class ResourcePolicies:
    """Resource policies, per function and per qualifier."""

    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop

    def operations(self) -> dict[str, Callable[[Call], Members]]:
        return {
            "AddPermission": self.add,
            "RemovePermission": self.remove,
            "GetPolicy": self.get,
        }

    def _key(self, call: Call) -> str:
        self._shop.version(call)
        return self._shop.qualifier(call) or ""

    def add(self, call: Call) -> Members:
        inputs, found, qualifier = call.inputs, self._shop.function(call), self._key(call)
        key = (qualifier, inputs["StatementId"])
        if key in found.statements:
            raise refusal(
                "ResourceConflictException",
                f"The statement id ({inputs['StatementId']}) provided already exists. "
                "Please provide a new statement id, or remove the existing statement.",
            )
        principal = inputs["Principal"]
        account = f"arn:aws:iam::{principal}:root"
        statement: dict[str, Any] = {
            "Sid": inputs["StatementId"],
            "Effect": "Allow",
            "Principal": {"AWS": account}
            if principal.isdecimal()
            else {"Service": principal}
            if principal.endswith(".amazonaws.com")
            else principal
            if principal == "*"
            else {"AWS": principal},
            "Action": inputs["Action"],
            "Resource": f"{found.arn}:{qualifier}" if qualifier else found.arn,
        }
        if "SourceArn" in inputs:
            statement["Condition"] = {"ArnLike": {"AWS:SourceArn": inputs["SourceArn"]}}
        found.statements[key] = statement
        return {"Statement": json.dumps(statement)}

    def remove(self, call: Call) -> Members:
        found, key = self._shop.function(call), (self._key(call), call.inputs["StatementId"])
        if key not in found.statements:
            raise refusal("ResourceNotFoundException", f"Statement {key[1]} is not found in resource policy.")
        del found.statements[key]
        return {}

    def get(self, call: Call) -> Members:
        found, qualifier = self._shop.function(call), self._key(call)
        statements = [statement for (place, _), statement in found.statements.items() if place == qualifier]
        if not statements:
            raise refusal("ResourceNotFoundException", "The resource you requested does not exist.")
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
        return {"Policy": json.dumps(policy), "RevisionId": found.revision_id}


class FunctionTags:
    """Tags, on functions only: versions and aliases have none."""

    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop

    def operations(self) -> dict[str, Callable[[Call], Members]]:
        return {"TagResource": self.tag, "UntagResource": self.untag, "ListTags": self.list}

    def _resource(self, call: Call) -> StoredFunction:
        text = call.inputs["Resource"]
        arn = FunctionArn.parse(text)
        if arn is None or arn.qualifier is not None:
            raise invalid(
                f"Tags on function aliases and versions are not supported. Please specify a function: {text}"
            )
        found = None
        if (arn.account, arn.region) == (call.account, call.region):
            found = self._shop.region(call).functions.get(arn.name)
        if found is None:
            raise not_found(text)
        return found

    def tag(self, call: Call) -> Members:
        found = self._resource(call)
        for key, value in call.inputs["Tags"].items():
            for text, least, most in ((key, 1, 128), (value, 0, 256)):
                if not least <= len(text) <= most or not _TAG_TEXT.fullmatch(text):
                    raise invalid(f"Invalid tag key or value: {text}")
        merged = {**found.tags, **call.inputs["Tags"]}
        if len(merged) > 50:
            raise invalid("Number of tags exceeds resource tag limit.")
        found.tags = merged
        return {}

    def untag(self, call: Call) -> Members:
        found = self._resource(call)
        found.tags = {key: value for key, value in found.tags.items() if key not in call.inputs["TagKeys"]}
        return {}

    def list(self, call: Call) -> Members:
        return {"Tags": self._resource(call).tags}
