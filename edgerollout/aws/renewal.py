"""Credentials that are renewed while a command runs: their failures, as botocore errors.

botocore asks files, programs, the terminal and STS for them in the middle of a call. Their errors
would look like a broken answer to the call, or like a bug.
"""

from __future__ import annotations

import getpass
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from botocore.credentials import CredentialProvider, CredentialResolver, Credentials, RefreshableCredentials
from botocore.exceptions import BotoCoreError, CredentialRetrievalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.credentials import ReadOnlyCredentials
    from botocore.session import Session

T = TypeVar("T")

UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError)
"""botocore's errors for an unexpected credential_process, token file or sign-in file."""


class NoTerminal(BotoCoreError):
    """An MFA code is needed, and nobody can be asked."""

    fmt = "an MFA code is needed, and there is no terminal to ask on"


def wants_mfa(profile: Mapping[str, object]) -> bool:
    """Whether a profile's role is assumed with an MFA code."""
    return bool(profile.get("mfa_serial") and profile.get("role_arn"))


def keep_mfa_sessions(resolver: CredentialResolver) -> None:
    """Keep sessions made with a code where the aws command line keeps them (`~/.aws/cli/cache`, mode 0600).

    Both then share one code until the session ends. No other credentials are ever stored.
    """
    from botocore.utils import JSONFileCache

    provider = resolver.get_provider("assume-role")
    provider.cache = JSONFileCache(str(Path("~/.aws/cli/cache").expanduser()))  # type: ignore[attr-defined]  # the stubs know its base class alone


def only(session: Session, credentials: Credentials) -> None:
    """Make these the credentials of a session."""

    class Only(CredentialProvider):
        """The only place that the session looks for credentials."""

        METHOD = "edgerollout"

        def load(self) -> Credentials:
            return credentials

    session.register_component("credential_provider", CredentialResolver([Only()]))


def told(found: Credentials) -> Credentials:
    """The same credentials; renewal raises BotoCoreErrors for every failure."""
    return cast("Credentials", _Told(found)) if isinstance(found, RefreshableCredentials) else found


def reason(error: Exception) -> str:
    """An error of reading credentials, without the text read: it may be secret."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return type(error).__name__


class _Told:
    """botocore's Credentials; each answer comes from other credentials, with their failures translated."""

    def __init__(self, found: Credentials) -> None:
        self._found = found
        self.method = found.method

    @property
    def access_key(self) -> str | None:
        return self.get_frozen_credentials().access_key

    @property
    def secret_key(self) -> str | None:
        return self.get_frozen_credentials().secret_key

    @property
    def token(self) -> str | None:
        return self.get_frozen_credentials().token

    @property
    def account_id(self) -> str | None:
        return self.get_frozen_credentials().account_id

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return self._asked(self._found.get_frozen_credentials)

    def get_deferred_property(self, property_name: str) -> Callable[[], object]:
        ask = self._found.get_deferred_property(property_name)
        return lambda: self._asked(ask)

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            with warnings.catch_warnings():
                # Without a terminal getpass would warn, and read whatever the command is given on stdin.
                warnings.simplefilter("error", getpass.GetPassWarning)
                return ask()
        except BotoCoreError:
            raise  # Some of them are ValueErrors, too.
        except (EOFError, getpass.GetPassWarning):
            raise NoTerminal from None
        except UNREADABLE as error:
            raise CredentialRetrievalError(provider=self.method, error_msg=reason(error)) from None
