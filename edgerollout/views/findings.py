"""Findings and gates as items of a list, each with what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.views.document import Code, Item, List, Marker, Strong
from edgerollout.views.ink import Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from edgerollout.release.checks.gates import Gate
    from edgerollout.release.facts.finding import Finding

SEVERITIES = tuple(Severity)
MARKERS = {Severity.ERROR: Marker.FAILED, Severity.WARNING: Marker.WARNING, Severity.NOTE: Marker.NOTE}


def by_severity(findings: Iterable[Finding]) -> Sequence[Finding]:
    """The findings sorted by severity, errors first; otherwise in the given order."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def place_of(finding: Finding, names: Mapping[str, str]) -> str:
    """`www.example.com: ` if the finding is about this distribution and does not begin with its name."""
    if finding.distribution is None:
        return ""
    name = names.get(finding.distribution, finding.distribution)
    return "" if finding.message.startswith(name) else f"{name}: "


def findings_list(findings: Iterable[Finding], names: Mapping[str, str]) -> List:
    """The findings, worst first. `names` maps the distributions' ids to their names."""
    return List(tuple(_finding(finding, place_of(finding, names)) for finding in by_severity(findings)))


def _finding(finding: Finding, place: str) -> Item:
    under = [] if finding.hint is None else [Item(finding.hint, label="next")]
    if finding.override is not None:
        set_aside = Code(f"--override {finding.override}")
        under.append(Item(set_aside, label="set aside with", style=Style.MUTED))
    words = (Strong(finding.severity.value), f": {place}{finding.message} (", Code(finding.rule), ")")
    return Item(words, MARKERS[finding.severity], under=tuple(under))


def gates_list(gates: Iterable[Gate]) -> List:
    """Which gates are met, and how to meet the others. Gates that have nothing to check share one line."""
    every = tuple(gates)
    idle = [gate for gate in every if gate.vacuous]
    items = [_gate(gate) for gate in every if not gate.vacuous]
    reasons = {gate.detail for gate in idle}
    if idle:
        why = reasons.pop() if len(reasons) == 1 else "nothing to check here"
        items.append(
            Item((Strong(", ".join(gate.name for gate in idle)), f": {why}"), Marker.DONE, Style.GOOD)
        )
    return List(tuple(items))


def _gate(gate: Gate) -> Item:
    words = (Strong(gate.name), f": {gate.detail}")
    if gate.passed:
        return Item(words, Marker.DONE, Style.GOOD)
    if gate.overridden is not None:
        aside = Item(gate.overridden, label="set aside", style=Style.WARNING)
        return Item(words, Marker.WARNING, under=(aside,))
    remedy = () if gate.remedy is None else (Item(gate.remedy, label="next"),)
    return Item(words, Marker.FAILED, under=remedy)
