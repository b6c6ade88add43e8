"""Which CAs are trusted: the system's and the AWS SDK's, or only those in a file."""

from __future__ import annotations

import importlib.util
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.net.answer import NoAnswer

if TYPE_CHECKING:
    from edgerollout.net.network import Network

# OpenSSL's error number (x509_vfy.h), and what to do about it.
_TIME = frozenset({9, 10})
_NAME = frozenset({62, 64})


def sdk_roots() -> Path | None:
    """The CAs that botocore trusts by default: certifi's, else its own. None without either.

    Many Pythons find no system CAs, but still reach AWS.
    """
    for package in ("certifi", "botocore"):
        found = importlib.util.find_spec(package)
        for folder in (found.submodule_search_locations or ()) if found else ():
            if (roots := Path(folder, "cacert.pem")).is_file():
                return roots
    return None


def context(network: Network, *, verify: bool) -> ssl.SSLContext:
    """The TLS settings for connections. Raises NoAnswer for a CA file that cannot be read."""
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
    """What to do about a certificate that was not accepted; `error` is None if the host did not match."""
    code = 62 if error is None else error.verify_code
    if code in _TIME:
        return "renew it, or set this machine's clock"
    if code in _NAME:
        return "it is for other names: check the host, or add it to the site's certificate"
    return "behind a proxy that opens TLS, or with your own CA, put that CA's file in AWS_CA_BUNDLE"
