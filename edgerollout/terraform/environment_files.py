"""The folder of one environment: it calls the modules with values of the configuration and AWS."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine
from edgerollout.release.delivery.choice import needs_policies
from edgerollout.release.facts.tfvars import FILE, Tfvars
from edgerollout.terraform.hcl import Block, Expression, document, quoted
from edgerollout.terraform.modules import DISTRIBUTION, FOLDER, FUNCTION, IMPORTED
from edgerollout.terraform.ownership import WhoAttaches
from edgerollout.terraform.release_variables import (
    ATTACHED_ARN,
    ATTACHED_POLICY,
    VARIANTS_OF_RELEASE,
    release_variables,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.advice import Spell
    from edgerollout.release.delivery.means import ToldValue
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Role
    from edgerollout.terraform.hcl import Value
    from edgerollout.terraform.live_distribution import LiveDistribution

APPLY = PurePosixPath("apply")
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
"""AWS's managed cache policy of that name (CloudFront Developer Guide, "Use managed cache policies")."""

_PROVIDER = "aws.us_east_1"
_LOGGING_POLICY = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@dataclass(frozen=True)
class SiteModule:
    """A distribution. `label` is its module's name, `live` its state today: None for a new one."""

    label: str
    name: str
    id: str | None = None
    live: LiveDistribution | None = None


@dataclass(frozen=True)
class Folder:
    """The input for the files of an environment.

    `function_there`: import the function. `role_to_import`: import this role, too; `role_arn`: a role of
    somebody else, used without changes. `attached`: the release, or no release, that every behavior has
    today; None if they differ. `told` are more variables of the means for this release.
    """

    environment: Environment
    owner: WhoAttaches
    sites: tuple[SiteModule, ...]
    function_there: bool = False
    role_to_import: Role | None = None
    role_arn: str | None = None
    attached: Tfvars | None = field(default_factory=Tfvars)
    told: Mapping[str, ToldValue] = field(default_factory=dict)

    @property
    def attaches(self) -> str:
        """What a release attaches to a behavior, in words."""
        return "response headers policy" if needs_policies(self.environment) else "function"

    @property
    def imports(self) -> bool:
        """Whether an existing distribution is imported."""
        return any(site.id is not None for site in self.sites)


def environment_folder(name: str) -> PurePosixPath:
    """The folder of the environment's files, below the common folder."""
    return APPLY / name


def environment_files(folder: Folder, spell: Spell) -> Mapping[PurePosixPath, bytes]:
    """Path below the common folder → content. `spell` writes commands for readers of the files."""
    base = environment_folder(folder.environment.name)
    texts = {
        "versions.tf": document(_versions(folder)),
        "main.tf": document(_main(folder), _heading(folder, spell)),
        "variables.tf": document(_variables(folder, spell)),
        "outputs.tf": document(_outputs(folder)),
    }
    imports = tuple(_imports(folder))
    if imports:
        texts["imports.tf"] = document(
            imports,
            ("Imports existing resources without changes. After the first apply you may delete this file."),
        )
    if folder.attached is not None and folder.owner is WhoAttaches.TERRAFORM:
        texts[FILE] = folder.attached.text(folder.told)
    return {base / name: text.encode("utf-8") for name, text in texts.items()}


def _heading(folder: Folder, spell: Spell) -> str:
    name = folder.environment.name
    names = "policy's id" if needs_policies(folder.environment) else "version"
    match folder.owner:
        case WhoAttaches.TERRAFORM:
            return (
                f"{name}: Terraform attaches the {folder.attaches}. edgerollout publishes a release and"
                f" writes its\n{names} into {FILE}; terraform apply attaches it;\n"
                f"{spell(CommandLine('wait', name))} finishes."
            )
        case WhoAttaches.EDGEROLLOUT:
            return (
                f"{name}: edgerollout attaches the {folder.attaches} ({spell(CommandLine('publish', name))})."
            )


