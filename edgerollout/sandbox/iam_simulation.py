"""iam.SimulatePrincipalPolicy, which moto lacks: would this principal's policies allow these actions?

Identity policies only, inline and attached, as IAM's evaluation logic orders them: an explicit deny
wins, then an allow, else an implicit deny. Conditions are not evaluated: a statement that has any
matches nothing, and its keys are reported as missing.
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


@dataclass(frozen=True)
class Decision:
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


def decide(policies: list[str], action: str, resource: str) -> Decision:
    """What policy documents (JSON texts) say about `action` on `resource`."""
    allowed, missing = False, set[str]()
    for statement in _statements(policies):
        if not _covers(statement, action, resource):
            continue
        if statement.get("Condition"):
            missing.update(key for test in statement["Condition"].values() for key in test)
        elif statement.get("Effect") == "Deny":
            return Decision(action, resource, "explicitDeny")
        else:
            allowed = True
    return Decision(action, resource, "allowed" if allowed else "implicitDeny", tuple(sorted(missing)))


def _statements(policies: list[str]) -> Iterator[Mapping[str, Any]]:
    for text in policies:
        yield from _list(json.loads(text).get("Statement", []))


def members_of(form: Mapping[str, str], name: str) -> list[str]:
    """A list of the query protocol: `name.member.1`, `name.member.2`…"""
    found: list[str] = []
    while (key := f"{name}.member.{len(found) + 1}") in form:
        found.append(form[key])
    return found


def results_xml(decisions: list[Decision]) -> str:
    """The members of SimulatePrincipalPolicyResult."""
    members = "".join(
        f"<member><EvalActionName>{escape(each.action)}</EvalActionName>"
        f"<EvalResourceName>{escape(each.resource)}</EvalResourceName>"
        f"<EvalDecision>{each.decision}</EvalDecision><MatchedStatements/><MissingContextValues>"
        + "".join(f"<member>{escape(key)}</member>" for key in each.missing_keys)
        + "</MissingContextValues></member>"
        for each in decisions
    )
    return f"<IsTruncated>false</IsTruncated><EvaluationResults>{members}</EvaluationResults>"
