from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edgerollout.aws.distributions import from_headers_policy

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.type_defs import (
        ResponseHeadersPolicyConfigOutputTypeDef,
        ResponseHeadersPolicyTypeDef,
    )


def policy(config: ResponseHeadersPolicyConfigOutputTypeDef) -> ResponseHeadersPolicyTypeDef:
    return {
        "Id": "P1",
        "LastModifiedTime": datetime(2026, 1, 1, tzinfo=UTC),
        "ResponseHeadersPolicyConfig": config,
    }


def test_of_a_response_headers_policy_counts_what_it_overrides_and_removes() -> None:
    found = from_headers_policy(
        policy(
            {
                "Name": "ours",
                "SecurityHeadersConfig": {
                    "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "img-src *"},
                    "FrameOptions": {"Override": False, "FrameOption": "DENY"},
                    "StrictTransportSecurity": {"Override": True, "AccessControlMaxAgeSec": 300},
                },
                "CustomHeadersConfig": {
                    "Quantity": 2,
                    "Items": [
                        {"Header": "Permissions-Policy", "Value": "camera=()", "Override": True},
                        {"Header": "X-Team", "Value": "blue", "Override": False},
                    ],
                },
                "RemoveHeadersConfig": {"Quantity": 1, "Items": [{"Header": "X-Powered-By"}]},
            }
        )
    )
    assert (found.id, found.name) == ("P1", "ours")
    assert found.overrides == {"content-security-policy", "strict-transport-security", "permissions-policy"}
    assert found.removes == {"x-powered-by"}


def test_a_response_headers_policy_may_set_nothing_but_cors() -> None:
    cors = from_headers_policy(
        policy(
            {
                "Name": "cors",
                "CorsConfig": {
                    "AccessControlAllowOrigins": {"Quantity": 1, "Items": ["*"]},
                    "AccessControlAllowHeaders": {"Quantity": 1, "Items": ["*"]},
                    "AccessControlAllowMethods": {"Quantity": 1, "Items": ["GET"]},
                    "AccessControlAllowCredentials": False,
                    "OriginOverride": True,
                },
            }
        )
    )
    assert "access-control-allow-origin" in cors.overrides
