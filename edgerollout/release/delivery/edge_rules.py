"""What Lambda@Edge refuses, and what would keep its headers from visitors: one function for each rule.

The rules for every means are in `rules.py`. The sources are the CloudFront Developer Guide's "Restrictions on
Lambda@Edge" and the error messages of AWS. All findings are reported together.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from edgerollout.policy.headers import cased
from edgerollout.policy.refusals import check_size
from edgerollout.policy.severity import Severity
from edgerollout.policy.wording import listed
from edgerollout.release.facts.arn import is_ours
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.snapshot import Distribution, Function, HeadersPolicy, Role
from edgerollout.release.facts.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Version

TRUSTED_SERVICES = ("lambda.amazonaws.com", "edgelambda.amazonaws.com")
"""Both must be able to assume the execution role: Lambda runs the function, edgelambda its replicas."""

VIEWER_MEMORY = 128
VIEWER_TIMEOUT = 5
"""Viewer events: MB and seconds. AWS's pages disagree about higher numbers, so these are the safe ones."""

LONGEST_TIMEOUT = 30
"""Origin events: seconds."""

# The end of "block function update" in AWS's runtime table: publishing is refused from then on, while
# attaching an existing version still works (so a rollback does).
RETIRED_RUNTIMES = frozenset(
    {
        "nodejs", "nodejs4.3", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x",
        "nodejs16.x", "nodejs18.x", "nodejs20.x",
        "python2.7", "python3.6", "python3.7", "python3.8", "python3.9",
    }
)  # fmt: skip


ACCEPTED_RUNTIMES = frozenset({"nodejs22.x", "nodejs24.x", *(f"python3.{minor}" for minor in range(10, 15))})
"""Runtimes that are known to run at the edge. Lambda@Edge gets a new runtime some time after Lambda does."""


def check_function(function: Function) -> Iterator[Finding]:
    """Find settings of the function that make CloudFront refuse its versions."""
    name = function.name
    forbidden = (
        (function.architectures != ("x86_64",), f"architecture {', '.join(function.architectures)}",
         "Create it again with architecture x86_64; Lambda@Edge runs no other."),
        (bool(function.environment_variables),
         f"environment variables ({', '.join(function.environment_variables)})",
         "Remove them; a release has all that it needs in its release.json."),
        (bool(function.layers), f"layers ({len(function.layers)})",
         "Remove them; monitoring extensions are often added by account-wide tooling."),
        (function.in_vpc, "a VPC configuration", "Take the function out of the VPC."),
        (function.package_type != "Zip", f"package type {function.package_type}", "Use a zip package."),
        (function.dead_letter_queue, "a dead-letter queue", "Remove it."),
        (function.tracing, "active X-Ray tracing", "Set tracing to PassThrough."),
        (function.kms_key, "a customer-managed KMS key", "Use the AWS-managed key."),
        (function.ephemeral_storage > 512, f"ephemeral storage of {function.ephemeral_storage} MB",
         "Set it to 512 MB."),
        *((True, kind, "Turn it off, or name another under function.name.") for kind in function.peculiar),
    )  # fmt: skip
    for present, setting, hint in forbidden:
        if present:
            yield _error("edge-function", f"Lambda@Edge refuses function {name}: it has {setting}", hint)


def check_runtime_updates(function: str, updates: str | Unreadable | None) -> Iterator[Finding]:
    """Check Lambda's runtime management, which must be automatic at the edge. `updates` None: not read."""
    if isinstance(updates, Unreadable):
        yield Finding(
            Severity.NOTE,
            "runtime-management",
            f"not known: is the runtime of {function} updated automatically? {updates.why}",
            "Allow lambda:GetRuntimeManagementConfig to have it checked.",
        )
    elif updates is not None and updates != "Auto":
        yield _error(
            "runtime-management",
            f"the runtime management of {function} is {updates}; Lambda@Edge accepts only Auto",
            f"aws lambda put-runtime-management-config --update-runtime-on Auto --function-name {function}",
        )


def has_function(distribution: Distribution) -> bool:
    """Whether it has any Lambda@Edge function, so that its pricing plan allows them."""
    return any(behavior.triggers for behavior in distribution.behaviors)


