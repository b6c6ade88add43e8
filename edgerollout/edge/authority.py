"""A certificate authority for this machine only, which lets the edge serve any host over TLS."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import os
import secrets
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from edgerollout.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from edgerollout.clock import Clock

CA_LIFETIME = timedelta(days=365)
LEAF_LIFETIME = timedelta(days=90)
"""Browsers refuse server certificates of more than 398 days, some also from a private authority."""

_NAME = "edgerollout local edge"
_SITE = "edgerollout local site"
"""Not a host name: OpenSSL would check it against the constraints too."""

_LOCAL = frozenset({"localhost", "127.0.0.0/8", "::1/128"})
"""Hosts that every authority may serve: `localhost`, its subdomains, loopback (RFC 5280 §4.2.1.10)."""


def authority_folder(owner: str) -> Path:
    """The folder of this user's authority for `owner`: in the user's state, never in a project.

    A repository could contain an authority whose key others have. XDG Base Directory: an
    XDG_STATE_HOME that is not absolute is ignored.
    """
    given = Path(os.environ.get("XDG_STATE_HOME", ""))
    state = given if given.is_absolute() else Path.home() / ".local" / "state"
    return state / "edgerollout" / "authorities" / owner


def project_owner(root: Path) -> str:
    """The owner's name, for `authority_folder`, of the sandbox of the project in this folder."""
    return f"sandbox-{hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]}"


