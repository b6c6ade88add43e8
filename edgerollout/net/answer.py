"""The answer of a URL, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class HttpAnswer:
    """The answer of a URL. `headers`: (lower-case name, value), repeats kept. `error`: why there is no
    answer.

    `body` is its beginning, as sent. `verified`: its certificate was accepted, or none was needed; if it
    was not and no answer came, asking again does not help. `broken_off`: why the body is not complete.
    `odd`: a sentence for every malformed header line.
    """

    url: str
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    error: str | None = None
    body: bytes = field(default=b"", repr=False)
    verified: bool = True
    broken_off: str | None = None
    odd: tuple[str, ...] = ()

    def values(self, name: str) -> tuple[str, ...]:
        """Every value sent for a header, in order."""
        return tuple(value for key, value in self.headers if key == name)

    @property
    def pop(self) -> str | None:
        """The edge location that CloudFront names."""
        return next(iter(self.values("x-amz-cf-pop")), None)

    @property
    def cache(self) -> str | None:
        """What CloudFront says of its cache."""
        return next(iter(self.values("x-cache")), None)

    @property
    def by_cloudfront(self) -> bool:
        """Whether CloudFront made the answer itself (its redirect to HTTPS): no function ran for it."""
        return (self.cache or "").startswith(("Redirect from", "LambdaGenerated"))


class NoAnswer(Exception):
    """No answer came; the reason in words."""


class CertificateRefused(NoAnswer):
    """The certificate was not accepted: a person has to act."""


class PrivateAddress(NoAnswer):
    """The host has an address that must not be used."""
