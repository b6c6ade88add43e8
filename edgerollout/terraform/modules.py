"""The modules' files, as they are in the package, for either owner of the triggers."""

from __future__ import annotations

from importlib.resources import files
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from edgerollout.release.facts.bundle import zipped
from edgerollout.terraform.ownership import WhoAttaches

if TYPE_CHECKING:
    from collections.abc import Mapping

FUNCTION, DISTRIBUTION = MODULES = ("edgerollout_function", "edgerollout_distribution")
IMPORTED = "edgerollout_imported_distribution"
"""The distribution module for one that was there before: Terraform may not destroy it."""

UNPUBLISHED = "unpublished.zip"
"""The code of a function that nothing was published to. It has a note and no handler."""

_NOTE = """\
Terraform made this function. Its code comes with the first release: edgerollout publish
"""
_FILES = ("main.tf", "variables.tf", "outputs.tf")
FOLDER = PurePosixPath("modules")

_HANDS_OFF = """\
  # edgerollout changes the triggers in here. They cannot be ignored for all behaviors by themselves: an
  # address such as ordered_cache_behavior[0].lambda_function_association names one behavior by its place, and
  # a behavior that is put in moves every place behind it. So both lists are ignored as a whole. Terraform
  # makes the behaviors as they are written, and from then on leaves every change of them alone, your own
  # included: make it in CloudFront, and here for the day on which the distribution is made anew.
"""
_IGNORED = "    ignore_changes = [default_cache_behavior, ordered_cache_behavior]\n"

_KEPT = f"""\
  # The distribution was there before Terraform, which may not destroy it: neither by `terraform destroy` nor
  # to replace it. To allow that, let the module's block say source = "../../modules/{DISTRIBUTION}"
  # and run `terraform init`.
"""
_PREVENTED = "    prevent_destroy = true\n"

HANDS_OFF = f"{_HANDS_OFF}  lifecycle {{\n{_IGNORED}  }}\n"
"""What keeps Terraform from putting back triggers that it did not make."""


def module_files(owner: WhoAttaches, *, imports: bool = False) -> Mapping[PurePosixPath, bytes]:
    """Path below the folder of all → content. `imports`: with the module for distributions that are there."""
    package = files("edgerollout.terraform") / "modules"
    found = {
        FOLDER / module / name: (package / module / name).read_bytes()
        for module in MODULES
        for name in _FILES
    }
    found[FOLDER / FUNCTION / UNPUBLISHED] = zipped({"README.txt": _NOTE.encode()})
    main = FOLDER / DISTRIBUTION / "main.tf"
    bare = found[main].decode("utf-8")
    found[main] = _with_lifecycle(bare, owner, kept=False).encode()
    if imports:
        found |= {FOLDER / IMPORTED / name: found[FOLDER / DISTRIBUTION / name] for name in _FILES}
        found[FOLDER / IMPORTED / "main.tf"] = _with_lifecycle(bare, owner, kept=True).encode()
    return found


def _with_lifecycle(main: str, owner: WhoAttaches, *, kept: bool) -> str:
    """The distribution, which is the file's last block, with what Terraform may not do to it."""
    ignored = owner is WhoAttaches.EDGEROLLOUT
    comments = [text for text, wanted in ((_HANDS_OFF, ignored), (_KEPT, kept)) if wanted]
    rules = [text for text, wanted in ((_IGNORED, ignored), (_PREVENTED, kept)) if wanted]
    if not rules:
        return main
    block = "  #\n".join(comments) + "  lifecycle {\n" + "\n".join(rules) + "  }\n"
    closing = "}\n"
    return f"{main.removesuffix(closing)}\n{block}{closing}"