def check_pricing_plans(
    distributions: Iterable[Distribution], flat_rate: frozenset[str] | Unreadable | None
) -> Iterator[Finding]:
    """Find flat-rate plans, which have no Lambda@Edge (CloudFront Developer Guide, "Flat-rate pricing
    plans").

    `flat_rate`: the ARNs of the resources on such a plan.
    """
    bare = [distribution for distribution in distributions if not has_function(distribution)]
    if isinstance(flat_rate, Unreadable):
        if bare:
            yield Finding(
                Severity.NOTE,
                "pricing-plan",
                f"not known: is {listed([distribution.name for distribution in bare])} on a flat-rate"
                " pricing plan, which has"
                f" no Lambda@Edge? {flat_rate.why}",
                "Allow pricingplanmanager:ListSubscriptions to have it checked.",
            )
        return
    for item in bare:
        if item.arn in (flat_rate or ()):
            yield _error(
                "pricing-plan",
                f"{item.name} is on a flat-rate pricing plan, which has no Lambda@Edge",
                INSTEAD_OF_FLAT_RATE,
                item.id,
            )


INSTEAD_OF_FLAT_RATE = (
    'Write deliver = "response-headers-policy": from the plan Business on. Below it there are only'
    " CloudFront's ready-made policies, without a CSP. Or move it to pay-as-you-go."
)


def check_release_runtime(release: Release, event: str) -> Iterator[Finding]:
    """Check the runtime, memory and timeout of the release itself."""
    handler = release.handler
    if handler.runtime in RETIRED_RUNTIMES:
        yield _error(
            "edge-runtime",
            f"AWS no longer accepts new code for runtime {handler.runtime}",
            "Set function.runtime to a current one, such as python3.13 or nodejs22.x.",
        )
    elif handler.runtime not in ACCEPTED_RUNTIMES:
        yield Finding(
            Severity.NOTE,
            "edge-runtime",
            f"not known: does Lambda@Edge accept runtime {handler.runtime}? CloudFront says so at the swap,"
            " when the version exists",
            "Set function.runtime to one that is known to run there, such as python3.13 or nodejs22.x.",
        )
    if event.startswith("viewer-"):
        if handler.memory > VIEWER_MEMORY:
            yield _error(
                "edge-memory",
                f"memory is {handler.memory} MB, viewer events allow {VIEWER_MEMORY}",
                f"Set function.memory = {VIEWER_MEMORY}.",
            )
        if handler.timeout > VIEWER_TIMEOUT:
            yield _error(
                "edge-timeout",
                f"timeout is {handler.timeout} s, viewer events allow {VIEWER_TIMEOUT}",
                f"Set function.timeout = {VIEWER_TIMEOUT} or less.",
            )


def edge_limits(memory: int, timeout: int, events: Iterable[str], accepted: Version | None) -> Iterator[str]:
    """The limits of these events that a version breaks, in words.

    `accepted` is a version that CloudFront runs there now: what it accepted then, it accepts again.
    """
    viewer = any(event.startswith("viewer-") for event in events)
    most_memory = max(VIEWER_MEMORY, 0 if accepted is None else accepted.memory)
    most_timeout = max(
        VIEWER_TIMEOUT if viewer else LONGEST_TIMEOUT, 0 if accepted is None else accepted.timeout
    )
    if viewer and memory > most_memory:
        yield f"its memory is {memory} MB, viewer events allow {most_memory}"
    if timeout > most_timeout:
        yield f"its timeout is {timeout} s, {'viewer' if viewer else 'origin'} events allow {most_timeout}"


def check_role(role: Role | Unreadable | None, wanted: str, *, create: bool) -> Iterator[Finding]:
    """Check that the execution role exists and trusts both principals."""
    match role:
        case None:
            if not create:
                yield _error(
                    "role-missing",
                    f"there is no role {wanted}",
                    "Add --create to have it made, or name an existing one under function.role.",
                    lifted_by=("--create",),
                )
        case Unreadable():
            yield Finding(
                Severity.NOTE,
                "role-unreadable",
                f"cannot check who may assume role {wanted}: {role.why}",
                "Allow iam:GetRole to have it checked.",
            )
        case Role():
            missing = [service for service in TRUSTED_SERVICES if service not in role.trusted_services]
            if missing:
                yield _error(
                    "role-trust",
                    f"role {role.name} cannot be assumed by {' and '.join(missing)}",
                    "Add it to the role's trust policy, next to the principal that is there.",
                )


UNREAD_POLICY = "response-headers-policy-unread"
"""The rule of a response headers policy that could not be read."""


