"""The credentials of a run: found by the SDK's rules, given, or made for the sandbox."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.aws.errors import translate, withheld
from edgerollout.aws.renewal import UNREADABLE, NoTerminal, keep_mfa_sessions, only, reason, told, wants_mfa
from edgerollout.errors import EdgerolloutError, UsageError
from edgerollout.rollout.ports import AwsFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.session import Session
    from mypy_boto3_sts import STSClient


@dataclass(frozen=True)
class Credentials:
    """An access key. Secret and token never show up in a repr."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


SANDBOX_ACCOUNT = "123456789012"
"""The default account of a sandbox."""


def of_sandbox(account: str, secret: str) -> Credentials:
    """The key of a sandbox account: the sandbox reads the account from the key id, and knows `secret`."""
    return Credentials(f"AKIA{account}", secret)


def isolated_session(credentials: Credentials) -> Session:
    """A session that reads no profile, no config file and no credentials of the user's."""
    import botocore.session

    # (key in the config file, environment variables, default, conversion): neither of the first two.
    session = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
            "ca_bundle": (None, None, None, None),
        }
    )
    session.set_credentials(credentials.access_key, credentials.secret_key, credentials.token)
    return session


def user_session(profile: str | None, credentials: Credentials | None) -> Session:
    """A session with the user's own credentials: those given, the profile's, or the SDK's usual search.

    Raises UsageError for an unknown profile or unreadable configuration, EdgerolloutError when no
    credentials are found, CredentialsExpired when a sign-in has run out.
    """
    import botocore.session
    from botocore import exceptions as boto

    session = botocore.session.Session(profile=profile)
    try:
        scoped = session.get_scoped_config()
        if credentials is not None:
            session.set_credentials(credentials.access_key, credentials.secret_key, credentials.token)
            return session
        resolver = session.get_component("credential_provider")
        if wants_mfa(scoped):
            keep_mfa_sessions(resolver)
        found = resolver.load_credentials()
    except boto.ProfileNotFound as error:
        known = ", ".join(sorted(session.available_profiles)) or "none"
        raise UsageError(
            withheld(str(error)),
            why=f"profiles in the AWS config and credentials files: {known}",
            hint="name one of them with --profile or `profile` in the configuration, or unset AWS_PROFILE",
        ) from None
    except (boto.ConfigParseError, boto.InvalidConfigError, boto.PartialCredentialsError) as error:
        raise unusable(error) from None
    except boto.BotoCoreError as error:
        raise translate(error, "getting credentials") from None
    except UNREADABLE as error:
        # A credential_process or a cached sign-in that is not JSON. Its text may be secret.
        raise UsageError(
            f"the AWS credentials cannot be read ({reason(error)})",
            why="the output of the profile's credential_process, or a stored sign-in, has an unknown form",
            hint="run the credential_process by hand, or sign in again, then repeat",
        ) from None
    if found is None:
        raise _none_found(profile or session.get_config_variable("profile"))
    only(session, told(found))
    return session


def sign_in(session: Session) -> None:
    """Ask for the MFA code now, if the profile needs one: before anything is drawn on the terminal.

    Raises UsageError without a terminal, AwsFailure when the code is not accepted.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    credentials = session.get_credentials()
    if credentials is None or not wants_mfa(session.get_scoped_config()):
        return
    try:
        credentials.get_frozen_credentials()
    except NoTerminal as error:
        raise UsageError(
            f"profile {session.profile or 'default'} needs an MFA code, and there is no terminal to ask on",
            hint="run the command at a terminal once: the session is kept for the aws command line and for"
            " edgerollout, an hour mostly; in a pipeline use a role without MFA (docs: permissions)",
        ) from error
    except (BotoCoreError, ClientError) as error:
        raise translate(error, "sts:AssumeRole") from None


def assumed(
    session: Session, role_arn: str, session_name: str, create_sts: Callable[..., STSClient]
) -> Session:
    """A session like `session` whose credentials are those of `role_arn`, renewed before they run out.

    Nothing is called yet: the role is assumed with the first request. `create_sts` makes an STS
    client with the credentials it is given, at the endpoint of the run.
    """
    import botocore.session
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    source = session.get_credentials()
    if source is None:
        raise _none_found(session.profile)
    fetcher = AssumeRoleCredentialFetcher(
        create_sts, source, role_arn, extra_args={"RoleSessionName": session_name}
    )

    renewed = botocore.session.Session(profile=session.profile)
    only(renewed, DeferredRefreshableCredentials(fetcher.fetch_credentials, "edgerollout-assume-role"))
    return renewed


def too_old(error: Exception) -> AwsFailure:
    """The error for an AWS service that the installed SDK does not know."""
    import botocore

    return AwsFailure(
        "botocore:CreateClient",
        type(error).__name__,
        f"botocore {botocore.__version__} does not know the service",
        hint="pip install --upgrade boto3",
    )


def unusable(error: Exception) -> UsageError:
    """The error for AWS_* variables or a config file that the SDK cannot work with."""
    return UsageError(
        "the AWS configuration cannot be used",
        why=withheld(str(error)),
        hint="correct the AWS_* variables or the AWS config file, then repeat",
    )


def _none_found(profile: str | None) -> EdgerolloutError:
    looked = "AWS_ACCESS_KEY_ID, web identity, "
    looked += f"profile {profile}" if profile else "the default profile"
    return EdgerolloutError(
        "no AWS credentials found",
        why=f"searched: {looked}, and the container's and instance's roles",
        hint="set AWS_PROFILE or --profile, run `aws sso login`, export AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, or try --sandbox, which needs none",
    )
