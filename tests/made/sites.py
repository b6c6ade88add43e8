"""Sites for comparing graders: headers, pages, cookies and ways from http://, put together by a seed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.made.policies import mutated_policies, real_policies
from tests.samples import SEED
from tests.unit.policy.grade.observations import ORIGIN, PRELOADED, seen

if TYPE_CHECKING:
    from edgerollout.policy.grade.observation import Observation

_HEADERS: dict[str, tuple[str, ...]] = {
    "strict-transport-security": (
        "max-age=31536000", "max-age=31536000; includeSubDomains; preload", "max-age=15552000",
        "max-age=15551999", "max-age=300", "max-age=0", "max-age=", "max-age=x", "max-age=-1",
        "max-age = 31536000", "MAX-AGE=31536000", 'max-age="31536000"', "max-age=31536000,",
        "max-age=31536000, max-age=31536000", "max-age=31536000;", "includeSubDomains", "", "max-age=1e9",
        "max-age=31536000 includeSubDomains", "max-age=300; max-age=31536000", ";max-age=31536000",
        "max-age=+31536000", "max-age=15552000.5", "max-age=31_536_000",
    ),
    "x-frame-options": (
        "DENY", "deny", "SAMEORIGIN", " SAMEORIGIN ", "DENY,", "DENY, DENY", "DENY, SAMEORIGIN",
        "ALLOW-FROM https://a.test", "ALLOW-FROM", "allowall", "", "DENY;", '"DENY"', "SAMEORIGIN SAMEORIGIN",
        "none",
    ),
    "x-content-type-options": (
        "nosniff", "NOSNIFF", " nosniff ", "nosniff,", "nosniff, nosniff", "nosniff;", "none", "",
        "'nosniff'",
    ),
    "referrer-policy": (
        "no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin", "origin",
        "unsafe-url", "origin-when-cross-origin", "no-referrer-when-downgrade", "No-Referrer", "no-referrer,",
        ",no-referrer", "no-referrer, unsafe-url", "unsafe-url, no-referrer", "nonsense",
        "nonsense, no-referrer", "no-referrer, nonsense", "no-referrer; origin", "", " ", "never", "default",
        "no-referrer no-referrer",
    ),
    "cross-origin-resource-policy": (
        "same-origin", "same-site", "cross-origin", "Same-Origin", " same-site ", "same-origin,", "none", "",
        "same-origin, same-origin", '"same-origin"', "same-origin; a=1",
    ),
    "content-security-policy-report-only": ("default-src 'self'", "x", ""),
}  # fmt: skip
_TYPES = (
    "text/html", "text/html; charset=utf-8", "text/html;charset=utf-8", "application/xhtml+xml", "text/plain",
    "application/json",
)  # fmt: skip

_NAMES = (
    "a", "session", "PHPSESSID", "login", "csrftoken", "XSRF-TOKEN", "__Host-a", "__Secure-sess", "sess-csrf",
    "heroku-session-affinity",
)  # fmt: skip
_ATTRIBUTES = (
    "Secure", "secure", "HttpOnly", "HTTPONLY", "SameSite=Lax", "samesite=strict", "SameSite=None",
    "SameSite=Nonsense", "SameSite", "SameSite=", "Path=/", "Path=/app", "Path=app", "Domain=www.site.test",
    "Domain=.site.test", "Domain=site.test", "Domain=other.test", "Domain=sub.www.site.test", "Domain=test",
    "Domain=co.uk", "Domain=", "Max-Age=0", "Max-Age=3600", "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "Partitioned", "Priority=High", "Secure=1",
)  # fmt: skip

_SOURCES = (
    "/a.js", "a.js", "./a.js?b=1&amp;c=2", "https://www.site.test/a.js", "https://cdn.site.test/a.js",
    "http://cdn.site.test/a.js", "https://other.test/a.js", "http://other.test/a.js", "//other.test/a.js",
    "//cdn.site.test/a.js", "HTTPS://OTHER.TEST/a.js", "HTTP://other.test/a.js", "Https://Cdn.Site.Test/a.js",
    " https://other.test/a.js ", "https:other.test/a.js", "https:/other.test/a.js",
    "https:///other.test/a.js", "\\\\other.test\\a.js", "///other.test/a.js", "data:text/javascript,1",
    "blob:https://other.test/1", "", "https://user@other.test/a.js", "https://other.test:8443/a.js",
    "&#104;ttps://other.test/a.js", "http://", "https://[", "https://sub.other.test/a.js",
    "https://127.0.0.1/a.js", "https://site.test/a.js", "/\ta.js", "ht\ntps://other.test/a.js",
)  # fmt: skip
_INTEGRITY = (
    "",
    "",
    ' integrity="sha384-x"',
    " integrity",
    ' INTEGRITY="sha256-y" crossorigin=anonymous',
    " integrity=''",
)
_AROUND = (
    "{}", "{}", "{}", "{}", "<!-- {} -->", "<template>{}</template>", "<TEMPLATE>{}</TEMPLATE>",
    "<template><template></template>{}</template>", "<textarea>{}</textarea>", "<title>{}</title>",
    "<noscript>{}</noscript>", "<svg>{}</svg>", "<svg/>{}", "<svg><path/></svg>{}", "<svg><path><p>{}</p>",
    "<svg><foreignObject>{}</foreignObject></svg>", "<svg><title/>{}</svg>", "<style>{}</style>",
    "<iframe>{}</iframe>", "<xmp>{}</xmp>", "<div a='{}'></div>", "<div>{}", "</template>{}", "<plaintext>{}",
    "<math><mi>{}</mi></math>", "<select>{}</select>", "<table>{}</table>", "<head>{}</head>",
    "<svg><title>{}</title></svg>", "<![CDATA[{}]]>", "<? {} ?>", "<!DOCTYPE {}>", "<script>'{}'</script>",
    "<b c=>{}", "<p a=\"<\">{}", "<svg><style>{}</style></svg>", "<!--> {} -->", "<!--- {} --->",
    "<noembed>{}</noembed>", "<noframes>{}</noframes>",
)  # fmt: skip
_BASES = (
    "", "", "", "", '<base href="https://other.test/">', '<base href="http://cdn.site.test/x/">',
    '<base href="/sub/">', "<BASE HREF=https://cdn.site.test>",
    '<base target="_blank"><base href="https://other.test/">', "<base>", '<base href="//other.test/">',
    '<base href="https://other.test/"><base href="https://www.site.test/">',
    "<template><base href='https://other.test/'></template>", '<base href="data:text/html,x">',
    '<base href=" https://other.test ">',
)  # fmt: skip
_METAS = (
    "", "", '<meta http-equiv="Content-Security-Policy" content="{}">',
    "<META HTTP-EQUIV=' content-security-policy ' CONTENT=\"{}\">",
    '<meta name="referrer" content="no-referrer">', '<meta name="REFERRER" content="unsafe-url">',
    '<meta http-equiv="Content-Security-Policy-Report-Only" content="{}">',
    '<meta http-equiv="Content-Security-Policy" content="">',
    '<meta content="{}" http-equiv="Content-Security-Policy">',
    '<template><meta http-equiv="Content-Security-Policy" content="{}"></template>',
    '<meta http-equiv="Content-Security-Policy">', '<meta name="referrer" content="">',
    '<meta name="referrer">',
)  # fmt: skip

_HOSTS = (
    "http://www.site.test/", "https://www.site.test/", "https://site.test/", "http://site.test/a",
    "https://other.test/", "http://other.test/", f"http://{PRELOADED}/", f"https://www.{PRELOADED}/",
)  # fmt: skip


def made_sites(count: int) -> list[Observation]:
    """So many sites of each of five kinds: policies, headers, pages, cookies, ways and answers."""
    chance = random.Random(f"{SEED} sites")
    policies = [*real_policies(), *mutated_policies(count, kind="sites")]
    made = [_with_policies(policies, index, chance) for index in range(count)]
    made += [_with_headers(chance) for _ in range(count)]
    made += [_with_page(policies, chance) for _ in range(count)]
    made += [_with_cookies(chance) for _ in range(count)]
    made += [_with_way(chance) for _ in range(count)]
    return made


def _with_policies(policies: list[str], index: int, chance: random.Random) -> Observation:
    sent = [policies[index], *chance.sample(policies, chance.choice((0, 0, 0, 0, 1, 2)))]
    return seen(csp=tuple(sent), secure=chance.random() < 0.9)


def _with_headers(chance: random.Random) -> Observation:
    headers = {
        name: chance.choice(values)
        if chance.random() < 0.9
        else (chance.choice(values), chance.choice(values))
        for name, values in _HEADERS.items()
        if chance.random() < 0.6
    }
    csp = chance.choice(((), (), ("frame-ancestors 'self'",), ("default-src 'self'; frame-ancestors *",)))
    return seen(headers, csp=csp, secure=chance.random() < 0.95, verified=chance.random() < 0.95)


def _with_page(policies: list[str], chance: random.Random) -> Observation:
    parts = [chance.choice(_BASES)]
    for _ in range(chance.randint(0, 3)):
        tag = chance.choice(("script", "script", "script", "SCRIPT", "Script"))
        source = chance.choice(("src", "src", "SRC", "data-src")) + f'="{chance.choice(_SOURCES)}"'
        script = f"<{tag} {source}{chance.choice(_INTEGRITY)}></{tag}>"
        if chance.random() < 0.1:
            script = f"<{tag}>1</{tag}>"
        parts.append(chance.choice(_AROUND).format(script))
    meta = chance.choice(_METAS)
    parts.insert(chance.randint(0, len(parts)), meta.replace("{}", chance.choice(policies)))
    csp = () if chance.random() < 0.7 else (chance.choice(policies),)
    secure = chance.random() < 0.9
    return seen(csp=csp, html="".join(parts), content_type=chance.choice(_TYPES), secure=secure)


def _with_cookies(chance: random.Random) -> Observation:
    cookies = []
    for _ in range(chance.randint(1, 3)):
        attributes = chance.sample(_ATTRIBUTES, chance.randint(0, 5))
        cookies.append("; ".join((f"{chance.choice(_NAMES)}={chance.choice(('1', '', 'a=b'))}", *attributes)))
    headers = {"strict-transport-security": chance.choice(("max-age=31536000", "max-age=300"))}
    return seen(
        headers if chance.random() < 0.5 else {}, cookies=tuple(cookies), secure=chance.random() < 0.9
    )


def _with_way(chance: random.Random) -> Observation:
    origins = (ORIGIN, "*", "null", "https://b.test", " * ", ORIGIN.upper(), "*, *", "")
    credentials = ("true", "TRUE", " true", "false", None)
    cors = None if chance.random() < 0.3 else (chance.choice(origins), chance.choice(credentials))
    return seen(
        route=("http://www.site.test/", *chance.sample(_HOSTS, chance.randint(0, 3))),
        host=chance.choice(("www.site.test", PRELOADED)),
        http_verified=chance.random() < 0.9,
        cors=cors,
    )
