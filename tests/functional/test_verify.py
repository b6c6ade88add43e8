"""`edgerollout verify` as a user runs it, on a site of loopback that a test decides about."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .project import Project

pytestmark = pytest.mark.sandbox


class Edge:
    """Answers as CloudFront would, on HTTP: pages with an ETag, a cache, the headers it is given."""

    def __init__(self) -> None:
        self.headers: list[tuple[str, str]] = []
        self.seen: set[str] = set()
        edge = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                known = path in ("/", "/page")
                status = 404 if not known else 304 if self.headers["If-None-Match"] else 200
                word = "Error" if not known else "Hit" if self.path in edge.seen else "Miss"
                edge.seen.add(self.path)
                self.send_response(status)
                for name, value in (*edge.headers, ("ETag", '"1"'), ("X-Cache", f"{word} from cloudfront")):
                    self.send_header(name, value)
                self.send_header("X-Amz-Cf-Pop", "TST1-P1")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_HEAD = do_GET  # noqa: N815 - the base class's way to name methods

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def edge() -> Iterator[Edge]:
    opened = Edge()
    yield opened
    opened.close()


@pytest.fixture
def live(project: Project) -> Project:
    """A project whose release 1 is live on the one behavior of its distribution."""
    project.distribution(paths=())
    project.publish_here()
    return project


def there(project: Project, edge: Edge) -> tuple[str, ...]:
    """The project's site, asked at the edge instead of where DNS leads."""
    return (
        "verify",
        f"http://{project.alias}/",
        "--connect-to",
        f"{project.alias}:80:127.0.0.1:{edge.port}",
    )


def sent(project: Project) -> list[tuple[str, str]]:
    """The headers of the live release."""
    response = project.run("build", "-o", "json").document["response"]
    return [(item["key"], item["value"]) for item in response["set"].values()]


def test_a_site_that_sends_the_release_is_ok_under_its_own_name_wherever_it_is(
    live: Project, edge: Edge
) -> None:
    edge.headers = sent(live)
    result = live.run(*there(live, edge))
    assert result.code == 0, result.out + result.err
    assert "with the headers of release 1" in result.out
    assert all(f"✔ {kind}: " in result.out for kind in ("miss", "hit", "304", "404", "head"))
    assert "TST1-P1" in result.out


def test_a_header_that_differs_ends_with_6_and_is_told_by_directive(live: Project, edge: Edge) -> None:
    edge.headers = [
        (name, f"{value}; img-src *" if name.startswith("Content-Security") else value)
        for name, value in sent(live)
    ]
    result = live.run(*there(live, edge), "-o", "json")
    assert result.code == 6
    document = result.document
    assert document["ok"] is False
    [miss] = [probe for probe in document["probes"] if probe["kind"] == "miss"]
    [difference] = miss["differences"]
    assert difference["cause"] == "other"
    assert difference["directives"] == [{"name": "img-src", "missing": [], "extra": ["*"], "change": "extra"}]
    assert (miss["behavior"], miss["pop"], miss["cache"]) == (
        "Default (*)",
        "TST1-P1",
        "Miss from cloudfront",
    )


def test_a_newer_configuration_s_event_is_not_taken_for_the_live_one(live: Project, edge: Edge) -> None:
    edge.headers = sent(live)
    live.configure(event="viewer-response")
    result = live.run(*there(live, edge))
    assert result.code == 0, result.out
    assert "release 1 at origin-response" in result.out
    assert "no viewer-response function" not in result.out


def test_waiting_ends_when_the_time_is_up(live: Project, edge: Edge) -> None:
    result = live.run(*there(live, edge), "--timeout", "1s")
    assert result.code == 6
    assert "(checked " in result.out


def test_what_a_host_that_cannot_be_reached_says_is_a_finding(live: Project) -> None:
    result = live.run(
        "verify", f"http://{live.alias}/", "--connect-to", f"{live.alias}:80:127.0.0.1:9", "-o", "markdown"
    )
    assert result.code == 6
    assert "connection refused" in result.out or "cannot connect" in result.out
    assert "Traceback" not in result.out


def test_nothing_is_written_to_the_account(live: Project, edge: Edge) -> None:
    live.forget_calls()
    live.run(*there(live, edge))
    assert live.writes() == {}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--resolve", "nonsense"), "does not give an address for a host"),
        (("--ca-file", "none.pem"), "--ca-file none.pem cannot be used"),
        (("--ca-file", "config/policy.toml"), "cannot be used"),
        (("--timeout", "soon"), "is not a duration"),
        (("--release", "9"), "has no release 9"),
        (("ftp://x/",), "'ftp://x/' cannot be probed"),
        (("-o", "live"), "Choose one of text, json, markdown"),
    ],
)
def test_what_cannot_be_looked_at_is_told_and_ends_with_2(
    live: Project, words: tuple[str, ...], told: str
) -> None:
    result = live.run("verify", *words)
    assert result.code == 2, result.out
    assert told in result.err


def test_before_a_first_publish_there_is_nothing_to_compare_with(project: Project) -> None:
    project.distribution()
    result = project.run("verify")
    assert result.code == 6
    assert "no release is live in testing" in result.err
