"""A page of another site, in a real browser here, gets nowhere; a site's own pages go on working."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from edgerollout.edge.message import EdgeResponse
from edgerollout.edge.server import EdgeServer
from edgerollout.emulator.server import start
from tests.outside import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgerollout.edge.message import EdgeRequest

KEY = "AKIA123456789012"


class Attacker(ThreadingHTTPServer):
    """Serves one page for any path, until that page asks for /done."""

    daemon_threads = True

    def __init__(self, page: str) -> None:
        super().__init__(("127.0.0.1", 0), _Attack)
        self.page = page.encode()
        self.done = threading.Event()


class _Attack(BaseHTTPRequestHandler):
    server: Attacker

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.server.page)
        if self.path == "/done":
            self.server.done.set()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's names
        pass


class Recorder:
    """A site that notes what it was asked for."""

    def __init__(self, page: str = "hello") -> None:
        self.page = page
        self.asked: list[str] = []
        self.done = threading.Event()

    def handle(self, request: EdgeRequest) -> EdgeResponse:
        self.asked.append(f"{request.method} {request.path}")
        if request.path == "/done":
            self.done.set()
        kind = "text/javascript" if request.path.endswith(".js") else "text/html"
        body = b"import('/second.js')" if request.path == "/first.js" else self.page.encode()
        if request.path == "/second.js":
            body = b"export {}"
        headers = (("Content-Type", kind), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"))
        return EdgeResponse(200, "OK", headers, body)


@contextlib.contextmanager
def browsing(url: str, profile: Path, *more: str) -> Iterator[None]:
    """A person's browser that shows the page."""
    words = (
        str(chromium(full=True)),
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        *more,
        url,
    )
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def attacked(page: str, profile: Path) -> Iterator[None]:
    """A page of attacker.example has been shown, and everything in it tried."""
    attacker = Attacker(page)
    thread = threading.Thread(target=attacker.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    url = f"http://attacker.example:{attacker.server_port}/"
    try:
        with browsing(url, profile, "--host-resolver-rules=MAP attacker.example 127.0.0.1"):
            assert attacker.done.wait(300)
        yield
    finally:
        attacker.shutdown()
        attacker.server_close()


def script(attempts: list[str]) -> str:
    tries = "\n".join(f"try {{ {attempt} }} catch (error) {{}}" for attempt in attempts)
    wait = "const later = (s) => new Promise((r) => setTimeout(r, s * 1000));"
    show = """const show = (kind, what) => {
        const made = Object.assign(document.createElement(kind), what);
        document.body.append(made);
        return made;
    };"""
    return (
        f"<!doctype html><body><script>(async () => {{ {wait} {show} {tries} fetch('/done'); }})()</script>"
    )


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_foreign_page_makes_nothing_in_the_sandbox(tmp_path: Path, name: str) -> None:
    server = start()
    endpoint = server.endpoint_url.replace("127.0.0.1", name)
    scope = f"X-Amz-Credential={KEY}/20261122/us-east-1/"
    bucket = f"{endpoint}/planted-{name.replace('.', '-')}?{scope}s3/aws4_request"
    function = f"{endpoint}/2015-03-31/functions?{scope}lambda/aws4_request"
    role = f"{endpoint}/?{scope}iam/aws4_request&Action=CreateUser&UserName=mallory&Version=2010-05-08"
    attempts = [
        f"await fetch({json.dumps(function)}, {{method: 'POST', mode: 'no-cors', body: '{{}}'}});",
        f"await fetch({json.dumps(role)}, {{method: 'POST', mode: 'no-cors'}});",
        f"await fetch({json.dumps(endpoint)} + '/moto-api/reset', {{method: 'POST'}});",
        f"await fetch({json.dumps(endpoint)} + '/_sandbox/shutdown', {{method: 'POST', mode: 'no-cors'}});",
        f"await fetch({json.dumps(bucket)}, {{method: 'PUT'}});",
        f"new Image().src = {json.dumps(role)};",
        f"show('iframe', {{src: {json.dumps(role)}}});",
        f"open({json.dumps(role)}); await later(1);",
    ]
    try:
        with attacked(script(attempts), tmp_path):
            assert not server.calls.calls()
            assert server.plane.summary() == {"distributions": [], "functions": []}
    finally:
        server.stop()


def test_a_foreign_page_asks_nothing_of_a_site_on_this_machine(tmp_path: Path) -> None:
    site = Recorder()
    with EdgeServer(site) as server:
        url = json.dumps(f"http://localhost:{server.http_port}/asked")
        named = json.dumps(f"http://www.example.com.localhost:{server.http_port}/asked")
        attempts = [
            f"await fetch({url}, {{mode: 'no-cors'}});",
            f"await fetch({url}, {{method: 'POST', mode: 'no-cors', body: 'x'}});",
            f"await fetch({named}, {{mode: 'no-cors'}});",
            f"await fetch({url});",
            f"new Image().src = {named};",
            f"show('script', {{src: {url}}});",
            f"show('iframe', {{src: {url}, name: 'inside'}});",
            f"show('form', {{method: 'POST', target: 'inside', action: {url}}}).submit();",
            f"new WebSocket({url.replace('http', 'ws')}); await later(1);",
        ]
        with attacked(script(attempts), tmp_path):
            assert [text for text in site.asked if text.endswith("/asked")] == []


def test_a_site_s_own_pages_load_what_is_theirs(tmp_path: Path) -> None:
    site = Recorder(
        "<!doctype html><link rel=stylesheet href=/style.css><img src=/image.png>"
        "<script type=module src=/first.js></script><iframe name=inside src=/frame></iframe>"
        "<form id=form method=POST target=inside action=/form></form>"
        "<script>if (location.pathname === '/') (async () => {"
        "await fetch('/read'); await fetch('/write', {method: 'POST', body: 'x'});"
        "document.getElementById('form').submit();"
        "setTimeout(() => fetch('/done'), 1500); })()</script>"
    )
    with EdgeServer(site) as server, browsing(f"http://localhost:{server.http_port}/", tmp_path):
        assert site.done.wait(300)
    wanted = {
        "GET /",
        "GET /style.css",
        "GET /image.png",
        "GET /first.js",
        "GET /second.js",
        "GET /frame",
        "GET /read",
        "POST /write",
        "POST /form",
    }
    assert wanted <= set(site.asked)


def test_a_link_to_a_site_on_this_machine_can_be_followed(tmp_path: Path) -> None:
    site = Recorder()
    with EdgeServer(site) as server:
        link = json.dumps(f"http://localhost:{server.http_port}/linked")
        attacker = Attacker(f"<!doctype html><script>location = {link}</script>")
        threading.Thread(target=attacker.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://attacker.example:{attacker.server_port}/"
        site.page = "<!doctype html><script>fetch('/done')</script>"
        with browsing(url, tmp_path, "--host-resolver-rules=MAP attacker.example 127.0.0.1"):
            assert site.done.wait(300)
        attacker.shutdown()
        attacker.server_close()
    assert "GET /linked" in site.asked
