"""From a wish to promote to its plan: reads the environment, the one before it, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from edgerollout.cli.handing_over import read_tfvars
from edgerollout.cli.preflight import TEST, lint_errors, with_preflight
from edgerollout.cli.reading import endpoint_kind
from edgerollout.cli.releasing import known_distributions, request_for
from edgerollout.errors import UsageError
from edgerollout.planfile import Choices
from edgerollout.release.checks.gates import GATES, HEADERS, LINT
from edgerollout.release.checks.unobserved import UNOBSERVED
from edgerollout.release.facts.live import live_release
from edgerollout.release.facts.overrides import overrides_of
from edgerollout.release.facts.reads import ReadBefore, ReadEvidence, ReadRelease
from edgerollout.release.facts.unreadable import UnreadableRelease
from edgerollout.release.plans.gating import Judging
from edgerollout.release.plans.promotion import PromoteRequest, plan_promotion
from edgerollout.release.status.before import before_of
from edgerollout.release.status.other_status import read_other_status
from edgerollout.release.status.status import status_of
from edgerollout.rollout.reading import Reading, take_snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.cli.invocation import Invocation
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.environment_before import Before
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.desired import PublishRequest
    from edgerollout.release.plans.plan import Plan
    from edgerollout.rollout.session import Session


@dataclass(frozen=True)
class Promoting:
    """What the options of `promote` say."""

    enforce: bool = False
    evidence: Path | None = None
    after_status: Path | None = None
    overrides: tuple[str, ...] = ()
    reason: str | None = None
    restart: bool = False
    create: bool = False
    again: bool = False
    accepted_headers: tuple[str, ...] = ()
    preflight: bool = True
    no_swap: bool = False
    tfvars: Path | None = None

    def spelled(self) -> tuple[str, ...]:
        """The options again, for the command that resumes it."""
        words: list[str] = []
        if self.enforce:
            words.append("--enforce")
        if self.evidence is not None:
            words += ["--evidence", str(self.evidence)]
        if self.after_status is not None:
            words += ["--after-status", str(self.after_status)]
        for gate in self.overrides:
            words += ["--override", gate]
        if self.reason is not None:
            words += ["--reason", self.reason]
        words += [
            flag
            for flag, on in (
                ("--restart-soak", self.restart),
                ("--create", self.create),
                ("--again", self.again),
            )
            if on
        ]
        for name in self.accepted_headers:
            words += ["--accept-header", name]
        if not self.preflight:
            words.append("--no-preflight")
        if self.no_swap:
            words.append("--no-swap")
        if self.tfvars is not None:
            words += ["--tfvars", str(self.tfvars)]
        return tuple(words)


def check(wish: Promoting, environment: Environment) -> None:
    """Raise UsageError for options that do not go together, or an environment that nothing is carried to."""
    if not wish.enforce and environment.after is None:
        raise UsageError(
            f"{environment.name} comes after no other environment: its policy is config/policy.toml's",
            hint=f"Publish it: edgerollout publish -e {environment.name}. To enforce what is observed there:"
            f" edgerollout promote -e {environment.name} --enforce",
        )
    if wish.enforce and wish.restart:
        raise UsageError(
            "--restart-soak is about carrying a policy: --enforce takes the one that has soaked",
            hint="Leave one of the two out.",
        )
    if not wish.enforce and wish.evidence is not None:
        raise UsageError(
            "--evidence is for --enforce: what is only observed needs none",
            hint="Add --enforce, or leave --evidence out.",
        )
    unasked = [name for name in wish.overrides if name in GATES and name not in (HEADERS, LINT)]
    if not wish.enforce and unasked:
        raise UsageError(
            f"--override {unasked[0]}: only --enforce asks for it",
            hint="Add --enforce, or leave the override out.",
        )
    if wish.after_status is not None and environment.after is None:
        raise UsageError(
            f"--after-status is about the environment before, and {environment.name} comes after none",
            hint="Leave it out.",
        )


def read_and_plan_promotion(
    invocation: Invocation, environment: Environment, wish: Promoting, session: Session
) -> tuple[Snapshot, Plan]:
    """Read AWS, and what the gates ask for, and plan the promotion.

    The environment before and the evidence are read only where something moves.
    """
    overrides = overrides_of(wish.overrides, wish.reason, (*GATES, TEST, UNOBSERVED))
    choices = Choices(wish.create, wish.again, accepted_headers=wish.accepted_headers)
    unobserved = next((one for one in overrides if one.gate == UNOBSERVED), None)
    siblings = invocation.siblings(environment)
    snapshot = take_snapshot(session, environment, siblings, tfvars=read_tfvars(environment))
    publish = replace(
        request_for(invocation, environment, choices),
        unobserved=unobserved,
        known_distributions=known_distributions(siblings, snapshot),
    )
    request = PromoteRequest(publish, carries=not wish.enforce, restart=wish.restart)
    judge = Judging(
        environment,
        enforces=wish.enforce,
        endpoint=endpoint_kind(invocation, session),
        overrides=overrides,
        lint=partial(lint_errors, invocation.project),
    )
    reading = Reading(
        session,
        environment,
        snapshot,
        elsewhere={
            ReadBefore(): lambda known: replace(
                known, before=_before(invocation, environment, wish, session)
            ),
            ReadEvidence(): lambda known: replace(known, evidence=_evidence(invocation, environment, wish)),
        },
    )

    def plan(wanted: PublishRequest) -> Plan:
        asked = replace(request, publish=wanted)
        return reading.plan(lambda known: plan_promotion(asked, known, judge))

    if not wish.preflight:
        made = plan(request.publish)
        return reading.snapshot, made
    made = with_preflight(invocation.project, request.publish, plan, overrides)
    invocation.note_unconfined(ran=True)
    return reading.snapshot, made


def _evidence(invocation: Invocation, environment: Environment, wish: Promoting) -> bytes | None:
    """The file of evidence; None where there is none, unless one was named."""
    file = wish.evidence or evidence_file(invocation.project.root, environment.name)
    try:
        return file.read_bytes()
    except FileNotFoundError:
        if wish.evidence is None:
            return None
        raise UsageError(f"there is no evidence {file}", hint="A tour writes it: --evidence FILE") from None
    except OSError as error:
        raise UsageError(f"cannot read the evidence {file}", why=error.strerror) from error


def evidence_file(root: Path, environment: str) -> Path:
    """Where a tour leaves its evidence, and a promotion looks for it, unless told otherwise."""
    return root / ".edgerollout" / "evidence" / f"{environment}.json"


def _before(
    invocation: Invocation, environment: Environment, wish: Promoting, session: Session
) -> Before | None:
    """The environment before: from the file that was given, else read from its own account."""
    if environment.after is None:
        return None
    other = invocation.project.environments[environment.after]
    if wish.after_status is not None:
        try:
            content = wish.after_status.read_bytes()
        except OSError as error:
            raise UsageError(f"cannot read {wish.after_status}", why=error.strerror) from error
        return read_other_status(
            content,
            environment=other.name,
            account=other.account,
            endpoint=endpoint_kind(invocation, session),
            now=session.clock.now(),
            max_age=environment.gates.evidence_max_age,
        )
    reach = invocation.reach(other, session.clock, session.emit)
    there = replace(session, aws=reach.aws, probe=reach.probe)
    reading = Reading(there, other, take_snapshot(there, other, invocation.siblings(other)))
    live = live_release(reading.snapshot, frozenset(other.exclude))
    if live is not None and live.digest is not None:
        reading.ask(frozenset({ReadRelease(live.number)}))
    snapshot = reading.snapshot
    status = status_of(other, snapshot)
    document = None if status.live is None else snapshot.documents.get(status.live.number)
    unread = document if isinstance(document, UnreadableRelease) else None
    return replace(before_of(status), unread=unread)
