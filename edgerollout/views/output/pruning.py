"""The document of `prune --dry-run`: what would be deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from edgerollout.views.output.encoder import DocumentJson, Moment, Output

if TYPE_CHECKING:
    from edgerollout.release.plans.pruning import PrunePlan


class PrunableVersionJson(Output):
    """A version of the function."""

    version: int
    """its number"""
    size: int
    """bytes"""
    published_at: Moment
    """when it was published, ISO 8601"""
    action: Literal["delete", "spare"]
    """`delete` or `spare`"""
    why: str
    """why"""


class PruneJson(DocumentJson):
    """What a prune would delete: `prune --dry-run`."""

    environment: str
    """its name; without a configuration the function's name"""
    account: str
    """the AWS account"""
    function: str
    """the function's name"""
    keep: int
    """how many of the newest releases stay"""
    release: int | None
    """the number of the live release"""
    changes: bool
    """whether the prune would change anything in AWS"""
    freed_bytes: int
    """of all versions that would be deleted; versions that still have replicas stay for some hours"""
    versions: Sequence[PrunableVersionJson]
    """oldest first"""
    policies: Sequence[str]
    """names of response headers policies that would be deleted"""


def pruning_json(plan: PrunePlan) -> PruneJson:
    """The document."""
    return PruneJson.of(
        plan,
        release=plan.live,
        freed_bytes=plan.freed,
        policies=[policy.name for policy in plan.policies],
        versions=[
            PrunableVersionJson(
                version=version.version.number,
                size=version.version.size,
                published_at=version.version.published_at.isoformat(),
                action="delete" if version.deletes else "spare",
                why=version.why,
            )
            for version in plan.versions
        ],
    )