class LocalAuthority:
    """Issues a certificate for each requested host name; clients that have `certificate` trust them.

    Name constraints limit it to `localhost`, loopback and the hosts it was opened for or permitted later:
    a certificate for any other host is useless. Its files are in one folder: `ca.pem` to give
    to clients, `ca-key.pem` (mode 0600). Leaf certificates stay in memory.
    Thread-safe. Needs the extra `sandbox`.
    """

    def __init__(
        self, folder: Path, key: EllipticCurvePrivateKey, issuer: x509.Certificate, clock: Clock
    ) -> None:
        self.certificate = folder / "ca.pem"
        self._folder = folder
        self._key = key
        self._issuer = issuer
        self._clock = clock
        self._lock = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._permitted = _permitted_by(issuer)

    @classmethod
    def open(cls, folder: Path, clock: Clock, hosts: Iterable[str] = ()) -> Self:
        """The authority in `folder`; a new one if there is none, if it has expired, or if it
        was made for other hosts.

        Raises UsageError when the extra is missing, when others can read the folder's files or write
        there, and when git tracks it.
        """
        try:
            from cryptography import x509
            from cryptography.hazmat.primitives import serialization
            from cryptography.hazmat.primitives.asymmetric import ec
        except ImportError as error:
            raise UsageError(
                "TLS at the local edge needs the package cryptography",
                why=str(error),
                hint="pip install 'edgerollout[sandbox]'",
            ) from error
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check_private(folder)
        wanted = _LOCAL | _names(hosts)
        # An unreadable or half-written authority is replaced: nothing else depends on it.
        with contextlib.suppress(FileNotFoundError, ValueError):
            issuer = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
            key = serialization.load_pem_private_key((folder / "ca-key.pem").read_bytes(), password=None)
            enough = issuer.not_valid_after_utc - clock.now() > timedelta(days=1)
            fits = isinstance(key, ec.EllipticCurvePrivateKey) and issuer.public_key() == key.public_key()
            if (
                isinstance(key, ec.EllipticCurvePrivateKey)
                and fits
                and enough
                and _permitted_by(issuer) == wanted
            ):
                return cls(folder, key, issuer, clock)
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = _authority_certificate(key, clock.now(), wanted)
        _write_private(folder / "ca-key.pem", _pem(key))
        _write_private(folder / "ca.pem", issuer.public_bytes(serialization.Encoding.PEM))
        return cls(folder, key, issuer, clock)

    def permit(self, hosts: Iterable[str]) -> None:
        """Serve these hosts too from now on; `certificate` is written again if they are new."""
        from cryptography.hazmat.primitives import serialization

        with self._lock:
            wanted = self._permitted | _names(hosts)
            if wanted == self._permitted:
                return
            self._issuer = _authority_certificate(self._key, self._clock.now(), wanted)
            self._permitted = wanted
            _write_private(self.certificate, self._issuer.public_bytes(serialization.Encoding.PEM))

    def context_for(self, host: str) -> ssl.SSLContext:
        """A server's TLS context with a certificate for `host`, a DNS name or an IP address."""
        with self._lock:
            known = self._contexts.get(host)
            if known is None:
                known = self._contexts[host] = self._issue(host)
            return known

    def _issue(self, host: str) -> ssl.SSLContext:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        leaf = _leaf_certificate(host, key, self._key, self._issuer, self._clock.now())
        # OpenSSL loads a chain only from a file; nothing reads it again.
        chain = self._folder / f"leaf-{secrets.token_hex(8)}.pem"
        _write_private(chain, _pem(key) + leaf.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(chain)
        chain.unlink()
        return context


def client_context(authority: Path) -> ssl.SSLContext:
    """A client's TLS context that trusts only this authority."""
    return ssl.create_default_context(cafile=str(authority))


def _names(hosts: Iterable[str]) -> frozenset[str]:
    """The constraints that allow `hosts`. One for a name also allows its subdomains."""
    return frozenset(host.lower().removeprefix("*.") for host in hosts)


def _permitted_by(issuer: x509.Certificate) -> frozenset[str]:
    """The hosts that an authority's constraints allow; empty if it has none."""
    from cryptography import x509

    try:
        found = issuer.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(str(permitted_subtree.value) for permitted_subtree in found.permitted_subtrees or ())


def _check_private(folder: Path) -> None:
    """Raise UsageError unless folder and files belong to this user only, and not to a repository."""
    if sys.platform == "win32":
        return  # On Windows a profile's folders belong to its user only, and modes mean nothing.
    hint = f"Remove {folder}, and remove its certificate where you trusted it; a new authority is made."
    for path in (folder, folder / "ca-key.pem"):
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue
        if found.st_uid != os.getuid() or found.st_mode & 0o077 or path.is_symlink():
            raise UsageError(
                f"the certificate authority in {folder} is not used",
                why=f"{path} is open to others, belongs to another user, or is a link: its key may be known",
                hint=hint,
            )
    if _is_tracked(folder):
        raise UsageError(
            f"the certificate authority in {folder} is not used",
            why="git tracks it: whoever has the repository has its key",
            hint=hint,
        )


def _is_tracked(folder: Path) -> bool:
    """Whether a repository around the folder tracks anything in it."""
    if not any((parent / ".git").exists() for parent in folder.resolve().parents):
        return False
    # Nothing named in the repository's configuration may run.
    words = ("git", "-c", "core.fsmonitor=false", "-C", str(folder), "ls-files", "--", ".")
    try:
        return bool(subprocess.run(words, capture_output=True, check=False, timeout=60).stdout)
    except (OSError, subprocess.TimeoutExpired):
        return True


def _authority_certificate(
    key: EllipticCurvePrivateKey, now: datetime, permitted: frozenset[str]
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        _builder(name, name, key, now, CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(
            x509.NameConstraints([_constraint(host) for host in sorted(permitted)], None), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _leaf_certificate(
    host: str,
    key: EllipticCurvePrivateKey,
    issuer_key: EllipticCurvePrivateKey,
    issuer: x509.Certificate,
    now: datetime,
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _SITE)])
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        _builder(subject, issuer.subject, key, now, LEAF_LIFETIME)
        .add_extension(x509.SubjectAlternativeName([_general_name(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer_id, critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # The clocks of clients may be slow.
        .not_valid_before(now.astimezone(UTC) - timedelta(hours=1))
        .not_valid_after(now.astimezone(UTC) + lifetime)
    )


def _constraint(permitted: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_network(permitted))
    except ValueError:
        return x509.DNSName(permitted)


def _general_name(host: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_private(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all; others cannot read it at any moment."""
    new = path.with_suffix(f".{secrets.token_hex(8)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    new.replace(path)
