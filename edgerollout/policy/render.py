"""The headers of a release, in the format that the edge function reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.policy.headers import Header, cased

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edgerollout.policy.csp import LayeredCsp

ENFORCED = "content-security-policy"
REPORT_ONLY = "content-security-policy-report-only"


@dataclass(frozen=True)
class RenderedResponse:
    """What the handler does to every response, by lower-case name.

    `set` and `keep` map a name to its spelling and its value; `keep` is used only if the origin does not send
    the header.
    """

    set: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    keep: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    remove: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """`{"set": {name: {"key", "value"}}, "keep": {…}, "remove": [name]}`, sorted by name."""
        return {
            "set": _lines(self.set),
            "keep": _lines(self.keep),
            "remove": sorted(self.remove),
        }

    def byte_counts(self) -> dict[str, int]:
        """Bytes of each header line as HTTP/1.1 sends it (`Key: value` and the line end), by name."""
        return {
            name: len(key.encode()) + len(value.encode()) + len(": \r\n")
            for name, (key, value) in sorted({**self.keep, **self.set}.items())
        }

    @property
    def total_bytes(self) -> int:
        """Bytes of all headers together, without those of the origin."""
        return sum(self.byte_counts().values())


def render(
    headers: Iterable[Header], enforced: LayeredCsp | None, report_only: LayeredCsp | None
) -> RenderedResponse:
    """The response of a release: its headers, its enforced policy, its report-only policy.

    Directives that browsers ignore in report-only are left out there. An empty policy makes no header.
    """
    by_action: dict[str, dict[str, tuple[str, str]]] = {"set": {}, "keep": {}, "remove": {}}
    for header in headers:
        by_action[header.action][header.name] = (cased(header.name), header.value)
    if enforced is not None and (value := enforced.effective.header_value()):
        by_action["set"][ENFORCED] = (cased(ENFORCED), value)
    if report_only is not None and (value := report_only.effective.for_report_only().header_value()):
        by_action["set"][REPORT_ONLY] = (cased(REPORT_ONLY), value)
    return RenderedResponse(
        set=dict(sorted(by_action["set"].items())),
        keep=dict(sorted(by_action["keep"].items())),
        remove=tuple(sorted(by_action["remove"])),
    )


def _lines(headers: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    return {name: {"key": key, "value": value} for name, (key, value) in sorted(headers.items())}
