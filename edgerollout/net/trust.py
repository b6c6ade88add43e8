"""Which certificates are accepted: by the system's CAs and those the AWS SDK brings, or by a file's alone."""

from __future__ import annotations

import importlib.util
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.net.answer import NoAnswer

if TYPE_CHECKING:
    from edgerollout.net.network import Network

# The certificate's error as OpenSSL numbers it (x509_vfy.h), and what to do about it.
_TIME = frozenset({9, 10})
_NAME = frozenset({62, 64})


def sdk_roots() -> Path | None:
    """The CAs that botocore trusts where nothing else is set: certifi's, else its own. None without either.

    Many a Python finds no CAs of the system's, and AWS is reached all the same.
    """
    for package in ("certifi", "botocore"):
        found = importlib.util.find_spec(package)
        for folder in (found.submodule_search_locations or ()) if found else ():
            if (roots := Path(folder, "cacert.pem")).is_file():
                return roots
    return None


def context(network: Network, *, verify: bool) -> ssl.SSLContext:
    """What TLS connections are made with. Raises NoAnswer for a file of CAs that cannot be read."""
    from urllib3.util.ssl_ import create_urllib3_context

    made = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if verify else ssl.CERT_NONE)
    if not verify:
        return made
    files = [network.ca_file]
    if network.ca_file is None:
        made.load_default_certs()
        files = [sdk_roots(), network.ca_bundle]
    for file in files:
        try:
            if file is not None:
                made.load_verify_locations(cafile=str(file))
        except OSError as error:
            raise NoAnswer(f"the CAs in {file} cannot be read ({error.strerror or error})") from error
    return made


def remedy(error: ssl.SSLCertVerificationError | None) -> str:
    """What to do about a certificate that was not accepted; None where a name did not fit."""
    code = 62 if error is None else error.verify_code
    if code in _TIME:
        return "renew it, or set this machine's clock"
    if code in _NAME:
        return "it is for other names: check the host, or have the site's certificate cover it"
    return "behind a proxy that opens TLS, or with a CA of your own, name that CA's file in AWS_CA_BUNDLE"
