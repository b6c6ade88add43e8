"""`edgerollout preview` as a front-end developer uses it: the real command, real HTTP over loopback."""

from __future__ import annotations

import http.client
import shutil
import signal
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.clock import SystemClock
from edgerollout.edge.authority import LocalAuthority, client_context
from tests.json_output import parsed
from tests.outside import LEFT_OUT

from .project import POLICY, REPOSITORY, WIDER_POLICY, Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.command_line import Command

REPORT_ONLY = "content-security-policy-report-only"


@dataclass
class Running:
    """A preview that is up: what it printed when it was ready, and its stderr as it comes."""

    process: Command
    ready: dict[str, Any]
    err: list[str] = field(default_factory=list)

    def get(self, path: str = "/", method: str = "GET") -> http.client.HTTPResponse:
        if self.ready["ca_file"] is None:
            connection = http.client.HTTPConnection("localhost", self.ready["port"], timeout=120)
        else:
            context = client_context(self.ready["ca_file"])
            connection = http.client.HTTPSConnection(
                "localhost", self.ready["port"], timeout=120, context=context
            )
        connection.request(method, path, headers={"Connection": "close"})
        return connection.getresponse()

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=120)
        self.reader.join(timeout=120)
        return code

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.err.extend(iter(self.process.stderr.readline, ""))


@contextmanager
def preview(
    project: Project, *arguments: str, endpoint: bool = False, http: bool = True
) -> Iterator[Running]:
    """A preview over plain HTTP on any port, unless the arguments say otherwise."""
    words = [
        "preview",
        "-e",
        "testing",
        "-o",
        "json",
        "--port",
        "0",
        *(["--http"] if http else []),
        *arguments,
    ]
    process = project.start(*words, endpoint=endpoint)
    try:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        else:
            assert process.stderr is not None
            raise AssertionError(process.stderr.read())
        yield Running(process, parsed("".join(lines)))
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def dist(project: Project) -> Path:
    project.write("dist/index.html", "<p>home</p>")
    project.write("dist/assets/app.js", "1")
    return project.folder / "dist"


def test_a_built_site_carries_the_headers_of_its_environment(project: Project, dist: Path) -> None:
    with preview(project, "--site", "dist") as running:
        page = running.get("/")
        assert (page.status, page.read()) == (200, b"<p>home</p>")
        assert page.headers[REPORT_ONLY] == "default-src 'self'"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert running.get("/tickets/42").status == 200
        script = running.get("/assets/app.js")
        assert (script.headers["content-type"], script.headers["cache-control"]) == (
            "text/javascript",
            "no-store",
        )
        assert running.get("/assets/gone.js").status == 404
    assert running.ready["report_only"] is not None
    assert (running.ready["site"], running.ready["enforced"]) == ("dist", None)


def test_a_saved_policy_is_in_the_next_response_and_a_broken_one_is_told_once(
    project: Project, dist: Path
) -> None:
    with preview(project, "--site", "dist") as running:
        assert "img-src" not in running.get().headers[REPORT_ONLY]
        project.policy(WIDER_POLICY)
        assert "img-src 'self' data:" in running.get().headers[REPORT_ONLY]
        project.policy("[csp\n")
        for _ in range(3):
            assert "img-src" in running.get().headers[REPORT_ONLY]
        project.policy(POLICY)
        assert "img-src" not in running.get().headers[REPORT_ONLY]
        running.end()
    told = "".join(running.err)
    assert told.count("error: ") == 1
    assert "config/policy.toml:" in told
    assert "goes on with the last valid files" in told
    assert told.count("reloaded: ") == 2


def test_a_saved_handler_is_in_the_next_response(project: Project, dist: Path) -> None:
    handler = project.folder / "handler" / "python" / "index.py"
    with preview(project, "--site", "dist") as running:
        assert running.get().headers["x-preview"] is None
        text = handler.read_text()
        name = "headers['x-preview'] = [{'key': 'X-Preview', 'value': 'saved'}]"
        handler.write_text(text.replace("    return response", f"    {name}\n    return response"))
        assert running.get().headers["x-preview"] == "saved"
        handler.write_text(text + "\nraise RuntimeError('half typed')\n")
        assert running.get().status == 503
        handler.write_text(text)
        assert running.get().status == 200
        running.end()
    assert "half typed" in "".join(running.err)


def test_enforced_it_is_enforced(project: Project, dist: Path) -> None:
    with preview(project, "--site", "dist", "--enforce") as running:
        page = running.get()
    assert page.headers["content-security-policy"] == "default-src 'self'"
    assert page.headers[REPORT_ONLY] is None


