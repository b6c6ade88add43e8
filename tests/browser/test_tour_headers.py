"""Headers other than the CSP: what they break on a page is seen, by the page without them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.policy.csp import Csp
from edgerollout.policy.headers import Header
from edgerollout.tour.gather import gather
from edgerollout.tour.model import Candidate
from tests.browser.kinds.pages import APP, THIRD
from tests.browser.kinds.site import WANTS_REFERRER, running_site
from tests.samples import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.tour.model import Visit
    from tests.browser.kinds.site import Site

A = f"https://{APP}"
T = f"https://{THIRD}"
JS = {"content-type": "text/javascript"}
TEXT = {"content-type": "text/plain"}
SAYS = "(words => document.body.append(words))"

Files = dict[str, tuple[int, dict[str, str], str]]


@dataclass(frozen=True)
class Breaking:
    """A page that its header breaks, and a word of what is told of it."""

    name: str
    header: str
    value: str
    told: str
    page: str
    files: Files = field(default_factory=dict)
    page_headers: Mapping[str, str] = field(default_factory=dict)


KINDS = (
    Breaking("integrity", "integrity-policy", "blocked-destinations=(script)", "integrity.js",
             "<script src=/integrity.js></script>", {"/integrity.js": (200, JS, f"{SAYS}('it runs')")}),
    Breaking("permissions", "permissions-policy", "geolocation=()", "geolocation",
             "<script src=/geo.js></script>",
             {"/geo.js": (200, JS, "navigator.geolocation.getCurrentPosition(()=>{},()=>{})")}),
    Breaking("permissions-sync-xhr", "permissions-policy", "sync-xhr=()", "sync-xhr",
             "<script src=/sync.js></script>",
             {"/sync.js": (200, JS, "const x=new XMLHttpRequest();x.open('GET','/s.json',false);x.send()")}),
    Breaking("coep", "cross-origin-embedder-policy", "require-corp", f"{T}/nocorp.png",
             f"<img src={T}/nocorp.png>"),
    Breaking("coop", "cross-origin-opener-policy", "same-origin", "within reach",
             "<script src=/open.js></script>", {"/open.js": (200, JS, f"open('{T}/page')")}),
    Breaking("nosniff-script", "x-content-type-options", "nosniff", "untyped",
             "<script src=/untyped></script>", {"/untyped": (200, TEXT, f"{SAYS}('it runs')")}),
    Breaking("nosniff-style", "x-content-type-options", "nosniff", "sheet",
             "<link rel=stylesheet href=/sheet>x", {"/sheet": (200, TEXT, "body{color:red}")}),
    Breaking("referrer", "referrer-policy", "no-referrer", "403", f"<img src={T}/hotlink.png>"),
    Breaking("frame-options", "x-frame-options", "DENY", "framed",
             "<iframe src=/framed></iframe>",
             {"/framed": (200, {"x-frame-options": "DENY"}, "<!doctype html>in the frame")}),
    Breaking("nosniff-worker", "x-content-type-options", "nosniff", "untyped-worker",
             "<script src=/starts.js></script>",
             {"/starts.js": (200, JS, f"new Worker('/untyped-worker').onmessage=()=>{SAYS}('it answers')"),
              "/untyped-worker": (200, TEXT, "postMessage(1)")}),
    Breaking("nosniff-frame", "x-content-type-options", "nosniff", "untyped-frame",
             "<iframe src=/untyped-frame></iframe>",
             {"/untyped-frame": (200, {"content-type": ""}, "<!doctype html><p>in the frame")}),
    Breaking("coep-frame", "cross-origin-embedder-policy", "require-corp", "/plain-frame",
             "<iframe src=/plain-frame></iframe>", {"/plain-frame": (200, {}, "<!doctype html>in it")}),
    Breaking("permissions-camera", "permissions-policy", "camera=()", "camera is not allowed",
             "<script src=/camera.js></script>",
             {"/camera.js": (200, JS, "navigator.mediaDevices.getUserMedia({video:true}).catch(()=>{})")}),
    Breaking("coep-credentialless", "cross-origin-embedder-policy", "credentialless", f"{T}/page",
             f"<iframe src={T}/page></iframe>"),
    Breaking("isolation", "document-isolation-policy", "isolate-and-require-corp", f"{T}/state.json",
             "<script src=/looks.js></script>",
             {"/looks.js": (200, JS, f"fetch('{T}/state.json',{{mode:'no-cors'}}).then(()=>{SAYS}('ok'))")}),
    Breaking("allowlist", "connection-allowlist", '(response-origin)', f"{T}/state.json",
             "<script src=/fetches.js></script>",
             {"/fetches.js": (200, JS, f"fetch('{T}/state.json').then(r=>r.text()).then({SAYS})")}),
)  # fmt: skip

SELDOM = frozenset({"document-isolation-policy"})
"""Headers that are tried in `make thorough` alone."""

HARMLESS = (
    Breaking("h-all", "referrer-policy", "strict-origin", "",
             "<p>text</p><img src=/pixel.png><script src=/ok.js></script>",
             {"/ok.js": (200, JS, f"{SAYS}('ok '+Math.random())")},
             {"x-content-type-options": "nosniff", "permissions-policy": "geolocation=(), camera=()",
              "cross-origin-opener-policy": "same-origin", "x-frame-options": "DENY",
              "strict-transport-security": "max-age=31536000", "document-policy": "js-profiling"}),
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("authority")) as running:
        for kind in (*KINDS, *HARMLESS):
            headers = {kind.header: kind.value, **kind.page_headers}
            running.answers[APP, f"/{kind.name}"] = (200, headers, f"<!doctype html><body>{kind.page}")
            for path, (status, more, text) in kind.files.items():
                sent = {kind.header: kind.value} if kind.header == "x-content-type-options" else {}
                running.answers[APP, path] = (status, {**sent, **more}, text)
        running.answers[THIRD, "/page"] = (200, {}, "<p>elsewhere")
        running.answers[THIRD, "/hotlink.png"] = (WANTS_REFERRER, {}, "")
        yield running


def _tour(
    site: Site, *names: str, candidate: Candidate | None = None, origins: tuple[str, ...] = ()
) -> dict[str, Visit]:
    request = site.request(
        tuple(f"{A}/{name}" for name in names),
        origins=origins,
        settle_quiet=0.3,
        mode="deployed" if candidate is None else "candidate",
        candidate=candidate,
    )
    return {visit.url.removeprefix(f"{A}/"): visit for visit in gather(request, clock=SystemClock()).visits}


def test_what_a_header_breaks_is_told_with_the_header_that_breaks_it(site: Site) -> None:
    """Each header once; every kind of page that it breaks in `make thorough`."""
    one_a_header = {kind.header: kind for kind in reversed(KINDS) if kind.header not in SELDOM}
    tried = KINDS if THOROUGH else tuple(one_a_header.values())
    visits = _tour(site, *(kind.name for kind in tried))
    missed = [
        kind.name
        for kind in tried
        if not any(
            kind.header == breakage.header and kind.told in breakage.problem
            for breakage in visits[kind.name].breakages
        )
    ]
    assert missed == []
    others = {
        (kind.name, breakage.header)
        for kind in tried
        for breakage in visits[kind.name].breakages
        if breakage.header != kind.header
    }
    assert others == set()
    assert {name: visit.incomplete for name, visit in visits.items() if visit.incomplete} == {}


def test_headers_that_break_nothing_are_said_to_break_nothing(site: Site) -> None:
    visit = _tour(site, "h-all")["h-all"]
    assert (visit.breakages, visit.differences, visit.incomplete) == ((), (), ())
    assert {"strict-transport-security", "x-frame-options"} <= {name for name, _ in visit.headers}


@pytest.mark.thorough
def test_what_a_header_does_unseen_is_named(site: Site) -> None:
    """Without the header it is the same in this browser, or was refused before anybody could take it away."""
    nosniff = {"x-content-type-options": "nosniff"}
    site.answers[APP, "/mislabelled"] = (200, nosniff, f"<!doctype html><img src={T}/mislabelled.png>")
    site.answers[THIRD, "/mislabelled.png"] = (200, {**TEXT, **nosniff}, "x")
    lonely = {"origin-agent-cluster": "?1"}
    site.answers[APP, "/lonely"] = (200, lonely, f"<!doctype html><script>document.domain='{APP}'</script>")
    visits = _tour(site, "mislabelled", "lonely", origins=(T,))
    for name, header in (("mislabelled", "x-content-type-options"), ("lonely", "origin-agent-cluster")):
        (told,) = visits[name].differences
        assert told.startswith(header)
        assert visits[name].incomplete == ()


@pytest.mark.parametrize(
    "names",
    [
        ("integrity",),
        pytest.param(("permissions", "coep", "coop", "nosniff-script"), marks=pytest.mark.thorough),
    ],
)
def test_a_candidate_s_headers_are_tried_as_well(site: Site, names: tuple[str, ...]) -> None:
    """The site sends none of them: each page is the same as one above, without its header."""
    tried = [kind for kind in KINDS if kind.name in names]
    for kind in tried:
        site.answers[APP, f"/bare-{kind.name}"] = (200, {}, f"<!doctype html><body>{kind.page}")
    site.answers[APP, "/untyped"] = (200, TEXT, f"{SAYS}('it runs')")
    headers = tuple(Header(kind.header, kind.value) for kind in tried)
    candidate = Candidate(Csp.parse("default-src *"), headers=headers)
    visits = _tour(site, *(f"bare-{kind.name}" for kind in tried), candidate=candidate)
    for kind in tried:
        told = [(breakage.header, breakage.problem) for breakage in visits[f"bare-{kind.name}"].breakages]
        assert any(kind.header == header and kind.told in what for header, what in told), (kind.name, told)
        assert {header for header, _ in told} == {kind.header}, (kind.name, told)
