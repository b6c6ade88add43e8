"""Observatory's test of subresource integrity: where scripts come from, and whether they have a hash."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgerollout.policy.grade.observation import host_of
from edgerollout.policy.grade.sites import site_of

if TYPE_CHECKING:
    from edgerollout.policy.grade.html import Script
    from edgerollout.policy.grade.observation import Observation

_WORSENING = (
    "sri-implemented-and-all-scripts-loaded-securely",
    "sri-implemented-but-external-scripts-not-loaded-securely",
    "sri-not-implemented-but-external-scripts-loaded-securely",
    "sri-not-implemented-and-external-scripts-not-loaded-securely",
)
"""Of several results the later one here counts: Observatory's order, not that of the modifiers."""

_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_SCHEMELESS = re.compile(r"//[^/]")


def integrity_result(seen: Observation) -> str:
    """The name of the result."""
    if not seen.page.is_html:
        return "sri-not-implemented-response-not-html"
    scripts = seen.page.page.scripts
    if not scripts:
        # A page that was not read may have some.
        return "html-not-parseable" if seen.page.unread else "sri-not-implemented-but-no-scripts-loaded"
    loaded = [script for script in scripts if script.src]
    found = [result for script in loaded if (result := _result(script, seen)) is not None]
    worst = max(found, key=_WORSENING.index, default=None)
    if worst is not None:
        return worst
    if any(_is_foreign(script, seen) for script in loaded):
        return "sri-implemented-and-external-scripts-loaded-securely"
    return "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"


def _result(script: Script, seen: Observation) -> str | None:
    """The result of one script; None if it is neither good nor bad."""
    secure = _is_secure(script, seen)
    if not _is_foreign(script, seen):
        good = script.integrity and secure
        return "sri-implemented-and-all-scripts-loaded-securely" if good else None
    if script.integrity:
        return None if secure else "sri-implemented-but-external-scripts-not-loaded-securely"
    if secure:
        return "sri-not-implemented-but-external-scripts-loaded-securely"
    return "sri-not-implemented-and-external-scripts-not-loaded-securely"


def _is_foreign(script: Script, seen: Observation) -> bool:
    """Whether a script is of another site. `//host/…` always counts as such for Observatory."""
    if _SCHEMELESS.match(script.src):
        return True
    return bool(_ABSOLUTE.match(script.src)) and site_of(host_of(script.src)) != site_of(seen.host)


def _is_secure(script: Script, seen: Observation) -> bool:
    if _SCHEMELESS.match(script.src):
        return False
    if _ABSOLUTE.match(script.src):
        return script.src.lower().startswith("https:")
    return seen.secure
