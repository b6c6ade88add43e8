"""The CA file that the user configured for the AWS SDK, found by the SDK's rules and checked."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.errors import UsageError

if TYPE_CHECKING:
    from botocore.session import Session


def users_ca_bundle(profile: str | None) -> Path | None:
    """Like `ca_bundle`, for commands without AWS calls: a missing profile is ignored.

    Raises UsageError for a file that holds no CAs.
    """
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        return ca_bundle(botocore.session.Session(profile=profile))
    except BotoCoreError:
        return ca_bundle(None)


def ca_bundle(session: Session | None) -> Path | None:
    """AWS_CA_BUNDLE, the profile's `ca_bundle`, or REQUESTS_CA_BUNDLE; None if none is set.

    Without a session only the variables count.

    Raises UsageError for a file without CAs: botocore would fail later, with a less clear message.
    """
    named = None if session is None else session.get_config_variable("ca_bundle")
    found = named or os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
    if not found:
        return None
    path = Path(str(found))
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"the CA bundle {path} cannot be used",
            why=getattr(error, "strerror", None) or str(error),
            hint="correct AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE or the profile's ca_bundle: a file of CAs in PEM",
        ) from error
    return path
