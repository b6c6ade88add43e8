"""How long AWS takes for what it does not do at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Windows:
    """Seconds of the fake clock; tests change them as they go."""

    deploy_seconds: float = 180.0
    invalidation_seconds: float = 60.0
    function_seconds: float = 4.0
    role_seconds: float = 8.0
    replica_seconds: float = 3600.0
