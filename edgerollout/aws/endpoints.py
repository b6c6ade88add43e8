"""The endpoint of the calls: AWS itself, or one on this machine. Never a third party's.

Credentials and uploaded code go wherever the endpoint says, so a forgotten AWS_ENDPOINT_URL or a
config file somebody else wrote must not be able to send them away.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from edgerollout.errors import UsageError

SERVICES = ("cloudfront", "lambda", "iam", "sts")


@dataclass(frozen=True)
class Endpoints:
    """`custom` is the loopback endpoint of every service, None for AWS itself.

    `private` are AWS's own endpoints inside a VPC, by service; they count as AWS itself.
    """

    custom: str | None = None
    private: Mapping[str, str] = field(default_factory=dict)

    def of(self, service: str) -> str | None:
        """The endpoint for the SDK to use for `service`; None means its default."""
        return self.custom if self.custom is not None else self.private.get(service)


def loopback(url: str) -> bool:
    """Whether `url` is http(s) on this machine: 127.0.0.0/8, ::1 or localhost, by its text alone."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or host is None or parts.username is not None:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def given(url: str) -> Endpoints:
    """The endpoint named on the command line. Raises UsageError when it is not on this machine."""
    if not loopback(url):
        raise UsageError(
            "the endpoint is not on this machine",
            why=f"{_shown(url)} was given; custom endpoints are loopback only (127.0.0.1, ::1, localhost)",
            hint="use http://127.0.0.1:PORT, or leave --endpoint-url out to reach AWS",
        )
    return Endpoints(custom=url.rstrip("/"))


def configured(
    environ: Mapping[str, str],
    profile: Mapping[str, object],
    services: Mapping[str, object],
    *,
    ignored: bool,
) -> Endpoints:
    """The endpoints that AWS_ENDPOINT_URL* and the AWS config file name, in the SDK's own order.

    `profile` is the profile's section, `services` all `[services NAME]` sections, `ignored` the SDK's
    ignore_configured_endpoint_urls. Raises UsageError for one that is neither AWS's nor on this
    machine, and when only some services are sent elsewhere: half a rollout would be real.
    """
    if ignored:
        return Endpoints()
    found = {service: _configured(service, environ, profile, services) for service in SERVICES}
    named = {service: url for service, url in found.items() if url is not None}
    private = {service: url for service, url in named.items() if _of_aws(service, url)}
    custom = {service: url for service, url in named.items() if service not in private}
    for service, url in custom.items():
        if not loopback(url):
            raise UsageError(
                f"the endpoint configured for {service} is neither AWS's own nor on this machine",
                why=f"AWS_ENDPOINT_URL* or the AWS config file names {_shown(url)}",
                hint="unset it, or set AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true",
            )
    if not custom:
        return Endpoints(private=private)
    if len(custom) < len(SERVICES) or len(set(custom.values())) > 1:
        raise UsageError(
            "only some services are sent to a custom endpoint",
            why="; ".join(f"{name}: {_shown(url)}" for name, url in sorted(custom.items())),
            hint="set AWS_ENDPOINT_URL for all of them, or use --endpoint-url",
        )
    return Endpoints(custom=next(iter(custom.values())).rstrip("/"))


def _configured(
    service: str, environ: Mapping[str, str], profile: Mapping[str, object], services: Mapping[str, object]
) -> str | None:
    section = services.get(str(profile.get("services", "")))
    own = section.get(service) if isinstance(section, Mapping) else None
    from_section = own.get("endpoint_url") if isinstance(own, Mapping) else None
    candidates = (
        environ.get(f"AWS_ENDPOINT_URL_{service.upper()}"),
        environ.get("AWS_ENDPOINT_URL"),
        from_section,
        profile.get("endpoint_url"),
    )
    return next((url for url in candidates if isinstance(url, str) and url), None)


def check_partition(region: str | None) -> None:
    """Raise UsageError for a region outside of AWS's commercial partition, where Lambda@Edge is."""
    for prefix, where in _ELSEWHERE.items():
        if region is not None and region.startswith(prefix):
            raise UsageError(
                f"region {region} is in {where}",
                why="Lambda@Edge functions are created in us-east-1; edgerollout works only in its partition",
                hint="use an account of the commercial partition, and its profile; unset AWS_REGION or the"
                " profile's region",
            )


_ELSEWHERE = {
    "cn-": "China, where CloudFront has no Lambda@Edge",
    "us-gov-": "AWS GovCloud (US), which has no CloudFront of its own",
    "us-iso": "an isolated partition",
    "eusc-": "the AWS European Sovereign Cloud",
}
"""By the beginning of a region's name."""


def _of_aws(service: str, url: str) -> bool:
    """Whether it is the service's own host: public, FIPS, dual-stack, or an interface endpoint in a VPC.

    Below amazonaws.com there are hosts of anybody's: API Gateway's, load balancers, instances, buckets.
    """
    try:
        parts = urlsplit(url)
        own = parts.port in (None, 443) and parts.username is None
    except ValueError:
        return False
    pattern = rf"(vpce-[a-z0-9-]+\.)?{service}(-fips)?(\.{_REGION})?(\.vpce)?\.(amazonaws\.com|api\.aws)"
    return own and parts.scheme == "https" and re.fullmatch(pattern, parts.hostname or "") is not None


_REGION = r"(?:[a-z]{2}(?:-[a-z]+)+-\d|global)"


def _shown(url: str) -> str:
    """`url` without user, password and query."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or "?"
        return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "an unreadable URL"
