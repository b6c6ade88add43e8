"""The SDK's service models: megabytes of JSON, read once for all accounts of a process."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.loaders import Loader


@functools.cache
def service_models(search_path: str | None) -> Loader:
    """The component `data_loader` of a session. `search_path` is the SDK's setting `data_path`."""
    from botocore.loaders import create_loader

    return create_loader(search_path)
