"""Create, read, update and delete functions, and publish their versions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol, cast

from edgerollout.emulator.codec.model import service_model
from edgerollout.emulator.functions.code import FetchObject, uploaded_code
from edgerollout.emulator.functions.errors import invalid, not_found, refusal
from edgerollout.emulator.functions.state import LATEST, StoredFunction, StoredVersion, code_sha256, modified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.model import StringShape

    from edgerollout.emulator.functions.workshop import Workshop
    from edgerollout.emulator.messages import Call, Members

LAMBDA_SERVICE = "lambda.amazonaws.com"
_ROLE = re.compile(r"arn:aws(?:-[a-z]+)*:iam::\d{12}:role/[\w+=,.@/-]+")
_SETTINGS = (
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "KMSKeyArn",
    "TracingConfig",
    "DeadLetterConfig",
    "EphemeralStorage",
    "LoggingConfig",
)
_MAX_DESCRIPTION = 256


class KnownRoles(Protocol):
    """The parts of IAM that Lambda needs."""

    def assumable(self, role_arn: str, service: str) -> bool:
        """Whether `service` may assume the role now. A new role appears after its window."""
        ...


class Lifecycle:
    """The function and version operations."""

    def __init__(self, workshop: Workshop, roles: KnownRoles, fetch: FetchObject) -> None:
        self._shop = workshop
        self._roles = roles
        self._fetch = fetch

    def operations(self) -> dict[str, Callable[[Call], Members]]:
        return {
            "CreateFunction": self.create,
            "UpdateFunctionCode": self.update_code,
            "UpdateFunctionConfiguration": self.update_configuration,
            "PublishVersion": self.publish,
            "DeleteFunction": self.delete,
        }

    def create(self, call: Call) -> Members:
        shop, inputs = self._shop, call.inputs
        name = shop.named(call).name
        region = shop.region(call)
        self._check(inputs)
        self._check_role(inputs["Role"])
        if name in region.functions:
            raise refusal("ResourceConflictException", f"Function already exist: {name}")
        if inputs.get("PackageType", "Zip") == "Zip" and not (
            inputs.get("Runtime") and inputs.get("Handler")
        ):
            raise invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages."
            )
        configuration = _configured(
            {
                "FunctionName": name,
                "Description": "",
                "Timeout": 3,
                "MemorySize": 128,
                "PackageType": "Zip",
                "Architectures": inputs.get("Architectures", ["x86_64"]),
                "TracingConfig": {"Mode": "PassThrough"},
                "EphemeralStorage": {"Size": 512},
                "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
                "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
            },
            inputs,
        )
        found = StoredFunction(
            arn=shop.arn(call, name),
            configuration=configuration,
            code=uploaded_code(inputs["Code"], call.account, self._fetch),
            last_modified=modified(call.now),
            tags=dict(inputs.get("Tags", {})),
        )
        region.functions[name] = found
        shop.begin_create(found)
        if inputs.get("Publish"):
            # According to reports, the answer has Version "1" but an ARN without it.
            return {**self._publish(call, found).members(), "FunctionArn": found.arn}
        return found.members()

    def _check(self, inputs: Members) -> None:
        """The ranges and enums of the model. Raises InvalidParameterValueException."""
        runtime = inputs.get("Runtime")
        known = cast("StringShape", service_model("lambda").shape_for("Runtime")).enum
        if runtime is not None and runtime not in known:
            raise invalid(
                f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value "
                f"set: [{', '.join(known)}] or be a valid ARN"
            )
        for name, low, high in (("MemorySize", 128, 10240), ("Timeout", 1, 900)):
            value = inputs.get(name)
            if value is not None and not low <= value <= high:
                raise invalid(
                    f"1 validation error detected: Value '{value}' at '{name[0].lower() + name[1:]}' failed "
                    f"to satisfy constraint: Member must have value between {low} and {high}"
                )
        if len(inputs.get("Description", "")) > _MAX_DESCRIPTION:
            raise invalid(
                "1 validation error detected: Value at 'description' failed to satisfy constraint: "
                f"Member must have length less than or equal to {_MAX_DESCRIPTION}"
            )

    def _check_role(self, role: str) -> None:
        if not _ROLE.fullmatch(role):
            raise invalid(
                f"1 validation error detected: Value '{role}' at 'role' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: arn:aws:iam::\\d{12}:role/.+"
            )
        if not self._roles.assumable(role, LAMBDA_SERVICE):
            raise invalid("The role defined for the function cannot be assumed by Lambda.")

    def update_code(self, call: Call) -> Members:
        shop, inputs = self._shop, call.inputs
        found = shop.function(call)
        shop.refuse_busy(found)
        shop.refuse_stale(found, inputs.get("RevisionId"))
        code = uploaded_code(inputs, call.account, self._fetch)
        configuration = {
            **found.configuration,
            "Architectures": inputs.get("Architectures", found.configuration["Architectures"]),
        }
        if inputs.get("DryRun"):
            return {
                **found.members(),
                **configuration,
                "CodeSha256": code_sha256(code),
                "CodeSize": len(code),
            }
        found.configuration = configuration
        found.code = code
        found.uploads += 1
        found.touch(call.now)
        shop.begin_update(found)
        if inputs.get("Publish"):
            return self._publish(call, found).members()
        return found.members()

    def update_configuration(self, call: Call) -> Members:
        shop, inputs = self._shop, call.inputs
        found = shop.function(call)
        shop.refuse_busy(found)
        shop.refuse_stale(found, inputs.get("RevisionId"))
        self._check(inputs)
        if "Role" in inputs:
            self._check_role(inputs["Role"])
        found.configuration = _configured(found.configuration, inputs)
        found.touch(call.now)
        shop.begin_update(found)
        return found.members()

    def publish(self, call: Call) -> Members:
        shop, inputs = self._shop, call.inputs
        found = shop.function(call)
        shop.refuse_busy(found)
        shop.refuse_stale(found, inputs.get("RevisionId"))
        wanted, current = inputs.get("CodeSha256"), code_sha256(found.code)
        if wanted and wanted != current:
            raise invalid(
                f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({current}). "
                "Please try again with the CodeSHA256 in $LATEST."
            )
        if len(inputs.get("Description", "")) > _MAX_DESCRIPTION:
            self._check(inputs)
        return self._publish(call, found).members()

    def _publish(self, call: Call, found: StoredFunction) -> StoredVersion:
        """A new version of $LATEST, or the last one if nothing has changed since."""
        shop = self._shop
        uploads = found.uploads if shop.settings().switches.identical_upload_makes_version else 0
        source = (uploads, code_sha256(found.code), found.configuration)
        last = max(found.versions, default=0)
        if last and found.published == source and last == shop.region(call).numbers[found.name]:
            return found.versions[last]
        description = call.inputs.get("Description") if call.operation == "PublishVersion" else None
        number = shop.region(call).take_number(found.name)
        version = StoredVersion(
            function_arn=found.arn,
            number=number,
            configuration={
                **found.configuration,
                "Description": description or found.configuration["Description"],
            },
            code=found.code,
            last_modified=modified(call.now),
        )
        found.versions[number] = version
        found.published = source
        shop.begin_create(version)
        return version

    def delete(self, call: Call) -> Members:
        shop = self._shop
        found, qualifier = shop.function(call), shop.qualifier(call)
        if qualifier is None:
            for version in found.versions.values():
                self._refuse_replicated(call, version)
            del shop.region(call).functions[found.name]
            return {"StatusCode": 204}
        if qualifier == LATEST:
            raise invalid("$LATEST version cannot be deleted without deleting the function.")
        if qualifier in found.aliases:
            raise invalid(f"Deletion of aliases is not currently supported. Alias: {qualifier}")
        chosen = found.versions.get(int(qualifier)) if qualifier.isdecimal() else None
        if chosen is None:
            raise not_found(f"{found.arn}:{qualifier}")
        used = [name for name, alias in found.aliases.items() if qualifier in _targets(alias)]
        if used:
            raise refusal(
                "ResourceConflictException",
                f"Version {qualifier} cannot be deleted because it is being referenced by alias: "
                f"{', '.join(used)}",
            )
        self._refuse_replicated(call, chosen)
        del found.versions[chosen.number]
        return {"StatusCode": 204}

    def _refuse_replicated(self, call: Call, version: StoredVersion) -> None:
        if self._shop.replicated(call.account, version.arn):
            raise invalid(
                f"Lambda was unable to delete {version.arn} because it is a replicated function. Please see "
                "our documentation for Deleting Lambda@Edge Functions and Replicas."
            )


def _targets(alias: Mapping[str, Any]) -> set[str]:
    weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return {alias["FunctionVersion"], *weights}


def _configured(current: Members, inputs: Members) -> Members:
    """`current` with the request's settings, in the shape of Lambda's answer."""
    configuration = {**current, **{name: inputs[name] for name in _SETTINGS if name in inputs}}
    if "Layers" in inputs:
        configuration["Layers"] = [{"Arn": arn, "CodeSize": 0} for arn in inputs["Layers"]]
    if "VpcConfig" in inputs:
        wanted = inputs["VpcConfig"]
        configuration["VpcConfig"] = {
            "SubnetIds": wanted.get("SubnetIds", []),
            "SecurityGroupIds": wanted.get("SecurityGroupIds", []),
            "VpcId": "vpc-00000000" if wanted.get("SubnetIds") else "",
        }
    for name in ("Environment", "Layers", "DeadLetterConfig"):
        # Lambda leaves out empty settings.
        empty = configuration.get(name) in ({}, [], {"Variables": {}}, {"TargetArn": ""})
        if name in configuration and empty:
            del configuration[name]
    return configuration
