"""Lambda's refusals, with the HTTP status from the model for each code."""

from __future__ import annotations

from edgerollout.emulator.codec.model import error_status
from edgerollout.emulator.messages import ServiceError


def refusal(code: str, message: str) -> ServiceError:
    """The error `code`, with AWS's message."""
    return ServiceError(code, message, error_status("lambda", code))


def invalid(message: str) -> ServiceError:
    return refusal("InvalidParameterValueException", message)


def not_found(arn: str) -> ServiceError:
    return refusal("ResourceNotFoundException", f"Function not found: {arn}")
