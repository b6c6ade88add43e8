"""Invalidations: batches of paths, idempotent by caller reference, limited while in progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.emulator.cloudfront.config_rules import check_quantities
from edgerollout.emulator.cloudfront.errors import refusal
from edgerollout.emulator.cloudfront.pages import page_size
from edgerollout.emulator.cloudfront.state import StoredDistribution, StoredInvalidation
from edgerollout.emulator.messages import Call, Members, ServiceError
from edgerollout.emulator.names import entity_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.emulator.cloudfront.distributions import World

_MAX_PATH = 4000


def _check_paths(paths: tuple[str, ...]) -> None:
    """Developer Guide, "Specifying the objects to invalidate". Raises InvalidArgument."""
    if not paths:
        raise refusal("InvalidArgument", "Your request must contain at least one invalidation path.")
    for path in paths:
        if not path.startswith("/") or "*" in path[:-1] or "~" in path or len(path) > _MAX_PATH:
            raise refusal("InvalidArgument", "Your request contains one or more invalid invalidation paths.")


def _members(found: StoredInvalidation) -> Members:
    return {
        "Id": found.id,
        "Status": found.status,
        "CreateTime": found.created_at,
        "InvalidationBatch": {
            "Paths": {"Quantity": len(found.paths), "Items": list(found.paths)},
            "CallerReference": found.caller_reference,
        },
    }


class Invalidations:
    """The invalidation operations."""

    def __init__(self, world: World) -> None:
        self._world = world

    def operations(self) -> dict[str, Callable[[Call], Members]]:
        return {
            "CreateInvalidation": self.create,
            "GetInvalidation": self.get,
            "ListInvalidations": self.list,
        }

    def create(self, call: Call) -> Members:
        distribution = self._world.distribution(call, call.inputs["DistributionId"])
        batch = call.inputs["InvalidationBatch"]
        check_quantities(batch)
        paths = tuple(batch["Paths"].get("Items", ()))
        _check_paths(paths)
        found = self._same_reference(distribution, batch["CallerReference"], paths)
        if found is None:
            self._check_limits(distribution, paths)
            found = StoredInvalidation(
                id=entity_id("I"), caller_reference=batch["CallerReference"], paths=paths, created_at=call.now
            )
            distribution.invalidations.append(found)
            self._forward(distribution, found)
        return {
            "Invalidation": _members(found),
            "Location": (
                f"https://cloudfront.amazonaws.com/2020-05-31/distribution/{distribution.id}"
                f"/invalidation/{found.id}"
            ),
        }

    @staticmethod
    def _same_reference(
        distribution: StoredDistribution, reference: str, paths: tuple[str, ...]
    ) -> StoredInvalidation | None:
        """The earlier invalidation that this request repeats. When only the reference is the same, AWS sends
        InvalidationBatchAlreadyExists, which botocore's model lacks.
        """
        for earlier in distribution.invalidations:
            if earlier.caller_reference == reference:
                if sorted(earlier.paths) != sorted(paths):
                    raise ServiceError(
                        "InvalidationBatchAlreadyExists",
                        "An invalidation batch with this caller reference already exists with other paths.",
                    )
                return earlier
        return None

    def _check_limits(self, distribution: StoredDistribution, paths: tuple[str, ...]) -> None:
        quotas = self._world.settings().quotas
        pending = [
            path for invalidation in distribution.invalidations_in_progress for path in invalidation.paths
        ]
        wildcards = sum(path.endswith("*") for path in [*pending, *paths])
        if wildcards > quotas.wildcard_invalidations and any(path.endswith("*") for path in paths):
            raise refusal(
                "TooManyInvalidationsInProgress",
                "Processing your request will cause you to exceed the maximum number of in-progress "
                "wildcard invalidations.",
            )
        if len(pending) + len(paths) - wildcards > quotas.invalidation_paths:
            raise refusal(
                "TooManyInvalidationsInProgress",
                "Processing your request will cause you to exceed the maximum number of in-progress "
                "invalidation paths.",
            )

    def _forward(self, distribution: StoredDistribution, found: StoredInvalidation) -> None:
        def complete() -> None:
            found.completed = True
            self._world.sink.invalidated(distribution.id, found.paths)

        self._world.schedule.after(self._world.settings().windows.invalidation_seconds, complete)

    def get(self, call: Call) -> Members:
        distribution = self._world.distribution(call, call.inputs["DistributionId"])
        for found in distribution.invalidations:
            if found.id == call.inputs["Id"]:
                return {"Invalidation": _members(found)}
        raise refusal("NoSuchInvalidation", "The specified invalidation does not exist.")

    def list(self, call: Call) -> Members:
        distribution = self._world.distribution(call, call.inputs["DistributionId"])
        newest_first = distribution.invalidations[::-1]
        marker = call.inputs.get("Marker", "")
        start = 0
        if marker:
            ids = [invalidation.id for invalidation in newest_first]
            if marker not in ids:
                raise refusal("InvalidArgument", "The Marker is not valid.")
            start = ids.index(marker) + 1
        size = page_size(call)
        page = newest_first[start : start + size]
        truncated = start + size < len(newest_first)
        answer: dict[str, object] = {
            "Marker": marker,
            "MaxItems": size,
            "IsTruncated": truncated,
            "Quantity": len(page),
            "Items": [
                {"Id": invalidation.id, "CreateTime": invalidation.created_at, "Status": invalidation.status}
                for invalidation in page
            ],
        }
        if truncated:
            answer["NextMarker"] = page[-1].id
        return {"InvalidationList": answer}