def _versions(folder: Folder) -> Iterator[Block]:
    yield Block(
        "terraform",
        groups=({"required_version": ">= 1.5"},),
        blocks=(
            Block(
                "required_providers",
                groups=({"aws": {"source": "hashicorp/aws", "version": ">= 5.83, < 7.0"}},),
            ),
        ),
    )
    role = folder.environment.role_arn
    yield Block(
        "provider",
        ("aws",),
        (
            {
                "alias": "us_east_1",
                "region": "us-east-1",
                "allowed_account_ids": [Expression("var.account")],
            },
        ),
        () if role is None else (Block("assume_role", groups=({"role_arn": role},)),),
        comment="Lambda@Edge accepts only functions of this region, and CloudFront is managed from it.",
    )


def _main(folder: Folder) -> Iterator[Block]:
    function, role = folder.environment.function, folder.role_to_import
    yield Block(
        "module",
        (FUNCTION,),
        (
            {"source": f"../../{FOLDER}/{FUNCTION}"},
            {"providers": Expression(f"{{ {_PROVIDER} = {_PROVIDER} }}")},
            {
                "function_name": function.name,
                "role_name": function.role,
                "role_arn": folder.role_arn,
                "runtime": function.runtime,
                "handler": function.entry,
                "memory_size": function.memory,
                "timeout": function.timeout,
            },
            {
                "role_path": Expression("var.role_path"),
                "permissions_boundary": Expression("var.permissions_boundary"),
                "role_tags": _tags({} if role is None else role.tags),
                "tags": Expression("var.tags"),
            },
        ),
    )
    for site in folder.sites:
        if site.live is None:
            yield _access_control(site)
        yield _distribution(folder, site)


def _access_control(site: SiteModule) -> Block:
    return Block(
        "resource",
        ("aws_cloudfront_origin_access_control", site.label),
        (
            {"provider": Expression(_PROVIDER)},
            {
                "name": _control_name(site.label),
                "description": f"{site.name} reads its bucket",
                "origin_access_control_origin_type": "s3",
                "signing_behavior": "always",
                "signing_protocol": "sigv4",
            },
        ),
        comment="The bucket's policy must let the distribution read (s3:GetObject, by AWS:SourceArn).",
    )


def _control_name(label: str) -> str:
    """CloudFront accepts 64 characters; a digest of the cut part keeps names unique."""
    name = label.replace("_", "-")
    return name if len(name) <= 64 else f"{name[:55]}-{sha256(name.encode()).hexdigest()[:8]}"


def _distribution(folder: Folder, site: SiteModule) -> Block:
    environment = folder.environment
    release: dict[str, Value | None] = {}
    if folder.owner is WhoAttaches.TERRAFORM:
        release = (
            {
                "response_headers_policy_id": Expression(ATTACHED_POLICY),
                "response_headers_policy_variants": Expression(VARIANTS_OF_RELEASE),
            }
            if needs_policies(environment)
            else {
                "function_qualified_arn": Expression(ATTACHED_ARN),
                "event_type": environment.function.event,
            }
        )
        release |= {"exclude": list(environment.exclude) or None}
    arguments = _new_site(site) if site.live is None else site.live.arguments
    tags = {} if site.live is None else site.live.tags
    return Block(
        "module",
        (site.label,),
        (
            {"source": f"../../{FOLDER}/{DISTRIBUTION if site.id is None else IMPORTED}"},
            {"providers": Expression(f"{{ aws = {_PROVIDER} }}")},
            release,
            {"wait_for_deployment": Expression("var.wait_for_deployment"), "tags": _tags(tags)},
            arguments,
        ),
    )


def _tags(live: Mapping[str, str]) -> Expression:
    """The common tags, and existing ones that stay."""
    if not live:
        return Expression("var.tags")
    own = ", ".join(f"{quoted(key)} = {quoted(value)}" for key, value in sorted(live.items()))
    return Expression(f"merge(var.tags, {{ {own} }})")


def _new_site(site: SiteModule) -> Mapping[str, Value]:
    """A distribution in front of one bucket, to be completed by the site's owner."""
    return {
        "aliases": [site.name],
        "default_root_object": "index.html",
        "is_ipv6_enabled": True,
        "origins": [
            {
                "origin_id": "site",
                "domain_name": Expression(f"var.{site.label}_bucket"),
                "origin_access_control_id": Expression(
                    f"aws_cloudfront_origin_access_control.{site.label}.id"
                ),
            }
        ],
        "default_cache_behavior": {
            "target_origin_id": "site",
            "viewer_protocol_policy": "redirect-to-https",
            "cache_policy_id": CACHING_OPTIMIZED,
            "compress": True,
        },
        "viewer_certificate": {
            "acm_arn": Expression(f"var.{site.label}_certificate_arn"),
            "minimum_protocol_version": "TLSv1.2_2021",
            "ssl_support_method": "sni-only",
        },
    }


