"""The file of CAs that the user gives the AWS SDK, found and looked at as the SDK finds it."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.errors import UsageError

if TYPE_CHECKING:
    from botocore.session import Session


def users_ca_bundle(profile: str | None) -> Path | None:
    """As `ca_bundle` finds it, for who asks nothing of AWS: a profile that is not there names none.

    Raises UsageError for a file that holds no CAs.
    """
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        return ca_bundle(botocore.session.Session(profile=profile))
    except BotoCoreError:
        return ca_bundle(None)


def ca_bundle(session: Session | None) -> Path | None:
    """AWS_CA_BUNDLE, the profile's `ca_bundle`, or REQUESTS_CA_BUNDLE; None where none is named.

    Without a session, what the variables name.

    Raises UsageError for a file that holds no CAs: botocore would say so at the first call, in other words.
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
            hint="mend AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE or the profile's ca_bundle: a file of CAs in PEM",
        ) from error
    return path
