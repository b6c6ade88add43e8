"""Rollback, detach and prune without a configuration: the function's name is enough."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.cli.means import with_means
from edgerollout.config import ChosenEnvironment
from edgerollout.errors import EdgerolloutError, UsageError
from edgerollout.release.delivery.choice import carrier_of
from edgerollout.release.facts.arn import function_arn
from edgerollout.release.facts.environment import (
    LAMBDA_EDGE,
    DistributionSelector,
    Environment,
    FunctionSettings,
)
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.live import attached, marks_of
from edgerollout.rollout.reading import Siblings, by_means

if TYPE_CHECKING:
    from edgerollout.advice import Advice, Verb
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.options import Options
    from edgerollout.release.facts.snapshot import Function
    from edgerollout.rollout.reading import AlreadyRead
    from edgerollout.rollout.session import Session


def check_only(function: str | None, distributions: tuple[str, ...], options: Options) -> None:
    """Raise UsageError for --distribution without --function, and for Terraform's options with --function."""
    if function is None and distributions:
        raise UsageError(
            "--distribution needs --function", hint="Without it, -e NAME selects the distributions."
        )
    if function is not None and (options.no_swap or options.tfvars is not None):
        said = "--no-swap" if options.no_swap else "--tfvars"
        raise UsageError(
            f"{said} does not work with --function", hint="-e NAME selects the Terraform folder."
        )


def selection(function: str, distributions: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The options that name it."""
    return (
        "--function",
        function,
        *(word for distribution in distributions for word in ("--distribution", distribution)),
    )


def chosen_by_function(invocation: Invocation, function: str) -> ChosenEnvironment:
    """An environment made from a function's name; its account and distributions are found later."""
    account = ""
    if invocation.sandbox:
        # The sandbox belongs to a project; any of its environments names the account.
        account = next(iter(invocation.project.environments.values())).account
    settings = FunctionSettings(name=function, runtime="", handler=Path(), role="")
    return ChosenEnvironment(Environment(function, account, settings, distributions=()), "flag")


def environment_of(
    session: Session,
    invocation: Invocation,
    chosen: ChosenEnvironment,
    function: str | None,
    only: tuple[str, ...] = (),
) -> tuple[Environment, Siblings, AlreadyRead | None]:
    """The environment, the others of its account, and what was read; with a function's name, where that
    function is attached.
    """
    if function is None:
        environment, read = with_means(invocation, session, chosen.environment)
        return environment, invocation.siblings(environment), read
    return where_attached(session, chosen.environment, only), Siblings({}), None


def put_back_by_terraform(invocation: Invocation, function: str, command: Verb) -> Advice | None:
    """The advice where Terraform attaches this function; None where that is unknown."""
    try:
        environments = invocation.project.environments.values()
    except EdgerolloutError:
        return None
    for environment in environments:
        if environment.function.name == function and carrier_of(environment).file is not None:
            return advise(
                f"Terraform attaches the releases of {environment.name}, and its next apply puts back"
                " what the tfvars say. Change those as well: ",
                CommandLine(command, environment.name),
            )
    return None


def where_attached(session: Session, environment: Environment, only: tuple[str, ...]) -> Environment:
    """The account of the credentials, and the distributions there that carry the function.

    They include a distribution that an earlier rollback left half-way, from its mark. Raises UsageError for
    one of `only` that does not carry the function.
    """
    account, name = session.aws.account(), environment.function.name
    function = session.aws.functions.function(name)
    environment = replace(environment, account=account, deliver=_means(function))
    listed = session.aws.cloudfront.distributions()
    _, everything = by_means(session.aws, environment, function, listed)
    carrying = {
        distribution.id for distribution, _, _, _ in attached(everything, function_arn(account, name))
    }
    marks = marks_of(function)
    found = [
        distribution.id
        for distribution in everything
        if distribution.id in carrying or marks.of(distribution.id)
    ]
    unknown = [identity for identity in only if identity not in found]
    if unknown:
        raise UsageError(
            f"{name} is not attached on {', '.join(unknown)}",
            hint=f"It is attached on: {', '.join(found)}" if found else "It is attached nowhere.",
        )
    ids = only or tuple(found)
    return replace(environment, distributions=tuple(DistributionSelector(id=identity) for identity in ids))


def _means(function: Function | None) -> str:
    """The means by which the newest release reaches visitors."""
    versions = () if function is None else function.versions
    lines = [line for version in versions if (line := LedgerLine.parse(version.description)) is not None]
    return lines[-1].deliver if lines else LAMBDA_EDGE
