"""Paths of invalidations. They are case-sensitive."""

from __future__ import annotations


def invalidates(pattern: str, path: str) -> bool:
    """Whether an invalidation path matches a cached path (with its query string, if that is in the key).

    A `*` is a wildcard only as the last character (CloudFront Developer Guide, "Specify the files
    to invalidate").
    """
    if pattern.endswith("*"):
        return path.startswith(pattern[:-1])
    return path == pattern
