"""Where browsers report violations of a policy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.policy.csp import Csp
    from edgerollout.policy.headers import Header

_ENDPOINT = re.compile(r"(?:^|,)\s*([a-z*][a-z0-9_.*-]*)\s*=\s*\"[^\"]+\"", re.ASCII)
"""One member of Reporting-Endpoints, a dictionary of strings (RFC 9651 §3.2, Reporting API §3.2)."""


def destinations(csp: Csp, headers: Iterable[Header]) -> tuple[str, ...]:
    """The URLs of report-uri, and the endpoints of report-to that these headers define.

    An undefined endpoint does not count: browsers silently drop reports to it.
    """
    defined = {
        name
        for header in headers
        if header.name == "reporting-endpoints" and header.action != "remove"
        for name in _ENDPOINT.findall(header.value)
    }
    groups = csp.sources("report-to") or ()
    return (*(csp.sources("report-uri") or ()), *(group for group in groups if group in defined))
