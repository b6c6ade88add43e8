"""The gates of `promote --enforce`: what must hold before what is observed, policy and headers, is enforced.

Pure functions of facts. A gate that is not met says what would meet it. `--override GATE` sets it aside for
one run, with a reason that the release keeps for good.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.policy.csp import UNOBSERVABLE, Csp, LayeredCsp
from edgerollout.policy.reporting import destinations
from edgerollout.policy.staging import reports
from edgerollout.policy.wording import listed
from edgerollout.release.facts.lasting import lasting
from edgerollout.release.facts.release import SHORT, GateResult, Override
from edgerollout.release.status.other_status import give_status
from edgerollout.release.status.status import BehaviorState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from edgerollout.advice import Hint
    from edgerollout.policy.headers import Header
    from edgerollout.release.checks.judgement import JudgedEvidence
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.environment_before import Before
    from edgerollout.release.facts.release import Release
    from edgerollout.release.status.status import Status

SOAK, TOUR, AFTER, DRIFT = "soak", "tour", "after", "drift"
OBSERVABLE, REPORTING, LINT, HEADERS = "observable", "reporting", "lint", "headers"

GATES = (SOAK, TOUR, AFTER, DRIFT, OBSERVABLE, REPORTING, LINT, HEADERS)
"""The names of the gates, in the order shown. Every gate can be overridden."""

_ONLY_WIDENS = "not needed: the policy only widens the enforced one"
"""A policy that blocks nothing new breaks nothing new, so the fix of a blocked page need not wait."""

_SHOWN = 3
"""The most names in a detail."""


class MetBy(enum.Enum):
    """What would meet a gate that is not met."""

    TIME = "time"
    """Only time: nobody has to do anything."""
    TOUR = "tour"
    """A tour of the site: there is none yet, or it is too old."""
    PERSON = "person"


@dataclass(frozen=True)
class Gate:
    """The result of a gate: met or not, why, and what would meet it.

    `overridden` is the reason for setting it aside. `record` is for release.json only. `met_by` counts only
    where the gate is not met; `until` is the time when waiting alone will have met it. `vacuous`: it is met,
    because it has nothing to check.
    """

    name: str
    passed: bool
    detail: str
    remedy: Hint | None = None
    overridden: str | None = None
    record: str | None = None
    met_by: MetBy = MetBy.PERSON
    until: datetime | None = None
    vacuous: bool = False

    @property
    def open(self) -> bool:
        """Whether it lets the promotion through: met, or set aside."""
        return self.passed or self.overridden is not None

    @property
    def needs_tour(self) -> bool:
        """Whether a clean tour would meet it."""
        return not self.open and self.name in (TOUR, REPORTING)

    @property
    def result(self) -> GateResult:
        """The entry in release.json."""
        detail = self.detail if self.record is None else f"{self.detail}; {self.record}"
        return GateResult(self.name, self.passed, detail)

    @property
    def override(self) -> Override | None:
        """The override, where the gate needed it."""
        return None if self.overridden is None else Override(self.name, self.overridden)


@dataclass(frozen=True)
class GateFacts:
    """The facts on which the gates decide.

    `live` is the live release, whose report-only policy is to be enforced; `release` is the release that
    would be published for that. `soaked_since` is the result of `soak.soaked_since`. `evidence` None: there
    is none. `before` is None where the environment comes after no other. `lint` are the rules that the policy
    breaks with errors. `only_widens`: it only widens the policy that is enforced now.
    """

    environment: Environment
    status: Status
    live: Release
    release: Release
    now: datetime
    soaked_since: datetime | None
    evidence: JudgedEvidence | None = None
    before: Before | None = None
    lint: tuple[str, ...] = ()
    only_widens: bool = False

    @property
    def policy(self) -> Csp:
        """The policy to be enforced, as it is sent; empty where none is observed."""
        return Csp() if self.live.report_only is None else self.live.report_only.effective


def evaluate(facts: GateFacts, overrides: Sequence[Override] = ()) -> tuple[Gate, ...]:
    """The result of every gate, in the order of GATES. An override counts only for a gate that is not met."""
    reasons = {override.gate: override.reason for override in overrides}
    gates = (
        soak_gate(facts),
        tour_gate(facts),
        after_gate(facts),
        drift_gate(facts),
        observable_gate(facts),
        reporting_gate(facts),
        lint_gate(facts),
        headers_gate(facts),
    )
    return tuple(_set_aside(gate, reasons.get(gate.name)) for gate in gates)


def soak_gate(facts: GateFacts) -> Gate:
    """The policy has been observed long enough."""
    wanted, since = facts.environment.gates.soak, facts.soaked_since
    if not wanted:
        return _met(SOAK, "no soak is required (gates.soak)", vacuous=True)
    if facts.only_widens:
        return _met(SOAK, _ONLY_WIDENS, vacuous=True)
    if since is None:
        return _unmet(
            SOAK,
            f"not every behavior observes the policy; {lasting(wanted)} are required (gates.soak)",
            advise(
                "Repair it; the soak counts from then on: ", CommandLine("publish", facts.environment.name)
            ),
        )
    soaked = facts.now - since
    words = f"observed for {lasting(soaked)} since {_time(since)}"
    if soaked >= wanted:
        return _met(SOAK, f"{words}, {lasting(wanted)} are required")
    return replace(
        _unmet(
            SOAK,
            f"{words}; {lasting(wanted)} are required (gates.soak)",
            f"Come back at {_time(since + wanted)}, in {lasting(wanted - soaked)}.",
        ),
        met_by=MetBy.TIME,
        until=since + wanted,
    )


def tour_gate(facts: GateFacts) -> Gate:
    """A browser saw every page of the deployed site without a violation of the policy."""
    judgement = facts.evidence
    record = None if judgement is None else f"evidence sha256 {judgement.sha256}"
    tour = advise("Tour the site: ", CommandLine("tour", facts.environment.name))
    if judgement is not None and judgement.accepted and judgement.evidence is not None:
        seen = judgement.evidence
        pages = "1 page" if len(seen.pages) == 1 else f"{len(seen.pages)} pages"
        # Like an override: the person who promotes must see what was set aside.
        unseen = f"; accepted unseen: {', '.join(seen.accepted_unseen)}" if seen.accepted_unseen else ""
        return _met(
            TOUR,
            f"{pages} without a violation, toured {_time(seen.started)} with {seen.browser_name}"
            f" {seen.browser_version}{unseen}",
            record=record,
        )
    if not facts.environment.gates.tour:
        return _met(TOUR, "no tour is required (gates.tour)", record=record, vacuous=True)
    if facts.only_widens:
        return _met(TOUR, _ONLY_WIDENS, record=record, vacuous=True)
    if judgement is None:
        return replace(_unmet(TOUR, "there is no evidence of a tour", tour), met_by=MetBy.TOUR)
    unmet = _unmet(TOUR, "; ".join(judgement.reasons), tour, record=record)
    if not judgement.to_the_point:
        return replace(unmet, met_by=MetBy.TOUR)
    grow = CommandLine("tour", facts.environment.name, "--write")
    return replace(unmet, remedy=advise("Add what is missing, then publish and tour again: ", grow))


def after_gate(facts: GateFacts) -> Gate:
    """The environment before enforces the same base policy, or did until it moved on to a newer one."""
    name, before = facts.environment.after, facts.before
    if name is None:
        return _met(AFTER, "it comes after no other environment", vacuous=True)
    if facts.live.report_only is None:
        return _met(AFTER, "no CSP would be enforced anew", vacuous=True)
    base = facts.live.report_only.base_digest
    if before is None:
        return _unmet(
            AFTER,
            f"the policy that {name} enforces is unknown",
            give_status(f"Reach its account (environments.{name}.profile or role_arn)", name),
        )
    first = advise("Enforce it there first: ", CommandLine("promote", name, "--enforce"))
    if before.base is None:
        return _unmet(AFTER, f"{name} enforces no policy", first)
    same = _same_digest(before.base, base)
    if not same and not _means_the_same(before, facts.live.report_only):
        if any(_same_digest(digest, base) for digest in before.proven):
            # A newer change that reached that environment meanwhile must not block the policy that soaks
            # here.
            return _met(AFTER, f"{name} enforced this base policy before it moved on to a newer one")
        return _unmet(
            AFTER,
            f"{name} enforces base policy {before.base[:SHORT]}, here it would be {base[:SHORT]}",
            advise(
                first,
                ". Or publish the policy that it enforces: ",
                CommandLine("promote", facts.environment.name),
            ),
        )
    if before.unsettled is not None:
        return _unmet(AFTER, before.unsettled, advise("Wait for it first: ", CommandLine("wait", name)))
    digest = before.base[:SHORT]
    words = f"the same base policy {digest}" if same else f"base policy {digest}, which means the same here"
    return _met(AFTER, f"{name} enforces {words}{_number(before)}")


def drift_gate(facts: GateFacts) -> Gate:
    """Everyone is served what was observed: every behavior carries the live release as it was made, and it is
    Deployed.
    """
    status = facts.status
    mend = advise("Repair it first: ", CommandLine("publish", facts.environment.name))
    live = status.live
    if live is None:
        return _unmet(DRIFT, "no release is live", mend)
    if live.mixed:
        counts = ", ".join(f"{number} on {count}" for number, count in live.counts)
        return _unmet(DRIFT, f"behaviors carry different releases ({counts})", mend)
    rows = tuple(_drifting(status))
    if rows:
        return _unmet(DRIFT, f"not every behavior carries release {live.number}: {_some(rows)}", mend)
    if status.withdrawn:
        return _unmet(DRIFT, f"release {live.number} is marked as withdrawn", mend)
    if status.altered is not None:
        return _unmet(DRIFT, f"somebody has edited the response headers policy {status.altered}", mend)
    if status.stale:
        stale = f"{_some(status.stale)} was edited since release {live.number} copied what goes along of it"
        return _unmet(DRIFT, stale, mend)
    coming = [
        f"{distribution.name} is {distribution.status}"
        if distribution.status != "Deployed"
        else f"{distribution.name} is not invalidated yet"
        for distribution in status.distributions
        if distribution.status != "Deployed" or distribution.invalidated is False
    ]
    if coming:
        return _unmet(
            DRIFT,
            f"release {live.number} is still on its way: {_some(coming)}",
            advise("Wait for it first: ", CommandLine("wait", facts.environment.name)),
        )
    return _met(DRIFT, f"every behavior carries release {live.number}")


def observable_gate(facts: GateFacts) -> Gate:
    """What is to be enforced can be observed: the policy has nothing that browsers ignore in report-only, and
    the twin of each header was heard.

    What the environment before enforces was observed there, but not the sources of an overlay.
    """
    unheard = {} if facts.evidence is None else facts.evidence.unheard(facts.live.observed)
    if unheard:
        return _unmet(
            OBSERVABLE,
            f"not observed: {'; '.join(f'{name}: {why}' for name, why in unheard.items())}",
            "Have the tour try it (tour --steps FILE). Or ask who knows the site, then --override observable;"
            " `staged = false` in policy.toml is for headers that no tour can try.",
        )
    enforced = None if facts.live.enforced is None else facts.live.enforced.effective
    brought = {
        name: " ".join((name, *sources))
        for name, sources in facts.policy
        if name in UNOBSERVABLE and not _has(enforced, name, sources)
    }
    if brought and facts.only_widens:
        return _met(OBSERVABLE, _ONLY_WIDENS, vacuous=True)
    if not brought:
        return _met(OBSERVABLE, "the policy has nothing that report-only cannot show", vacuous=True)
    words = listed(brought.values())
    own = () if facts.live.report_only is None else [name for name, _ in facts.live.report_only.overlay]
    if facts.before is not None and after_gate(facts).passed and not brought.keys() & set(own):
        return _met(OBSERVABLE, f"{words} was enforced in {facts.before.name} already")
    return _unmet(
        OBSERVABLE,
        f"browsers ignore {words} in report-only: what this breaks was not observed",
        advise(
            "Try the site with it enforced (",
            CommandLine("preview", facts.environment.name),
            "), then --override observable. Or take"
            f" {'it' if len(brought) == 1 else 'them'} out of the policy.",
        ),
    )


def reporting_gate(facts: GateFacts) -> Gate:
    """Violations in visitors' browsers are reported, or a tour replaces the reports."""
    reported_to = destinations(facts.policy, facts.live.headers)
    silent = [header.name for header in facts.live.observed if not reports(header)]
    heard = bool(reported_to) or facts.live.report_only is None
    if heard and not silent:
        where = _some(reported_to) if reported_to else "the endpoints that the headers name"
        return _met(REPORTING, f"violations are reported to {where}")
    if facts.evidence is not None and facts.evidence.accepted:
        return _met(
            REPORTING, "violations are reported nowhere; the evidence of the tour replaces the reports"
        )
    if facts.only_widens:
        return _met(REPORTING, _ONLY_WIDENS, vacuous=True)
    groups = facts.policy.sources("report-to")
    missing = (
        f"{listed(silent)}: nobody would hear what browsers say of it"
        if heard
        else f"report-to names {listed(groups)}, but no reporting-endpoints header says where that is"
        if groups
        else "the policy has neither report-uri nor report-to: nobody would know of a violation"
    )
    return replace(
        _unmet(
            REPORTING,
            missing,
            "Tour the site and show the evidence. Or report violations: report-uri in [csp], or report-to"
            " with a reporting-endpoints header; then publish and let it be observed.",
        ),
        met_by=MetBy.TOUR,
    )


