"""The sandbox's speed, rules and quotas. All can be changed while it runs."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar


@dataclass(frozen=True)
class Windows:
    """How long AWS takes, in seconds of the sandbox's clock. Changes apply to events that begin later.

    `deploy_seconds`: a distribution's change until Deployed. `invalidation_seconds`: until Completed.
    `function_seconds`: a function's create, update or publish until Active/Successful.
    `role_seconds`: from a role's creation until Lambda can assume it.
    `replica_seconds`: from the last association's removal until a version's replicas are gone.
    `spread_seconds`: how long before Deployed the first of CloudFront's places has the change; the others
    get it one by one until then. 0: all of them at the moment of Deployed.
    """

    deploy_seconds: float = 3.0
    invalidation_seconds: float = 1.5
    function_seconds: float = 0.5
    role_seconds: float = 0.0
    replica_seconds: float = 1800.0
    spread_seconds: float = 0.0


@dataclass(frozen=True)
class Switches:
    """The sandbox's answers where sources about AWS disagree.

    `identical_upload_makes_version`: does PublishVersion after re-uploading the same bytes make a new
    version (tests run on AWS in 2024) or return the last one (AWS's own text)?
    `viewer_timeout_seconds`: the longest timeout of a function on a viewer event; AWS's pages say
    both 5 and 30.
    """

    identical_upload_makes_version: bool = True
    viewer_timeout_seconds: int = 5


@dataclass(frozen=True)
class Quotas:
    """CloudFront's default quotas (Developer Guide, "Quotas")."""

    cache_behaviors: int = 75
    origins: int = 100
    associations_per_behavior: int = 4
    functions_per_distribution: int = 100
    distributions_with_functions: int = 500
    distributions_per_function: int = 500
    wildcard_invalidations: int = 15
    invalidation_paths: int = 3000
    response_headers_policies: int = 20
    distributions_per_response_headers_policy: int = 100
    custom_headers_per_policy: int = 10
    removed_headers_per_policy: int = 10
    csp_characters: int = 1783


@dataclass(frozen=True)
class Settings:
    """Everything adjustable."""

    windows: Windows = Windows()
    switches: Switches = Switches()
    quotas: Quotas = Quotas()


AdjustableT = TypeVar("AdjustableT", Windows, Switches, Quotas)


def adjusted(current: AdjustableT, changes: dict[str, Any]) -> AdjustableT:
    """`current` with `changes` applied. Raises ValueError for an unknown name or a wrong type."""
    known = {field.name: getattr(current, field.name) for field in fields(current)}
    for name, value in changes.items():
        if name not in known:
            raise ValueError(f"unknown setting {name!r}; known are {', '.join(sorted(known))}")
        wanted = (
            bool if isinstance(known[name], bool) else (int, float) if isinstance(known[name], float) else int
        )
        if not isinstance(value, wanted) or (wanted is not bool and isinstance(value, bool)):
            raise ValueError(f"setting {name!r} cannot be {value!r}")
        if wanted is not bool and value < 0:
            raise ValueError(f"setting {name!r} cannot be negative")
    return replace(current, **changes)
