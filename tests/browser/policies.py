"""A Chromium that is asked what it makes of policies: pages out of nowhere, each with a policy of its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.outside import LEFT_OUT, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from playwright.sync_api import Page, Route

_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)

_REQUEST = """async urls => {
  const blocked = [];
  document.addEventListener('securitypolicyviolation', event => blocked.push(event.blockedURI));
  const answers = [];
  for (const url of urls) {
    const before = blocked.length;
    if (url.startsWith('ws')) {
      try {
        const socket = new WebSocket(url);
        await new Promise(done => { socket.onerror = socket.onopen = done; setTimeout(done, 1000); });
      } catch (refused) { /* told by the event */ }
    } else {
      try { await fetch(url, {mode: 'no-cors'}); } catch (refused) { /* the same */ }
    }
    await new Promise(done => setTimeout(done, 2));
    answers.push(blocked.length > before);
  }
  return answers;
}"""


_EMPTY = b"<!doctype html><link rel=icon href='data:,'><title>a page</title>"


class PolicyBrowser:
    """One Chromium for many policies. Nothing it asks for leaves the machine."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._log: list[str] = []
        self._headers: dict[str, str] = {}
        self._body = _EMPTY
        self._files: Mapping[str, bytes] = {}
        page.context.route("**/*", self._answer)
        session = page.context.new_cdp_session(page)
        session.on("Log.entryAdded", self._heard)
        session.send("Log.enable")

    def messages(self, policy: str, *, report_only: bool = False) -> tuple[str, ...]:
        """What Chromium's parser says of a policy; what the policy then blocks and reports is left out."""
        name = "content-security-policy" + ("-report-only" if report_only else "")
        return tuple(
            text
            for text in self.said_of(name, policy)
            if "violates the following" not in text and not text.startswith("Failed to load resource")
        )

    def said_of(self, header: str, value: str) -> tuple[str, ...]:
        """What Chromium says while it loads a page that comes with one more header."""
        self._log.clear()
        self._load("https://page.example", header, value)
        # Its messages come before the answer to anything asked after the load.
        self._page.evaluate("0")
        return tuple(self._log)

    def said_of_page(
        self, policy: str, body: bytes, files: Mapping[str, bytes] | None = None
    ) -> tuple[str, ...]:
        """What Chromium says while it shows this page, with these files by path, under an enforced policy."""
        self._body, self._files = body, files or {}
        try:
            said = self.said_of("content-security-policy", policy)
            self._page.wait_for_load_state()
            return (*said, *self._log[len(said) :])
        finally:
            self._body, self._files = _EMPTY, {}

    def evaluate(self, script: str) -> Any:
        """What the page that is shown answers."""
        return self._page.evaluate(script)

    def blocked(self, policy: str, origin: str, urls: Sequence[str]) -> tuple[bool, ...]:
        """Whether each URL is blocked when a page of `origin` connects to it."""
        answers: list[bool] = self.answer_of(policy, origin, _REQUEST, list(urls))
        return tuple(answers)

    def answer_of(self, policy: str, origin: str, script: str, argument: object) -> Any:
        """What a function of JavaScript answers in a page of `origin` under a policy."""
        self._load(origin, "content-security-policy", policy)
        return self._page.evaluate(script, argument)

    def _load(self, origin: str, header: str, value: str) -> None:
        self._headers = {"content-type": "text/html", header: value}
        self._page.goto(f"{origin}/page")

    def _answer(self, route: Route) -> None:
        url = route.request.url
        if url.endswith("/page"):
            route.fulfill(status=200, headers=self._headers, body=self._body)
        elif (path := url.partition("//")[2].partition("/")[2]) in self._files:
            kind = "text/javascript" if path.endswith(".js") else "text/css"
            route.fulfill(status=200, headers={"content-type": kind}, body=self._files[path])
        elif "/to?" in url:
            route.fulfill(status=302, headers={"location": url.partition("/to?")[2]})
        else:
            route.fulfill(status=204)

    def _heard(self, event: dict[str, Any]) -> None:
        self._log.append(event["entry"]["text"])


@contextmanager
def policy_browser() -> Iterator[PolicyBrowser]:
    """Start Chromium, stop it in the end; skips the test where there is none."""
    program = chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip(f"{LEFT_OUT}playwright is not installed (pip install edgerollout[tour])")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(program), args=list(_SWITCHES))
        try:
            yield PolicyBrowser(browser.new_page())
        finally:
            browser.close()
