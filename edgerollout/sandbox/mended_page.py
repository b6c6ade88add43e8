"""The step between two tours that no tool takes: the old timetable gets along without eval."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from edgerollout.sandbox.sample_site import SiteFile, pages
from edgerollout.sandbox.tenant import Tenant

if TYPE_CHECKING:
    from edgerollout.sandbox.blueprint import SiteBlueprint

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


def mend(site: SiteBlueprint, endpoint_url: str) -> tuple[str, ...]:
    """Put the page into the site's bucket with its scripts in a file of their own, and no eval in it.

    Returns the hashes, as CSP sources, of the inline scripts that are gone.
    """
    old = pages(site.around)[PAGE]
    text = old.body.decode()
    gone = tuple(_hash(found) for found in _INLINE.findall(text))
    mended = _INLINE.sub("", text).replace(' onclick="mark(this)"', "")
    mended = mended.replace(
        '<a href="javascript:window.print()">Print</a>', '<button id="print">Print</button>'
    )
    mended = mended.replace("</body>", f'  <script src="/{SCRIPT}"></script>\n</body>')
    tenant = Tenant(site.account, endpoint_url)
    tenant.put_files(
        site.bucket,
        {
            PAGE: SiteFile(mended.encode(), old.content_type, old.cache_control),
            SCRIPT: SiteFile(_SCRIPT, "text/javascript", old.cache_control),
        },
    )
    return gone


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
