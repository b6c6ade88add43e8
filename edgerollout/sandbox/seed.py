"""Fills a sandbox with the sites of a project, through the same API that everybody uses.

Existing resources stay as they are, so seeding again only adds what is missing. It does not make Lambda
functions and roles of edgerollout: `publish --create` makes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import EdgerolloutError
from edgerollout.sandbox.distribution_config import site_config, unrelated_config
from edgerollout.sandbox.sample_site import FALLBACK_ONLY, SiteFile, pages
from edgerollout.sandbox.tenant import REGION, Tenant, new_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.sandbox.blueprint import Blueprint, DistributionBlueprint, SiteBlueprint

FALLBACK_REGION = "us-west-2"
FOREIGN_FUNCTION = "archive-redirects"
_FOREIGN_SOURCE = """\
def handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    if request["uri"].startswith("/old/"):
        request["uri"] = request["uri"][4:]
    return request
"""
_ARCHIVE = SiteFile(b"<!doctype html><title>Archive</title><h1>Archive</h1>\n", "text/html", "max-age=60")


def seed(
    blueprint: Blueprint,
    endpoint_url: str,
    secret: str,
    reserve_id: Callable[[str, str], None],
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Make what the blueprint has and the sandbox at `endpoint_url` lacks.

    `secret` is the sandbox's secret access key. `reserve_id` reserves a distribution id for a caller
    reference, for distributions that the configuration names by id. `say` gets a line for each site before it
    is made. Raises EdgerolloutError when a host of the blueprint belongs to another account of the sandbox.
    """
    tenants = {account: Tenant(account, endpoint_url, secret) for account in blueprint.accounts}
    for site in blueprint.sites:
        tenant = tenants[site.account]
        if not tenant.has_bucket(site.bucket):
            say(f"making the site of {site.environment}, {site.around.host}")
            _fill_buckets(tenant, site)
        for distribution in site.distributions:
            _make_distribution(tenant, site, distribution, reserve_id)
    for account, alias in blueprint.unrelated:
        _make_unrelated(tenants[account], alias)


def _fill_buckets(tenant: Tenant, site: SiteBlueprint) -> None:
    found = pages(site.around)
    first = {key: file for key, file in found.items() if key not in FALLBACK_ONLY}
    # Only the behaviors of the origin group read the second bucket.
    second = {key: file for key, file in found.items() if not key.startswith(("assets/", "legacy/"))}
    tenant.make_bucket(site.bucket, REGION, first)
    tenant.make_bucket(site.fallback_bucket, FALLBACK_REGION, second)


def _make_distribution(
    tenant: Tenant,
    site: SiteBlueprint,
    distribution: DistributionBlueprint,
    reserve_id: Callable[[str, str], None],
) -> None:
    from botocore.exceptions import ClientError

    owners = tenant.distributions()
    known = owners.get(distribution.id or distribution.aliases[0])
    # After a change of the configuration, a host of `urls` may already have its own distribution.
    aliases = tuple(alias for alias in distribution.aliases if owners.get(alias, known) == known)
    try:
        if known is not None:
            tenant.add_aliases(known, aliases)
            return
        reference = new_reference()
        if distribution.id is not None:
            reserve_id(reference, distribution.id)
        config = site_config(site, aliases, reference, tenant.access_control)
        tenant.create_distribution(config, purpose=site.environment)
    except ClientError as error:
        if error.response["Error"]["Code"] != "CNAMEAlreadyExists":
            raise
        raise EdgerolloutError(
            f"the sandbox cannot serve {', '.join(aliases)} for {site.environment}",
            why="another distribution of the sandbox has had the host since before the configuration changed",
            hint=advise("`", CommandLine("sandbox", None, "down"), "` and then `up` makes a new sandbox"),
        ) from None


def _make_unrelated(tenant: Tenant, alias: str) -> None:
    if alias in tenant.distributions():
        return
    bucket = f"tidewater-archive-{tenant.account}"
    if not tenant.has_bucket(bucket):
        tenant.make_bucket(bucket, REGION, {"index.html": _ARCHIVE})
    function = tenant.publish_function(FOREIGN_FUNCTION, _FOREIGN_SOURCE)
    config = unrelated_config(alias, bucket, new_reference(), tenant.access_control, function)
    tenant.create_distribution(config, purpose="archive")
