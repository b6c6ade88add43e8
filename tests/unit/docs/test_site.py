"""The links of the site hold where its pages lie: `make docs` refuses others, which takes a generator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from make_docs import site
from tests.unit.docs.shown import FENCED
from tests.unit.docs.test_links import anchors

if TYPE_CHECKING:
    from pathlib import Path


def test_every_link_of_the_site_leads_to_a_page_and_a_heading(tmp_path: Path) -> None:
    site.stage(tmp_path)
    there = {page: anchors(page) for page in tmp_path.rglob("*.md")}
    broken = []
    for page in there:
        text = FENCED.sub("", page.read_text(encoding="utf-8"))
        for link in re.findall(r"]\(([^)\s]+)\)", text):
            name, _, anchor = link.partition("#")
            file = (page.parent / name).resolve() if name else page
            outside = re.match(r"[a-z]+:", link)
            if not outside and (not file.exists() or (anchor and anchor not in there.get(file, ()))):
                broken.append(f"{page.relative_to(tmp_path)}: {link}")
    assert len(there) > len(site.OF_THE_ROOT)
    assert broken == []
