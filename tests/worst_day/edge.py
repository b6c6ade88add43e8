"""What visitors get while commands run: which version's headers, by distribution and path; and a site."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.emulator.sink import DistributionView

DEFAULT, POLICY, TEAM = "*", "headers-policy", "team's policy"
_RELEASE = re.compile(r"edgerollout-(.+)-(\d+)(?:-[0-9a-f]{8})?")
Triggers = dict[str, dict[str, str]]
"""Path → event → ARN after `function:`."""


def triggers_of(config: Mapping[str, Any]) -> Triggers:
    """The triggers of a DistributionConfig in boto3's shape."""
    every = [*config["CacheBehaviors"].get("Items", []), config["DefaultCacheBehavior"]]
    return {
        item.get("PathPattern", DEFAULT): {
            trigger["EventType"]: trigger["LambdaFunctionARN"].rpartition(":function:")[2]
            for trigger in item.get("LambdaFunctionAssociations", {}).get("Items", [])
        }
        for item in every
    }


class Edge:
    """An EdgeSink that remembers what responses may carry.

    A response carries the version of the viewer trigger, else that with which it was cached. Cached is
    whatever was deployed since the last invalidation completed.
    """

    def __init__(self) -> None:
        self._triggers: dict[str, Triggers] = {}
        self._cached: dict[str, dict[str, set[str | None]]] = {}
        self._hosts: dict[str, str] = {}
        self._policies: dict[str, Mapping[str, Any]] = {}
        self.went_bare: set[tuple[str, str]] = set()
        """(distribution, path) whose responses all had headers, and then some had none."""

    def deployed(self, distribution: DistributionView) -> None:
        text, before = distribution.id, self.sees(distribution.id)
        self._policies |= distribution.response_policies
        self._triggers[text] = self.standing(distribution.config)
        self._hosts |= dict.fromkeys(distribution.aliases, text)
        cached = self._cached.setdefault(text, {})
        for path, triggers in self._triggers[text].items():
            cached.setdefault(path, set()).add(triggers.get("origin-response"))
        now = self.sees(text)
        self.went_bare |= {
            (text, path) for path, seen in before.items() if None not in seen and None in now.get(path, set())
        }

    def invalidated(self, distribution_id: str, paths: tuple[str, ...]) -> None:
        assert paths == ("/*",)
        for path, triggers in self._triggers[distribution_id].items():
            self._cached[distribution_id][path] = {triggers.get("origin-response")}

    def removed(self, distribution_id: str) -> None:
        self._triggers.pop(distribution_id, None)
        self._cached.pop(distribution_id, None)

    def settle(self, distribution: str, config: Mapping[str, Any]) -> None:
        """Have the distribution been like this for long."""
        self.went_bare = {item for item in self.went_bare if item[0] != distribution}
        self._triggers[distribution] = self.standing(config)
        self._cached[distribution] = {
            path: {triggers.get("origin-response")} for path, triggers in self._triggers[distribution].items()
        }

    def sees(self, distribution: str) -> dict[str, set[str | None]]:
        """Path → the versions whose headers a response may carry; None: it may carry none.

        What the team's own policy says counts as a path of its own.
        """
        found = {}
        for path, triggers in self._triggers.get(distribution, {}).items():
            late = triggers.get("viewer-response") or triggers.get(POLICY)
            found[path] = {late} if late else set(self._cached[distribution][path])
            found[f"{path} of the team"] = {triggers.get(TEAM)}
        return found

    def standing(self, config: Mapping[str, Any]) -> Triggers:
        """The triggers of a DistributionConfig, and what the policies on its behaviors are."""
        found = triggers_of(config)
        for item in (*config["CacheBehaviors"].get("Items", []), config["DefaultCacheBehavior"]):
            says = self._policies.get(item.get("ResponseHeadersPolicyId") or "", {})
            there = found[item.get("PathPattern", DEFAULT)]
            if release := _RELEASE.fullmatch(str(says.get("Name", ""))):
                there[POLICY] = f"{release[1]}:{release[2]}"
            if "X-Team" in str(says):
                there[TEAM] = "goes along" if release else "itself"
        return found

    def page_of(self, host: str) -> str | None:
        """The version that makes the headers of the host's start page; None: no version does."""
        seen = self.sees(self._hosts.get(host, "")).get(DEFAULT, set())
        return next(iter(seen), None)


class Site:
    """The pages of all distributions, for commands that have it as their HTTP proxy."""

    def __init__(self, edge: Edge) -> None:
        self.answers: Mapping[str, tuple[int, dict[str, str]]] = {}
        """First word and number of the version that is served → status and headers; for any other, 200 and
        no headers.
        """
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers = site.answer(edge.page_of(self.headers["Host"]))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"hi")

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.proxy_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, served: str | None) -> tuple[int, dict[str, str]]:
        """What a page answers whose headers that version makes, or none: status and headers."""
        name, _, version = (served or "").partition(":")
        return self.answers.get(f"{name.partition('-')[0]}:{version}", (200, {}))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
