"""Our grades against MDN's own graders, from npm: algorithm 4, every test that both have.

The differences between the versions are known: see `observatory_v6`. Each of them is a case below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgerollout.policy.grade.observatory import observatory_grade
from edgerollout.policy.grade.observatory_v6 import COEP, COOP, RESULTS, TESTS
from tests.made.sites import made_sites
from tests.outside import ask_node
from tests.samples import a_few
from tests.unit.policy.grade.observations import ORIGIN, PRELOADED, for_node, seen

if TYPE_CHECKING:
    from edgerollout.policy.grade.observation import Observation

SHARED = tuple(test for test in TESTS if test not in (COOP, COEP))
WORTH_MORE_SINCE_VERSION_5 = "x-frame-options-sameorigin-or-deny"

_S = "script-src 'self'; object-src 'none'"
_HSTS = {"strict-transport-security": "max-age=31536000"}

POLICIES = (
    "default-src 'none'",
    "default-src 'none'; script-src 'self'; img-src 'self'",
    "default-src 'self'",
    "DEFAULT-SRC 'SELF'",
    "default-src",
    "default-src 'none' 'none'",
    "img-src 'self'",
    "upgrade-insecure-requests",
    "frame-ancestors 'none'",
    "sandbox; default-src 'self'",
    "a b;",
    "x",
    ";;;;;;;;",
    "default-src 'self'; default-src 'none'",
    "default-src 'self'; report-uri /a; report-uri /b",
    "default-src 'self' 'unsafe-inline'; report-to a; report-to b",
    "default-src 'self'; report-uri http://reports.test/",
    "default-src 'self'; report-uri https://reports.test/",
    "script-src 'self'",
    _S,
    "script-src 'self' 'unsafe-inline'; object-src 'none'",
    "script-src 'self' 'unsafe-inline' 'nonce-abc'; object-src 'none'",
    "script-src 'self' 'unsafe-inline' 'sha256-AAAA'; object-src 'none'",
    "script-src data:; object-src 'none'",
    "script-src https:; object-src 'none'",
    "script-src https://*; object-src 'none'",
    "script-src http://*.*; object-src 'none'",
    "script-src *; object-src 'none'",
    "script-src *.site.test; object-src 'none'",
    "script-src 'self'; object-src *",
    "script-src 'self'; object-src https:",
    "script-src 'self'; object-src data:",
    "script-src 'strict-dynamic'; object-src 'none'",
    "script-src 'strict-dynamic' 'nonce-abc' https: http: 'unsafe-inline' 'self'; object-src 'none'",
    "default-src 'strict-dynamic' 'nonce-abc' https: 'self'",
    "default-src 'nonce-abc' 'unsafe-inline'",
    "default-src 'self' 'unsafe-inline'",
    "default-src 'self'; style-src 'unsafe-inline'",
    "default-src 'none'; style-src 'unsafe-inline'",
    "default-src 'self'; style-src 'unsafe-inline' 'nonce-abc'",
    "default-src 'self'; style-src data:",
    "default-src 'self'; style-src https:",
    "default-src 'self'; style-src 'unsafe-eval'",
    "default-src 'self' 'unsafe-eval'",
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'unsafe-inline'",
    "default-src 'self' http://cdn.test",
    "default-src 'self'; connect-src http://api.test",
    "default-src 'self'; script-src http://cdn.test",
    "default-src 'self'; img-src http://cdn.test",
    "default-src 'self'; media-src ftp:",
    "default-src 'self'; img-src http: ; style-src 'unsafe-inline'",
    "default-src 'self'; img-src *",
    "default-src 'self'; frame-ancestors 'none'",
    "default-src 'self'; frame-ancestors *",
    "default-src 'self'; frame-ancestors",
    "base-uri 'none'; " + _S,
    "default-src 'self';\r\n img-src *",
)
SEVERAL_POLICIES = (
    ("default-src 'self'", "default-src 'self' 'unsafe-inline'"),
    ("default-src 'self' 'unsafe-inline'", "default-src 'unsafe-inline'"),
    ("script-src 'unsafe-inline'; object-src 'none'", "default-src 'self'"),
    ("default-src 'self'", "script-src 'unsafe-inline'"),
    ("default-src 'self'", "frame-ancestors 'none'"),
    ("script-src https://a.test/; object-src 'none'", "script-src https://a.test/js; object-src 'none'"),
    ("script-src *; object-src 'none'", "script-src *; object-src 'none'", "script-src 'self'"),
    ("default-src 'none'", "default-src 'self'"),
    ("default-src 'self'; report-uri /a", "x"),
)

_META = '<meta http-equiv="Content-Security-Policy" content="{}">'
_EXTERNAL = '<script src="{}"{}></script>'
_SRI = ' integrity="sha384-x" crossorigin'

HEADERS: tuple[dict[str, str], ...] = (
    {"content-security-policy-report-only": "default-src 'self'"},
    {"x-frame-options": "DENY"},
    {"x-frame-options": " sameorigin "},
    {"x-frame-options": "DENY, DENY"},
    {"x-frame-options": "ALLOW-FROM https://a.test"},
    {"x-frame-options": "nonsense"},
    {"x-content-type-options": "nosniff"},
    {"x-content-type-options": "NoSniff "},
    {"x-content-type-options": "nosniff, nosniff"},
    {"x-content-type-options": "none"},
    {"referrer-policy": "no-referrer"},
    {"referrer-policy": "no-referrer, strict-origin-when-cross-origin"},
    {"referrer-policy": "strict-origin, unsafe-url"},
    {"referrer-policy": "unsafe-url, nonsense"},
    {"referrer-policy": "nonsense"},
    {"referrer-policy": "origin"},
    {"strict-transport-security": "max-age=300"},
    {"strict-transport-security": "max-age=15552000"},
    {"strict-transport-security": "max-age=15551999; includeSubDomains"},
    {"strict-transport-security": "max-age=31536000; includeSubDomains; preload"},
    {"strict-transport-security": "max-age=31536000, max-age=31536000"},
    {"strict-transport-security": "includeSubDomains"},
    {"strict-transport-security": 'max-age="31536000"'},
    {"strict-transport-security": "Max-Age=0"},
    {"cross-origin-resource-policy": "same-origin"},
    {"cross-origin-resource-policy": "Same-Site"},
    {"cross-origin-resource-policy": "cross-origin"},
    {"cross-origin-resource-policy": "everybody"},
)
COOKIES: tuple[tuple[str, ...], ...] = (
    ("a=1",),
    ("a=1; Secure",),
    ("a=1; Secure; SameSite=Lax",),
    ("a=1; Secure; SameSite=Strict", "b=2; Secure; HttpOnly"),
    ("a=1; Secure; SameSite=Nonsense",),
    ("a=1; Secure; SameSite",),
    ("a=1; SameSite=None",),
    ("a=1; Secure; SameSite=None",),
    ("SESSION=1; Secure",),
    ("session=1; Secure; HttpOnly",),
    ("session=1; HttpOnly",),
    ("loginid=1",),
    ("csrftoken=1; Secure",),
    ("csrftoken=1; Secure; SameSite=Strict",),
    ("sess-csrf=1",),
    ("heroku-session-affinity=1",),
    ("a=1", "a=1; Secure; SameSite=Lax"),
)
PAGES = (
    "",
    "<script>1</script>",
    _EXTERNAL.format("/a.js", ""),
    _EXTERNAL.format("/a.js", _SRI),
    _EXTERNAL.format("https://cdn.site.test/a.js", ""),
    _EXTERNAL.format("https://cdn.site.test/a.js", _SRI),
    _EXTERNAL.format("http://cdn.site.test/a.js", ""),
    _EXTERNAL.format("https://other.test/a.js", ""),
    _EXTERNAL.format("https://other.test/a.js", _SRI),
    _EXTERNAL.format("http://other.test/a.js", ""),
    _EXTERNAL.format("http://other.test/a.js", _SRI),
    _EXTERNAL.format("//other.test/a.js", ""),
    _EXTERNAL.format("//other.test/a.js", _SRI),
    _EXTERNAL.format("//other.test/a.js", _SRI) + _EXTERNAL.format("https://other.test/b.js", ""),
    _EXTERNAL.format("/a.js", _SRI) + _EXTERNAL.format("https://other.test/b.js", _SRI),
    _EXTERNAL.format("https://other.test/b.js", _SRI) + _EXTERNAL.format("/a.js", ""),
    "<!-- " + _EXTERNAL.format("http://other.test/a.js", "") + " -->",
    "<template>" + _EXTERNAL.format("http://other.test/a.js", "") + "</template>",
    "<textarea>" + _EXTERNAL.format("http://other.test/a.js", "") + "</textarea>",
    "<SCRIPT SRC=http://other.test/a.js></SCRIPT>",
    "<title>x</title><script src='/a.js' src='http://other.test/a.js'></script>",
    _META.format("default-src 'self'"),
    _META.format("default-src 'self'; frame-ancestors 'none'"),
    _META.format("frame-ancestors 'none'"),
    _META.format("default-src &#39;none&#39;"),
    _META.format("x"),
    '<meta name="referrer" content="no-referrer">',
    '<meta name="referrer" content="unsafe-url"><meta name="referrer" content="origin">',
)
ROUTES: tuple[tuple[str, ...], ...] = (
    (),
    ("http://www.site.test/",),
    ("http://www.site.test/", "https://www.site.test/"),
    ("http://www.site.test/", "https://other.test/"),
    ("http://www.site.test/", "http://other.test/", "https://other.test/"),
    ("http://www.site.test/", "http://www.site.test/b"),
    ("http://www.site.test/", "https://www.site.test/", "http://www.site.test/b"),
    ("http://preloaded.test/", "https://www.preloaded.test/"),
    ("http://preloaded.test/", "https://www.site.test/"),
)
ANSWERS = (
    ("*", None),
    ("*", "true"),
    (ORIGIN, None),
    (ORIGIN, "true"),
    (ORIGIN, " TRUE"),
    ("https://b.test", "true"),
)

SITES: tuple[Observation, ...] = (
    *(seen(csp=policy) for policy in POLICIES),
    *(seen(csp=policies) for policies in SEVERAL_POLICIES),
    *(seen(csp=policy, secure=False, route=("http://www.site.test/",)) for policy in POLICIES[40:52]),
    *(seen(headers) for headers in HEADERS),
    seen({"x-frame-options": "nonsense"}, csp="frame-ancestors 'self'"),
    *(seen(cookies=cookies) for cookies in COOKIES),
    *(seen(_HSTS, cookies=cookies) for cookies in COOKIES),
    *(seen(html=page) for page in PAGES),
    *(
        seen({"referrer-policy": "origin"}, csp="default-src 'self' 'unsafe-inline'", html=page)
        for page in PAGES[-7:]
    ),
    *(seen(html=page, secure=False, route=("http://www.site.test/",)) for page in PAGES[1:6]),
    seen(html=PAGES[9], content_type="text/plain"),
    seen(html=PAGES[9], content_type="text/html; charset=utf-8"),
    *(seen(route=route) for route in ROUTES),
    seen(_HSTS, verified=False, http_verified=False),
    seen(_HSTS, secure=False),
    seen(host=PRELOADED),
    seen(_HSTS, host=f"www.{PRELOADED}", cookies=("a=1",)),
    *(seen(cors=answer) for answer in ANSWERS),
)  # fmt: skip


OF_EACH_KIND = 300
"""Sites that are made, of each of five kinds; `make test` takes a few."""


def test_every_shared_test_comes_to_what_observatory_says_and_to_every_result() -> None:
    """One test, since Observatory takes longer to start than to grade."""
    sites = [*SITES, *a_few(made_sites(OF_EACH_KIND), 60)]
    answers: list[dict[str, dict[str, Any]]] = ask_node("observatory.mjs", [for_node(site) for site in sites])
    differences = []
    for site, answer in zip(sites, answers, strict=True):
        ours = observatory_grade(site)
        for name in SHARED:
            if name not in answer:
                continue  # Observatory's own test fails
            theirs, test = answer[name], ours.test(name)
            same = (test.result, test.passes) == (theirs["result"], theirs["pass"])
            if test.result != WORTH_MORE_SINCE_VERSION_5:
                same = same and test.modifier == theirs["modifier"]
            if not same:
                differences.append((name, site, test, theirs))
    assert differences == []

    met = {answer[name]["result"] for answer in answers for name in SHARED if name in answer}
    ours_alone = {"html-not-parseable"}  # its parser takes any text for a page
    assert {name for name, row in RESULTS.items() if row.test in SHARED} - ours_alone <= met
