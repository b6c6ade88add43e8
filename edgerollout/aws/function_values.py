"""Lambda's answers as the snapshot's values. Environment variables are read by name, never by value.

Members that Lambda always sends are required: `aws/retry.py` treats KeyError as a malformed answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from edgerollout.release.facts.snapshot import Function, Version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_lambda.type_defs import (
        FunctionConfigurationResponseTypeDef,
        FunctionConfigurationTypeDef,
    )

    Configuration = FunctionConfigurationTypeDef | FunctionConfigurationResponseTypeDef

LATEST = "$LATEST"


def to_function(
    configuration: Configuration,
    versions: tuple[Version, ...],
    tags: Mapping[str, str] | None,
    *,
    own_key_for_code: bool,
) -> Function:
    """$LATEST's configuration with the numbered versions. `own_key_for_code`: the zip has its own KMS key."""
    vpc = configuration.get("VpcConfig", {})
    return Function(
        name=configuration["FunctionName"],
        arn=unqualified(configuration["FunctionArn"]),
        runtime=configuration.get("Runtime", ""),
        entry=configuration.get("Handler", ""),
        role_arn=configuration["Role"],
        memory=configuration["MemorySize"],
        timeout=configuration["Timeout"],
        code_sha256=configuration["CodeSha256"],
        revision_id=configuration["RevisionId"],
        state=configuration["State"],
        last_update_status=update_status(configuration),
        architectures=tuple(configuration.get("Architectures", ("x86_64",))),
        environment_variables=tuple(sorted(configuration.get("Environment", {}).get("Variables", {}))),
        layers=tuple(layer.get("Arn", "") for layer in configuration.get("Layers", ())),
        in_vpc=bool(vpc.get("VpcId") or vpc.get("SubnetIds")),
        package_type=configuration.get("PackageType", "Zip"),
        dead_letter_queue=bool(configuration.get("DeadLetterConfig", {}).get("TargetArn")),
        tracing=configuration.get("TracingConfig", {}).get("Mode") == "Active",
        kms_key=own_key_for_code or bool(configuration.get("KMSKeyArn")),
        ephemeral_storage=configuration.get("EphemeralStorage", {}).get("Size", 512),
        peculiar=tuple(_peculiar(configuration)),
        versions=versions,
        tags=tags,
    )


def to_version(configuration: Configuration) -> Version:
    """A numbered version's configuration. Its LastModified is the time of PublishVersion."""
    return Version(
        number=int(configuration["Version"]),
        description=configuration["Description"],
        code_sha256=configuration["CodeSha256"],
        published_at=datetime.fromisoformat(configuration["LastModified"]),
        runtime=configuration.get("Runtime", ""),
        size=configuration.get("CodeSize", 0),
        memory=configuration.get("MemorySize", 128),
        timeout=configuration.get("Timeout", 3),
    )


def update_status(configuration: Configuration) -> str:
    """The LastUpdateStatus. A function that is being created has had no update, and a version never has."""
    if configuration["State"] == "Pending" or configuration["Version"] != LATEST:
        return configuration.get("LastUpdateStatus", "Successful")
    return configuration["LastUpdateStatus"]


def _peculiar(configuration: Mapping[str, object]) -> Iterator[str]:
    """Older supported SDKs do not know all of them, and leave them out."""
    snap_start = configuration.get("SnapStart")
    if isinstance(snap_start, dict) and snap_start.get("ApplyOn", "None") != "None":
        yield "SnapStart"
    for member, words in _PECULIAR.items():
        if configuration.get(member):
            yield words


_PECULIAR = {
    "FileSystemConfigs": "a file system",
    "TenancyConfig": "tenant isolation",
    "DurableConfig": "durable execution",
    "CapacityProviderConfig": "a capacity provider",
}


def unqualified(arn: str) -> str:
    """A function's ARN without version or alias: Lambda's answers differ."""
    return ":".join(arn.split(":")[:7])
