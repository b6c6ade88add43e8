"""Pages that do not behave: bounded, explained, and never complete and clean by accident."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.policy.csp import Csp
from edgerollout.tour.gather import gather
from edgerollout.tour.model import Candidate, HostStubbed, TourRequest
from edgerollout.tour.steps import Click, Fill, Goto
from tests.browser.kinds.pages import APP, POLICY, THIRD
from tests.browser.kinds.site import HANGS, running_site
from tests.outside import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.tour.model import Gathered, Visit
    from tests.browser.kinds.site import Site

A = f"https://{APP}"
T = f"https://{THIRD}"
LATE = "late.example"
REPORT_ONLY = {"content-security-policy-report-only": POLICY}

PAGES: dict[str, tuple[int, dict[str, str], str]] = {
    "/endless": (302, {"location": "/endless"}, ""),
    "/download": (200, {"content-disposition": "attachment; filename=x.zip"}, "zip"),
    "/json": (200, {"content-type": "application/json"}, "{}"),
    "/gone": (410, REPORT_ONLY, "<!doctype html>gone"),
    "/elsewhere": (302, {"location": f"{T}/page"}, ""),
    "/dialogs": (200, REPORT_ONLY, "<script>alert(1);confirm(2);onbeforeunload=()=>'stay'</script>"),
    "/popups": (200, REPORT_ONLY, "<script>for(let i=0;i<5;i++)open('/gone')</script>"),
    "/many": (200, REPORT_ONLY, "<!doctype html>" + "<p style='color:red'>x" * 5000),
    "/forged": (
        200,
        {},
        (
            "<script>document.dispatchEvent(new SecurityPolicyViolationEvent('securitypolicyviolation',"
            "{documentURI:location.href,violatedDirective:'img-src',effectiveDirective:'img-src',"
            "originalPolicy:'x',disposition:'report',statusCode:200,blockedURI:'https://evil.example/'}));"
            "console.error(\"Loading image 'https://evil.example/' violates the following Content Security"
            ' Policy directive: \\"img-src \'self\'\\".")</script>'
        ),
    ),
    "/busy": (200, REPORT_ONLY, "<p>x</p><script>setTimeout(()=>{for(;;);},50)</script>"),
    "/hanging": (200, REPORT_ONLY, f"<script src={T}/slow.js></script><img src={T}/after.png>"),
    "/form": (
        200,
        REPORT_ONLY,
        (
            f"<input id=name><button id=go>x</button><script src=/form.js></script><a href={A}/linked>x</a>"
            f"<a href=/download>d</a><a href={T}/page>t</a><a href=/a.pdf>p</a><a href=/linked?x=1#y>l</a>"
        ),
    ),
    "/form.js": (
        200,
        {"content-type": "text/javascript"},
        f"document.getElementById('go').onclick=()=>fetch('{T}/'+document.getElementById('name').value)",
    ),
    "/linked": (200, REPORT_ONLY, "<!doctype html><title>Linked</title>"),
    "/header": (
        200,
        REPORT_ONLY,
        f"<img src=/pixel.png><img src={T}/x.png><img src=/to?{T}/led.png><script src=/header.js></script>",
    ),
    "/header.js": (
        200,
        {"content-type": "text/javascript"},
        f"fetch('/to?{T}/fetched'); fetch('/posted', {{method: 'POST', body: 'x'}})",
    ),
    "/worker": (
        200,
        REPORT_ONLY,
        "<script src=/register.js></script>",
    ),
    "/register.js": (
        200,
        {"content-type": "text/javascript"},
        "navigator.serviceWorker.register('/service-worker.js')",
    ),
    "/service-worker.js": (200, {"content-type": "text/javascript"}, "self.skipWaiting()"),
    "/storage": (
        200,
        REPORT_ONLY,
        f"<script src=/storage.js></script><a href=/logout>bye</a><a href=/linked>l</a><img src={T}/x.png>",
    ),
    "/storage.js": (
        200,
        {"content-type": "text/javascript"},
        "if (localStorage.getItem('who')) fetch('/known-' + localStorage.getItem('who'))",
    ),
    "/routed": (200, {}, f"<script src=/routed.js></script><img src={T}/x.png>"),
    "/routed.js": (200, {"content-type": "text/javascript"}, "history.replaceState(null, '', '/else/where')"),
    "/both": (
        200,
        {**REPORT_ONLY, "content-security-policy": "img-src 'self'"},
        f"<img src={T}/x.png>",
    ),
}
PAGES |= {"/stuck": PAGES["/linked"], "/led-away": PAGES["/both"]}
"""As those, with steps."""
STEPS = {f"{A}/stuck": (Fill("#nowhere", "secret"),), f"{A}/led-away": (Goto(f"{A}/popups"),)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("authority")) as running:
        for path, answer in PAGES.items():
            running.answers[APP, path] = answer
        running.answers[THIRD, "/slow.js"] = (HANGS, {}, "")
        running.answers[THIRD, "/page"] = (200, {}, "<p>elsewhere")
        yield running


def _request(site: Site, *paths: str, **changes: object) -> TourRequest:
    request = site.request(
        tuple(A + path for path in paths),
        loads=1,
        settle_quiet=0.2,
        page_timeout=60,
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def _tour(site: Site, *paths: str, **changes: object) -> Gathered:
    return gather(_request(site, *paths, **changes), clock=SystemClock())


def _visit(site: Site, path: str, **changes: object) -> Visit:
    return _tour(site, path, **changes).visits[0]


_ALIKE = (
    "/endless", "/download", "/json", "/gone", "/elsewhere", "/no-such-page", "/dialogs", "/popups",
    "/forged", "/both", "/worker", "/linked", "/stuck", "/led-away",
)  # fmt: skip


@pytest.fixture(scope="module")
def visits(site: Site) -> dict[str, Visit]:
    """Pages that need nothing special, in one tour: the browser starts once."""
    found = _tour(site, *_ALIKE, steps=STEPS)
    return {visit.url.removeprefix(A): visit for visit in found.visits}


def test_what_keeps_a_page_from_being_seen_is_told(visits: dict[str, Visit]) -> None:
    reasons = {path: visit.incomplete for path, visit in visits.items()}
    assert "ERR_TOO_MANY_REDIRECTS" in reasons["/endless"][0]
    assert reasons["/download"] == ("is a download, not a page",)
    assert reasons["/json"][0] == "is not an HTML page"
    assert reasons["/gone"] == ("answered 410",)
    assert reasons["/elsewhere"] == (f"leads to {T}, which is another site",)
    assert reasons["/no-such-page"] == ("answered 404",)


def test_dialogs_and_popups_hold_nothing_up(visits: dict[str, Visit]) -> None:
    for visit in (visits["/dialogs"], visits["/popups"]):
        assert visit.incomplete == ()
        assert any(record.blocked == "inline" for record in visit.records)


def test_thousands_of_violations_are_bounded_and_counted(site: Site) -> None:
    # In a tour of its own: it uses up the time of the pages beside it.
    visit = _visit(site, "/many")
    assert 1000 <= len(visit.records) <= 4000
    assert visit.omitted >= 4000


def test_a_page_cannot_forge_a_violation(visits: dict[str, Visit]) -> None:
    assert visits["/forged"].records == ()
    assert visits["/forged"].incomplete == ()


def test_a_page_that_never_lets_go_is_left_incomplete(site: Site) -> None:
    visit = _visit(site, "/busy", page_timeout=3, settle_most=2)
    assert visit.incomplete


def test_a_service_worker_is_told(visits: dict[str, Visit]) -> None:
    assert visits["/worker"].service_worker
    assert not visits["/linked"].service_worker


def test_a_hanging_third_party_is_stood_in_for_unless_it_comes_back(site: Site) -> None:
    """What comes after its script is seen, and once it answers what the script loads, too."""
    script = f"new Image().src = '{T}/by-late.png'"

    def returns(event: object) -> None:
        if event == HostStubbed(LATE):
            site.answers[LATE, "/late.js"] = (200, {"content-type": "text/javascript"}, script)

    site.answers[APP, "/waiting"] = (200, REPORT_ONLY, f"<script src=https://{LATE}/late.js></script>")
    site.answers[LATE, "/late.js"] = (HANGS, {}, "")
    request = _request(site, "/hanging", "/waiting", host_timeout=4, settle_most=1.5)
    request = replace(request, resolve=site.resolver(LATE))
    found = gather(request, clock=SystemClock(), emit=returns)
    assert found.stubbed == (THIRD,)
    visit, waiting = found.visits
    assert waiting.incomplete == ()
    assert f"{T}/by-late.png" in {record.blocked for record in waiting.records}
    assert visit.incomplete == (f"{THIRD} does not answer: what its script would load was not seen",)
    blocked = {record.blocked for record in visit.records}
    assert {f"{T}/slow.js", f"{T}/after.png"} <= blocked


def test_steps_are_taken_and_pages_found_are_visited(site: Site) -> None:
    page = f"{A}/form"
    steps = {page: (Fill("#name", "typed"), Click("#go"))}
    found = _tour(site, "/form", crawl=True, steps=steps, max_pages=5)
    assert [visit.url for visit in found.visits] == [page, f"{A}/linked"]
    assert f"{T}/typed" in {record.blocked for record in found.visits[0].records}
    assert found.visits[1].title == "Linked"
    assert found.complete


def test_a_step_that_fails_is_told_without_what_was_typed(visits: dict[str, Visit]) -> None:
    visit = visits["/stuck"]
    assert len(visit.incomplete) == 1
    assert visit.incomplete[0].startswith("the step fill #nowhere failed")
    assert "secret" not in visit.incomplete[0]


def test_headers_of_one_s_own_go_to_the_app_alone(site: Site) -> None:
    site.asked.clear()
    visit = _visit(site, "/header", headers=(("x-secret", "s3cret"),))
    assert visit.incomplete == ()
    assert {host for host, _, headers in site.asked if headers.get("x-secret") == "s3cret"} == {APP}
    assert {(THIRD, "/x.png"), (THIRD, "/led.png"), (THIRD, "/fetched"), (APP, "/posted")} <= {
        (host, path) for host, path, _ in site.asked
    }


def test_the_enforced_policy_can_be_taken_off(site: Site, visits: dict[str, Visit]) -> None:
    before, after = visits["/both"], _visit(site, "/both", strip_enforced=True)
    assert {record.disposition for record in before.records} == {"enforce", "report"}
    assert {record.disposition for record in after.records} == {"report"}
    assert (before.enforced, after.enforced) == (("img-src 'self'",), ())


@pytest.fixture(scope="module")
def enforced(site: Site) -> tuple[Visit, ...]:
    """Pages under a candidate that is enforced, in one tour."""
    candidate = Candidate(Csp.parse("default-src 'self'; img-src 'none'"), enforced=True)
    return _tour(site, "/both", "/routed", mode="candidate", candidate=candidate).visits


def test_an_enforced_candidate_blocks_and_the_site_s_own_policies_are_gone(
    enforced: tuple[Visit, ...],
) -> None:
    visit = enforced[0]
    assert {record.disposition for record in visit.records} == {"enforce"}
    assert visit.enforced == ("default-src 'self'; img-src 'none'",)
    assert visit.report_only == ()


def test_a_single_page_app_that_renames_itself_is_the_page_that_was_asked_for(
    enforced: tuple[Visit, ...],
) -> None:
    visit = enforced[1]
    assert visit.incomplete == ()
    assert visit.final_url == f"{A}/routed"
    assert f"{T}/x.png" in {record.blocked for record in visit.records}


def test_a_step_that_leads_elsewhere_keeps_each_violation_with_its_page(visits: dict[str, Visit]) -> None:
    visit = visits["/led-away"]
    told = {
        (record.document, record.directive)
        for record in visit.records
        if record.channel in ("audits", "log", "dom")
    }
    assert (f"{A}/led-away", "img-src") in told
    assert (f"{A}/popups", "script-src-elem") in told
    assert (f"{A}/popups", "img-src") not in told
    assert visit.final_url == f"{A}/led-away"


def test_a_self_signed_site_is_not_trusted(site: Site) -> None:
    """Only the authority that is named is."""
    visit = _visit(site, "/linked", ca_file=None)
    assert "ERR_CERT_AUTHORITY_INVALID" in visit.incomplete[0]


def test_a_crash_is_told_and_the_tour_goes_on(site: Site) -> None:
    """The pages after it, too, are seen."""
    steps = {f"{A}/linked": (Goto("chrome://crash"),)}
    first, second = _tour(site, "/linked", "/both", steps=steps).visits
    assert first.incomplete
    assert "crash" in " ".join(first.incomplete)
    assert second.incomplete == ()
    assert second.records


def test_a_visitor_who_is_logged_in_stays_so_and_leaves_no_pictures(site: Site, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    entry = {"origin": A, "localStorage": [{"name": "who", "value": "ada"}]}
    state.write_text(json.dumps({"cookies": [], "origins": [entry]}))
    site.asked.clear()
    found = _tour(site, "/storage", storage_state=state, crawl=True)
    paths = {path for host, path, _ in site.asked if host == APP}
    assert "/known-ada" in paths
    assert "/logout" not in paths
    assert found.private
    assert all(visit.screenshot is None for visit in found.visits)


def test_a_page_is_loaded_twice_and_has_its_picture_taken_once(site: Site) -> None:
    visit = _visit(site, "/both", loads=2)
    assert {record.load for record in visit.records} == {1, 2}
    assert visit.screenshot is not None
    assert visit.screenshot.startswith(b"\x89PNG")


_TOUR = """
import sys
from pathlib import Path
from edgerollout.clock import SystemClock
from edgerollout.tour.gather import gather
from edgerollout.tour.model import TourRequest
port, ca_file, browser, url = sys.argv[1:]
gather(
    TourRequest((url,), resolve={"app.example": ("127.0.0.1", int(port))}, ca_file=Path(ca_file),
                only_resolved=True, browser=browser, crawl=False, sitemap=False),
    clock=SystemClock(),
    emit=lambda event: print(type(event).__name__, flush=True),
)
"""


@pytest.mark.parametrize("candidate", [None, Candidate(Csp((("img-src", ("*",)),)), enforced=False)])
def test_a_page_reaches_nothing_else_on_this_machine(site: Site, candidate: Candidate | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as near:
        near.setblocking(False)  # noqa: FBT003  # the socket's own word
        port = near.getsockname()[1]
        hosts = ("127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]")
        page = "".join(f'<img src="http://{host}:{port}/latest/meta-data">' for host in hosts)
        page += f"<script>new WebSocket('ws://127.0.0.1:{port}')</script>"
        site.answers[APP, "/near"] = (200, {}, page)

        # Without `only_resolved`: as a site on the Internet is toured.
        visit = _visit(site, "/near", candidate=candidate, only_resolved=False)

        with pytest.raises(BlockingIOError):
            near.accept()
    asked = {request.chain[0] for request in visit.requests if "meta-data" in request.chain[0]}
    assert len(asked) == len(hosts)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for what is left behind in /proc")
def test_ctrl_c_leaves_no_browser_behind(site: Site) -> None:
    arguments = [str(site.port), str(site.ca_file), str(chromium()), f"{A}/hang"]
    site.answers[APP, "/hang"] = (HANGS, {}, "")
    tour = subprocess.Popen(
        [sys.executable, "-c", _TOUR, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert tour.stdout is not None
    while "PageStarted" not in (line := tour.stdout.readline()):
        assert line, tour.stderr.read() if tour.stderr else ""
    assert _browsers_of(site)
    # As a terminal does: to everything in the foreground.
    os.killpg(tour.pid, signal.SIGINT)
    _, errors = tour.communicate(timeout=300)
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert _browsers_of(site) == []


def _browsers_of(site: Site) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (process / "cmdline").read_bytes().decode("utf-8", "replace")
            if f"127.0.0.1:{site.port}" in line and "--headless" in line:
                found.append(process.name)
    return found
