"""What the environment before serves, according to its status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.facts.environment_before import Before

if TYPE_CHECKING:
    from edgerollout.release.status.status import Status


def before_of(status: Status) -> Before:
    """The environment of a status; without policy and headers where the live release.json was not read."""
    live = status.live
    document = None if live is None else live.release
    enforced = None if document is None else document.enforced
    if enforced is not None:
        base: str | None = enforced.base_digest
    else:
        # While a policy is enforced, the ledger's base is that policy's.
        base = None if live is None or live.enforced is None else status.base
    return Before(
        name=status.environment,
        account=status.account,
        release=None if live is None else live.number,
        base=base,
        policy=enforced,
        headers=None if document is None else document.headers,
        proven=status.proven,
        unsettled=unsettled(
            name=status.environment,
            release=None if live is None else live.number,
            mixed=live is not None and live.mixed,
            withdrawn=status.withdrawn,
            drift=status.drift,
            in_progress=status.in_progress,
        ),
    )


def unsettled(
    *, name: str, release: int | None, mixed: bool, withdrawn: bool, drift: bool, in_progress: bool
) -> str | None:
    """Why an environment does not serve its live release everywhere, or not for long; None when it does."""
    if release is None and not mixed:
        return None
    if mixed:
        return f"{name} is mixed: its behaviors carry different releases"
    if withdrawn:
        return f"release {release} of {name} is withdrawn"
    if drift:
        return f"{name} drifts: not every behavior carries release {release}"
    if in_progress:
        return f"release {release} of {name} is still on its way"
    return None
