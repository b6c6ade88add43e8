"""Hosts and suffixes under which anyone can put a site or a file.

The names are in shared_hosts.json, with their source and date; why not the whole Public Suffix List:
docs/decisions/0012-shared-hosts.md.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.lint.tables import table
from edgerollout.policy.shape import strings

if TYPE_CHECKING:
    from edgerollout.policy.source import Host

_S3 = re.compile(r"s3(?:[.-](?:dualstack\.)?[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?")
_REGIONAL = re.compile(
    r"(?:execute-api|s3-website)[.-][a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com"
    r"|[a-z]{2}(?:-[a-z]+)+-\d\.(?:elb\.amazonaws\.com|elasticbeanstalk\.com|awsapprunner\.com)"
    r"|(?:compute|[a-z]{2}(?:-[a-z]+)+-\d\.compute)\.amazonaws\.com"
    r"|(?:lambda-url\.[a-z]{2}(?:-[a-z]+)+-\d)\.on\.aws"
    r"|[a-z0-9-]+\.(?:digitaloceanspaces|linodeobjects|vultrobjects|wasabisys|aliyuncs|myqcloud)\.com"
)

_EVERY_COUNTRY = frozenset({"co", "com", "net", "org"})
"""Second levels under which nearly every country sells names; the file has a few more."""

_PRIVATE = frozenset(
    {"alt", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local"}
) | {
    "localdomain",
    "localhost",
    "private",
    "test",
}
"""Top levels that are not sold."""


@dataclass(frozen=True)
class SharedHosts:
    """`hosting`: every customer gets a name below it. `by_path`: every customer gets a folder.
    `second_levels`: anyone can buy a name below it."""

    hosting: frozenset[str]
    by_path: frozenset[str]
    second_levels: frozenset[str]


@functools.cache
def known_shared_hosts() -> SharedHosts:
    """The list that comes with the program."""
    data = table("shared_hosts.json", "hosting", "by_path", "second_levels")
    return SharedHosts(
        hosting=frozenset(strings(data["hosting"])),
        by_path=frozenset(strings(data["by_path"])),
        second_levels=frozenset(strings(data["second_levels"])),
    )


def shared(source: Host) -> str | None:
    """What strangers can do on the hosts of `source`, in words; None if they seem to have a single owner."""
    name = source.name
    if not name or source.is_ip:
        return None
    if source.wildcard:
        return _shared_suffix(name)
    if (name in known_shared_hosts().by_path or _S3.fullmatch(name) is not None) and source.path in ("", "/"):
        return f"anyone can put files on {name}"
    return None


def _shared_suffix(name: str) -> str | None:
    known, labels = known_shared_hosts(), name.split(".")
    if len(labels) == 1:
        return None if name in _PRIVATE else f"anyone can register a name under .{name}"
    country = len(labels) == 2 and len(labels[1]) == 2
    if name in known.second_levels or (country and labels[0] in _EVERY_COUNTRY):
        return f"anyone can register a name under .{name}"
    if name in known.hosting or _S3.fullmatch(name) or _REGIONAL.fullmatch(name):
        return f"anyone can get a host under {name}"
    below = next(
        (suffix for suffix in sorted(known.hosting | known.by_path) if suffix.endswith("." + name)), None
    )
    return None if below is None else f"anyone can get a place on {below}, which is under {name}"
