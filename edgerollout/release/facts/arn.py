"""ARNs of Lambda versions: the only kind that CloudFront accepts as a trigger."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":function:(?P<function>[A-Za-z0-9_-]+):(?P<version>\d+)"
)


@dataclass(frozen=True, order=True)
class VersionArn:
    """A numbered version of a function.

    It is built from its parts, never by cutting digits out of a string: the digits of a version may also
    occur inside the account id. CreateFunction answers with an unqualified ARN even when it publishes a
    version, so the ARN of a trigger is always made here.
    """

    account: str
    function: str
    version: int
    region: str = "us-east-1"
    partition: str = "aws"

    @classmethod
    def parse(cls, text: str) -> VersionArn | None:
        """The version that `text` names, or None when `text` is not the ARN of a numbered version."""
        found = _VERSION.fullmatch(text)
        if found is None:
            return None
        return cls(
            account=found["account"],
            function=found["function"],
            version=int(found["version"]),
            region=found["region"],
            partition=found["partition"],
        )

    @property
    def function_arn(self) -> str:
        """The unqualified ARN of the function."""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{self.function}"

    def __str__(self) -> str:
        return f"{self.function_arn}:{self.version}"


def version_arn(function_arn: str, number: int) -> str:
    """The ARN of a numbered version of a function, from the function's unqualified ARN."""
    return f"{function_arn}:{number}"


def function_arn(account: str, name: str) -> str:
    """The unqualified ARN of a function of ours; Lambda@Edge functions live in us-east-1."""
    return f"arn:aws:lambda:us-east-1:{account}:function:{name}"


def is_ours(arn: str, function_arn: str) -> bool:
    """Whether `arn` is a version of the function `function_arn` (unqualified), compared part by part."""
    version = VersionArn.parse(arn)
    return version is not None and version.function_arn == function_arn
