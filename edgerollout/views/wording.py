"""Words for steps, durations and versions, the same in every view."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.release.facts.arn import VersionArn
from edgerollout.release.facts.events import StepKind

if TYPE_CHECKING:
    from edgerollout.release.facts.ledger import LedgerLine
    from edgerollout.release.facts.standing import LiveRelease


def stages_of(told: LedgerLine | LiveRelease) -> tuple[tuple[str, str | None], ...]:
    """What a release may enforce and observe, each with its digest; None: not this one."""
    return (
        ("enforced", told.enforced),
        ("report-only", told.report_only),
        ("headers report-only", told.observed),
    )


def step_words(kind: StepKind) -> str:
    """The step in words."""
    match kind:
        case StepKind.UPDATE_CODE:
            return "upload code"
        case StepKind.PROBE_BASELINE:
            return "probe the site"
        case StepKind.AWAIT_DEPLOYED:
            return "await Deployed"
        case StepKind.VERIFY:
            return "verify headers"
        case StepKind.TOUR:
            return "tour the site"
        case StepKind.WRITE_TFVARS:
            return "write tfvars"
        case StepKind.CREATE_HEADERS_POLICY:
            return "create response headers policy"
        case StepKind.SWAP_TRIGGERS:
            return "update behaviors"
        case (
            StepKind.CREATE_ROLE
            | StepKind.CREATE_FUNCTION
            | StepKind.UPDATE_CONFIGURATION
            | StepKind.PUBLISH_VERSION
            | StepKind.MARK_RELEASES
            | StepKind.INVALIDATE
            | StepKind.DELETE_VERSIONS
        ):
            return kind.value.replace("-", " ")
        case _:
            assert_never(kind)


def result_words(kind: StepKind, detail: str) -> str:
    """The result of a finished step: its detail with a noun before it; empty if the step's name is enough."""
    match kind:
        case StepKind.PUBLISH_VERSION:
            return f"version {detail}"
        case StepKind.SWAP_TRIGGERS:
            return f"ETag {detail}"
        case StepKind.INVALIDATE:
            return f"invalidation {detail}"
        case StepKind.UPDATE_CODE:
            return f"SHA-256 {detail}"
        case StepKind.AWAIT_DEPLOYED:
            return ""
        case (
            StepKind.CREATE_ROLE
            | StepKind.CREATE_FUNCTION
            | StepKind.UPDATE_CONFIGURATION
            | StepKind.CREATE_HEADERS_POLICY
            | StepKind.MARK_RELEASES
            | StepKind.WRITE_TFVARS
            | StepKind.PROBE_BASELINE
            | StepKind.VERIFY
            | StepKind.TOUR
            | StepKind.DELETE_VERSIONS
        ):
            return detail
        case _:
            assert_never(kind)


def duration_words(seconds: float) -> str:
    """`0.4s`, `41s`, `3m 41s`, `1h 02m`, `2d 06h`."""
    if seconds < 10:
        tenths = f"{max(seconds, 0.0):.1f}"
        return "10s" if tenths == "10.0" else f"{tenths}s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    if whole < 48 * 3600:
        return f"{whole // 3600}h {whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d {whole % 86400 // 3600:02d}h"


def against_words(endpoint: str | None, *, sandbox: bool) -> str | None:
    """The endpoint of a run that does not use AWS; None for AWS."""
    if sandbox:
        return "sandbox" if endpoint is None else f"sandbox {endpoint}"
    return None if endpoint is None else f"endpoint {endpoint}"


def slot_words(slot: str) -> str:
    """What a means attaches to a behavior, in the plural."""
    return "triggers" if slot.startswith(("origin-", "viewer-")) else "response headers policies"


def count_words(count: int, singular: str, many: str | None = None) -> str:
    """`1 behavior`, `5 behaviors`."""
    return f"{count} {singular if count == 1 else many or singular + 's'}"


def size_words(count: int) -> str:
    """`812 B`, `9.1 KB`, `75.0 GB`; a KB is 1000 bytes."""
    if count < 1000:
        return f"{count} B"
    size, unit = count / 1000, "KB"
    for larger in ("MB", "GB"):
        if size < 999.95:
            break
        size, unit = size / 1000, larger
    return f"{size:.1f} {unit}"


def trigger_words(arn: str, function_arn: str) -> str:
    """`:42` for a version of this function, `name:7` for another function, the ARN if it names no version."""
    version = VersionArn.parse(arn)
    if version is None:
        return arn
    if version.function_arn == function_arn:
        return f":{version.version}"
    return f"{version.function}:{version.version}"
