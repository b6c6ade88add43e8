"""Identifiers as AWS makes them."""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass

_UPPER = string.ascii_uppercase + string.digits
_LOWER = string.ascii_lowercase + string.digits
_ARN = re.compile(
    r"arn:aws(?:-[a-z]+)*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":function:(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>[A-Za-z0-9$_-]+))?"
)


def entity_id(prefix: str, length: int = 14) -> str:
    """A CloudFront id: `prefix` and upper-case letters and digits, with `length` characters together."""
    return prefix + "".join(secrets.choice(_UPPER) for _ in range(length - len(prefix)))


def domain_name() -> str:
    """A distribution's own domain."""
    return "d" + "".join(secrets.choice(_LOWER) for _ in range(13)) + ".cloudfront.net"


@dataclass(frozen=True)
class FunctionArn:
    """A Lambda ARN, qualified or not."""

    region: str
    account: str
    name: str
    qualifier: str | None = None

    @classmethod
    def parse(cls, text: str) -> FunctionArn | None:
        found = _ARN.fullmatch(text)
        if found is None:
            return None
        return cls(found["region"], found["account"], found["name"], found["qualifier"])

    @property
    def unqualified(self) -> str:
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"

    @property
    def number(self) -> int | None:
        """The version number, when the qualifier is one."""
        return int(self.qualifier) if self.qualifier is not None and self.qualifier.isdecimal() else None
