"""AWS Signature Version 4, checked as the server does: IAM User Guide, "Create a signed AWS API request".

Only signatures in the Authorization header count; presigned query strings do not, because a web page can send
them. The date is not compared with the clock, because the sandbox's clock may have been moved forward.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from edgerollout.emulator.messages import Request

_ALGORITHM = "AWS4-HMAC-SHA256"
_HEADER = re.compile(
    rf"{_ALGORITHM} +Credential=(?P<key>[^/,\s]+)/(?P<date>\d{{8}})/(?P<region>[^/,\s]+)/"
    r"(?P<service>[^/,\s]+)/aws4_request, *SignedHeaders=(?P<headers>[^,\s]+), *"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MUST_BE_SIGNED = frozenset({"host", "x-amz-date"})


@dataclass(frozen=True)
class Signature:
    """The content of an Authorization header: the key id, the credential scope, the signed headers."""

    key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str

    @classmethod
    def of(cls, request: Request) -> Signature | None:
        """The request's signature; None where there is none."""
        found = _HEADER.fullmatch(request.headers.get("authorization", "").strip())
        if found is None:
            return None
        headers = tuple(found["headers"].lower().split(";"))
        return cls(
            found["key"], found["date"], found["region"], found["service"], headers, found["signature"]
        )

    def fits(self, request: Request, secret: str) -> bool:
        """Whether the signer of exactly this request knows `secret`."""
        given = request.headers.get("x-amz-content-sha256", "")
        # Other values ("UNSIGNED-PAYLOAD", "STREAMING-…") leave the body out of the signature.
        payload = hashlib.sha256(request.body).hexdigest()
        if given and given != payload:
            if _DIGEST.fullmatch(given) or self.service != "s3":
                return False
            payload = given
        date = request.headers.get("x-amz-date", "")
        if not date.startswith(self.date) or not _MUST_BE_SIGNED.issubset(self.signed_headers):
            return False
        scope = f"{self.date}/{self.region}/{self.service}/aws4_request"
        digest = hashlib.sha256(self._canonical(request, payload).encode()).hexdigest()
        text = f"{_ALGORITHM}\n{date}\n{scope}\n{digest}"
        key = f"AWS4{secret}".encode()
        for part in (self.date, self.region, self.service, "aws4_request", text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.compare_digest(key.hex(), self.signature)

    def _canonical(self, request: Request, payload: str) -> str:
        # S3 signs the path as it is sent, all others encode it once more.
        path = request.path if self.service == "s3" else quote(request.path, safe="/~")
        parts = (part.partition("=") for part in request.query_string.split("&") if part)
        query = sorted((name, value) for name, _, value in parts)
        headers = (
            f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in self.signed_headers
        )
        return "\n".join(
            (
                request.method,
                path,
                "&".join(f"{name}={value}" for name, value in query),
                "".join(headers),
                ";".join(self.signed_headers),
                payload,
            )
        )
