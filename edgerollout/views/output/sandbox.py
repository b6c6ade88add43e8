"""The documents of `sandbox status` and `sandbox up`; `cli` fills them, because views may not import it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from edgerollout.views.output.encoder import DocumentJson, Moment, Output


class WindowsJson(Output):
    """How long changes take in the sandbox, in seconds of its clock."""

    deploy_seconds: float
    """from a distribution's change until Deployed"""
    invalidation_seconds: float
    """from an invalidation until Completed"""
    function_seconds: float
    """from a function's change until it is active"""
    role_seconds: float
    """from a role's creation until Lambda can assume it"""
    replica_seconds: float
    """from the removal of the last trigger until the replicas of a version are gone"""
    spread_seconds: float
    """how long before Deployed the first location has a change; 0: all locations at the same time"""


class SandboxDistributionJson(Output):
    """A distribution of the sandbox."""

    account: str
    """its AWS account"""
    id: str
    """its id"""
    domain_name: str
    """the name that CloudFront gave it"""
    aliases: Sequence[str]
    """its other names"""
    status: str
    """`InProgress` or `Deployed`"""
    enabled: bool
    """whether it answers"""
    invalidations_in_progress: int
    """how many are not Completed"""


class SandboxFunctionJson(Output):
    """A Lambda function of the sandbox."""

    account: str
    """its AWS account"""
    region: str
    """its region"""
    name: str
    """its name"""
    versions: Sequence[int]
    """its numbered versions"""


class SandboxJson(DocumentJson):
    """A running sandbox: `sandbox status`, `sandbox up`."""

    running: Literal[True] = True
    """whether a sandbox is running"""
    pid: int
    """its process id"""
    started_at: Moment
    """when it was started, ISO 8601"""
    endpoint: str
    """the address of its AWS"""
    credentials_file: str
    """the file with credentials for it"""
    http_port: int
    """the port of its sites"""
    https_port: int
    """the port of its sites for TLS"""
    ca_file: str
    """the certificate authority of its sites"""
    windows: WindowsJson
    """how long changes take"""
    distributions: Sequence[SandboxDistributionJson]
    """all distributions"""
    functions: Sequence[SandboxFunctionJson]
    """all functions"""
    faults: int
    """how many fault rules are still active"""
    calls: Mapping[str, int]
    """the calls so far: `service:Operation` → number"""


class NoSandboxJson(DocumentJson):
    """No sandbox is running: `sandbox status`."""

    running: Literal[False] = False
    """whether a sandbox is running"""
