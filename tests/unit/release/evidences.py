"""Evidence for tests: one accepted tour of the `testing` environment, and random consistent ones."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from edgerollout.release.checks.judgement import ExpectedEvidence
from edgerollout.release.facts.evidence import Evidence, ToldViolation, TouredPage, digest_seen

from .builders import ACCOUNT, P2, at

HOME, SHOP = "https://testing.example.com/", "https://testing.example.com/shop?q=1"

GOOD = Evidence(
    tool="1.4.0",
    mode="deployed",
    environment="testing",
    account=ACCOUNT,
    distributions=("E1", "E2"),
    endpoint="aws",
    release=42,
    digest=P2.digest,
    asked=(HOME, SHOP),
    pages=(TouredPage(HOME, digest_seen(P2)), TouredPage(SHOP, digest_seen(P2))),
    rows=(),
    omitted=0,
    partial=(),
    browser_name="Chromium",
    browser_version="140.0.1",
    started=at(600),
    ended=at(610),
    self_test_passed=True,
    kinds=("inline-script",),
)

EXPECTED = ExpectedEvidence(
    environment="testing",
    account=ACCOUNT,
    distributions=frozenset({"E1", "E2"}),
    endpoint="aws",
    release=42,
    digest=P2.digest,
    seen=digest_seen(P2),
    live_since=at(500),
    pages=(HOME,),
    max_age=timedelta(days=1),
    now=at(700),
)


def sealed(document: dict[str, Any]) -> bytes:
    """The document as a file with a checksum that fits, spelled here once more on purpose."""
    content = {name: value for name, value in document.items() if name != "checksum"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return json.dumps({**content, "checksum": hashlib.sha256(text.encode()).hexdigest()}).encode()


_TEXTS = st.text(max_size=12)
_HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
_URLS = st.from_regex(r"https://[a-z]{1,6}\.example/[a-z]{0,4}", fullmatch=True)
_MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def _evidences(draw: st.DrawFn) -> Evidence:
    urls = draw(st.lists(_URLS, unique=True, max_size=4))
    rows = tuple(
        ToldViolation(
            draw(st.sampled_from(["script-src-elem", "img-src"])),
            draw(_TEXTS),
            draw(st.sampled_from(urls)),
            draw(st.sampled_from(["report", "enforce"])),
            draw(st.integers(1, 5)),
        )
        for _ in range(draw(st.integers(0, 3)) if urls else 0)
    )
    told = Counter[str]()
    for row in rows:
        told[row.page] += row.count
    more = {url: draw(st.integers(0, 3)) for url in urls}
    pages = []
    for url in urls:
        digest = draw(st.none() | _HEX)
        reason = draw(_TEXTS if digest is None else st.none() | _TEXTS)
        pages.append(TouredPage(url, digest, told[url] + more[url], reason))
    started = draw(_MOMENTS)
    passed = draw(st.booleans())
    deployed = draw(st.booleans())
    return Evidence(
        tool=draw(_TEXTS),
        mode="deployed" if deployed else draw(st.sampled_from(["candidate", "preview"])),
        environment=draw(_TEXTS),
        account=draw(_TEXTS),
        distributions=tuple(draw(st.lists(_TEXTS, unique=True, min_size=1 if deployed else 0, max_size=3))),
        endpoint=draw(st.sampled_from(["aws", "sandbox", "http://127.0.0.1:5000"])),
        release=draw(st.integers(1, 999) if deployed else st.none() | st.integers(1, 999)),
        digest=draw(_HEX),
        asked=tuple(draw(st.lists(st.sampled_from(urls) | _URLS if urls else _URLS, max_size=3))),
        pages=tuple(pages),
        rows=rows,
        omitted=sum(more.values()),
        partial=tuple(draw(st.lists(_TEXTS, max_size=2))),
        browser_name=draw(_TEXTS),
        browser_version=draw(_TEXTS),
        started=started,
        ended=started + draw(st.timedeltas(timedelta(0), timedelta(days=2))),
        self_test_passed=passed,
        kinds=tuple(draw(st.lists(_TEXTS, min_size=1 if passed else 0, max_size=3))),
    )


EVIDENCES = _evidences()
