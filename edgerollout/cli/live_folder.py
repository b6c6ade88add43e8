"""What `terraform --from-live` reads about an environment, and what it cannot take over. Only reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import UsageError
from edgerollout.policy.severity import Severity
from edgerollout.policy.stage import Stage
from edgerollout.policy.wording import listed
from edgerollout.release.delivery.choice import means_of, needs_policies
from edgerollout.release.facts.arn import VersionArn, function_arn, version_arn
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.headers_policies import own_policies
from edgerollout.release.facts.live import ledger_of
from edgerollout.release.facts.tfvars import FILE, Tfvars
from edgerollout.release.status.owner import owner_of
from edgerollout.rollout.reading import check_account, needed_release, resolve
from edgerollout.terraform.environment_files import Folder, SiteModule
from edgerollout.terraform.live_distribution import module_name, read_live
from edgerollout.terraform.ownership import WhoAttaches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.headers_policies import CarriedPolicy, StandingPolicy
    from edgerollout.release.facts.snapshot import Distribution, Function, Role
    from edgerollout.rollout.ports import Aws
    from edgerollout.rollout.reading import Siblings


def read_folder(
    aws: Aws, environment: Environment, siblings: Siblings, owner: WhoAttaches
) -> tuple[Folder, tuple[Finding, ...]]:
    """The folder that describes an environment's live resources, and findings about what it leaves out.

    Raises UsageError for the wrong account, for a missing distribution, and for one that two environments
    name; AwsFailure for a missing right: half a description of a distribution would be useless.
    """
    check_account(aws, environment)
    everything = aws.cloudfront.distributions()
    own = resolve(environment.distributions, everything, environment.name)
    siblings.check(own, everything, environment.name)
    function = aws.functions.function(environment.function.name)
    role = aws.roles.role(environment.function.role)
    arn = function_arn(environment.account, environment.function.name)
    by_policy = needs_policies(environment)
    standing = aws.cloudfront.own_headers_policies() if by_policy else ()
    carried, theirs = _went_along(aws, environment, function, own, standing)
    means = means_of(environment, standing, carried)
    own_ids = {
        own_policy.id: version_arn(arn, key.release)
        for key, own_policy in own_policies(standing, environment.function.name).items()
    }
    # Name it by the alias in the configuration: the order of a distribution's aliases may change.
    named = {
        found.id: selector.alias
        for selector in environment.distributions
        if selector.alias is not None
        for found in resolve((selector,), everything, environment.name)
    }
    sites: list[SiteModule] = []
    findings: list[Finding] = list(_about_function(function, role, environment))
    for distribution in own:
        label = module_name(named.get(distribution.id, distribution.id))
        tags = aws.cloudfront.tags(distribution.arn)
        live = read_live(
            aws.cloudfront.document(distribution.id).xml,
            label=label,
            function_arn=arn,
            event=means.slot,
            tags=_own_tags(tags),
            excluded=environment.exclude,
            taken=[secret.variable for other in sites if other.live for secret in other.live.secrets],
            policies=own_ids if by_policy else None,
            theirs=theirs,
        )
        site = SiteModule(label, distribution.name, distribution.id, live)
        if live.unmodelled:
            findings.append(_unmodelled(distribution, live.unmodelled))
            continue
        findings += _taken(site)
        findings += _managed(site, tags, owner, environment.name)
        sites.append(site)
    if own and not sites:
        raise UsageError(
            "; ".join(finding.message for finding in findings if finding.rule == "not-modelled"),
            hint="Nothing was written. --snippet prints what a Terraform resource of your own needs.",
        )
    attached = (
        _attached(environment, function, sites, findings, means.slot)
        if owner is WhoAttaches.TERRAFORM
        else None
    )
    return (
        Folder(
            environment=environment,
            owner=owner,
            sites=tuple(sites),
            function_there=function is not None,
            role_to_import=replace(role, tags=_own_tags(role.tags))
            if role is not None and role.ours
            else None,
            role_arn=None if role is None or role.ours else role.arn,
            attached=attached,
            told=means.variables(None if attached is None else attached.qualified_arn),
        ),
        tuple(findings),
    )


def _went_along(
    aws: Aws,
    environment: Environment,
    function: Function | None,
    own: Sequence[Distribution],
    standing: Sequence[StandingPolicy],
) -> tuple[tuple[CarriedPolicy, ...], dict[str, str]]:
    """The policies of others that go along, and which one's place each of ours took, by their ids."""
    held = {behavior.response_headers_policy for item in own for behavior in item.behaviors}
    variants = {
        policy.id: key
        for key, policy in own_policies(standing, environment.function.name).items()
        if key.along and policy.id in held
    }
    if function is None or not variants:
        return (), {}
    numbers = {key.release for key in variants.values()}
    carried = tuple(
        policy
        for number in sorted(numbers)
        for policy in needed_release(aws, function, number, environment).carried
    )
    by_variant = {policy.variant: policy.id for policy in carried}
    return carried, {identity: by_variant[key.along] for identity, key in variants.items()}


