"""Pages that load images, scripts, frames and more: what a real Chromium blocks of it, and what we say."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.effective import all_allow, policies_of
from tests.browser.policies import policy_browser
from tests.made.policies import mutated_policies, real_policies
from tests.samples import SEED, a_few

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.policies import PolicyBrowser

SITE = "https://site.example"
ODD = "https://site.example:8443"
PLAIN = "http://site.example"
TO = f"{SITE}/to?"
NONCE = "'nonce-aaaaaaaaaaaaaaaaaaaaaa'"

_LOAD = """async ([directive, url]) => {
  const blocked = [];
  document.addEventListener('securitypolicyviolation', event => blocked.push(event.effectiveDirective));
  const loaded = element => new Promise(done => {
    element.onload = element.onerror = done;
    setTimeout(done, 1500);
    if (!element.isConnected) document.body.append(element);
  });
  const make = (name, fields) => Object.assign(document.createElement(name), fields);
  if (url === 'blob:') url = URL.createObjectURL(new Blob(['1']));
  switch (directive) {
    case 'img-src': { const image = new Image(); image.src = url; await loaded(image); break; }
    case 'script-src-elem': await loaded(make('script', {src: url})); break;
    case 'style-src-elem': await loaded(make('link', {rel: 'stylesheet', href: url})); break;
    case 'frame-src': await loaded(make('iframe', {src: url})); break;
    case 'object-src': await loaded(make('object', {data: url, type: 'text/html'})); break;
    case 'media-src': {
      const audio = make('audio', {src: url});
      await new Promise(done => { audio.onerror = done; setTimeout(done, 1500); });
      break;
    }
    case 'font-src': try { await new FontFace('x', `url("${url}")`).load(); } catch (refused) {} break;
    case 'worker-src': try {
      const worker = new Worker(url);
      await new Promise(done => { worker.onerror = worker.onmessage = done; setTimeout(done, 200); });
    } catch (refused) {} break;
    case 'form-action': {
      const frame = make('iframe', {name: 'target'});
      document.body.append(frame);
      const form = make('form', {action: url, target: 'target'});
      document.body.append(form);
      form.submit();
      await new Promise(done => setTimeout(done, 150));
      break;
    }
    case 'base-uri': document.head.append(make('base', {href: url})); break;
    case 'connect-src': try { await fetch(url, {mode: 'no-cors'}); } catch (refused) {} break;
  }
  await new Promise(done => setTimeout(done, 5));
  return blocked.includes(directive);
}"""

CASES = (
    # 'self', on ports and schemes of its own
    (SITE, "img-src 'self'", "img-src", f"{SITE}/x.png"),
    (SITE, "img-src 'self'", "img-src", f"{SITE}:443/x.png"),
    (SITE, "img-src 'self'", "img-src", f"{ODD}/x.png"),
    (ODD, "img-src 'self'", "img-src", f"{ODD}/x.png"),
    (ODD, "img-src 'self'", "img-src", f"{SITE}/x.png"),
    (ODD, "script-src 'self' 'unsafe-eval'", "script-src-elem", f"{ODD}/x.js"),
    (ODD, "script-src site.example 'unsafe-eval'", "script-src-elem", f"{ODD}/x.js"),
    (PLAIN, "img-src 'self'", "img-src", f"{SITE}/x.png"),
    (PLAIN, "img-src 'self'", "img-src", f"{PLAIN}:8080/x.png"),
    (SITE, "img-src 'self'", "img-src", "https://www.site.example/x.png"),
    # schemes; of a page over https browsers make its http images https before anything is asked
    (PLAIN, "img-src https:", "img-src", "http://a.example/x.png"),
    (SITE, "img-src http:", "img-src", "https://a.example/x.png"),
    (SITE, "img-src http://a.example", "img-src", "https://a.example/x.png"),
    (SITE, "img-src http://a.example:8080", "img-src", "https://a.example:8080/x.png"),
    (SITE, "img-src http://a.example:80", "img-src", "https://a.example/x.png"),
    (SITE, "img-src *", "img-src", "data:image/png;base64,AAAA"),
    (SITE, "img-src data:", "img-src", "data:image/png;base64,AAAA"),
    (SITE, "img-src 'self'", "img-src", "data:image/png;base64,AAAA"),
    (SITE, "img-src *", "img-src", "blob:"),
    (SITE, "img-src 'self'", "img-src", "blob:"),
    (SITE, "img-src blob:", "img-src", "blob:"),
    (SITE, "default-src 'unsafe-eval'; worker-src blob:", "worker-src", "blob:"),
    (SITE, "default-src 'self' 'unsafe-eval'", "worker-src", "blob:"),
    (SITE, "frame-src 'self'", "frame-src", "data:text/html,x"),
    (SITE, "frame-src data:", "frame-src", "data:text/html,x"),
    (SITE, "connect-src wss://a.example", "connect-src", "https://a.example/"),
    # hosts, ports, wildcards
    (SITE, "img-src *.a.example", "img-src", "https://a.example/x.png"),
    (SITE, "img-src *.a.example", "img-src", "https://c.b.a.example/x.png"),
    (SITE, "img-src *.a.example", "img-src", "https://ba.example/x.png"),
    (SITE, "img-src *.a.example:8443", "img-src", "https://b.a.example:8443/x.png"),
    (SITE, "img-src *.a.example", "img-src", "https://b.a.example:8443/x.png"),
    (SITE, "img-src *:*", "img-src", "https://a.example:9/x.png"),
    (SITE, "img-src https://*:443", "img-src", "https://a.example/x.png"),
    (SITE, "img-src A.EXAMPLE", "img-src", "https://a.example/x.png"),
    (SITE, "img-src a.example", "img-src", "https://a.example./x.png"),
    (SITE, "img-src xn--bcher-kva.example", "img-src", "https://xn--bcher-kva.example/x.png"),
    (SITE, "img-src b\u00fccher.example", "img-src", "https://xn--bcher-kva.example/x.png"),
    (SITE, "img-src a_b.example", "img-src", "https://a_b.example/x.png"),
    (SITE, "img-src 203.0.113.7", "img-src", "https://203.0.113.7/x.png"),
    # paths
    (SITE, "img-src a.example/img", "img-src", "https://a.example/img"),
    (SITE, "img-src a.example/img", "img-src", "https://a.example/img/x.png"),
    (SITE, "img-src a.example/img/", "img-src", "https://a.example/img/x.png"),
    (SITE, "img-src a.example/img/", "img-src", "https://a.example/img"),
    (SITE, "img-src a.example/img/", "img-src", "https://a.example/IMG/x.png"),
    (SITE, "img-src a.example/", "img-src", "https://a.example/any"),
    (SITE, "img-src a.example/x.png", "img-src", "https://a.example/x.png?v=2"),
    (SITE, "img-src a.example/x.png?v=1", "img-src", "https://a.example/x.png?v=2"),
    (SITE, "img-src a.example/%78.png", "img-src", "https://a.example/x.png"),
    (SITE, "img-src a.example/x.png", "img-src", "https://a.example/%78.png"),
    (SITE, "img-src a.example/a%2Cb", "img-src", "https://a.example/a,b"),
    (SITE, "img-src a.example/a%2fb", "img-src", "https://a.example/a/b"),
    (SITE, "img-src a.example/%C3%A9", "img-src", "https://a.example/%C3%A9"),
    # redirects: where they lead to is asked, the path is not
    (SITE, "img-src 'self'", "img-src", f"{TO}https://a.example/x.png"),
    (SITE, "img-src 'self' https://a.example/other/", "img-src", f"{TO}https://a.example/x.png"),
    (SITE, "img-src 'self' http://a.example", "img-src", f"{TO}https://a.example/x.png"),
    (SITE, "img-src 'self' *.a.example", "img-src", f"{TO}https://a.example/x.png"),
    (SITE, "script-src 'unsafe-eval' 'self'", "script-src-elem", f"{TO}https://a.example/x.js"),
    (SITE, "script-src 'unsafe-eval' 'self' a.example/y", "script-src-elem", f"{TO}https://a.example/x.js"),
    (SITE, "connect-src 'self'", "connect-src", f"{TO}https://a.example/x"),
    (SITE, "frame-src 'self'", "frame-src", f"{TO}https://a.example/x"),
    (SITE, "style-src 'self'", "style-src-elem", f"{TO}https://a.example/x.css"),
    # which directive decides
    (SITE, "default-src a.example 'unsafe-eval'", "font-src", "https://a.example/x.woff2"),
    (SITE, "default-src 'none'; font-src a.example", "font-src", "https://a.example/x.woff2"),
    (SITE, "default-src a.example 'unsafe-eval'; font-src 'none'", "font-src", "https://a.example/x.woff2"),
    (SITE, "child-src a.example", "frame-src", "https://b.example/"),
    (SITE, "child-src a.example; frame-src b.example", "frame-src", "https://b.example/"),
    (SITE, "script-src 'self' 'unsafe-eval'; default-src 'none'", "worker-src", f"{SITE}/worker.js"),
    (SITE, "child-src 'none'; script-src 'self' 'unsafe-eval'", "worker-src", f"{SITE}/worker.js"),
    (SITE, "script-src 'none'; script-src-elem a.example", "script-src-elem", "https://a.example/x.js"),
    (SITE, "style-src a.example; style-src-elem 'none'", "style-src-elem", "https://a.example/x.css"),
    (SITE, "style-src-attr 'none'", "style-src-elem", "https://a.example/x.css"),
    (SITE, "media-src 'none'", "media-src", "https://a.example/x.mp3"),
    (SITE, "object-src 'none'", "object-src", "https://a.example/x"),
    (SITE, "default-src 'none'", "form-action", "https://a.example/"),
    (SITE, "form-action 'self'", "form-action", "https://a.example/"),
    (SITE, "base-uri 'self'", "base-uri", "https://a.example/"),
    (SITE, "base-uri a.example/x", "base-uri", "https://a.example/"),
    # lists that are empty, unknown words, several policies
    (SITE, "img-src", "img-src", f"{SITE}/x.png"),
    (SITE, "img-src 'none' a.example", "img-src", "https://a.example/x.png"),
    (SITE, "img-src 'slef' a.example", "img-src", "https://a.example/x.png"),
    (SITE, "img-src a.example; img-src 'none'", "img-src", "https://a.example/x.png"),
    (SITE, "img-src a.example, img-src 'self'", "img-src", "https://a.example/x.png"),
    (SITE, "img-src a.example, default-src *", "img-src", "https://a.example/x.png"),
    (SITE, f"default-src 'strict-dynamic' {NONCE} a.example", "img-src", "https://a.example/x.png"),
    (SITE, f"default-src 'strict-dynamic' {NONCE}", "style-src-elem", "https://a.example/x.css"),
)  # fmt: skip


_LOADS = (
    "img-src",
    "font-src",
    "style-src-elem",
    "script-src-elem",
    "frame-src",
    "object-src",
    "connect-src",
)
_SENT_FOR = (
    f"{SITE}/x", "https://www.google-analytics.com/x.js", "https://fonts.gstatic.com/s/a.woff2",
    "https://fonts.googleapis.com/css?family=a", "https://cdn.example.com/js/a.js", "https://a.example.com/x",
    "https://static.hotjar.com/c/a.js", "https://js.stripe.com/v3/", "https://cdnjs.cloudflare.com/ajax/libs/a.js",
    "https://www.google.com/x", "https://storage.googleapis.com/x", "https://elsewhere.example/x",
    "data:text/plain,x", "blob:",
)  # fmt: skip
_CANNOT_ASK = ("sandbox", "trusted-types", "'strict-dynamic'", "upgrade-insecure-requests")
"""A page with one of these runs no script of the test, or loads something else than it was told."""


def made_cases(count: int) -> list[tuple[str, str, str, str]]:
    """Policies that sites send, and mutations of them, each with something to load."""
    chance = random.Random(f"{SEED} loads")
    policies = [*real_policies(), *mutated_policies(count, kind="loads")]
    able = [
        policy
        for policy in policies
        if policy.isascii() and not any(word in policy.lower() for word in _CANNOT_ASK)
    ]
    made: dict[tuple[str, str, str, str], None] = {}
    while len(made) < count:
        made[SITE, chance.choice(able), chance.choice(_LOADS), chance.choice(_SENT_FOR)] = None
    return list(made)


@pytest.fixture(scope="module")
def browser() -> Iterator[PolicyBrowser]:
    with policy_browser() as found:
        yield found


@pytest.mark.parametrize(
    ("origin", "policy", "directive", "url"), [*a_few(CASES, 45), *a_few(made_cases(220), 12)]
)
def test_a_page_loads_what_we_say_it_may(
    browser: PolicyBrowser, origin: str, policy: str, directive: str, url: str
) -> None:
    blocked: bool = browser.answer_of(policy, origin, _LOAD, [directive, url])
    _, redirect, target = url.partition("/to?")
    asked = f"blob:{origin}/1b4e28ba-2fa1-11d2-883f-0016d3cca427" if url == "blob:" else target or url
    ours = all_allow(policies_of([policy]), directive, asked, self_origin=origin, redirected=bool(redirect))
    assert ours is not blocked
