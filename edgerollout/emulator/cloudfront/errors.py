"""CloudFront's refusals, with the HTTP status from the model for each code."""

from __future__ import annotations

from edgerollout.emulator.codec.model import error_status
from edgerollout.emulator.messages import ServiceError


def refusal(code: str, message: str) -> ServiceError:
    """The error `code`, with AWS's message."""
    return ServiceError(code, message, error_status("cloudfront", code))


def no_such_distribution() -> ServiceError:
    return refusal("NoSuchDistribution", "The specified distribution does not exist.")


def no_such_response_policy() -> ServiceError:
    return refusal("NoSuchResponseHeadersPolicy", "The specified response headers policy does not exist.")
