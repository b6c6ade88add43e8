"""An edge that knows which headers each version sends, and a site whose pages have them."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.worst_day.edge import Edge, Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.emulator.sink import DistributionView, VersionCode

Headers = dict[str, str]
"""Lower-cased name → value."""
CSP, CSP_REPORT = "content-security-policy", "content-security-policy-report-only"


class ServingEdge(Edge):
    """As the edge of the worst day; `changed` is called whenever what responses carry has changed."""

    def __init__(self) -> None:
        super().__init__()
        self._code: dict[str, VersionCode] = {}
        self._sent: dict[str, Headers] = {}
        self.changed: Callable[[], None] = lambda: None

    def deployed(self, distribution: DistributionView) -> None:
        for arn, function in distribution.functions.items():
            name = arn.rpartition(":function:")[2]
            if self._code.get(name) != function:  # Numbers are given anew once an account was put back.
                self._code[name] = function
                self._sent.pop(name, None)
        super().deployed(distribution)
        self.changed()

    def invalidated(self, distribution_id: str, paths: tuple[str, ...]) -> None:
        super().invalidated(distribution_id, paths)
        self.changed()

    def sent_by(self, version: str | None) -> Headers:
        """The headers that a version adds to a response, by running its code; none for None."""
        if version is None or version not in self._code:
            return {}
        if version not in self._sent:
            self._sent[version] = _run(self._code[version])
        return self._sent[version]


def _run(code: VersionCode) -> Headers:
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(io.BytesIO(code.zip_bytes)) as bundle:
            bundle.extractall(folder)
        module, _, function = code.handler.rpartition(".")
        file = Path(folder, f"{module}.py")
        names: dict[str, Any] = {"__file__": str(file), "__name__": module}
        exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), names)
        response = names[function]({"Records": [{"cf": {"response": {"headers": {}}}}]}, None)
    return {name: value[0]["value"] for name, value in (response or {"headers": {}})["headers"].items()}


class HonestSite(Site):
    """Every page has the headers of the version that is served; `broken` versions lose one of them."""

    def __init__(self, edge: ServingEdge) -> None:
        super().__init__(edge)
        self._edge = edge
        self.broken: set[str] = set()

    def answer(self, served: str | None) -> tuple[int, dict[str, str]]:
        headers = dict(self._edge.sent_by(served))
        if served in self.broken:
            headers["x-content-type-options"] = "broken"
        return 200, headers
