"""What a user sets aside with `--override`, and why: gates of a promotion, checks before a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.errors import UsageError
from edgerollout.policy.wording import did_you_mean, listed
from edgerollout.release.facts.release import Override

if TYPE_CHECKING:
    from collections.abc import Sequence


REASON = "WHY"
"""The placeholder for the reason in a printed command; the user writes the reason."""


def overrides_of(names: Sequence[str], reason: str | None, known: Sequence[str]) -> tuple[Override, ...]:
    """The overrides that `--override NAME … --reason TEXT` asks for.

    Raises UsageError for a name that is not among the `known` gates and checks, for an override without a
    reason, and for a reason that is only the placeholder.
    """
    for name in names:
        if name not in known:
            near = did_you_mean(name, known)
            raise UsageError(
                f"--override {name}: nothing with that name can be set aside here",
                why=near,
                hint=f"It may be {listed(known)}.",
            )
    if names and not (reason or "").strip():
        raise UsageError(
            f"--override {' '.join(names)} needs a --reason",
            hint='The release keeps it for good: --reason "what was checked instead, and by whom"',
        )
    if names and reason == REASON:
        raise UsageError(
            f"--reason {REASON} is only the placeholder",
            hint="Say what was checked instead, and by whom: the release keeps it for good.",
        )
    return tuple(Override(name, (reason or "").strip()) for name in dict.fromkeys(names))