def lint_gate(facts: GateFacts) -> Gate:
    """The policy has no error of `lint`."""
    if not facts.lint:
        return _met(LINT, "lint finds no error")
    return _unmet(
        LINT,
        f"lint finds errors: {listed(facts.lint)}",
        advise("See them with: ", CommandLine("lint", facts.environment.name)),
    )


def headers_gate(facts: GateFacts) -> Gate:
    """Changes of the other headers are live in the environment before.

    Headers that are live here already, and stay, are not a change: an environment may have its own.
    """
    name, before = facts.environment.after, facts.before
    if name is None:
        return _met(HEADERS, "it comes after no other environment", vacuous=True)
    changed = _changed(facts.live.headers, facts.release.headers)
    if not changed:
        return _met(HEADERS, "the headers other than CSP stay as they are", vacuous=True)
    if before is None or before.headers is None:
        return _unmet(
            HEADERS,
            f"{_some(sorted(changed))} would change, but the headers of {name} are unknown",
            f"Allow lambda:GetFunction on the function of {name}, or give its status: --after-status FILE",
        )
    there = {header.name: header for header in before.headers}
    new = sorted(key for key, header in changed.items() if there.get(key) != header)
    if not new:
        return _met(HEADERS, f"{name} sends {_some(sorted(changed))} already")
    words = [f"{key}: {_value(changed[key])} ({name}: {_value(there.get(key))})" for key in new]
    return _unmet(
        HEADERS,
        f"not live in {name} yet: {_some(words)}",
        advise("Publish them there first: ", CommandLine("publish", name)),
    )