def _own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags without AWS's own prefix: nobody else can write those."""
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}


def _about_function(
    function: Function | None, role: Role | None, environment: Environment
) -> Iterator[Finding]:
    if role is not None and not role.ours:
        yield Finding(
            Severity.NOTE,
            "role-kept",
            f"role {role.name} was not made by edgerollout: the function uses it, Terraform does not",
        )
    wanted = environment.function.role
    if function is not None and (role is None or function.role_arn != role.arn):
        yield Finding(
            Severity.WARNING,
            "role-differs",
            f"function {function.name} runs as {function.role_arn}: the first apply gives it role {wanted}",
            f"Or name that role in edgerollout.toml, environments.{environment.name}.function.role.",
        )


def _unmodelled(distribution: Distribution, elements: Sequence[str]) -> Finding:
    return Finding(
        Severity.WARNING,
        "not-modelled",
        f"{distribution.name} ({distribution.id}) is left out: the module has no argument for"
        f" {listed(elements)}, so Terraform would remove it",
        "Keep it as it is, or write its resource yourself: --snippet prints what goes into it.",
        distribution.id,
    )


def _managed(
    site: SiteModule, tags: Mapping[str, str], wanted: WhoAttaches, environment: str
) -> Iterator[Finding]:
    owner = owner_of(tags)
    if owner is None:
        return
    own = () if wanted is WhoAttaches.TERRAFORM else ("--owner", wanted.value)
    yield Finding(
        Severity.WARNING,
        "managed-already",
        f"{site.name} ({site.id}) is already managed by {owner} (tag {owner.evidence}): imported here, too,"
        " two tools manage it, and each undoes the other's changes",
        advise(
            "If it is in another state than this folder's: leave it there and add what `",
            CommandLine("terraform", environment, "--snippet", *own),
            "` prints.",
        )
        if owner.is_terraform
        else f"First remove it from {owner.tool}, without deleting it.",
        site.id,
    )


def _taken(site: SiteModule) -> Iterator[Finding]:
    if site.live is None or not site.live.taken:
        return
    by_function: dict[str, list[str]] = {}
    for taken in site.live.taken:
        by_function.setdefault(taken.arn, []).append(taken.path)
    for arn, paths in by_function.items():
        yield Finding(
            Severity.WARNING,
            "slot-taken",
            f"{site.name} {', '.join(paths)}: {arn} has the slot of our function; it stays, and ours is not"
            " attached there",
            f"Remove it from lambda_functions in module.{site.label} when it is no longer needed.",
            site.id,
        )


def _attached(
    environment: Environment,
    function: Function | None,
    sites: Sequence[SiteModule],
    findings: list[Finding],
    event: str,
) -> Tfvars | None:
    """The release that all behaviors carry at the wanted event, or no release; None: they differ."""
    carried = [triggers for site in sites if site.live is not None for triggers in site.live.ours.values()]
    arns = {arn for triggers in carried for arn in triggers.values()}
    if not arns:
        return Tfvars()
    arn = next(iter(arns))
    version = VersionArn.parse(arn)
    if len(arns) > 1 or any(dict(triggers) != {event: arn} for triggers in carried) or version is None:
        findings.append(
            Finding(
                Severity.WARNING,
                "mixed",
                f"the behaviors of {environment.name} do not all carry one release at {event} (there is"
                f" {listed(sorted(_short(arn) for arn in arns))}): {FILE} is not written, so Terraform does"
                " nothing without it",
                advise("Finish first: ", CommandLine("publish", environment.name), ", then generate again."),
            )
        )
        return None
    return Tfvars(arn, version.version, _stage(function, version.version))


def _short(arn: str) -> str:
    return arn.rpartition(":function:")[2]


def _stage(function: Function | None, number: int) -> Stage | None:
    """The stage of a release's newest policy, from its ledger line."""
    line = None if function is None else ledger_of(function, number)
    if line is None:
        return None
    if line.report_only is not None:
        return Stage.REPORT_ONLY
    return None if line.enforced is None else Stage.ENFORCED
