"""A certificate authority of this machine's own, so that the edge can answer for any host over TLS."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import secrets
import ssl
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from edgerollout.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from edgerollout.clock import Clock

CA_LIFETIME = timedelta(days=365)
LEAF_LIFETIME = timedelta(days=90)
"""Browsers refuse server certificates of more than 398 days, also from a private authority on some."""

_NAME = "edgerollout local edge"


class LocalAuthority:
    """Issues a certificate for each host name asked for; trusted by whoever is given `certificate`.

    Its files live in one folder: `ca.pem` to hand out, `ca-key.pem` (mode 0600). Leaves
    live in memory.
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

    @classmethod
    def open(cls, folder: Path, clock: Clock) -> Self:
        """The authority kept in `folder`; a new one when there is none, or when it has expired.

        Raises UsageError when the extra is missing.
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
        folder.mkdir(parents=True, exist_ok=True)
        # An unreadable or half-written authority is replaced: nothing else depends on this one.
        with contextlib.suppress(FileNotFoundError, ValueError):
            issuer = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
            key = serialization.load_pem_private_key((folder / "ca-key.pem").read_bytes(), password=None)
            enough = issuer.not_valid_after_utc - clock.now() > timedelta(days=1)
            if isinstance(key, ec.EllipticCurvePrivateKey) and enough:
                return cls(folder, key, issuer, clock)
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = _authority_certificate(key, clock.now())
        _write_private(folder / "ca-key.pem", _pem(key))
        (folder / "ca.pem").write_bytes(issuer.public_bytes(serialization.Encoding.PEM))
        return cls(folder, key, issuer, clock)

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
        # OpenSSL loads a chain from a file only; nothing reads it again.
        chain = self._folder / f"leaf-{secrets.token_hex(8)}.pem"
        _write_private(chain, _pem(key) + leaf.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(chain)
        chain.unlink()
        return context


def client_context(authority: Path) -> ssl.SSLContext:
    """A client's TLS context that trusts this authority alone."""
    return ssl.create_default_context(cafile=str(authority))


def _authority_certificate(key: EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
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

    # A common name holds 64 characters; the subject alternative name is the one that counts.
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
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
        # Clocks of clients may be a little behind.
        .not_valid_before(now.astimezone(UTC) - timedelta(hours=1))
        .not_valid_after(now.astimezone(UTC) + lifetime)
    )


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
    """Write a file that was never readable by anyone else, not even for a moment."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
