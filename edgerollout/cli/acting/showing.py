"""A plan before it is carried out: shown to people, reported to programs, refused where something forbids
it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.errors import Refused, UnmetGates
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.events import GateJudged, Noticed
from edgerollout.rollout.next_step import way_through
from edgerollout.views.ink import Line, Style, visible

if TYPE_CHECKING:
    from edgerollout.advice import CommandLine
    from edgerollout.cli.acting.relay import Relay
    from edgerollout.cli.invocation import Invocation
    from edgerollout.release.checks.gates import Gate
    from edgerollout.release.plans.plan import Plan
    from edgerollout.views.heading import Heading


def show(plan: Plan, heading: Heading, invocation: Invocation, relay: Relay, *, asked: bool) -> bool:
    """Show the plan on stderr, or report its findings where it is not shown. Returns whether people see it.

    A program does not get the plan, and nobody gets an empty one, unless somebody is `asked` about it.
    """
    worth_it = relay.name != "json" and not invocation.quiet and bool(plan.changes or plan.refused)
    shows = asked or worth_it
    if relay.github is not None:
        relay.github.planned(plan, heading, shown=shows)
    elif shows:
        _show(plan, heading, invocation)
    elif plan.direction is not None and not relay.for_machines and not invocation.quiet:
        direction = plan.direction.replace("→", invocation.streams.stderr_glyphs.arrow)
        invocation.streams.print_aside([Line(f"Promotion: {visible(direction)}", Style.STRONG, hang=2)])
    _tell_findings(plan, relay)
    return shows and not relay.for_machines


def _show(plan: Plan, heading: Heading, invocation: Invocation) -> None:
    from edgerollout.cli.rendering import show_aside
    from edgerollout.views.plan import plan_document
    from edgerollout.views.wording import against_words

    against = against_words(heading.endpoint, sandbox=heading.sandbox)
    show_aside(invocation, plan_document(plan, against=against))


def refuse(plan: Plan, again: CommandLine | None, *, seen: bool) -> None:
    """Raise Refused for what forbids the plan, UnmetGates where only gates do.

    `again` is the command that made it, where its options can lift the refusal. `seen`: the plan was shown,
    and it says why.
    """
    if not plan.refused:
        return
    reasons = (*(gate.detail for gate in plan.unmet), *(error.message for error in plan.errors))
    if plan.unmet:
        names = ", ".join(gate.name for gate in plan.unmet)
        refusal = (
            f"{'a gate is' if len(plan.unmet) == 1 else f'{len(plan.unmet)} gates are'} not met: {names}"
        )
        why = "; ".join(reasons)
    else:
        refusal, why = reasons[0], "; ".join(reasons[1:])
        why = f"and also: {why}" if why else ""
    if again is None:
        hint = plan.unmet[0].remedy if plan.unmet else plan.errors[0].hint
    else:
        hint = way_through(plan, again)
    kind = Refused if plan.errors else UnmetGates
    raise kind(refusal, why=None if seen or not why else why, hint=hint)


def judged(gate: Gate) -> GateJudged:
    """A gate, as an event."""
    return GateJudged(gate.name, gate.passed, gate.detail, gate.remedy, gate.overridden, vacuous=gate.vacuous)


def _tell_findings(plan: Plan, relay: Relay) -> None:
    """Put the plan's findings into the stream of events where the plan itself was not shown."""
    if relay.name == "github":
        return  # annotated already
    if relay.name == "json":
        if plan.direction is not None:
            relay(Noticed(Severity.NOTE, f"promotion: {plan.direction}"))
        for gate in plan.gates:
            relay(judged(gate))
    if relay.name == "json" or not (plan.changes or plan.refused):
        for finding in plan.findings:
            relay(Noticed(finding.severity, finding.message, finding.distribution, finding.hint))
