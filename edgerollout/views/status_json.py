"""A status as the `status` document. Fields are contract."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.release.status import Status

SCHEMA = "1.0"


def status_text_json(status: Status) -> str:
    """The document as text."""
    return json.dumps(status_json(status), indent=2) + "\n"


def status_json(status: Status) -> dict[str, object]:
    """The document. `release` is null while nothing is live and when mixed; `releases` tells then."""
    live = status.live
    mixed = live is not None and live.mixed
    document: dict[str, object] = {
        "schema": SCHEMA,
        "environment": status.environment,
        "account": status.account,
        "function": status.function,
        "event": status.event,
        "release": None if live is None or mixed else live.number,
        "digest": None if live is None else live.digest,
        "base": status.base,
        "enforced": None if live is None else live.enforced,
        "report_only": None if live is None else live.report_only,
        "commit": status.commit,
        "live_since": None if status.live_since is None else status.live_since.isoformat(),
        "withdrawn": status.withdrawn,
        "unattached": list(status.unattached),
        "drift": status.drift,
        "distributions": [
            {
                "id": one.id,
                "name": one.name,
                "status": one.status,
                "invalidated": one.invalidated,
                "behaviors": [
                    {
                        "path": each.path,
                        "version": each.version,
                        "state": each.state.value,
                        "foreign": each.foreign,
                    }
                    for each in one.behaviors
                ],
            }
            for one in status.distributions
        ],
    }
    if mixed and live is not None:
        document["releases"] = {str(number): count for number, count in live.counts}
    return document
