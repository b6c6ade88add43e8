"""The modules' files, as they are in the package, for either owner of the triggers."""

from __future__ import annotations

from importlib.resources import files
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from edgerollout.terraform.ownership import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping

BUNDLE, FUNCTION, DISTRIBUTION = MODULES = (
    "edgerollout_bundle",
    "edgerollout_function",
    "edgerollout_distribution",
)
_FILES = ("main.tf", "variables.tf", "outputs.tf")
FOLDER = PurePosixPath("modules")

HANDS_OFF = """\
  # edgerollout changes the triggers in here. They cannot be ignored for all behaviors by themselves: an
  # address such as ordered_cache_behavior[0].lambda_function_association names one behavior by its place, and
  # a behavior that is put in moves every place behind it. So both lists are ignored as a whole. Terraform
  # makes the behaviors as they are written, and from then on leaves every change of them alone, your own
  # included: make it in CloudFront, and here for the day on which the distribution is made anew.
  lifecycle {
    ignore_changes = [default_cache_behavior, ordered_cache_behavior]
  }
"""
"""What keeps Terraform from putting back triggers that it did not make."""


def module_files(owner: Owner) -> Mapping[PurePosixPath, bytes]:
    """Path below the folder of all → content."""
    package = files("edgerollout.terraform") / "modules"
    found = {
        FOLDER / module / name: (package / module / name).read_bytes()
        for module in MODULES
        for name in _FILES
    }
    if owner is Owner.EDGEROLLOUT:
        main = FOLDER / DISTRIBUTION / "main.tf"
        # The distribution is the file's last block.
        text = found[main].decode("utf-8").removesuffix("}\n")
        found[main] = f"{text}\n{HANDS_OFF}}}\n".encode()
    return found
