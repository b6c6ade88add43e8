"""Makes a browser trust the certificates of one more authority, and of no other.

Chromium accepts no authority on its command line, only the digests of public keys whose certificates it does
not check. So this module reads the certificate of each host and checks it.
"""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SEQUENCE, _VERSION = 0x30, 0xA0
_PATIENCE = 5.0
"""Seconds for one handshake on this machine."""


def trusted_keys(resolve: Mapping[str, tuple[str, int]], ca_file: Path) -> tuple[str, ...]:
    """Base64 SHA-256 of the public keys of these hosts, if `ca_file` has signed their certificates.

    A host that does not answer, or has another certificate, is left out: the browser will refuse it.
    """
    context = ssl.create_default_context(cafile=str(ca_file))
    found: dict[str, None] = {}
    for name, address in resolve.items():
        try:
            with (
                socket.create_connection(address, timeout=_PATIENCE) as plain,
                context.wrap_socket(plain, server_hostname=name.partition(":")[0]) as secure,
            ):
                certificate = secure.getpeercert(binary_form=True)
        except OSError:
            continue
        if certificate is not None:
            digest = hashlib.sha256(public_key(certificate)).digest()
            found.setdefault(base64.b64encode(digest).decode("ascii"))
    return tuple(found)


def public_key(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a certificate, both in DER (RFC 5280 §4.1): the seventh field of its first
    part if that has a version, else the sixth.
    """
    outer = _content(certificate, 0)[0]
    fields, end = _content(certificate, outer)
    position, index = fields, 0 if certificate[fields] == _VERSION else 1
    while position < end:
        after = _content(certificate, position)[1]
        if index == 6 and certificate[position] == _SEQUENCE:
            return certificate[position:after]
        position, index = after, index + 1
    raise ValueError("the certificate has no public key")


def _content(data: bytes, at: int) -> tuple[int, int]:
    """The start and the end of the content of the element at `at` (X.690 §8.1.3)."""
    length = data[at + 1]
    if length < 0x80:
        return at + 2, at + 2 + length
    size = length & 0x7F
    begin = at + 2 + size
    return begin, begin + int.from_bytes(data[at + 2 : begin], "big")
