"""The tour leaves a page when the page is done: what still arrives or is due is awaited, or told."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.tour.gather import gather
from edgerollout.tour.steps import Click
from tests.browser.kinds.pages import APP, POLICY, THIRD
from tests.browser.kinds.site import running_site
from tests.samples import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.tour.model import Visit
    from tests.browser.kinds.site import Site

TIMES = 30
A = f"https://{APP}"
PICTURE = f"https://{THIRD}/after.png"
SHOW = f"(() => {{ new Image().src = '{PICTURE}' }})"

JSON = "then(r => r.json())"
BUSY = "const end = Date.now() + 1500; while (Date.now() < end);"
FEED = f"""
let parts = 0, asked = false;
const feed = (list, scrolls, last) => {{
  const more = async () => {{
    if (asked || parts === last) return;
    asked = true;
    await (await fetch('/state.json?' + parts++)).json();
    const part = document.createElement('p');
    part.style.height = '1500px';
    list.append(part);
    if (parts === last) ({SHOW})();
    asked = false;
  }};
  scrolls.onscroll = () => list.scrollHeight - list.scrollTop - list.clientHeight < 50 && more();
  more();
}};"""

AWAITED = {
    "a-body-of-three-seconds": f"fetch('/slow').then(r => r.text()).then({SHOW})",
    "a-body-that-pauses": f"fetch('/pausing').then(r => r.text()).then({SHOW})",
    "an-xhr-of-three-seconds": (
        f"const x = new XMLHttpRequest(); x.onload = {SHOW}; x.open('GET', '/slow'); x.send()"
    ),
    "a-timer-of-three-seconds": f"setTimeout({SHOW}, 3000)",
    "a-timer-of-text": f"setTimeout({SHOW}, 2000); setTimeout('1', 10)",
    "a-chain-of-timers": (
        f"let n = 0; const step = () => n++ > 15 ? ({SHOW})() : setTimeout(step, 100); step()"
    ),
    "a-look-whether-it-is-there": (
        "setTimeout(() => { window.there = true }, 1500);"
        f"const i = setInterval(() => {{ if (window.there) {{ clearInterval(i); ({SHOW})() }} }}, 50)"
    ),
    "an-idle-moment": f"requestIdleCallback(() => setTimeout(() => requestIdleCallback({SHOW}), 900))",
    "code-that-runs-long": f"setTimeout(() => {{ {BUSY} ({SHOW})() }}, 50)",
    "a-worker-that-waits-for-a-body": (
        f"const w = new Worker('/waits.js'); w.onmessage = {SHOW}; w.postMessage(1)"
    ),
    "a-worker-of-a-blob": (
        "const code = 'setTimeout(() => postMessage(1), 1500)';"
        f"const w = new Worker(URL.createObjectURL(new Blob([code]))); w.onmessage = {SHOW}"
    ),
    "a-worker-that-begins-at-once": f"const w = new Worker('/begins.js'); w.onmessage = {SHOW}",
    "a-worker-whose-script-is-late": f"const w = new Worker('/late.js'); w.onmessage = {SHOW}",
    "a-worker-that-computes": f"const w = new Worker('/computes.js'); w.onmessage = {SHOW}; w.postMessage(1)",
    "a-feed-of-three-parts": f"{FEED} feed(document.documentElement, window, 3)",
    "a-feed-in-a-box": (
        "document.documentElement.style.cssText = 'overflow:hidden; height:100%';"
        "const box = document.createElement('main'); document.documentElement.append(box);"
        f"box.style.cssText = 'height:90vh; overflow:auto; scroll-behavior:smooth'; {FEED} feed(box, box, 2)"
    ),
}
"""Pages that show the picture in the end, each after something else."""

SELDOM = {
    "a-worker-of-data": (
        "const w = new Worker('data:text/javascript,setTimeout(()=>postMessage(1),1500)');"
        f"w.onmessage = {SHOW}"
    ),
    "a-worker-with-an-xhr": f"const w = new Worker('/asks.js'); w.onmessage = {SHOW}",
}
AWAITED |= SELDOM if THOROUGH else {}

LEFT = {
    "an-event-source": "new EventSource('/forever')",
    "a-web-socket": f"new WebSocket('wss://{APP}/socket')",
    "a-clock": "setInterval(() => { document.title = new Date() }, 1000)",
    "a-quick-clock": "setInterval(() => { document.title = new Date() }, 50)",
    "polling": f"const ask = () => fetch('/state.json').{JSON}.then(() => setTimeout(ask, 300)); ask()",
    "a-body-that-nobody-reads": "fetch('/short')",
    "a-body-that-nobody-may-read": f"fetch('https://{THIRD}/state.json', {{mode: 'no-cors'}})",
    "a-feed-without-end": f"{FEED} feed(document.documentElement, window, Infinity)",
}
"""Pages that go on for ever without anything new: they are complete, and the tour leaves them."""

FILES = {
    "/waits.js": (
        "const later = () => setTimeout(() => postMessage(1), 600);"
        "onmessage = () => fetch('/slow').then(r => r.text()).then(later)"
    ),
    "/begins.js": "setTimeout(() => fetch('/slow').then(r => r.text()).then(() => postMessage(1)), 1500)",
    "/late.js": "postMessage(1)",
    "/asks.js": (
        "const x = new XMLHttpRequest(); x.onload = () => postMessage(1); x.open('GET', '/slow'); x.send()"
    ),
    "/computes.js": f"onmessage = () => {{ {BUSY} postMessage(1) }}",
}
ENDLESS = {
    "a-stream-without-end": "fetch('/forever').then(r => r.text())",
    "more-and-more": (
        f"let n = 0; const more = () => fetch(`/state.json?${{n++}}`).{JSON}"
        ".then(() => setTimeout(more, 200)); more()"
    ),
    "a-timer-of-a-minute": "setTimeout(() => {}, 60000)",
    "slow-by-itself": f"for (const end = Date.now() + 800; Date.now() < end;); setTimeout({SHOW}, 2000)",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("authority")) as running:
        running.policy_header = "content-security-policy-report-only"
        for name, script in (AWAITED | LEFT | ENDLESS).items():
            policy = {"content-security-policy-report-only": POLICY}
            running.answers[APP, f"/{name}"] = (
                200,
                policy,
                f"<!doctype html><script src=/{name}.js></script>",
            )
            running.answers[APP, f"/{name}.js"] = (200, {"content-type": "text/javascript"}, script)
        for path, script in FILES.items():
            running.answers[APP, path] = (200, {"content-type": "text/javascript"}, script)
        running.delays[APP, "/late.js"] = 4.5
        running.streams[APP, "/slow"] = (1.0,) * 3
        running.streams[APP, "/pausing"] = (0.1, 2.5)
        running.streams[APP, "/short"] = (0.1,)
        running.streams[APP, "/forever"] = (0.5,) * 200
        yield running


def _tour(site: Site, names: tuple[str, ...], **changes: object) -> dict[str, Visit]:
    request = site.request(
        tuple(f"{A}/{name}" for name in names),
        loads=1,
        max_pages=1000,
    )
    request = replace(request, **changes)  # type: ignore[arg-type]
    return {visit.url.removeprefix(f"{A}/"): visit for visit in gather(request, clock=SystemClock()).visits}


def test_what_comes_after_a_body_a_timer_or_a_worker_is_seen(site: Site) -> None:
    visits = _tour(site, tuple(AWAITED))
    missed = [
        name for name, visit in visits.items() if PICTURE not in {record.blocked for record in visit.records}
    ]
    assert missed == []
    assert {name: visit.incomplete for name, visit in visits.items() if visit.incomplete} == {}


@pytest.mark.skipif(not THOROUGH, reason="it takes many minutes: make thorough")
def test_nothing_is_missed_without_a_word_on_a_machine_with_much_other_work(site: Site) -> None:
    pages = tuple(f"{name}?{number}" for number in range(TIMES) for name in AWAITED if _is_of_interest(name))
    with _busy_loops(2):
        visits = _tour(site, pages)
    missed = [
        name
        for name, visit in visits.items()
        if PICTURE not in {record.blocked for record in visit.records} and not visit.incomplete
    ]
    assert missed == []


def _is_of_interest(name: str) -> bool:
    return "worker" in name or "body" in name or "xhr" in name


@contextlib.contextmanager
def _busy_loops(count: int) -> Iterator[None]:
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def test_what_never_ends_is_left_and_the_page_is_complete(site: Site) -> None:
    # With such a limit, a page that was held until then takes more than any slow machine adds.
    visits = _tour(site, tuple(LEFT), settle_most=300.0, page_timeout=600.0)
    assert {name: visit.incomplete for name, visit in visits.items() if visit.incomplete} == {}
    assert {name: visit.took for name, visit in visits.items() if visit.took > 200} == {}
    assert "repeats every 1 s" in " ".join(visits["a-clock"].not_tried)
    assert "there was more to scroll to" in " ".join(visits["a-feed-without-end"].not_tried)


def test_a_page_that_is_not_done_in_time_is_incomplete_and_says_why(site: Site) -> None:
    visits = _tour(site, tuple(ENDLESS), settle_most=1.5)
    (stream,) = visits["a-stream-without-end"].incomplete
    assert stream.startswith(f"{A}/forever was still arriving after ")
    assert "endless" in stream
    (more,) = visits["more-and-more"].incomplete
    assert more.startswith("it was still requesting more after ")
    assert f"last {A}/state.json?" in more
    # A page that needs long with nobody who watches it gets more time.
    assert visits["slow-by-itself"].incomplete == ()
    assert PICTURE in {record.blocked for record in visits["slow-by-itself"].records}
    timer = visits["a-timer-of-a-minute"]
    assert timer.incomplete == ()
    assert timer.not_tried == (f"a timer after 60 s, set in {A}/a-timer-of-a-minute.js:1",)


def test_what_was_there_to_be_used_and_was_not_is_named(site: Site) -> None:
    page = (
        "<!doctype html><button id=go>Go</button><button>Menu <b>now</b></button><a>More</a>"
        f"<input type=hidden><a href=/linked>x</a><a id=anchor></a><img src=/pixel.png srcset='{PICTURE} 2x'>"
        "<style>#anchor:hover { background: url(https://hovered.example/x.png) }</style>"
    )
    site.answers[APP, "/usable"] = (200, {}, page)
    usable = _tour(site, ("usable",), steps={f"{A}/usable": (Click("#go"),)})["usable"]
    assert usable.incomplete == ()
    assert usable.not_tried == (
        '2 of 3 interactive elements were not tried: button "Menu now", a "More"',
        f"other screens, or states of the page, load from https://{THIRD}",
        "other screens, or states of the page, load from https://hovered.example",
    )


def test_a_stream_that_is_known_to_be_endless_is_not_awaited(site: Site) -> None:
    # A page that the tour waits for in vain says so.
    visits = _tour(site, ("a-stream-without-end", "more-and-more"), endless=("/forever", f"{A}/state.*"))
    assert [visit.incomplete for visit in visits.values()] == [(), ()]
