"""The modules' files from the package, for either owner of the triggers."""

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
"""The module for an existing distribution: Terraform may not destroy it."""

UNPUBLISHED = "unpublished.zip"
"""The code of a function without a release: a note and no handler."""

_NOTE = """\
Terraform made this function. The first release brings its code: edgerollout publish
"""
_FILES = ("main.tf", "variables.tf", "outputs.tf")
FOLDER = PurePosixPath("modules")

_HANDS_OFF = """\
  # edgerollout changes the triggers in here. Terraform cannot ignore the triggers of all behaviors alone: an
  # address such as ordered_cache_behavior[0].lambda_function_association names one behavior by its place, and
  # an added behavior moves the places of those after it. So both lists are ignored as a whole. Terraform
  # creates the behaviors as written, and from then on ignores every change of them, your own
  # too: change them in CloudFront, and here in case the distribution is created again.
"""
_IGNORED = "    ignore_changes = [default_cache_behavior, ordered_cache_behavior]\n"

_KEPT = f"""\
  # The distribution existed before Terraform, which may not destroy it: neither by `terraform destroy` nor
  # to replace it. To allow that, set in the module's block source = "../../modules/{DISTRIBUTION}"
  # and run `terraform init`.
"""
_PREVENTED = "    prevent_destroy = true\n"

HANDS_OFF = f"{_HANDS_OFF}  lifecycle {{\n{_IGNORED}  }}\n"
"""The setting that keeps Terraform from restoring old triggers."""


def module_files(owner: WhoAttaches, *, imports: bool = False) -> Mapping[PurePosixPath, bytes]:
    """Path below the common folder → content. `imports`: with the module for existing distributions."""
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
    """The distribution, the file's last block, with its lifecycle rules."""
    ignored = owner is WhoAttaches.EDGEROLLOUT
    comments = [text for text, wanted in ((_HANDS_OFF, ignored), (_KEPT, kept)) if wanted]
    rules = [text for text, wanted in ((_IGNORED, ignored), (_PREVENTED, kept)) if wanted]
    if not rules:
        return main
    block = "  #\n".join(comments) + "  lifecycle {\n" + "\n".join(rules) + "  }\n"
    closing = "}\n"
    return f"{main.removesuffix(closing)}\n{block}{closing}"
