"""From options to a publish request and its plan; shared by `plan`, `publish` and `build`."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.cli.handing_over import read_tfvars
from edgerollout.cli.means import with_advice, with_means
from edgerollout.cli.preflight import CHECKS, with_preflight
from edgerollout.cli.reading import endpoint_kind
from edgerollout.errors import UsageError
from edgerollout.release.checks.unobserved import UNOBSERVED, Tried
from edgerollout.release.delivery.choice import carrier_of
from edgerollout.release.facts.ledger import CHANGES
from edgerollout.release.facts.overrides import overrides_of
from edgerollout.release.plans.adoption import functions_named
from edgerollout.release.plans.desired import PublishRequest
from edgerollout.release.plans.publish import plan_publish
from edgerollout.rollout.reading import Planned, Reading, take_snapshot

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.release.facts.choices import Choices
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.plan import Plan
    from edgerollout.rollout.reading import Siblings
    from edgerollout.rollout.session import Session

_COMMIT_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA", "BITBUCKET_COMMIT", "BUILDKITE_COMMIT", "GIT_COMMIT")


def request_for(invocation: Invocation, environment: Environment, choices: Choices) -> PublishRequest:
    """The publish request of an environment, from the configuration and these choices."""
    from edgerollout.config.handler_folder import read_handler

    return PublishRequest(
        environment=environment,
        policy=invocation.project.policy_of(environment),
        files=read_handler(environment.function.handler),
        commit=current_commit(
            invocation.project.root, invocation.project.directory, environment.function.handler
        ),
        choices=choices,
        replace=functions_named(choices.replace, environment),
    )


def with_creation_offered(invocation: Invocation, environment: Environment, choices: Choices) -> Choices:
    """The choices of a command that asks before it acts: it makes a missing role and function, because the
    plan shows them and the question covers them.

    Where nobody is asked, or Terraform may make them, only `--create` makes them.
    """
    asks = invocation.streams.stdin_is_terminal and not invocation.options.yes
    if not asks or carrier_of(environment).first_step is not None:
        return choices
    return replace(choices, create=True)


def read_and_plan(
    invocation: Invocation,
    environment: Environment,
    request: PublishRequest,
    session: Session,
    *,
    run_handler: bool = True,
) -> Planned:
    """Read AWS and plan the publish, with the findings of its preflight.

    Without `run_handler` none of the handler's code runs, and a finding says so.
    """
    environment, read = with_means(invocation, session, environment, advises=True)
    choices = request.choices
    overrides = overrides_of(choices.overrides, choices.reason, (*CHECKS, UNOBSERVED))
    siblings, tfvars = invocation.siblings(environment), read_tfvars(environment)
    snapshot = take_snapshot(session, environment, siblings, tfvars=tfvars, read=read)
    request = replace(
        request,
        environment=with_advice(invocation, environment, snapshot),
        unobserved=next((override for override in overrides if override.gate == UNOBSERVED), None),
        tried=_tried(invocation, choices, session),
    )
    reading = Reading(session, environment, snapshot)
    request = replace(request, known_distributions=known_distributions(siblings, snapshot))

    def plan(wanted: PublishRequest) -> Plan:
        return reading.plan(partial(plan_publish, wanted))

    if not choices.preflight:
        made = plan(request)
        return Planned(reading.snapshot, made)
    made = with_preflight(invocation.project, request, plan, overrides, run_handler=run_handler)
    if run_handler:
        invocation.note_unconfined(ran=True)
    return Planned(reading.snapshot, made)


def known_distributions(siblings: Siblings, snapshot: Snapshot) -> frozenset[str]:
    """The ids of the existing distributions of all environments."""
    everything = (*snapshot.distributions, *snapshot.others)
    return siblings.known(everything) | {distribution.id for distribution in snapshot.distributions}


def _tried(invocation: Invocation, choices: Choices, session: Session) -> Tried | None:
    """The evidence file in the choices. Raises UsageError for a file that cannot be read."""
    if choices.evidence is None:
        return None
    try:
        content = Path(choices.evidence).read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read the evidence {choices.evidence}",
            why=error.strerror,
            hint=advise(
                "A candidate tour writes it: ",
                CommandLine("tour", None, "--candidate", "--evidence", choices.evidence),
            ),
        ) from error
    return Tried(content, endpoint_kind(invocation, session), session.clock.now())


def current_commit(root: Path, *released: Path) -> str | None:
    """The commit to release: from CI, else from git; None without either.

    It ends in `+changes` where git reports that something in the folders `released` differs from its commit.
    """
    named = next((os.environ[name] for name in _COMMIT_VARIABLES if os.environ.get(name)), None)
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return named
    commit = named or _git(root, "rev-parse", "HEAD")
    # A lock of the index would stop a git command that runs at the same time.
    changes = _git(root, "--no-optional-locks", "status", "--porcelain", "--", *map(str, released))
    return f"{commit}{CHANGES}" if commit and changes else commit or None


def _git(root: Path, *words: str) -> str | None:
    """The output of git; None where it is missing, refuses, or takes too long."""
    import subprocess

    try:
        answer = subprocess.run(
            ("git", "-C", str(root), *words), capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
