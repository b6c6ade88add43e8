"""A plan saved to a file: `plan --out FILE`, applied by `publish --plan FILE`.

The file has only the intent: which release, which triggers were where, what would be done. Never a
DistributionConfig. Applying it plans again and continues only if the plan is the same; so a file
is stale as soon as our triggers, the function or the configuration changed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import Conflict, UsageError
from edgerollout.private_file import write_private
from edgerollout.release.facts.choices import Choices
from edgerollout.release.facts.fields import Fields, parse_json
from edgerollout.release.plans.plan import kind_of

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.advice import Advice
    from edgerollout.release.delivery.terraform import Handover
    from edgerollout.release.plans.plan import Plan

SCHEMA = "1.0"


@dataclass(frozen=True)
class SavedPlan:
    """A saved plan: its environment, its options, and its intent."""

    environment: str
    choices: Choices
    intent: dict[str, Any]


def write(path: Path, plan: Plan, choices: Choices) -> None:
    """Save a plan, readable by this user only. Raises UsageError when the file cannot be written."""
    document = {
        "schema": SCHEMA,
        "environment": plan.environment,
        "choices": choices.to_json(),
        "intent": intent_of(plan),
    }
    try:
        write_private(path, (json.dumps(document, indent=2) + "\n").encode())
    except OSError as error:
        raise UsageError(f"cannot write {path}", why=error.strerror) from error


def read(path: Path) -> SavedPlan:
    """Read a saved plan. Raises UsageError if the file is not one, or has another schema."""
    try:
        document = parse_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {path}", why=error.strerror) from error
    except ValueError as error:
        raise UsageError(f"{path} is not a saved plan", why=str(error)) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UsageError(f"{path} is not a saved plan of schema {SCHEMA}", hint=_anew(path))
    try:
        plan = Fields(document, "plan")
        return SavedPlan(
            plan.text("environment"),
            Choices.of_json(plan.value("choices"), "plan.choices"),
            plan.mapping("intent"),
        )
    except ValueError as error:
        raise UsageError(f"{path} is damaged", why=str(error), hint=_anew(path)) from error


def _anew(path: Path) -> Advice:
    return advise("Make a new one: ", CommandLine("plan", None, "--out", str(path)))


def check_fresh(saved: SavedPlan, plan: Plan) -> None:
    """Raise Conflict if today's plan differs from the saved one, naming what changed.

    What an earlier run of the saved plan did is not a change: applied again, the plan is finished.
    """
    now = intent_of(plan)
    if _finishes(saved.intent, now, plan):
        return
    moved = sorted(key for key in now.keys() | saved.intent.keys() if now.get(key) != saved.intent.get(key))
    if moved:
        raise Conflict(
            "the saved plan is stale",
            why=f"since it was made, this changed: {', '.join(_WORDS.get(key, key) for key in moved)}",
            hint="Nothing was changed. Make a new plan, read it, and apply that.",
        )


def _finishes(saved: dict[str, Any], now: dict[str, Any], plan: Plan) -> bool:
    """Whether the only difference is that the release exists and is on some of its behaviors."""
    fixed = ("account", "function", "event", "release")
    if plan.target is None or saved.get("target") not in (None, plan.target):
        return False
    if any(saved.get(key) != now[key] for key in fixed) or ("tfvars" in saved or "tfvars" in now):
        return False
    before, brought = _standing(saved), plan.version_arn(plan.target)
    return all(key in before and arn in (before[key], brought) for key, arn in _standing(now).items())


def _standing(intent: dict[str, Any]) -> dict[tuple[str, str, str], str | None]:
    """(distribution, path, event) → the ARN that was there."""
    return {
        (str(distribution["id"]), str(path), str(event)): arn
        for distribution in intent["distributions"]
        for path, event, _, arn in distribution["behaviors"]
    }


def intent_of(plan: Plan) -> dict[str, Any]:
    """What a plan intends, as JSON: enough to see that two plans do the same to the same state."""
    handed = {} if plan.handover is None else {"tfvars": _handed(plan.handover)}
    return {
        **handed,
        "account": plan.account,
        "function": plan.function_arn,
        "event": plan.event,
        "release": None if plan.release is None else plan.release.digest(),
        "live": None if plan.live is None else [list(count) for count in plan.live.counts],
        "target": plan.target,
        "function_steps": [kind_of(step).value for step in plan.function_steps],
        "distributions": [
            {
                "id": distribution.id,
                "behaviors": [
                    [row.path, row.event, row.action.value, row.before] for row in distribution.behaviors
                ],
            }
            for distribution in plan.distributions
        ],
    }


def _handed(handover: Handover) -> list[object]:
    return [handover.file, None if handover.before is None else handover.before.variables()]


_WORDS = {
    "tfvars": "what the tfvars say",
    "release": "the configuration or the handler (it makes another release)",
    "live": "the live release",
    "target": "the function's versions",
    "function_steps": "the function",
    "distributions": "what is attached to a distribution, or its state",
}
