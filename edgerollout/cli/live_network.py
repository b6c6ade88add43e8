"""How commands reach live sites: by the user's options, at the sandbox's edge, or on the internet."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from edgerollout.errors import UsageError
from edgerollout.net.addresses import parse_addresses
from edgerollout.net.network import Network

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.cli.invocation import Invocation
    from edgerollout.release.facts.environment import Environment


def network(
    invocation: Invocation,
    ca_file: Path | None,
    resolve: tuple[str, ...],
    connect_to: tuple[str, ...] | None = None,
    *,
    environment: Environment | None = None,
) -> Network:
    """The network for `--resolve`, `--connect-to` and `--ca-file`.

    It also trusts the CAs of the AWS SDK, for the profile of `environment` if there is one. With --sandbox it
    knows the sandbox's sites, on both ports, and its CA where no other is given. Raises UsageError for an
    invalid address, and for a file without CAs.
    """
    known = parse_addresses((*resolve, *(connect_to or ())), connect_to=connect_to is not None)
    usable_ca(ca_file)
    if not invocation.sandbox:
        return Network(resolve=known, ca_file=ca_file, ca_bundle=ca_bundle(invocation, environment))
    from edgerollout.sandbox.daemon import up

    address = up(invocation.project, say=invocation.say_aside)
    return Network(
        resolve={**address.both_ports(invocation.project), **known}, ca_file=ca_file or address.ca_file
    )


def ca_bundle(invocation: Invocation, environment: Environment | None) -> Path | None:
    """The file of CAs for the AWS SDK. Raises UsageError for a file without CAs."""
    from edgerollout.aws.ca_bundle import users_ca_bundle

    profile = invocation.options.profile or (None if environment is None else environment.profile)
    return users_ca_bundle(profile)


def usable_ca(ca_file: Path | None) -> Path | None:
    """The given file. Raises UsageError where it has no CAs."""
    if ca_file is None:
        return None
    try:
        ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"--ca-file {ca_file} cannot be used", why=why) from error
    return ca_file
