"""The seeded sites, seen by visitors."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

import pytest

from edgerollout.net.network import Network
from edgerollout.probe.http import HttpProbe
from edgerollout.sandbox.distribution_config import ORIGIN_SECRET
from edgerollout.sandbox.sample_site import PageSurroundings, pages, third_parties
from tests.sandbox.conftest import probe_of

if TYPE_CHECKING:
    from edgerollout.sandbox.running import RunningSandbox

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize(
    ("url", "status", "content_type"),
    [
        ("https://testing.example.com/", 200, "text/html; charset=utf-8"),
        ("https://staging.example.com/", 200, "text/html; charset=utf-8"),
        ("https://www.example.com/", 200, "text/html; charset=utf-8"),
        ("https://assets.example.com/assets/site.css", 200, "text/css"),
        ("https://testing.example.com/app/", 200, "text/html; charset=utf-8"),
        ("https://testing.example.com/app/departures", 200, "text/html; charset=utf-8"),
        ("https://testing.example.com/api/health.json", 200, "application/json"),
        ("https://testing.example.com/legacy/timetable.html", 200, "text/html; charset=utf-8"),
        ("https://testing.example.com/nowhere", 404, "text/html; charset=utf-8"),
        ("https://testing.example.com/api/nowhere", 404, "text/html; charset=utf-8"),
        ("https://cdn.example.com/clock.js", 200, "text/javascript"),
        ("https://fonts.example.com/flap-board.ttf", 200, "font/ttf"),
        ("https://images.example.com/harbour.svg", 200, "image/svg+xml"),
        ("https://widgets.example.com/map.html", 200, "text/html; charset=utf-8"),
        ("https://metrics.example.com/visit.json", 200, "application/json"),
        ("https://api.testing.example.com/departures.json", 200, "application/json"),
        ("https://api.example.com/departures.json", 200, "application/json"),
        ("https://archive.example.net/old/index.html", 200, "text/html"),
    ],
)
def test_every_host_answers_over_tls_by_its_own_name(
    shared_sandbox: RunningSandbox, url: str, status: int, content_type: str
) -> None:
    answer = probe_of(shared_sandbox).headers(url)

    assert (answer.status, answer.values("content-type")) == (status, (content_type,)), answer.error


def test_no_site_sends_security_headers_of_its_own(shared_sandbox: RunningSandbox) -> None:
    answer = probe_of(shared_sandbox).headers("https://testing.example.com/")

    for name in ("content-security-policy", "strict-transport-security", "x-frame-options"):
        assert answer.values(name) == ()


def test_only_who_trusts_the_sandboxs_authority_is_answered(shared_sandbox: RunningSandbox) -> None:
    answer = HttpProbe(Network(resolve=shared_sandbox.resolver())).headers("https://testing.example.com/")

    assert answer.status is None


def _get(
    connection: http.client.HTTPConnection, path: str, host: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request("GET", path, headers={"Host": host})
    response = connection.getresponse()
    return response, response.read()


def test_plain_http_is_sent_on_to_https_where_the_behavior_says_so(shared_sandbox: RunningSandbox) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shared_sandbox.http_port)

    page, _ = _get(connection, "/", "testing.example.com")
    legacy, _ = _get(connection, "/legacy/timetable.html", "testing.example.com")
    api, _ = _get(connection, "/api/health.json", "testing.example.com")

    assert (page.status, page.getheader("location")) == (301, "https://testing.example.com/")
    assert legacy.status == 200
    assert api.status == 403
    connection.close()


def test_people_reach_a_site_as_localhost_with_a_port(shared_sandbox: RunningSandbox) -> None:
    name, port = "www.example.com.localhost", shared_sandbox.https_port
    probe = HttpProbe(Network(resolve={name: ("127.0.0.1", port)}, ca_file=shared_sandbox.ca_file))

    assert probe.headers(f"https://{name}:{port}/").status == 200


def test_an_object_that_the_first_bucket_lacks_comes_from_the_second(shared_sandbox: RunningSandbox) -> None:
    assert probe_of(shared_sandbox).headers("https://testing.example.com/moved.html").status == 200


def test_the_pages_speak_of_their_own_environment() -> None:
    found = pages(PageSurroundings("testing", "testing.example.com", "api.testing.example.com"))

    assert b"https://api.testing.example.com/departures.json" in found["index.html"].body
    assert not [key for key, file in found.items() if b"{{" in file.body]


def test_all_that_the_pages_load_from_elsewhere_is_served(shared_sandbox: RunningSandbox) -> None:
    """Nothing of the site needs a network."""
    page = pages(PageSurroundings("testing", "testing.example.com", "api.testing.example.com"))[
        "index.html"
    ].body

    for host in third_parties(("api.testing.example.com",)):
        assert host in shared_sandbox.resolver()
    for host in ("cdn.example.com", "fonts.example.com", "images.example.com", "widgets.example.com"):
        assert f"https://{host}/".encode() in page


def test_the_origins_secret_is_sent_to_the_backend_and_never_to_a_viewer(
    shared_sandbox: RunningSandbox,
) -> None:
    """The backend answers 403 to who does not show it."""
    answer = probe_of(shared_sandbox).headers("https://staging.example.com/api/health.json")

    assert answer.status == 200
    assert ORIGIN_SECRET not in str(answer.headers)