def check_headers_policies(
    distribution: Distribution,
    event: str,
    names: frozenset[str],
    known: Mapping[str, HeadersPolicy | Unreadable],
    excluded: frozenset[str] = frozenset(),
) -> Iterator[Finding]:
    """Find response headers policies that replace headers of ours (`names`, lower-case).

    CloudFront applies a policy after the cache and before viewer-response, so a function at viewer-response
    can still change the result. The effect of a policy that could not be read is unknown.
    """
    attached: dict[str, list[str]] = {}
    for behavior in distribution.behaviors:
        if behavior.response_headers_policy and behavior.path not in excluded:
            attached.setdefault(behavior.response_headers_policy, []).append(behavior.path)
    unread: list[str] = []
    for identity, paths in sorted(attached.items()):
        policy = known.get(identity)
        if not isinstance(policy, HeadersPolicy):
            unread.append(identity)
            continue
        wins = (policy.overrides | policy.removes) & names
        if wins and event.startswith("origin-"):
            yield Finding(
                Severity.WARNING,
                "response-headers-policy",
                f"{distribution.name} {', '.join(paths)}: response headers policy {policy.name} wins over the"
                f" function's {listed(map(cased, sorted(wins)))}",
                "Remove these headers from the policy, or the policy from the behavior. Or write deliver ="
                ' "response-headers-policy": then the rest of it goes along.',
                distribution.id,
            )
    if unread:
        yield Finding(
            Severity.WARNING,
            UNREAD_POLICY,
            f"{distribution.name} has response headers policies ({', '.join(unread)});"
            " a header set there with override wins over the function's",
            "Allow cloudfront:GetResponseHeadersPolicy to have the headers named. Verify shows what really"
            " arrives.",
            distribution.id,
        )


def check_slots(
    distribution: Distribution,
    function_arn: str,
    event: str,
    excluded: frozenset[str],
    replaceable: frozenset[str] = frozenset(),
) -> Iterator[Finding]:
    """Report somebody else's functions on the event that we want. They stay as they are.

    `replaceable`: functions (unqualified ARNs) whose slots the user lets us take over.
    """
    taken: dict[str, list[str]] = {}
    for behavior in distribution.behaviors:
        trigger = behavior.at(event)
        if trigger is None or behavior.path in excluded or is_ours(trigger.arn, function_arn):
            continue
        if trigger.arn.rpartition(":")[0] not in replaceable:
            taken.setdefault(trigger.arn, []).append(behavior.path)
    for arn, paths in taken.items():
        function = arn.rpartition(":")[0]
        yield _error(
            "slot-taken",
            f"{distribution.name} {', '.join(paths)}: {arn} is on {event}; CloudFront runs one function per"
            " event",
            f"Take its slot over with --replace {function}, or leave it alone with exclude ="
            f" {json.dumps(paths)}.",
            distribution.id,
            ("--replace", function),
        )


def check_sizes(release: Release) -> Iterator[Finding]:
    """Compare what the release sends, both policies together, with CloudFront's limits."""
    for problem in check_size(release.response()):
        severity = Severity.WARNING if problem.severity == "warning" else Severity.ERROR
        yield Finding(severity, "response-size", problem.message, problem.suggestion)


def check_event(
    distribution: Distribution, event: str, excluded: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """Find what prevents a function at a viewer event, and what would be sent without its headers."""
    if not event.startswith("viewer-"):
        return
    mixed = [
        behavior.path
        for behavior in distribution.behaviors
        if behavior.path not in excluded
        and any(event.startswith("viewer-") for event in behavior.cloudfront_functions)
    ]
    if mixed:
        yield _error(
            "viewer-side-taken",
            f"{distribution.name} has a CloudFront Function on the viewer side of {', '.join(mixed)};"
            " CloudFront does not allow a Lambda@Edge function next to it",
            'Use event = "origin-response".',
            distribution.id,
        )
    if distribution.custom_errors:
        yield Finding(
            Severity.WARNING,
            "error-pages-bare",
            f"{distribution.name} has custom error pages: viewer-response does not run for them, they go"
            " out without headers",
            'Use event = "origin-response".',
            distribution.id,
        )


def _error(
    rule: str, message: str, hint: str, distribution: str | None = None, lifted_by: tuple[str, ...] = ()
) -> Finding:
    return Finding(Severity.ERROR, rule, message, hint, distribution, lifted_by=lifted_by)
