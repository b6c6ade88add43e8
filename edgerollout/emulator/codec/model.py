"""botocore's service models, loaded once."""

from __future__ import annotations

import functools
from typing import cast

from botocore.loaders import Loader
from botocore.model import NoShapeFoundError, ServiceModel


@functools.cache
def service_model(service: str) -> ServiceModel:
    """The model of `service` ("cloudfront", "lambda") in its newest API version."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@functools.cache
def error_status(service: str, code: str, default: int = 400) -> int:
    """The HTTP status of the error `code` in the model, or `default` when the model lacks it."""
    try:
        shape = service_model(service).shape_for(code)
    except NoShapeFoundError:
        return default
    return cast("int", shape.metadata.get("error", {}).get("httpStatusCode", default))
