"""The request of a tour and what it saw: raw sightings, not yet merged, judged or grouped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from edgerollout.config.tour_settings import DESKTOP

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from edgerollout.config.tour_settings import Screen
    from edgerollout.policy.csp import Csp
    from edgerollout.policy.headers import Header
    from edgerollout.release.facts.evidence import Disposition, Mode, WatchedHeader
    from edgerollout.tour.steps import PageStep

Channel = Literal["dom", "audits", "log", "report", "redirect"]
"""The channel of a report: the page's `securitypolicyviolation` event, the browser's list of issues, its
console, a report to report-uri, or our own matcher for every hop of every request ("redirect"; it reports
only what no other channel did). No channel sees everything.
"""

SNIPPET = 300
"""The most characters of an element's markup."""


@dataclass(frozen=True)
class Record:
    """One sighting of a violation by one channel. The same violation comes once from each channel that saw
    it, and some report it twice: `merging` joins them.

    `page` is the URL that was toured, `document` that of the violating document or worker: an inner
    frame's, `about:srcdoc`, `blob:…`. `directive` is the effective one. `blocked` is the whole URL where
    the channel knows it (some tell a frame's origin only), or a word such as `inline`, as CSP3 §5.3 and
    Trusted Types §4.2 have it. `source`, `line` and `column` (both 1-based, 0 where unknown) are where
    the page asked for it. `sample` are the first 40 characters of inline code where the policy has
    'report-sample'. `hash` is a source as the browser
    prints it, `sha256-…` without quotes; it prints none for event handlers and javascript: URLs.
    `element` is the start of the element's markup; `attribute` the name and whole value of its on…
    or style attribute, or of the one with a javascript: URL, when that is what was blocked, so that it
    can be hashed (a record each where the browser does not say which of several). `original_policy` is
    the policy as the browser read it, with what the tour added to it. `redirect_target` is where a chain
    of redirects led to when that, not `blocked`, is what the policy forbids. `load` is the visit's load
    that saw it, 1 or 2.
    """

    channel: Channel
    page: str
    document: str
    directive: str
    blocked: str
    disposition: Disposition
    source: str = ""
    line: int = 0
    column: int = 0
    sample: str = ""
    hash: str = ""
    element: str = ""
    attribute: tuple[str, str] | None = None
    original_policy: str = ""
    redirect_target: str = ""
    load: int = 1
    mark: str = ""
    """The name of the violating element within the visit, which identifies its place."""


@dataclass(frozen=True)
class PageRequest:
    """One request of a page, through all its redirects.

    `chain` are the URLs in order, the first one asked for. `destination` is the browser's resource type
    in lower case (`image`, `script`, `stylesheet`, `fetch`, …), `initiator` what caused it (`parser`,
    `script`, `preload`, `other`), `document` the URL of the frame or worker that asked. `status` is the
    last answer's, None where there was none; `failure` says why, in the browser's words.
    """

    chain: tuple[str, ...]
    destination: str
    initiator: str
    document: str
    status: int | None = None
    failure: str = ""
    load: int = 1


@dataclass(frozen=True)
class UnseenFile:
    """A file that did not arrive, and might have requested more. `reason` is the page's reason for being
    incomplete.
    """

    url: str
    destination: str
    reason: str


@dataclass(frozen=True)
class Box:
    """The position of an element on its page, in points from the page's corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Breakage:
    """A problem on a page that a header other than the CSP causes: it is in every load with the header and in
    none without. `problem` describes it in words, without queries.
    """

    header: str
    value: str
    problem: str
    page: str


@dataclass(frozen=True)
class Visit:
    """One page, with all its loads.

    `url` is the requested one, `final_url` the end of its redirects, `status` the document's, None where no
    answer came. `report_only` and `enforced` are the values of the two CSP headers as the browser got them,
    one a header; an injected one as it was written, without what the tour adds to it. `incomplete` says why
    the page was not seen completely; empty where it was. `screenshot` is a PNG. `took` is in seconds.
    """

    url: str
    final_url: str
    status: int | None
    report_only: tuple[str, ...] = ()
    enforced: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()
    requests: tuple[PageRequest, ...] = ()
    service_worker: bool = False
    incomplete: tuple[str, ...] = ()
    screenshot: bytes | None = field(default=None, repr=False)
    took: float = 0.0
    title: str = ""
    omitted: int = 0
    """Records beyond the limit of one page: counted, but not kept; such a page is never clean."""
    not_tried: tuple[str, ...] = ()
    """What the page may do that this visit did not wait for or try; this does not make it incomplete."""
    unseen: tuple[UnseenFile, ...] = ()
    """Third-party files that did not arrive; the reason of each is also in `incomplete`."""
    breakages: tuple[Breakage, ...] = ()
    """What headers other than the CSP break."""
    differences: tuple[str, ...] = ()
    """Differences with and without the headers that no single header explains."""
    headers: tuple[tuple[str, str], ...] = ()
    """The headers of the page that can break something, by lower-case name."""
    boxes: Mapping[str, Box] = field(default_factory=dict)
    """The positions of the violating elements on the screenshot, by their marks."""
    opened: bool = False
    """Whether the page opened a window."""
    inline: Mapping[str, str] = field(default_factory=dict)
    """The inline code of the page's documents: its hash, without quotes, and the start of its text."""


@dataclass(frozen=True)
class SelfTest:
    """Whether the detector saw the test violations of this run.

    `kinds` are the kinds that it saw (`inline-script`, `third-party-image`, …), `missed` those that it did
    not.
    """

    kinds: tuple[str, ...]
    missed: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return bool(self.kinds) and not self.missed


