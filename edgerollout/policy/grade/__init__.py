"""Grades what a site sends as public scanners would: pure functions over what was seen of the site.

- `observation`: what was seen (the page, the way there, cookies, the CORS answer).
- `observatory_v6`: MDN HTTP Observatory's table of results, as data with its version.
- `observatory`: the score and grade by that table; its tests are in `csp`, `headers`, `transport`,
  `cookies` and `scripts`.
- `letter`: a letter in the style of securityheaders.com.
- `grades`: both at once, now and once the report-only policy is enforced; before → after of a change.
"""

from __future__ import annotations
