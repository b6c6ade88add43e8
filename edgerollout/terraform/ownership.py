"""Who attaches the function to the behaviors; the generated files depend on it."""

from __future__ import annotations

import enum


class WhoAttaches(enum.StrEnum):
    """The tool that changes the triggers; the other tool does not touch them."""

    TERRAFORM = "terraform"
    """edgerollout publishes versions and writes which one to attach; `terraform apply` attaches it."""
    EDGEROLLOUT = "edgerollout"
    """edgerollout attaches; Terraform ignores the behaviors."""
