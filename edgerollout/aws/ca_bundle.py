"""The file of CAs that the user gives the AWS SDK, found and looked at as the SDK finds it."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.errors import UsageError

if TYPE_CHECKING:
    from botocore.session import Session


def ca_bundle(session: Session) -> Path | None:
    """AWS_CA_BUNDLE, the profile's `ca_bundle`, or REQUESTS_CA_BUNDLE; None where none is named.

    Raises UsageError for a file that holds no CAs: botocore would say so at the first call, in other words.
    """
    named = session.get_config_variable("ca_bundle")
    found = str(named) if named else os.environ.get("REQUESTS_CA_BUNDLE")
    if not found:
        return None
    path = Path(found)
    try:
        ssl.create_default_context(cafile=found)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"the CA bundle {path} cannot be used",
            why=getattr(error, "strerror", None) or str(error),
            hint="mend AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE or the profile's ca_bundle: a file of CAs in PEM",
        ) from error
    return path
