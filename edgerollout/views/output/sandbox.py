"""The documents of `sandbox status` and `sandbox up`; `cli` fills them, as views do not know the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from edgerollout.views.output.encoder import DocumentJson, Moment, Output


class WindowsJson(Output):
    """How long its AWS takes, in seconds of its clock."""

    deploy_seconds: float
    """a distribution's change until Deployed"""
    invalidation_seconds: float
    """an invalidation until Completed"""
    function_seconds: float
    """a function's change until it is active"""
    role_seconds: float
    """from a role's creation until Lambda can assume it"""
    replica_seconds: float
    """from the last association's removal until a version's replicas are gone"""
    spread_seconds: float
    """how long before Deployed the first location has a change; 0: all of them at once"""


class SandboxDistributionJson(Output):
    """A distribution of the sandbox."""

    account: str
    """its AWS account"""
    id: str
    """its id"""
    domain_name: str
    """CloudFront's name of it"""
    aliases: Sequence[str]
    """its own names"""
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
    """whether one runs"""
    pid: int
    """its process"""
    started_at: Moment
    """when, ISO 8601"""
    endpoint: str
    """where its AWS answers"""
    credentials_file: str
    """the credentials for it"""
    http_port: int
    """where its sites answer"""
    https_port: int
    """where its sites answer over TLS"""
    ca_file: str
    """the authority of their certificates"""
    windows: WindowsJson
    """how long its AWS takes"""
    distributions: Sequence[SandboxDistributionJson]
    """a distribution each"""
    functions: Sequence[SandboxFunctionJson]
    """a function each"""
    faults: int
    """how many fault rules are waiting"""
    calls: Mapping[str, int]
    """what was asked of it so far: `service:Operation` → number"""


class NoSandboxJson(DocumentJson):
    """No sandbox runs: `sandbox status`."""

    running: Literal[False] = False
    """whether one runs"""