def test_the_node_handler_serves_it_too(project: Project, dist: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip(f"{LEFT_OUT}no Node.js on this machine")
    shutil.copytree(REPOSITORY / "handler" / "nodejs", project.folder / "handler" / "nodejs")
    settings = project.folder / "config" / "edgerollout.toml"
    text = (
        settings.read_text().replace("python3.13", "nodejs22.x").replace("handler/python", "handler/nodejs")
    )
    settings.write_text(text)
    with preview(project, "--site", "dist") as running:
        assert running.get().headers[REPORT_ONLY] == "default-src 'self'"


def test_over_tls_it_is_trusted_by_the_file_it_names_which_stays(project: Project, dist: Path) -> None:
    with preview(project, "--site", "dist", http=False) as running:
        assert running.ready["url"].startswith("https://localhost:")
        assert running.get().status == 200
    with preview(project, "--site", "dist", http=False) as again:
        assert again.ready["ca_file"] == running.ready["ca_file"]
        assert again.get().status == 200
    kept = project.folder / "home" / ".local" / "state" / "edgerollout" / "authorities" / "preview"
    assert running.ready["ca_file"] == str(kept / "ca.pem")
    assert not (project.folder / ".edgerollout").exists()
    assert (kept / "ca-key.pem").stat().st_mode & 0o077 == 0


def test_an_authority_that_comes_with_the_project_is_not_used(project: Project, dist: Path) -> None:
    planted = project.folder / ".edgerollout" / "preview"
    LocalAuthority.open(planted, SystemClock())
    with preview(project, "--site", "dist", http=False) as running:
        assert running.get().status == 200
        assert Path(running.ready["ca_file"]).read_bytes() != (planted / "ca.pem").read_bytes()
        assert str(planted) not in "".join(running.err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_cleanly(project: Project, dist: Path, number: int) -> None:
    with preview(project, "--site", "dist") as running:
        running.get()
        assert running.end(number) == 0
    assert running.err[-1] == "the preview has ended\n"
    assert "Traceback" not in "".join(running.err)


def test_each_request_has_a_line_and_none_when_quiet(project: Project, dist: Path) -> None:
    with preview(project, "--site", "dist") as running:
        running.get("/assets/gone.js")
        running.end()
    assert any(line.startswith("404 GET  /assets/gone.js") for line in running.err)
    with preview(project, "--site", "dist", "-q") as quiet:
        quiet.get("/assets/gone.js")
        quiet.end()
    assert quiet.err == []


def test_a_port_in_use_is_said_and_the_next_one_taken(project: Project, dist: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with preview(project, "--site", "dist", "--port", str(number)) as running:
            assert running.ready["port"] > number
            running.end()
    assert f"port {number} is in use; this is on {running.ready['port']}\n" in running.err


def test_a_development_server_is_served_and_its_absence_explained(project: Project) -> None:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"{self.path} {self.headers['X-Forwarded-Proto']}".encode()
            self.send_response(200)
            self.send_header("Content-Security-Policy-Report-Only", "default-src 'none'")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    url = f"http://localhost:{server.server_address[1]}"
    with preview(project, "--upstream", url) as running:
        page = running.get("/src/main.ts?t=1")
        assert page.read() == b"/src/main.ts?t=1 http"
        assert page.headers.get_all(REPORT_ONLY) == ["default-src 'self'"]
        assert running.get("/", "POST").status == 200
        server.shutdown()
        server.server_close()
        down = running.get("/")
        assert down.status == 502
        assert f"Nothing answers at {url}" in down.read().decode()


def test_from_live_the_distributions_error_page_and_methods_count(project: Project, dist: Path) -> None:
    project.write("dist/lost.html", "lost")
    project.distribution(
        CustomErrorResponses={
            "Quantity": 1,
            "Items": [
                {
                    "ErrorCode": 403,
                    "ResponsePagePath": "/lost.html",
                    "ResponseCode": "404",
                    "ErrorCachingMinTTL": 300,
                }
            ],
        },
        DefaultRootObject="index.html",
    )
    with preview(project, "--site", "dist", "--from-live", endpoint=True) as running:
        assert running.ready["distribution"] == project.alias
        assert running.get("/").read() == b"<p>home</p>"
        lost = running.get("/tickets")
        assert (lost.status, lost.read()) == (404, b"lost")
        assert lost.headers[REPORT_ONLY] == "default-src 'self'"
        assert running.get("/", "POST").status == 403


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--site DIR for a built site"),
        (("--site", "nowhere"), "--site nowhere does not exist"),
        (("--site", "config/policy.toml"), "is not a folder"),
        (("--site", "dist", "--upstream", "http://localhost:1"), "need --from-live"),
        (("--upstream", "http://example.com"), "is not on this machine"),
        (("--upstream", "https://localhost:1"), "without TLS"),
        (("--site", "dist", "-o", "junit"), "text, json"),
        (("--site", "dist", "--port", "70000"), "70000"),
    ],
)
def test_bad_input_is_explained(project: Project, dist: Path, arguments: tuple[str, ...], words: str) -> None:
    result = project.run("preview", *arguments, endpoint=False)
    assert result.code == 2
    assert words in result.err


def test_a_folder_that_is_not_the_build_is_pointed_out(project: Project, dist: Path) -> None:
    with preview(project, "--site", ".") as running:
        running.end()
    assert "warning: . has no index.html; dist has one\n" in running.err


def test_where_no_certificates_can_be_kept_plain_http_is_offered(project: Project, dist: Path) -> None:
    (project.folder / "home").mkdir()
    (project.folder / "home" / ".local").write_text("in the way")
    result = project.run("preview", "--site", "dist", endpoint=False)
    assert result.code == 2
    assert "--http" in result.err
