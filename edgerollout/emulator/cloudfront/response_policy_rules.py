"""What CloudFront refuses in a response headers policy (Developer Guide, "Quotas", "Understand policies").

Messages: from botocore's model of each error; for a security header among the custom ones, from users'
reports. Other messages are not documented: only the code is AWS's. We assume that a policy without headers is
refused.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from edgerollout.emulator.cloudfront.config_rules import check_quantities
from edgerollout.emulator.cloudfront.errors import refusal

if TYPE_CHECKING:
    from edgerollout.emulator.messages import Members, ServiceError
    from edgerollout.emulator.settings import Quotas

_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_COMMENT = 128
_VALUE = 1783
_TOTAL = 10_240

SECURITY_HEADERS = frozenset(
    {
        "content-security-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
        "x-xss-protection",
    }
)
"""Set by other members; refused among the custom headers."""

CORS_HEADERS = frozenset(
    {
        "access-control-allow-credentials",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-allow-origin",
        "access-control-expose-headers",
        "access-control-max-age",
    }
)
"""Set by CorsConfig; refused among the custom headers."""

_PARTS = ("CorsConfig", "SecurityHeadersConfig", "ServerTimingHeadersConfig", "CustomHeadersConfig")


def check_policy(config: Members, quotas: Quotas) -> None:
    """The rules for a single policy. Raises ServiceError for the first broken rule."""
    check_quantities(config)
    if not _NAME.fullmatch(config["Name"]):
        raise _invalid("The parameter Name contains characters that are not valid.")
    if len(config.get("Comment", "")) > _COMMENT:
        raise _invalid(f"The parameter Comment is too long; the maximum length is {_COMMENT}.")
    if not any(part in config for part in (*_PARTS, "RemoveHeadersConfig")):
        raise _invalid("The response headers policy must contain at least one header.")
    _check_security(config.get("SecurityHeadersConfig", {}), quotas)
    _check_cors(config.get("CorsConfig"))
    _check_custom(config, quotas)
    rate = config.get("ServerTimingHeadersConfig", {}).get("SamplingRate", 0)
    if not 0 <= rate <= 100:
        raise _invalid("The parameter SamplingRate must be between 0 and 100.")


def _invalid(message: str) -> ServiceError:
    return refusal("InvalidArgument", message)


def _check_security(security: Members, quotas: Quotas) -> None:
    csp = security.get("ContentSecurityPolicy", {}).get("ContentSecurityPolicy", "")
    if len(csp) > quotas.csp_characters:
        raise refusal(
            "TooLongCSPInResponseHeadersPolicy",
            "The length of the Content-Security-Policy header value in the response headers policy exceeds "
            "the maximum.",
        )
    xss = security.get("XSSProtection", {})
    if xss.get("ModeBlock") and xss.get("ReportUri"):
        raise _invalid("The parameters ModeBlock and ReportUri cannot be used together.")


def _check_cors(cors: Members | None) -> None:
    if cors is None:
        return
    if not cors["AccessControlAllowHeaders"].get("Items"):
        raise _invalid("The parameter AccessControlAllowHeaders must contain at least one header.")
    if cors["AccessControlAllowCredentials"] and "*" in cors["AccessControlAllowOrigins"].get("Items", ()):
        raise _invalid(
            "The parameter AccessControlAllowOrigins cannot contain * with AccessControlAllowCredentials."
        )


def _check_custom(config: Members, quotas: Quotas) -> None:
    custom = config.get("CustomHeadersConfig", {}).get("Items", ())
    removed = config.get("RemoveHeadersConfig", {}).get("Items", ())
    if len(custom) > quotas.custom_headers_per_policy:
        raise refusal(
            "TooManyCustomHeadersInResponseHeadersPolicy",
            "The number of custom headers in the response headers policy exceeds the maximum.",
        )
    if len(removed) > quotas.removed_headers_per_policy:
        raise refusal(
            "TooManyRemoveHeadersInResponseHeadersPolicy",
            "The number of headers in RemoveHeadersConfig in the response headers policy exceeds "
            "the maximum.",
        )
    for member, items in (("CustomHeaders", custom), ("RemoveHeaders", removed)):
        names = [item["Header"] for item in items]
        if bad := [name for name in names if not _HEADER_NAME.fullmatch(name)]:
            raise _invalid(f"The parameter {member} contains {bad[0]} that is not a valid header name.")
        counted = Counter(name.lower() for name in names)
        if repeated := [name for name, count in counted.items() if count > 1]:
            raise _invalid(f"The parameter {member} contains a duplicate value: {repeated[0]}")
    for item in custom:
        _check_custom_header(item["Header"], item["Value"])
    if sum(len(item["Header"]) + len(item["Value"]) for item in custom) > _TOTAL:
        raise _invalid(f"The names and values of CustomHeaders are longer than {_TOTAL} characters.")


def _check_custom_header(name: str, value: str) -> None:
    for names, kind in ((SECURITY_HEADERS, "security"), (CORS_HEADERS, "CORS")):
        if name.lower() in names:
            raise _invalid(
                f"The parameter CustomHeaders contains {name} that is a {kind} header and cannot be set as "
                "custom header."
            )
    if len(value) > _VALUE:
        raise _invalid(f"The value of the header {name} is longer than {_VALUE} characters.")