def _met(name: str, detail: str, *, record: str | None = None, vacuous: bool = False) -> Gate:
    return Gate(name, passed=True, detail=detail, record=record, vacuous=vacuous)


def _unmet(name: str, detail: str, remedy: Hint, *, record: str | None = None) -> Gate:
    return Gate(name, passed=False, detail=detail, remedy=remedy, record=record)


def _set_aside(gate: Gate, reason: str | None) -> Gate:
    if gate.passed or reason is None:
        return gate
    # All other gates rely on this one: without it, they did not check what everyone is served.
    loudly = "; what is enforced now was NOT observed everywhere" if gate.name == DRIFT else ""
    return replace(gate, detail=gate.detail + loudly, overridden=reason)


def _has(policy: Csp | None, directive: str, sources: tuple[str, ...]) -> bool:
    present = None if policy is None else policy.sources(directive)
    return present is not None and set(present) == set(sources)


def _changed(live: Iterable[Header], wanted: Iterable[Header]) -> dict[str, Header | None]:
    """The headers that change, by name; None for a header that the release no longer sets."""
    old = {header.name: header for header in live}
    new = {header.name: header for header in wanted}
    return {name: new.get(name) for name in sorted(old | new) if old.get(name) != new.get(name)}


def _drifting(status: Status) -> Iterator[str]:
    fine = (BehaviorState.CURRENT, BehaviorState.EXCLUDED)
    for distribution in status.distributions:
        for behavior in distribution.behaviors:
            if behavior.state not in fine:
                yield f"{behavior.path} of {distribution.name} is {behavior.state}"


def _same_digest(left: str, other: str | None) -> bool:
    """Whether two digests agree, as far as both are known: the ledger has only the first 16 digits."""
    if other is None:
        return False
    digits = min(len(left), len(other))
    return digits >= SHORT and left[:digits] == other[:digits]


def _means_the_same(before: Before, observed: LayeredCsp | None) -> bool:
    """Whether the base enforced there, with the overlay from here, is the policy observed here.

    A source that moved from the overlay into the base does not change the policy, so there is nothing to
    publish then.
    """
    if before.policy is None or observed is None:
        return False
    return LayeredCsp(before.policy.base, observed.overlay).digest == observed.digest


def _number(before: Before) -> str:
    return "" if before.release is None else f" (release {before.release})"


def _value(header: Header | None) -> str:
    if header is None:
        return "not set"
    return {"set": header.value, "keep": f"{header.value} (kept)", "remove": "removed"}[header.action]


def _some(names: Iterable[str]) -> str:
    every = list(names)
    more = [f"{len(every) - _SHOWN} more"] if len(every) > _SHOWN else []
    return listed([*every[:_SHOWN], *more])


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
