"""From the choices of `promote` to its plan: reads the environment, the one before it, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.cli.handing_over import read_tfvars
from edgerollout.cli.means import with_means
from edgerollout.cli.preflight import TEST, lint_errors, with_preflight
from edgerollout.cli.reading import endpoint_kind
from edgerollout.cli.releasing import known_distributions, request_for
from edgerollout.errors import UsageError
from edgerollout.release.checks.gates import GATES, HEADERS, LINT
from edgerollout.release.checks.unobserved import UNOBSERVED
from edgerollout.release.facts.live import live_release
from edgerollout.release.facts.overrides import overrides_of
from edgerollout.release.facts.reads import ReadBefore, ReadEvidence, ReadRelease
from edgerollout.release.facts.unreadable import UnreadableRelease
from edgerollout.release.plans.advancing import Advance, plan_advance
from edgerollout.release.plans.gating import Judging
from edgerollout.release.plans.promotion import plan_promotion
from edgerollout.release.status.before import before_of
from edgerollout.release.status.other_status import read_other_status
from edgerollout.release.status.status import status_of
from edgerollout.rollout.reading import Planned, Reading, take_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.cli.invocation import Invocation
    from edgerollout.release.facts.choices import Choices
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.environment_before import Before
    from edgerollout.release.facts.release import Override
    from edgerollout.release.plans.desired import PublishRequest
    from edgerollout.release.plans.plan import Plan
    from edgerollout.rollout.session import Session


def check(choices: Choices, environment: Environment) -> None:
    """Raise UsageError for options that cannot be combined, or an environment without one before it."""
    if not choices.enforce and environment.after is None:
        raise UsageError(
            f"{environment.name} comes after no other environment: its policy is config/policy.toml's",
            hint=advise(
                "Publish it: ",
                CommandLine("publish", environment.name),
                ". To enforce the policy that is observed there: ",
                CommandLine("promote", environment.name, "--enforce"),
            ),
        )
    if choices.enforce and choices.restart_soak:
        raise UsageError(
            "--restart-soak is for carrying a policy: --enforce takes the one that has soaked",
            hint="Leave one of the two out.",
        )
    if not choices.enforce and choices.evidence is not None:
        raise UsageError(
            "--evidence is for --enforce: a policy that is only observed needs none",
            hint="Add --enforce, or leave --evidence out.",
        )
    unasked = [name for name in choices.overrides if name in GATES and name not in (HEADERS, LINT)]
    if not choices.enforce and unasked:
        raise UsageError(
            f"--override {unasked[0]}: only --enforce needs it",
            hint="Add --enforce, or leave the override out.",
        )
    check_after_status(choices, environment)


def check_after_status(choices: Choices, environment: Environment) -> None:
    """Raise UsageError for the status of an environment that this one does not come after."""
    if choices.after_status is not None and environment.after is None:
        raise UsageError(
            f"--after-status is for the environment before, but {environment.name} comes after none",
            hint="Leave it out.",
        )


def read_and_plan_promotion(
    invocation: Invocation, environment: Environment, choices: Choices, session: Session
) -> Planned:
    """Read AWS and what the gates need, and plan the promotion.

    The environment before and the evidence are read only where something moves.
    """
    asked = ask(invocation, environment, choices, session)
    judge = asked.judging(enforces=choices.enforce)

    def plan(wanted: PublishRequest) -> Plan:
        return asked.reading.plan(lambda known: plan_promotion(wanted, known, judge))

    made = asked.checked(plan)
    return Planned(asked.reading.snapshot, made)


def read_and_plan_advance(
    invocation: Invocation, environment: Environment, choices: Choices, session: Session
) -> tuple[Advance, Planned]:
    """Read AWS and what the gates need, and plan the next step of the environment."""
    asked = ask(invocation, environment, choices, session)
    carries, enforces = asked.judging(enforces=False), asked.judging(enforces=True)
    found: list[Advance] = []

    def plan(wanted: PublishRequest) -> Plan:
        found.append(asked.reading.plan(lambda known: plan_advance(wanted, known, carries, enforces)))
        return found[-1].plan

    made = asked.checked(plan)
    return replace(found[-1], plan=made), Planned(asked.reading.snapshot, made)


@dataclass(frozen=True)
class Asked:
    """The request of a promotion, and what it is planned with."""

    invocation: Invocation
    request: PublishRequest
    reading: Reading
    overrides: tuple[Override, ...]
    endpoint: str

    def judging(self, *, enforces: bool) -> Judging:
        """How the gates are judged."""
        lint = partial(lint_errors, self.invocation.project)
        return Judging(
            self.request.environment,
            enforces=enforces,
            endpoint=self.endpoint,
            overrides=self.overrides,
            lint=lint,
        )

    def checked(self, plan: Callable[[PublishRequest], Plan]) -> Plan:
        """The plan of the request, with the findings of its preflight."""
        if not self.request.choices.preflight:
            return plan(self.request)
        made = with_preflight(self.invocation.project, self.request, plan, self.overrides)
        self.invocation.note_unconfined(ran=True)
        return made


def ask(invocation: Invocation, environment: Environment, choices: Choices, session: Session) -> Asked:
    """Read AWS as far as every promotion needs it."""
    overrides = overrides_of(choices.overrides, choices.reason, (*GATES, TEST, UNOBSERVED))
    environment, read = with_means(invocation, session, environment)
    siblings, tfvars = invocation.siblings(environment), read_tfvars(environment)
    snapshot = take_snapshot(session, environment, siblings, tfvars=tfvars, read=read)
    request = replace(
        request_for(invocation, environment, choices),
        unobserved=next((override for override in overrides if override.gate == UNOBSERVED), None),
        known_distributions=known_distributions(siblings, snapshot),
    )
    reading = Reading(
        session,
        environment,
        snapshot,
        elsewhere={
            ReadBefore(): lambda known: replace(
                known, before=_before(invocation, environment, choices.after_status, session)
            ),
            ReadEvidence(): lambda known: replace(
                known, evidence=_evidence(invocation, environment, choices.evidence)
            ),
        },
    )
    return Asked(invocation, request, reading, overrides, endpoint_kind(invocation, session))


def _evidence(invocation: Invocation, environment: Environment, named: str | None) -> bytes | None:
    """The content of the evidence; None where there is none, unless a file was named."""
    file = Path(named) if named else evidence_file(invocation.project.root, environment.name)
    try:
        return file.read_bytes()
    except FileNotFoundError:
        if named is None:
            return None
        raise UsageError(
            f"the evidence {file} does not exist",
            hint=advise("A tour writes it: ", CommandLine("tour", environment.name, "--evidence", str(file))),
        ) from None
    except OSError as error:
        raise UsageError(f"cannot read the evidence {file}", why=error.strerror) from error


def evidence_file(root: Path, environment: str) -> Path:
    """The default file of evidence, for the tour that writes it and the promotion that reads it."""
    return root / ".edgerollout" / "evidence" / f"{environment}.json"


def _before(
    invocation: Invocation, environment: Environment, file: str | None, session: Session
) -> Before | None:
    """The environment before: from the given file, else read from its own account."""
    if environment.after is None:
        return None
    other = invocation.project.environments[environment.after]
    if file is not None:
        try:
            content = Path(file).read_bytes()
        except OSError as error:
            raise UsageError(f"cannot read {file}", why=error.strerror) from error
        return read_other_status(
            content,
            environment=other.name,
            account=other.account,
            endpoint=endpoint_kind(invocation, session),
            now=session.clock.now(),
            max_age=environment.gates.evidence_max_age,
        )
    there = invocation.session(other, session.clock, session.emit, session.stop)
    other, read = with_means(invocation, there, other)
    reading = Reading(there, other, take_snapshot(there, other, invocation.siblings(other), read=read))
    live = live_release(reading.snapshot, frozenset(other.exclude))
    if live is not None and live.digest is not None:
        reading.ask(frozenset({ReadRelease(live.number)}))
    snapshot = reading.snapshot
    status = status_of(other, snapshot)
    document = None if status.live is None else snapshot.documents.get(status.live.number)
    unread = document if isinstance(document, UnreadableRelease) else None
    return replace(before_of(status), unread=unread)
