"""The declarations in other files of a folder: Terraform reads all .tf files of a folder as one file.

It looks line by line for blocks that begin a line, as the formatter writes them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BLOCK = re.compile(
    r"""^(?:(?P<one>module|variable|output)\s+"(?P<name>[^"]+)"
        |(?P<two>resource|data)\s+"(?P<type>[^"]+)"\s+"(?P<label>[^"]+)"
        |(?P<provider>provider)\s+"aws")""",
    re.MULTILINE | re.VERBOSE,
)
_ALIAS = re.compile(r'^\s+alias\s*=\s*"([^"]+)"', re.MULTILINE)
_BACKEND = re.compile(r"^\s*required_providers\s*\{", re.MULTILINE)


def declared(text: str) -> Iterator[str]:
    """The addresses that a file declares: `module.site`, `var.name`, `aws_x.label`, `provider.aws.ALIAS`."""
    for match in _BLOCK.finditer(text):
        if match["one"]:
            yield f"{match['one']}.{match['name']}"
        elif match["two"]:
            yield f"{match['two']}.{match['type']}.{match['label']}"
        else:
            end = text.find("\n}", match.end())
            alias = _ALIAS.search(text, match.end(), end if end >= 0 else len(text))
            yield "provider.aws" + (f".{alias[1]}" if alias else "")
    if _BACKEND.search(text):
        yield "terraform.required_providers"


def clashes(ours: Iterable[str], theirs: Iterable[str]) -> tuple[str, ...]:
    """The addresses that both declare. `ours` and `theirs` are texts of files of one folder."""
    own = {address for text in ours for address in declared(text)}
    other = {address for text in theirs for address in declared(text)}
    return tuple(sorted(own & other))
