"""Values for the tests of the release model: one environment, its policies, and what AWS may look like.

Times are minutes after `START`. Versions carry the ledger lines of the releases they are made from.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.headers import Header
from edgerollout.policy.policy import EnvironmentPolicy
from edgerollout.release.facts.arn import VersionArn
from edgerollout.release.facts.bundle import file_digests
from edgerollout.release.facts.choices import Choices
from edgerollout.release.facts.environment import DistributionSelector, Environment, FunctionSettings
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.live import caller_reference
from edgerollout.release.facts.release import HandlerFacts, Override, Release
from edgerollout.release.facts.snapshot import (
    DEFAULT_BEHAVIOR,
    Behavior,
    CustomError,
    Distribution,
    Function,
    Invalidation,
    Role,
    Snapshot,
    Trigger,
    Version,
)
from edgerollout.release.plans.desired import PublishRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgerollout.policy.header_rules import ResponseEvent
    from edgerollout.release.facts.unreadable import Unreadable, UnreadableRelease

ACCOUNT = "123456789012"
FUNCTION = "security-headers-testing"
FUNCTION_ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{FUNCTION}"
FOREIGN_ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:redirects:7"
ROLE = "edgerollout-testing"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

ORIGIN: ResponseEvent = "origin-response"
VIEWER: ResponseEvent = "viewer-response"

FILES: Mapping[str, bytes] = {"index.py": b"def handler(event, context):\n    return event\n"}
CAMERA, CAMERA_USB = (
    Header("permissions-policy", "camera=()"),
    Header("permissions-policy", "camera=(), usb=()"),
)
HEADERS = (Header("referrer-policy", "no-referrer"), Header("x-content-type-options", "nosniff"))


def csp(*scripts: str, overlay: Mapping[str, Sequence[str]] | None = None) -> LayeredCsp:
    """A policy with these script sources besides 'self'."""
    base = Csp.of({"default-src": ["'self'"], "script-src": ["'self'", *scripts]})
    return LayeredCsp(base, Csp.of(overlay or {}))


P1, P2, P3 = csp("https://one.example"), csp("https://two.example"), csp("https://three.example")
NO_CSP = LayeredCsp(Csp())


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def arn(version: int) -> str:
    """The ARN of a version of our function."""
    return str(VersionArn(ACCOUNT, FUNCTION, version))


def make_settings(event: ResponseEvent = ORIGIN, *, memory: int = 128, timeout: int = 3) -> FunctionSettings:
    return FunctionSettings(
        name=FUNCTION,
        runtime="python3.13",
        handler=Path("/handler"),
        role=ROLE,
        event=event,
        memory=memory,
        timeout=timeout,
    )


def make_environment(
    *,
    distributions: Sequence[str] = ("E1",),
    event: ResponseEvent = ORIGIN,
    after: str | None = None,
    exclude: tuple[str, ...] = (),
    urls: tuple[str, ...] = (),
    settings: FunctionSettings | None = None,
) -> Environment:
    return Environment(
        name="testing",
        account=ACCOUNT,
        function=settings or make_settings(event),
        distributions=tuple(DistributionSelector(id=distribution) for distribution in distributions),
        urls=urls,
        after=after,
        exclude=exclude,
    )


def make_request(
    policy: LayeredCsp = P1,
    *,
    environment: Environment | None = None,
    headers: tuple[Header, ...] = HEADERS,
    files: Mapping[str, bytes] = FILES,
    create: bool = False,
    again: bool = False,
    from_config: bool = False,
    enforce: bool = False,
    restart_soak: bool = False,
    accepted: frozenset[str] = frozenset(),
    overrides: tuple[Override, ...] = (),
    commit: str | None = None,
    known: frozenset[str] = frozenset(),
) -> PublishRequest:
    return PublishRequest(
        environment=environment or make_environment(),
        policy=EnvironmentPolicy(csp=policy, headers=headers),
        files=files,
        commit=commit,
        choices=Choices(
            create=create,
            again=again,
            from_config=from_config,
            enforce=enforce,
            restart_soak=restart_soak,
            accepted_headers=tuple(accepted),
        ),
        overrides=overrides,
        known_distributions=known,
    )


def make_release(
    *,
    enforced: LayeredCsp | None = None,
    report_only: LayeredCsp | None = None,
    headers: tuple[Header, ...] = HEADERS,
    previous: int | None = None,
    files: Mapping[str, bytes] = FILES,
    memory: int = 128,
    timeout: int = 3,
    environment: str = "testing",
    commit: str | None = None,
    observed: tuple[Header, ...] = (),
) -> Release:
    """The release that `make_request` describes, unless told otherwise."""
    return Release(
        environment=environment,
        handler=HandlerFacts(file_digests(files), "python3.13", "index.handler", memory, timeout, ROLE),
        headers=headers,
        enforced=enforced,
        report_only=report_only,
        previous=previous,
        commit=commit,
        observed=observed,
    )


def make_version(number: int, release: Release | None, *, minute: float = 0) -> Version:
    """A version published at that minute; `release` None: not by edgerollout."""
    description = "" if release is None else str(LedgerLine.of(release))
    return Version(number, description, f"sha-{number}", at(minute), "python3.13")


def make_function(
    releases: Mapping[int, Release | None] | None = None,
    *,
    published: Mapping[int, float] | None = None,
    tags: Mapping[str, str] | None = None,
    code_sha256: str = "another",
) -> Function:
    """Our function with these versions; version N was published at minute 10 × N unless told otherwise."""
    minutes = published or {}
    settings = make_settings()
    return Function(
        name=FUNCTION,
        arn=FUNCTION_ARN,
        runtime=settings.runtime,
        entry=settings.entry,
        role_arn=f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
        memory=settings.memory,
        timeout=settings.timeout,
        code_sha256=code_sha256,
        revision_id="r1",
        versions=tuple(
            make_version(number, release, minute=minutes.get(number, 10 * number))
            for number, release in sorted((releases or {}).items())
        ),
        tags=tags or {},
    )


def make_behavior(
    path: str = DEFAULT_BEHAVIOR,
    version: int | str | None = None,
    *,
    event: str = ORIGIN,
    more: tuple[Trigger, ...] = (),
    cloudfront_functions: tuple[str, ...] = (),
    response_headers_policy: str | None = None,
) -> Behavior:
    """A behavior with our `version` (a number) or a foreign one (an ARN) at `event`."""
    target = arn(version) if isinstance(version, int) else version
    triggers = () if target is None else (Trigger(event, target),)
    return Behavior(path, (*triggers, *more), cloudfront_functions, response_headers_policy)


def make_distribution(
    distribution_id: str = "E1",
    *behaviors: Behavior,
    minute: float = 0,
    status: str = "Deployed",
    enabled: bool = True,
    multi_tenant: bool = False,
    staging: bool = False,
    custom_errors: tuple[CustomError, ...] = (),
) -> Distribution:
    """A distribution last modified at that minute; with a bare default behavior unless told otherwise."""
    return Distribution(
        id=distribution_id,
        arn=f"arn:aws:cloudfront::{ACCOUNT}:distribution/{distribution_id}",
        domain_name=f"{distribution_id.lower()}.cloudfront.net",
        aliases=(f"{distribution_id.lower()}.example.com",),
        status=status,
        last_modified=at(minute),
        behaviors=behaviors or (make_behavior(),),
        etag=f"ETAG{distribution_id}",
        enabled=enabled,
        multi_tenant=multi_tenant,
        staging=staging,
        custom_errors=custom_errors,
    )


def make_invalidation(release: int, *, minute: float = 0, completed: bool = True) -> Invalidation:
    """An invalidation of ours, made for that release."""
    return Invalidation("I1", caller_reference(release, "ETAG"), at(minute), completed, ("/*",))


TRUSTED = Role(
    ROLE,
    f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
    frozenset({"lambda.amazonaws.com", "edgelambda.amazonaws.com"}),
)


def make_snapshot(
    *distributions: Distribution,
    releases: Mapping[int, Release | None] | None = None,
    function: Function | None = None,
    no_function: bool = False,
    invalidations: Mapping[str, Invalidation | None] | None = None,
    documents: Mapping[int, Release | UnreadableRelease] | None = None,
    others: tuple[Distribution, ...] = (),
    role: Role | Unreadable | None = TRUSTED,
    withdrawn: Sequence[int] = (),
    published: Mapping[int, float] | None = None,
) -> Snapshot:
    """What AWS looks like: every release's document readable unless `documents` says otherwise."""
    tags = {f"edgerollout:withdrawn:{number}": "" for number in withdrawn}
    ours = function or make_function(releases, published=published, tags=tags)
    readable = {number: release for number, release in (releases or {}).items() if release is not None}
    return Snapshot(
        account=ACCOUNT,
        taken_at=at(1000),
        function=None if no_function else ours,
        role=role,
        distributions=distributions or (make_distribution(),),
        others=others,
        invalidations=invalidations or {},
        documents=readable if documents is None else documents,
    )
