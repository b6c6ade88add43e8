"""Who attaches the function to the behaviors, and what that means for what is generated."""

from __future__ import annotations

import enum


class WhoAttaches(enum.StrEnum):
    """The one that changes triggers; the other keeps its hands off."""

    TERRAFORM = "terraform"
    """edgerollout publishes versions and writes which one to attach; `terraform apply` attaches it."""
    EDGEROLLOUT = "edgerollout"
    """edgerollout attaches; Terraform ignores the behaviors."""
