"""One run, as every view shall draw it: two distributions, five behaviors, and a bit of everything."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import ExitCode
from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.headers import Header
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import (
    Action,
    AwaitDeployed,
    BehaviorPlan,
    DistributionPlan,
    Invalidate,
    SwapTriggers,
    TriggerIntent,
)
from edgerollout.release.facts.events import (
    CallRetried,
    CspState,
    DistributionOutcome,
    DistributionResult,
    Event,
    Noticed,
    Outcome,
    RollbackStarted,
    RunResult,
    StepFailed,
    StepFinished,
    StepKind,
    StepProgressed,
    StepStarted,
    VerifiedUrls,
)
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.release import HandlerFacts, Release
from edgerollout.release.facts.standing import LiveRelease, Stray
from edgerollout.release.plans.plan import Plan, PublishVersion, UpdateCode
from edgerollout.views.heading import Heading
from edgerollout.views.streams import Streams

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:security-headers-staging"
FOREIGN = "arn:aws:lambda:us-east-1:123456789012:function:image-resizer:7"
WWW, ASSETS = "E1WWWEXAMPLE", "E2ASSETSEXAM"
EVENT = "origin-response"

_HANDLER = HandlerFacts({"index.py": "ab" * 32}, "python3.13", "index.handler", 128, 3, "edgerollout-staging")
_P1 = LayeredCsp(
    Csp.of(
        {
            "default-src": ["'self'"],
            "script-src": ["'self'", "'unsafe-inline'", "https://cdn.example.com"],
            "img-src": ["'self'", "data:"],
        }
    )
)
_P2 = LayeredCsp(
    Csp.of(
        {
            "default-src": ["'self'"],
            "script-src": ["'self'", "https://cdn.example.com", "https://static.analytics.example.net/v2/"],
            "img-src": ["'self'", "data:"],
            "frame-ancestors": ["'none'"],
            "upgrade-insecure-requests": [],
        }
    ),
    Csp.of({"connect-src": ["https://api.staging.example.com"]}),
)

BEFORE = Release(
    environment="staging",
    handler=_HANDLER,
    headers=(
        Header("referrer-policy", "no-referrer"),
        Header("x-content-type-options", "nosniff"),
        Header("x-frame-options", "DENY"),
        Header("x-xss-protection", "1; mode=block"),
    ),
    enforced=_P1,
    previous=40,
)
AFTER = Release(
    environment="staging",
    handler=_HANDLER,
    headers=(
        Header("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        Header("referrer-policy", "strict-origin-when-cross-origin", "keep"),
        Header("server", action="remove"),
        Header("x-content-type-options", "nosniff"),
        Header("x-frame-options", "DENY"),
    ),
    enforced=_P1,
    report_only=_P2,
    previous=41,
)

_INTENT = TriggerIntent(LambdaEdge(), FUNCTION, EVENT, None, frozenset({"/internal/*"}))
_STEPS = (SwapTriggers(_INTENT), AwaitDeployed(), Invalidate(("/*",)))

PLAN = Plan(
    environment="staging",
    account="123456789012",
    function_arn=FUNCTION,
    means=LambdaEdge(),
    release=AFTER,
    target=None,
    live=LiveRelease(
        number=41,
        release=BEFORE,
        digest=BEFORE.digest()[:16],
        enforced=(BEFORE.enforced_digest or "")[:16],
        report_only=None,
        counts=((41, 4),),
    ),
    function_steps=(
        UpdateCode("3q2+7w=="),
        PublishVersion("edgerollout/1 env=staging release=0011223344556677", "3q2+7w=="),
    ),
    distributions=(
        DistributionPlan(
            WWW,
            "www.staging.example.com",
            (
                BehaviorPlan("/api/*", EVENT, Action.REPLACE, f"{FUNCTION}:41", to_new=True),
                BehaviorPlan(
                    "/images/*",
                    EVENT,
                    Action.FOREIGN,
                    FOREIGN,
                    FOREIGN,
                    why="another function is on this event",
                ),
                BehaviorPlan("/internal/*", EVENT, Action.SKIP, why="excluded by the configuration"),
                BehaviorPlan("/static/*", EVENT, Action.ATTACH, to_new=True),
                BehaviorPlan(
                    "/static/*",
                    "viewer-response",
                    Action.DETACH,
                    f"{FUNCTION}:39",
                    why="the event is origin-response now",
                ),
                BehaviorPlan("Default (*)", EVENT, Action.REPLACE, f"{FUNCTION}:41", to_new=True),
            ),
            _STEPS,
        ),
        DistributionPlan(
            ASSETS,
            "assets.staging.example.com",
            (
                BehaviorPlan("/fonts/*", EVENT, Action.REPLACE, f"{FUNCTION}:41", to_new=True),
                BehaviorPlan("/img/*", EVENT, Action.REPLACE, f"{FUNCTION}:41", to_new=True),
                BehaviorPlan("/js/*", EVENT, Action.REPLACE, f"{FUNCTION}:40", to_new=True),
                BehaviorPlan("/css/*", EVENT, Action.REPLACE, f"{FUNCTION}:41", to_new=True),
                BehaviorPlan("Default (*)", EVENT, Action.REPLACE, f"{FUNCTION}:41", to_new=True),
            ),
            _STEPS,
        ),
    ),
    strays=(Stray("E9OLDEXAMPLE", "old.example.com", "Default (*)", EVENT, f"{FUNCTION}:12"),),
    findings=(
        Finding(
            Severity.NOTE,
            "long-csp",
            "the report-only policy has 1,801 bytes",
            "Some proxies cut long lines.",
        ),
        Finding(
            Severity.WARNING,
            "foreign-function",
            "/images/* has another function at origin-response and will not send our headers",
            "Move its work elsewhere, or exclude the path.",
            WWW,
        ),
    ),
    urls=("https://www.staging.example.com/",),
)

NOTHING = Plan(
    environment="staging",
    account="123456789012",
    function_arn=FUNCTION,
    means=LambdaEdge(),
    release=AFTER,
    target=42,
    live=LiveRelease(42, None, AFTER.digest()[:16], None, None, ((42, 2),)),
    function_steps=(),
    distributions=(
        DistributionPlan(
            WWW,
            "www.staging.example.com",
            (
                BehaviorPlan("/api/*", EVENT, Action.KEEP, f"{FUNCTION}:42", f"{FUNCTION}:42"),
                BehaviorPlan("Default (*)", EVENT, Action.KEEP, f"{FUNCTION}:42", f"{FUNCTION}:42"),
            ),
        ),
    ),
)

REFUSED = Plan(
    environment="production",
    account="123456789012",
    function_arn=FUNCTION,
    means=LambdaEdge(),
    release=AFTER,
    target=None,
    live=LiveRelease(41, None, "0011223344556677", "1122334455667788", None, ((41, 1), (40, 2))),
    function_steps=PLAN.function_steps,
    distributions=(),
    findings=(
        Finding(
            Severity.ERROR,
            "irreversible-header",
            "strict-transport-security cannot be taken back (max-age over one day)",
            "Say that you mean it: --accept-header strict-transport-security",
        ),
        Finding(Severity.ERROR, "lint", "script-src allows 'unsafe-inline'", None, override="lint"),
    ),
)

HEADING = Heading.of(PLAN, "publish", endpoint="http://127.0.0.1:4599", sandbox=True)

CALLS = {
    "cloudfront:CreateInvalidation": 2,
    "cloudfront:GetDistributionConfig": 2,
    "cloudfront:ListDistributions": 14,
    "cloudfront:UpdateDistribution": 3,
    "lambda:PublishVersion": 1,
    "sts:GetCallerIdentity": 1,
}

OUTCOME = Outcome(
    RunResult.COMPLETED,
    ExitCode.DONE,
    "staging",
    42,
    41,
    (
        DistributionOutcome(WWW, "www.staging.example.com", DistributionResult.COMPLETED),
        DistributionOutcome(ASSETS, "assets.staging.example.com", DistributionResult.COMPLETED),
    ),
    duration=131.5,
    next_step=advise(CommandLine("tour", "staging")),
    undo=advise(CommandLine("rollback", "staging", "--from", "42")),
    csp=CspState(None, "9f2c51d07ab3e644"),
    verified=VerifiedUrls(1, 1),
    endpoint="http://127.0.0.1:4599",
    sandbox=True,
    aws_calls=CALLS,
)

_DEPLOY = StepKind.AWAIT_DEPLOYED

RUN: tuple[tuple[float, Event], ...] = (
    (0.0, StepStarted(StepKind.PROBE_BASELINE, "1 URL")),
    (0.2, StepFinished(StepKind.PROBE_BASELINE, "1 of 1 reached", 0.2)),
    (0.2, StepStarted(StepKind.UPDATE_CODE, "9,120 bytes")),
    (1.1, StepProgressed(StepKind.UPDATE_CODE, "InProgress", 0.9)),
    (3.0, StepFinished(StepKind.UPDATE_CODE, "3q2+7w==", 2.8)),
    (3.0, StepStarted(StepKind.PUBLISH_VERSION, "security-headers-staging")),
    (3.5, StepProgressed(StepKind.PUBLISH_VERSION, "Pending", 0.5)),
    (6.0, StepFinished(StepKind.PUBLISH_VERSION, "42", 3.0, release=42)),
    (6.0, StepStarted(StepKind.SWAP_TRIGGERS, "www.staging.example.com", WWW)),
    (6.0, StepStarted(StepKind.SWAP_TRIGGERS, "assets.staging.example.com", ASSETS)),
    (6.4, CallRetried("cloudfront", "UpdateDistribution", "Throttling", 1, 1.5)),
    (6.5, StepFinished(StepKind.SWAP_TRIGGERS, "E3QWERTYUIOP", 0.5, WWW)),
    (6.5, StepStarted(_DEPLOY, "www.staging.example.com", WWW)),
    (8.2, StepFinished(StepKind.SWAP_TRIGGERS, "E1ASDFGHJKLZ", 2.2, ASSETS)),
    (8.2, StepStarted(_DEPLOY, "assets.staging.example.com", ASSETS)),
    *(
        (float(at), StepProgressed(_DEPLOY, "InProgress", at - began, name))
        for at in range(10, 95, 5)
        for began, name in ((6.5, WWW), (8.2, ASSETS))
    ),
    (95.0, StepFinished(_DEPLOY, "Deployed", 88.5, WWW)),
    (95.0, StepStarted(StepKind.INVALIDATE, "/*", WWW)),
    (96.0, StepProgressed(StepKind.INVALIDATE, "InProgress", 1.0, WWW)),
    (98.0, Noticed(Severity.WARNING, "another change to this distribution is propagating too", ASSETS)),
    (102.0, StepFinished(_DEPLOY, "Deployed", 93.8, ASSETS)),
    (102.0, StepStarted(StepKind.INVALIDATE, "/*", ASSETS)),
    (112.0, StepFinished(StepKind.INVALIDATE, "I2WWW", 17.0, WWW)),
    (118.0, StepFinished(StepKind.INVALIDATE, "I3ASSETS", 16.0, ASSETS)),
    (118.0, StepStarted(StepKind.VERIFY, "1 URL")),
    (119.0, StepProgressed(StepKind.VERIFY, "stale", 1.0)),
    (124.0, StepProgressed(StepKind.VERIFY, "stale", 6.0)),
    (131.0, StepFinished(StepKind.VERIFY, "1 ok", 13.0)),
    (131.5, OUTCOME),
)
"""(seconds since the start, event)."""

FAILING: tuple[tuple[float, Event], ...] = (
    (0.0, StepStarted(StepKind.SWAP_TRIGGERS, "www.staging.example.com", WWW)),
    (
        0.8,
        StepFailed(
            StepKind.SWAP_TRIGGERS,
            "UpdateDistribution failed",
            "AccessDenied: User: arn:aws:iam::123456789012:user/ci is not authorized\nto perform this",
            "Allow cloudfront:UpdateDistribution and lambda:EnableReplication*.",
            "AccessDenied",
            WWW,
        ),
    ),
    (
        1.0,
        RollbackStarted(
            "the live headers are wrong: content-security-policy is missing",
            41,
            "edgerollout rollback -e staging --from 42",
        ),
    ),
    (
        2.0,
        Outcome(
            RunResult.FAILED,
            ExitCode.FAILED,
            "staging",
            42,
            41,
            (
                DistributionOutcome(
                    WWW,
                    "www.staging.example.com",
                    DistributionResult.FAILED,
                    "UpdateDistribution failed: AccessDenied: not authorized",
                ),
                DistributionOutcome(ASSETS, "assets.staging.example.com", DistributionResult.COMPLETED),
            ),
            duration=2.0,
            next_step="Run the same command again: edgerollout publish -e staging",
            error="UpdateDistribution failed: AccessDenied: not authorized",
            aws_calls={"cloudfront:UpdateDistribution": 2},
        ),
    ),
)


@dataclass
class HandClock:
    """A clock that stands until it is set."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return 1000.0 + self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Paper(io.TextIOWrapper):
    """A text stream in memory with an encoding of its own."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding, newline="")

    @property
    def text(self) -> str:
        self.flush()
        return self.bytes.getvalue().decode(self.encoding)


def papers(encoding: str = "utf-8") -> tuple[Paper, Paper, Streams]:
    """stdout, stderr, and the streams made of them: no terminals, no colours."""
    out, err = Paper(encoding), Paper(encoding)
    return out, err, Streams(stdout=out, stderr=err)
