"""Pages that change while one is there: banners that go for good, apps of one page, shared workers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.config.tour_settings import screen_of
from edgerollout.tour.gather import gather
from edgerollout.tour.steps import Click, Hover, IfPresent, Scroll, Select, Upload
from tests.browser.kinds.pages import APP, POLICY, THIRD
from tests.browser.kinds.site import running_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgerollout.tour.model import Gathered
    from tests.browser.kinds.site import Site

A = f"https://{APP}"
T = f"https://{THIRD}"

PAGES = {
    "/banner": (
        "<button id=ok hidden>Accept</button>",
        (
            "const ok = document.getElementById('ok'); ok.hidden = document.cookie.includes('seen');"
            f"ok.onclick = () => {{ document.cookie = 'seen=1'; new Image().src = '{T}/ok.png' }}"
        ),
    ),
    "/app": (
        "<button id=more>More</button><div class=tall></div>",
        (
            "document.getElementById('more').onclick = () => {"
            " document.body.insertAdjacentHTML('beforeend', '<a href=/after-a-click>x</a>');"
            " history.pushState(null, '', '/called-so') }"
        ),
    ),
    "/fields": (
        (
            "<a id=menu>menu</a><select id=s><option>a<option>b</select><input type=file id=f>"
            "<p style='height:9000px'></p><p id=end>end</p>"
        ),
        (
            f"const ask = (name) => {{ new Image().src = `{T}/${{name}}.png` }};"
            "document.getElementById('menu').onmouseenter = () => ask('hovered');"
            "document.getElementById('s').onchange = (event) => ask(event.target.value);"
            "document.getElementById('f').onchange = (event) => ask(event.target.files[0].name);"
            "new IntersectionObserver(([one]) => one.isIntersecting && ask('seen')).observe("
            "document.getElementById('end'))"
        ),
    ),
    "/screens": (
        "<meta name=viewport content='width=device-width'>",
        (
            f"if (matchMedia('(max-width: 600px)').matches) new Image().src = '{T}/phone.png';"
            f"if (matchMedia('(prefers-color-scheme: dark)').matches) new Image().src = '{T}/dark.png';"
            f"if (innerWidth == 700 && devicePixelRatio == 2) new Image().src = '{T}/free.png'"
        ),
    ),
    "/shared": ("", "new SharedWorker('/shared-worker.js').port.start()"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("authority")) as running:
        policy = {"content-security-policy-report-only": POLICY}
        script = {"content-type": "text/javascript"}
        for path, (body, code) in PAGES.items():
            text = f"<!doctype html><body>{body}<script src={path}.js></script>"
            running.answers[APP, path] = (200, policy, text)
            running.answers[APP, f"{path}.js"] = (200, script, code)
        for path in ("/after-a-click", "/called-so"):
            running.answers[APP, path] = (200, policy, "<!doctype html><p>there")
        worker = f"fetch('{T}/by-shared.json').catch(() => 1)"
        running.answers[APP, "/shared-worker.js"] = (200, {**script, **policy}, worker)
        yield running


def _tour(site: Site, path: str, **changes: object) -> Gathered:
    request = site.request(
        (A + path,),
        settle_quiet=0.3,
        compares=False,
    )
    return gather(replace(request, **changes), clock=SystemClock())  # type: ignore[arg-type]


def _blocked(found: Gathered) -> set[str]:
    return {record.blocked for record in found.visits[0].records}


@pytest.mark.parametrize("step", [Click("#ok"), IfPresent(Click("#ok")), IfPresent(Click("#nowhere"))])
def test_a_banner_that_goes_for_good_is_there_in_each_load(site: Site, step: Click | IfPresent) -> None:
    found = _tour(site, "/banner", steps={f"{A}/banner": (step,)})
    assert found.visits[0].incomplete == ()
    clicked = {record.load for record in found.visits[0].records if record.blocked == f"{T}/ok.png"}
    assert clicked == (set() if "nowhere" in str(step) else {1, 2})


def test_pages_that_show_up_only_after_a_step_are_found(site: Site) -> None:
    found = _tour(site, "/app", crawl=True, loads=1, steps={f"{A}/app": (Click("#more"),)})
    assert {visit.url for visit in found.visits} == {f"{A}/app", f"{A}/after-a-click", f"{A}/called-so"}
    assert found.complete


def test_elements_are_used_in_every_way(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "photo.txt"
    file.write_text("x")
    steps = (Hover("#menu"), Select("#s", "b"), Upload("#f", file), Scroll("#end"))
    found = _tour(site, "/fields", loads=1, steps={f"{A}/fields": steps})
    assert found.visits[0].incomplete == ()
    assert {f"{T}/{name}.png" for name in ("hovered", "b", "photo.txt", "seen")} <= _blocked(found)


def test_a_shared_worker_leaves_no_page_incomplete(site: Site) -> None:
    found = _tour(site, "/shared")
    assert found.complete, found.visits[0].incomplete
    assert f"{T}/by-shared.json" in _blocked(found)


def test_a_page_may_be_loaded_with_a_phone_s_screen_and_in_the_dark(site: Site) -> None:
    assert _blocked(_tour(site, "/screens", loads=1)) == set()
    screens = (screen_of("700x500@2"), screen_of("phone"))
    found = _tour(site, "/screens", devices=screens, dark=True)
    loads = {(record.blocked.rpartition("/")[2], record.load) for record in found.visits[0].records}
    assert loads == {("free.png", 1), ("phone.png", 2), ("dark.png", 1), ("dark.png", 2)}
    assert found.complete