def _variables(folder: Folder, spell: Spell) -> Iterator[Block]:
    if folder.owner is WhoAttaches.TERRAFORM:
        yield from release_variables(
            folder.environment.name, spell, by_policy=needs_policies(folder.environment)
        )
    yield _variable(
        "account", "The AWS account. Credentials of another account are refused.", folder.environment.account
    )
    role = folder.role_to_import
    yield _variable(
        "role_path",
        "The path of the function's role, if it is made here: begins and ends with a slash.",
        "/" if role is None else role.path,
    )
    yield _variable(
        "permissions_boundary",
        "The ARN of the permissions boundary of the function's role, if it is made here; null for none.",
        Expression("null") if role is None or role.boundary is None else role.boundary,
    )
    yield Block(
        "variable",
        ("tags",),
        (
            {
                "description": "Tags for all resources made here, in addition to their existing tags.",
                "type": Expression("map(string)"),
                "default": {},
            },
        ),
    )
    yield Block(
        "variable",
        ("wait_for_deployment",),
        (
            {
                "description": "Whether apply waits until every edge has the change; if not,"
                f" {spell(CommandLine('wait', folder.environment.name))} does.",
                "type": Expression("bool"),
                "default": True,
            },
        ),
    )
    for site in folder.sites:
        if site.live is None:
            yield _variable(
                f"{site.label}_bucket",
                f"The bucket of {site.name}, as NAME.s3.REGION.amazonaws.com.",
            )
            yield _variable(
                f"{site.label}_certificate_arn",
                f"The ACM certificate (us-east-1) for {site.name}.",
            )
            continue
        for secret in site.live.secrets:
            yield Block(
                "variable",
                (secret.variable,),
                (
                    {
                        "description": f"The value of the header {secret.header} that {site.name} sends to"
                        f" its origin {secret.origin}. Terraform keeps it in its state.",
                        "type": Expression("string"),
                        "sensitive": True,
                    },
                ),
            )


def _variable(name: str, description: str, default: str | Expression | None = None) -> Block:
    return Block(
        "variable",
        (name,),
        ({"description": description, "type": Expression("string"), "default": default},),
    )


def _outputs(folder: Folder) -> Iterator[Block]:
    yield _output(
        "function_arn", "The function, without a version.", "module.edgerollout_function.function_arn"
    )
    if folder.owner is WhoAttaches.TERRAFORM:
        yield _output(
            "release",
            "The release on the behaviors; null for none.",
            "var.edgerollout_attached ? var.edgerollout_release : null",
        )
        yield _output("stage", "The stage of its policy.", "var.edgerollout_stage")
    for site in folder.sites:
        yield _output(
            f"{site.label}_domain_name",
            f"CloudFront's domain name of {site.name}.",
            f"module.{site.label}.domain_name",
        )
        yield _output(
            f"{site.label}_id", f"The id of the distribution of {site.name}.", f"module.{site.label}.id"
        )


def _output(name: str, description: str, value: str) -> Block:
    return Block("output", (name,), ({"description": description, "value": Expression(value)},))


def _imports(folder: Folder) -> Iterator[Block]:
    function = folder.environment.function
    module = f"module.{FUNCTION}"
    if folder.role_to_import is not None:
        yield _import(f"{module}.aws_iam_role.this[0]", function.role)
        yield _import(
            f"{module}.aws_iam_role_policy_attachment.logs[0]", f"{function.role}/{_LOGGING_POLICY}"
        )
    if folder.function_there:
        yield _import(f"{module}.aws_lambda_function.this", function.name)
    for site in folder.sites:
        if site.id is not None:
            yield _import(f"module.{site.label}.aws_cloudfront_distribution.this", site.id)


def _import(address: str, identity: str) -> Block:
    return Block("import", groups=({"to": Expression(address), "id": identity},))