@dataclass(frozen=True)
class Browser:
    """The browser of the tour: `Chromium` `150.0.7871.46`."""

    name: str
    version: str


@dataclass(frozen=True)
class Gathered:
    """All that a tour saw. Times are in UTC.

    `asked` are the pages that the tour was to visit; `visits` has one for each, in that order, then the pages
    found on the way. `partial` says why the whole tour is incomplete (a page's own reasons are its visit's).
    `stubbed` are third-party hosts that did not answer, so that the tour answered for them. `candidate` is
    the policy that was injected, None where the site's own were observed. `private` says that the tour was
    logged in: queries and fragments are not to be written anywhere.
    """

    mode: Mode
    started: datetime
    ended: datetime
    browser: Browser
    self_test: SelfTest
    asked: tuple[str, ...]
    visits: tuple[Visit, ...]
    partial: tuple[str, ...] = ()
    stubbed: tuple[str, ...] = ()
    candidate: Csp | None = None
    private: bool = False
    left_out: int = 0
    """Pages found beyond `max_pages`; a tour is complete without them."""
    watched: tuple[WatchedHeader, ...] = ()
    """The headers that the pages observe by their twins, as far as they can be observed."""

    @property
    def complete(self) -> bool:
        """Whether every page was seen completely."""
        return (
            bool(self.visits)
            and not self.partial
            and not any(visit.incomplete or visit.omitted for visit in self.visits)
        )


@dataclass(frozen=True)
class Candidate:
    """A policy to inject into the site's own documents and worker scripts, instead of those it sends.

    `enforced` injects it as an enforced policy, otherwise it only reports. 'report-sample' and the tour's own
    report-uri are added in the browser; nothing is deployed, and no report leaves the browser.
    """

    csp: Csp
    enforced: bool = False
    headers: tuple[Header, ...] = ()
    """The other headers of the site's own responses."""


@dataclass(frozen=True)
class TourRequest:
    """What to tour, and how.

    `urls` are pages that are always visited; `crawl` follows links of the same origins from there, `sitemap`
    reads /sitemap.xml of each origin, both up to `max_pages` pages together. `origins` are further origins of
    the app (those of its pages always are). `resolve` maps host → (address, port) where the names are not in
    public DNS, as in the sandbox; `ca_file` is an additional trusted PEM authority. `headers` go with every
    request to the app's own origins. `storage_state` is a file of Playwright's (cookies and local storage).
    `strip_enforced` removes the site's enforced policy from its documents, so that what it blocks cannot hide
    violations of the report-only one. `screenshots` None means: only without a login.
    """

    urls: tuple[str, ...]
    mode: Mode = "deployed"
    candidate: Candidate | None = None
    strip_enforced: bool = False
    crawl: bool = True
    sitemap: bool = True
    max_pages: int = 20
    origins: tuple[str, ...] = ()
    steps: Mapping[str, tuple[PageStep, ...]] = field(default_factory=dict)
    """Page URL → the steps there after it has settled."""
    headers: tuple[tuple[str, str], ...] = ()
    storage_state: Path | None = None
    resolve: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    ca_file: Path | None = None
    ca_bundle: Path | None = None
    """The CAs of the AWS SDK: for sitemaps, which no browser reads."""
    only_resolved: bool = False
    """Only hosts of `resolve` are reachable: a sandbox is closed."""
    browser: str | None = None
    browser_arguments: tuple[str, ...] = ()
    """More arguments for the browser's command line."""
    devices: tuple[Screen, ...] = (DESKTOP,)
    """The screens for the loads of a page, one after the other."""
    dark: bool = False
    """Whether the visitor prefers dark colours."""
    loads: int = 2
    compares: bool = True
    """Whether a page with headers that can break it is also loaded without them; needs two loads."""
    screenshots: bool | None = None
    page_timeout: float = 30.0
    """The most seconds for one load, without its steps. A page that needs long by itself gets more of all
    these times.
    """
    step_timeout: float = 5.0
    """The most seconds for one step; for slower elements there is the step `wait`."""
    settle_most: float = 10.0
    """Seconds after which the tour leaves a page that is still active, as incomplete."""
    settle_quiet: float = 0.5
    """Seconds without a request after which a page is done that does not say so itself."""
    endless: tuple[str, ...] = ()
    """Streams that never end, and that the tour does not wait for: URLs, or paths of the site; `*` is
    anything.
    """
    host_timeout: float = 8.0
    """Seconds without an answer after which the tour answers for a third-party host."""

    @property
    def private(self) -> bool:
        """Whether the tour sees what others do not: logged in, or with its own headers."""
        return self.storage_state is not None

    @property
    def takes_screenshots(self) -> bool:
        return not self.private if self.screenshots is None else self.screenshots


@dataclass(frozen=True)
class BrowserStarted:
    """The browser runs and has passed, or failed, the test of the detector."""

    browser: Browser
    self_test: SelfTest
    sandboxed: bool = True
    """Whether it runs in its own sandbox, which protects the machine from hostile pages."""


@dataclass(frozen=True)
class PageStarted:
    """A page is being loaded. `known` is how many pages there are now, including found ones."""

    url: str
    number: int
    known: int


@dataclass(frozen=True)
class PageFinished:
    """A page was visited; `violations` are records, not yet merged."""

    url: str
    number: int
    known: int
    violations: int
    incomplete: tuple[str, ...]
    took: float


@dataclass(frozen=True)
class HostStubbed:
    """From now on the tour answers for a third-party host that does not answer."""

    host: str


TourEvent = BrowserStarted | PageStarted | PageFinished | HostStubbed
