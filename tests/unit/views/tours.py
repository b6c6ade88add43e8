"""Tours for the tests of views: records as browsers give them, judged as the command does it."""

from __future__ import annotations

import functools
import random
import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from edgerollout.policy.csp import Csp
from edgerollout.policy.grade.grades import grade_change
from edgerollout.policy.render import REPORT_ONLY
from edgerollout.tour.gains import Gain
from edgerollout.tour.judgement import judge
from edgerollout.tour.model import Breakage, Browser, Gathered, PageRequest, Record, SelfTest, Visit
from edgerollout.tour.next_step import Circumstances, next_step
from edgerollout.views.tour_rows import TourHeading

if TYPE_CHECKING:
    from edgerollout.policy.grade.grades import GradeChange
    from edgerollout.tour.judgement import TourVerdict

SITE = "https://staging.example.com"
STARTED = datetime(2026, 11, 22, 14, 3, 20, tzinfo=UTC)
POLICY = Csp.of(
    {
        "default-src": ["'self'"],
        "script-src": ["'self'", "https://cdn.example.com"],
        "style-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "require-trusted-types-for": ["'script'"],
    }
)
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'`"
HOSTILE_URL = "javascript:alert(document.domain)//"


@cache
@functools.cache
def png(width: int, height: int, *, noise: bool = False) -> bytes:
    """A picture of stripes, or one that no compression makes smaller."""
    if noise:
        some = random.Random(1)
        return _png(width, height, b"".join(b"\0" + some.randbytes(3 * width) for _ in range(height)))
    dark, light = bytes((225, 225, 250)), bytes((245, 245, 250))
    odd, even = (b"".join(item[x // 40 % 2] for x in range(width)) for item in ((light, dark), (dark, light)))
    return _png(width, height, b"".join(b"\0" + (odd if y // 40 % 2 == 0 else even) for y in range(height)))


def _png(width: int, height: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def record(directive: str, blocked: str, page: str = f"{SITE}/", **more: object) -> Record:
    """A violation as the browser's issues tell it; of a page, unless `document` says otherwise."""
    given = {"channel": "audits", "document": page, "disposition": "report", **more}
    return replace(Record("audits", page, page, directive, blocked, "report"), **given)  # type: ignore[arg-type]


def visit(path: str, *records: Record, **more: object) -> Visit:
    url = path if "://" in path else f"{SITE}{path}"
    seen = Visit(url, url, 200, report_only=(POLICY.header_value(),), records=records, took=2.4)
    return replace(seen, **more)  # type: ignore[arg-type]


def gathered(*visits: Visit, **more: object) -> Gathered:
    tour = Gathered(
        mode="deployed",
        started=STARTED,
        ended=STARTED + timedelta(seconds=41),
        browser=Browser("Chromium", "150.0.7871.46"),
        self_test=SelfTest(("inline-script", "third-party-image")),
        asked=tuple(item.url for item in visits),
        visits=visits,
    )
    return replace(tour, **more)  # type: ignore[arg-type]


def judged(tour: Gathered, policy: Csp = POLICY) -> TourVerdict:
    return judge(tour, policy)


def heading_of(tour: Gathered, *, written: bool = False) -> TourHeading:
    """As of a tour of the live release of testing that left its evidence."""
    verdict = judged(tour)
    found = tuple(
        Gain(None, addition.directive, addition.sources, addition.copied, addition.copied_from)
        for addition in verdict.additions
    )
    now = Circumstances("deployed", "testing", written=written, proven=True)
    return TourHeading(now, 42, found, next_step(verdict, now))


def grades(verdict: TourVerdict) -> GradeChange:
    """Of a site that sends the policy in report-only, beside other headers."""
    others = (
        ("content-type", "text/html"),
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "strict-origin-when-cross-origin"),
    )
    return grade_change(
        [*others, (REPORT_ONLY, verdict.before.header_value())],
        [*others, (REPORT_ONLY, verdict.after.header_value())],
    )


def clean() -> Gathered:
    return gathered(visit("/", title="Start"), visit("/about", title="About us"))


def many_causes(count: int = 136) -> Gathered:
    """A site with so many causes, of several kinds, on fifteen pages."""
    kinds = ("img-src", "connect-src", "font-src", "frame-src", "script-src-attr", "script-src")
    found: dict[str, list[Record]] = {f"/p{at}": [] for at in range(15)}
    for at in range(count):
        path, kind = f"/p{at % 15}", kinds[at % len(kinds)]
        more: dict[str, object] = {"source": f"{SITE}{path}", "line": at + 1}
        blocked = f"https://host-{at}.example.net/{at}.bin"
        if kind == "script-src-attr":
            blocked, more["attribute"] = "inline", ("onclick", f"open{at}(this)")
        elif kind == "script-src":
            # Trusted Types tell sinks apart, so each is a cause of its own.
            kind, blocked = "require-trusted-types-for", "trusted-types-sink"
            more["sample"] = f"Element sink{at}|<b>"
        found[path].append(record(kind, blocked, f"{SITE}{path}", **more))
    return gathered(*(visit(path, *records) for path, records in found.items()))


def broken_by_headers() -> Gathered:
    """No violation, and still nothing one would want to enforce."""
    value = "blocked-destinations=(script)"
    what = "script https://www.example.com/app.js failed: integrity"
    return gathered(
        visit(
            "/",
            title="Start",
            headers=(("integrity-policy", value), ("x-frame-options", "DENY")),
            breakages=(Breakage("integrity-policy", value, what, f"{SITE}/"),),
            not_tried=("a timer after 60 s, set in https://www.example.com/app.js:3",),
        ),
        visit(
            "/about",
            breakages=(Breakage("integrity-policy", value, what, f"{SITE}/about"),),
            differences=(
                'with its headers, and by none of them alone: no longer: the text "Hello" is shown',
            ),
        ),
    )


def dirty() -> Gathered:
    """A site with a bit of everything."""
    shop, form = f"{SITE}/shop/products/", f"{SITE}/contact"
    hash_of = "sha256-7mP0bvL5uKZy1kmaM0uoYcGJ0yMVVEgb1kR2Z2e0Y4o="
    shot = png(1280, 2400)
    return gathered(
        visit(
            "/",
            record(
                "img-src",
                "https://images.example.net/hero/autumn-2026.jpg",
                source=f"{SITE}/",
                line=42,
                column=7,
                element='<img class="hero" src="https://images.example.net/hero/autumn-2026.jpg" alt="">',
            ),
            record(
                "script-src-elem",
                "inline",
                source=f"{SITE}/",
                line=18,
                column=3,
                hash=hash_of,
                sample="window.dataLayer = window.dataLayer || [",
                element="<script>\n  window.dataLayer = window.dataLayer || [];\n"
                "  function gtag() { dataLayer.push(arguments); }\n</script>",
            ),
            record(
                "script-src-attr",
                "inline",
                source=f"{SITE}/",
                line=77,
                attribute=("onclick", "openMenu(this)"),
                element='<button class="menu" onclick="openMenu(this)">Menu</button>',
            ),
            record(
                "script-src",
                "eval",
                source="https://cdn.example.com/lib/template.min.js",
                line=1,
                column=40213,
            ),
            record("font-src", "https://fonts.example.org/s/inter.woff2", source=f"{SITE}/site.css", line=3),
            title="Autumn at the Example Company",
            screenshot=shot,
        ),
        visit(
            "/shop/products/",
            record(
                "img-src",
                "https://images.example.net/p/1.jpg",
                shop,
                element='<img src="https://images.example.net/p/1.jpg">',
            ),
            record("img-src", "https://images.example.net/p/2.jpg", shop),
            record(
                "connect-src",
                "https://api.example.net/v2/stock",
                shop,
                source=f"{SITE}/app.js",
                line=310,
                column=12,
            ),
            record(
                "connect-src",
                f"{SITE}/go/prices",
                shop,
                source=f"{SITE}/app.js",
                line=355,
                redirect_target="https://prices.example.io/today.json",
                channel="redirect",
            ),
            record("frame-src", "https://player.example.tv/embed/4711", shop),
            title="Products",
            screenshot=png(1280, 900),
            requests=(
                PageRequest(
                    (f"{SITE}/go/prices", "https://prices.example.io/today.json"),
                    "fetch",
                    "script",
                    shop,
                    200,
                ),
            ),
        ),
        visit(
            "/contact",
            record("img-src", "data", form),
            record(
                "style-src-attr",
                "inline",
                form,
                attribute=("style", "color:red"),
                element='<p style="color:red">',
            ),
            record(
                "require-trusted-types-for", "trusted-types-sink", form, sample="Element innerHTML|<b>Hi</b>"
            ),
            record(
                "form-action",
                "https://crm.example.com/lead",
                form,
                disposition="enforce",
                original_policy="form-action 'self'",
            ),
            title="Contact",
            incomplete=("chat.example.net did not answer and was stood in for",),
        ),
        visit("/old", final_url=f"{SITE}/shop/products/", status=200),
        stubbed=("chat.example.net",),
        partial=("chat.example.net did not answer: what it would have loaded was not seen",),
    )


def hostile() -> Gathered:
    """Pages and violations that try to become part of the report."""
    page = f"{SITE}/{HOSTILE}"
    return gathered(
        visit(
            page,
            record(
                "img-src",
                f"https://evil.example/{HOSTILE}",
                page,
                element=HOSTILE,
                source=HOSTILE_URL,
                line=1,
            ),
            record(
                "script-src-elem", "inline", page, sample=HOSTILE, element=HOSTILE, hash=f"sha256-{HOSTILE}"
            ),
            record("script-src-attr", "inline", page, attribute=(HOSTILE, HOSTILE), source=HOSTILE),
            record(HOSTILE, HOSTILE, page),
            record("frame-src", "https://a\u202egnp.exe\u0000.example/", page),
            title=HOSTILE,
            incomplete=(HOSTILE,),
            not_tried=(HOSTILE,),
            differences=(HOSTILE,),
            headers=(("x-frame-options", HOSTILE),),
            breakages=(Breakage(HOSTILE, HOSTILE, HOSTILE, page),),
            final_url=HOSTILE_URL,
            screenshot=b"<svg onload=alert(1)>",
        ),
        visit(HOSTILE_URL, record("img-src", "https://evil.example/", HOSTILE_URL, document=page)),
        asked=(page, HOSTILE_URL),
        stubbed=(HOSTILE,),
        partial=(HOSTILE,),
        browser=Browser(HOSTILE, HOSTILE),
        self_test=SelfTest((HOSTILE,)),
    )
