"""The manual step between two tours: a page of the old timetable that works without eval."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.sandbox.sample_site import SiteFile, pages
from edgerollout.sandbox.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.sandbox.blueprint import SiteBlueprint
    from edgerollout.sandbox.sample_site import PageSurroundings

PAGE = "legacy/timetable.html"
SCRIPT = "legacy/timetable.js"

_INLINE = re.compile(r"\s*<script>(.*?)</script>", re.DOTALL)
_SCRIPT = b"""\
const minutes = (hours) => hours * 60;
for (const row of document.querySelectorAll("tr")) {
  row.addEventListener("click", () => { row.style.background = "#ffc"; });
}
document.getElementById("print").addEventListener("click", () => window.print());
document.getElementById("length").textContent = `The longest crossing takes ${minutes(1)} minutes.`;
"""


@dataclass(frozen=True)
class Mended:
    """The files that replace the old page, by key, and the removed inline scripts, as CSP hashes."""

    files: Mapping[str, SiteFile]
    gone: tuple[str, ...]


def mended(around: PageSurroundings) -> Mended:
    """The page with its scripts in their own file, and without eval."""
    old = pages(around)[PAGE]
    text = old.body.decode()
    gone = tuple(_hash(found) for found in _INLINE.findall(text))
    new = _INLINE.sub("", text).replace(' onclick="mark(this)"', "")
    new = new.replace('<a href="javascript:window.print()">Print</a>', '<button id="print">Print</button>')
    new = new.replace("</body>", f'  <script src="/{SCRIPT}"></script>\n</body>')
    files = {
        PAGE: SiteFile(new.encode(), old.content_type, old.cache_control),
        SCRIPT: SiteFile(_SCRIPT, "text/javascript", old.cache_control),
    }
    return Mended(files, gone)


def mend(site: SiteBlueprint, endpoint_url: str, secret: str) -> Mended:
    """Put the repaired page into the site's bucket; visitors have the old one until it is invalidated."""
    made = mended(site.around)
    Tenant(site.account, endpoint_url, secret).put_files(site.bucket, made.files)
    return made


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
