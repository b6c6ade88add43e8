"""Reads and lists of functions and versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.emulator.functions.download import signed_location
from edgerollout.emulator.functions.pages import page
from edgerollout.emulator.functions.state import LATEST, StoredFunction

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.emulator.functions.workshop import Workshop
    from edgerollout.emulator.messages import Call, Members


class Reads:
    """The read operations. `secret` signs download URLs."""

    def __init__(self, workshop: Workshop, secret: bytes) -> None:
        self._shop = workshop
        self._secret = secret

    def operations(self) -> dict[str, Callable[[Call], Members]]:
        return {
            "GetFunction": self.get,
            "GetFunctionConfiguration": self.get_configuration,
            "GetFunctionConcurrency": self.get_concurrency,
            "GetFunctionCodeSigningConfig": self.get_code_signing,
            "GetRuntimeManagementConfig": self.get_runtime_management,
            "ListVersionsByFunction": self.list_versions,
            "ListFunctions": self.list_functions,
            "GetAccountSettings": self.account_settings,
        }

    def get(self, call: Call) -> Members:
        found = self._shop.version(call)
        function = self._shop.function(call)
        answer: dict[str, object] = {
            "Configuration": self.get_configuration(call),
            "Code": {
                "RepositoryType": "S3",
                "Location": signed_location(call, found.arn, self._secret),
            },
        }
        if function.tags:
            answer["Tags"] = function.tags
        return answer

    def get_configuration(self, call: Call) -> Members:
        found = self._shop.version(call)
        if isinstance(found, StoredFunction):
            return found.members(qualified=self._shop.qualifier(call) == LATEST)
        return found.members()

    def get_concurrency(self, call: Call) -> Members:
        self._shop.function(call)
        return {}

    def get_code_signing(self, call: Call) -> Members:
        return {"FunctionName": self._shop.function(call).name}

    def get_runtime_management(self, call: Call) -> Members:
        """The default: Lambda keeps runtimes up to date."""
        found = self._shop.version(call)
        return {"UpdateRuntimeOn": "Auto", "FunctionArn": found.arn}

    def list_versions(self, call: Call) -> Members:
        found = self._shop.function(call)
        entries = [found.members(qualified=True)]
        entries += [found.versions[number].members() for number in sorted(found.versions)]
        listed, marker = page(call, entries, [str(entry["Version"]) for entry in entries])
        return {"Versions": listed, **marker}

    def list_functions(self, call: Call) -> Members:
        functions = self._shop.region(call).functions
        entries: list[Members] = []
        for name in sorted(functions):
            found = functions[name]
            if call.inputs.get("FunctionVersion") == "ALL":
                entries.append(found.members(qualified=True))
                entries += [found.versions[number].members() for number in sorted(found.versions)]
            else:
                entries.append(found.members())
        listed, marker = page(call, entries, [str(entry["FunctionArn"]) for entry in entries])
        return {"Functions": listed, **marker}

    def account_settings(self, call: Call) -> Members:
        """Limits are Lambda's defaults (Developer Guide, "Lambda quotas")."""
        functions = self._shop.region(call).functions.values()
        size = sum(
            len(found.code) + sum(len(version.code) for version in found.versions.values())
            for found in functions
        )
        return {
            "AccountLimit": {
                "TotalCodeSize": 80530636800,
                "CodeSizeUnzipped": 262144000,
                "CodeSizeZipped": 52428800,
                "ConcurrentExecutions": 1000,
                "UnreservedConcurrentExecutions": 1000,
            },
            "AccountUsage": {"TotalCodeSize": size, "FunctionCount": len(functions)},
        }
