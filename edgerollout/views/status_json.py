"""A status as the `status` document. Fields are contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.views.json_text import json_text

if TYPE_CHECKING:
    from datetime import datetime

    from edgerollout.advice import Spell
    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.release.facts.standing import LiveRelease
    from edgerollout.release.status.owner import Owner
    from edgerollout.release.status.status import Status

SCHEMA = "1.0"


def status_text_json(status: Status, now: datetime, endpoint: str, spell: Spell) -> str:
    """The document as text. `endpoint` as evidence says it: `aws`, `sandbox`, or the URL of another."""
    return json_text({**status_json(status, now, spell), "endpoint": endpoint})


def status_json(status: Status, now: datetime, spell: Spell) -> dict[str, object]:
    """The document. `release` is null while nothing is live and when mixed; `releases` tells then.

    `policy` is null where it is not one release that is live, or its release.json was not read.
    """
    live = status.live
    mixed = live is not None and live.mixed
    document: dict[str, object] = {
        "schema": SCHEMA,
        "generated_at": now.isoformat(),
        "environment": status.environment,
        "account": status.account,
        "function": status.function,
        "event": status.event,
        "release": None if live is None or mixed else live.number,
        "digest": None if live is None else live.digest,
        "base": status.base,
        "enforced": None if live is None else live.enforced,
        "report_only": None if live is None else live.report_only,
        "policy": None if live is None or mixed else _policy(live),
        "commit": status.commit,
        "live_since": None if status.live_since is None else status.live_since.isoformat(),
        "withdrawn": status.withdrawn,
        "overrides": list(status.overrides),
        "proven": list(status.proven),
        "owner": owner_json(status.owner),
        "unattached": list(status.unattached),
        "taken_back": sorted(status.taken_back),
        "drift": status.drift,
        "terraform": None
        if status.handed is None
        else {
            "release": status.handed.release,
            "applied": status.handed.applied,
            "problem": spelled(status.handed.problem, spell),
        },
        "distributions": [
            {
                "id": one.id,
                "name": one.name,
                "status": one.status,
                "invalidated": one.invalidated,
                "owner": owner_json(one.owner),
                "reverted": None
                if one.reverted is None
                else {"release": one.reverted.release, "carries": list(one.reverted.carries)},
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


def owner_json(owner: Owner | None) -> dict[str, str | None] | None:
    """Another tool that manages something, with the tag that says so."""
    return None if owner is None else {"tool": owner.tool, "name": owner.name, "evidence": owner.evidence}


def _policy(live: LiveRelease) -> dict[str, object] | None:
    """What the live release sends, by its release.json: enough to promote it into another account."""
    if live.release is None:
        return None
    return {
        "enforced": _layers(live.release.enforced),
        "report_only": _layers(live.release.report_only),
        "headers": {
            header.name: {"value": header.value, "action": header.action} for header in live.release.headers
        },
    }


def _layers(csp: LayeredCsp | None) -> dict[str, dict[str, list[str]]] | None:
    return None if csp is None else csp.to_json()
