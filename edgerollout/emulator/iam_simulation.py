"""iam.SimulatePrincipalPolicy, which moto lacks: whether a principal's policies allow actions.

Identity policies only, inline and attached, by IAM's evaluation logic: an explicit deny wins, then an allow,
else an implicit deny. The conditions StringEquals, StringLike and ArnEquals are evaluated with the caller's
context. A statement with another condition, or with a key that is not given, matches nothing, and its keys
are reported as missing.
"""

from __future__ import annotations

import fnmatch
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_EVALUATED = frozenset({"StringEquals", "StringLike", "ArnEquals", "ArnLike"})


@dataclass(frozen=True)
class Simulated:
    """One action on one resource: "allowed", "explicitDeny" or "implicitDeny"."""

    action: str
    resource: str
    decision: str
    missing_keys: tuple[str, ...] = ()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _matches(patterns: Any, text: str, *, ignore_case: bool) -> bool:
    """IAM's wildcards: `*` and `?`; a bracket is a bracket."""
    for pattern in _list(patterns):
        regex = fnmatch.translate(pattern.replace("[", "[[]"))
        if re.fullmatch(regex, text, re.IGNORECASE if ignore_case else 0):
            return True
    return False


def _covers(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    if "Action" in statement:
        acts = _matches(statement["Action"], action, ignore_case=True)
    else:
        acts = not _matches(statement.get("NotAction", []), action, ignore_case=True)
    if "Resource" in statement:
        return acts and _matches(statement["Resource"], resource, ignore_case=False)
    return acts and not _matches(statement.get("NotResource", []), resource, ignore_case=False)


def _holds(condition: Mapping[str, Any], context: Mapping[str, list[str]]) -> bool:
    """Whether every test of a condition, all of whose keys are given, holds."""
    return all(
        any(_matches(wanted, value, ignore_case=False) for value in context[key.lower()])
        for test in condition.values()
        for key, wanted in test.items()
    )


def _open(condition: Mapping[str, Any], context: Mapping[str, list[str]]) -> set[str]:
    """The missing keys of a condition."""
    return {
        key
        for operator, test in condition.items()
        for key in test
        if operator not in _EVALUATED or key.lower() not in context
    }


def decide(
    policies: list[str], action: str, resource: str, context: Mapping[str, list[str]] | None = None
) -> Simulated:
    """What policy documents (JSON texts) say about `action` on `resource`.

    `context` maps condition keys, in lower case, to their values.
    """
    context = context or {}
    allowed, missing = False, set[str]()
    for statement in _statements(policies):
        if not _covers(statement, action, resource):
            continue
        condition = statement.get("Condition") or {}
        unanswered = _open(condition, context)
        if unanswered:
            missing.update(unanswered)
        elif not _holds(condition, context):
            continue
        elif statement.get("Effect") == "Deny":
            return Simulated(action, resource, "explicitDeny")
        else:
            allowed = True
    return Simulated(action, resource, "allowed" if allowed else "implicitDeny", tuple(sorted(missing)))


def _statements(policies: list[str]) -> Iterator[Mapping[str, Any]]:
    for text in policies:
        yield from _list(json.loads(text).get("Statement", []))


def members_of(form: Mapping[str, str], name: str) -> list[str]:
    """A list of the query protocol: `name.member.1`, `name.member.2`…"""
    found: list[str] = []
    while (key := f"{name}.member.{len(found) + 1}") in form:
        found.append(form[key])
    return found


def context_of(form: Mapping[str, str]) -> dict[str, list[str]]:
    """The ContextEntries of the query protocol."""
    found: dict[str, list[str]] = {}
    number = 1
    while (name := form.get(f"ContextEntries.member.{number}.ContextKeyName")) is not None:
        prefix = f"ContextEntries.member.{number}.ContextKeyValues"
        found[name.lower()] = members_of(form, prefix)
        number += 1
    return found


def results_xml(decisions: list[Simulated]) -> str:
    """The members of SimulatePrincipalPolicyResult."""
    members = "".join(
        f"<member><EvalActionName>{escape(decision.action)}</EvalActionName>"
        f"<EvalResourceName>{escape(decision.resource)}</EvalResourceName>"
        f"<EvalDecision>{decision.decision}</EvalDecision><MatchedStatements/><MissingContextValues>"
        + "".join(f"<member>{escape(key)}</member>" for key in decision.missing_keys)
        + "</MissingContextValues></member>"
        for decision in decisions
    )
    return f"<IsTruncated>false</IsTruncated><EvaluationResults>{members}</EvaluationResults>"
