"""The kinds: what each page does that the policy forbids, and which directive should say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

APP, THIRD, FRAME, DEAD = "app.example", "third.example", "frame.example", "dead.example"
T = f"https://{THIRD}"
F = f"https://{FRAME}"

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
    " connect-src 'self'; media-src 'self'; object-src 'self'; frame-src 'self'; worker-src 'self';"
    " manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
"""What every document and script of the app should be held to."""

TRUSTED_TYPES = "; require-trusted-types-for 'script'; trusted-types only-this"


@dataclass(frozen=True)
class Kind:
    """A page at /<name>. `directive` is the one it violates, None when it must not; `blocked` is found in
    what was blocked, or in where a redirect led to. `files` are further paths of the app: path → body."""

    name: str
    directive: str | None
    blocked: str = ""
    head: str = ""
    body: str = ""
    script: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    click: bool = False
    policy: str = POLICY


def _k(name: str, directive: str | None, blocked: str = "", **rest: object) -> Kind:
    return Kind(name, directive, blocked, **rest)  # type: ignore[arg-type]


_WORKER_BLOB = "const u=URL.createObjectURL(new Blob([`{code}`],{{type:'text/javascript'}}));new Worker(u);"
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

KINDS: tuple[Kind, ...] = (
    _k("inline-script", "script-src-elem", "inline", body="<script>window.a=1</script>"),
    _k("inline-module", "script-src-elem", "inline", body="<script type=module>window.b=1</script>"),
    _k(
        "inline-event-handler", "script-src-attr", "inline",
        body='<button id=go onclick="window.c=1" onfocus="window.d=1">x</button>',
        script="document.getElementById('go').click();document.getElementById('go').focus()",
    ),
    _k("inline-onload-attr", "script-src-attr", "inline", body='<img src=/pixel.png onload="window.e=1">'),
    _k(
        "javascript-url", "script-src-elem", "inline",
        body="<a id=go href=\"javascript:void(window.f=1)\">x</a>",
        script="document.getElementById('go').click()",
    ),
    _k(
        "inline-speculationrules", "script-src-elem", "inline",
        body='<script type=speculationrules>{"prefetch":[{"source":"list","urls":["/clean-self"]}]}</script>',
    ),
    _k(
        "inline-importmap", "script-src-elem", "inline",
        head='<script type=importmap>{"imports":{"x":"/pixel.js"}}</script>',
    ),
    _k("inline-style", "style-src-elem", "inline", head="<style>p{color:red}</style>"),
    _k("style-attr", "style-src-attr", "inline", body='<p style="color:red">x</p>'),
    _k(
        "style-attr-setattribute", "style-src-attr", "inline", body="<p id=p>x</p>",
        script="document.getElementById('p').setAttribute('style','color:blue')",
    ),
    _k(
        "dyn-inline-style", "style-src-elem", "inline",
        script="const s=document.createElement('style');s.textContent='p{margin:0}';document.head.append(s)",
    ),
    _k(
        "dyn-inline-script", "script-src-elem", "inline",
        script="const s=document.createElement('script');s.textContent='window.g=1';document.head.append(s)",
    ),
    _k("third-script", "script-src-elem", f"{T}/x.js", body=f"<script src={T}/x.js></script>"),
    _k(
        "third-script-dynamic", "script-src-elem", f"{T}/x.js",
        script=f"const s=document.createElement('script');s.src='{T}/x.js';document.head.append(s)",
    ),
    _k("third-module-import", "script-src-elem", f"{T}/m.js",
       body="<script type=module src=/mod.js></script>",
       files={"/mod.js": f"import '{T}/m.js'"}),
    _k("third-style", "style-src-elem", f"{T}/x.css", head=f"<link rel=stylesheet href={T}/x.css>"),
    _k("css-import", "style-src-elem", f"{T}/i.css", head="<link rel=stylesheet href=/import.css>",
       files={"/import.css": f"@import url({T}/i.css);"}),
    _k("third-img", "img-src", f"{T}/x.png", body=f"<img src={T}/x.png>"),
    _k("css-background", "img-src", f"{T}/bg.png", head="<link rel=stylesheet href=/bg.css>",
       body="<div id=bg>x</div>", files={"/bg.css": f"#bg{{background:url({T}/bg.png)}}"}),
    _k("favicon", "img-src", f"{T}/favicon.png", head=f"<link rel=icon type=image/png href={T}/favicon.png>"),
    _k("data-img", "img-src", "data", body=f"<img src=data:image/png;base64,{_PNG}>"),
    _k(
        "blob-img", "img-src", "blob",
        script="const i=new Image();i.src=URL.createObjectURL(new Blob(['x'],{type:'image/png'}));"
        "document.body.append(i)",
    ),
    _k("redirect-img", "img-src", f"{T}/x.png", body=f"<img src=/to?{T}/x.png>"),
    _k("redirect-script", "script-src-elem", "/x.js", body=f"<script src=/to?{T}/x.js></script>"),
    _k("dead-host-img", "img-src", f"https://{DEAD}/x.png", body=f"<img src=https://{DEAD}/x.png>"),
    _k("http-img-on-https", "img-src", THIRD, body=f"<img src=http://{THIRD}/h.png>"),
    _k("font", "font-src", f"{T}/x.woff2", head="<link rel=stylesheet href=/font.css>",
       body="<p class=f>text</p>",
       files={"/font.css": f"@font-face{{font-family:q;src:url({T}/x.woff2)}} .f{{font-family:q}}"}),
    _k("data-font", "font-src", "data", head="<link rel=stylesheet href=/dfont.css>",
       body="<p class=f>text</p>",
       files={"/dfont.css": "@font-face{font-family:q;src:url(data:font/woff2;base64,d09GMg==)}"
                            " .f{font-family:q}"}),
    _k("media", "media-src", f"{T}/x.mp4", body=f"<video src={T}/x.mp4 preload=auto></video>"),
    _k(
        "xhr", "connect-src", f"{T}/x.json",
        script=f"const x=new XMLHttpRequest();x.open('GET','{T}/x.json');x.send()",
    ),
    _k("fetch", "connect-src", f"{T}/x.json", script=f"fetch('{T}/x.json').catch(()=>{{}})"),
    _k("fetch-redirect", "connect-src", "/x.json", script=f"fetch('/to?{T}/x.json').catch(()=>{{}})"),
    _k("websocket", "connect-src", f"wss://{THIRD}/ws", script=f"new WebSocket('wss://{THIRD}/ws')"),
    _k("eventsource", "connect-src", f"{T}/es", script=f"new EventSource('{T}/es')"),
    _k("beacon", "connect-src", f"{T}/b", script=f"navigator.sendBeacon('{T}/b','x')"),
    _k(
        "beacon-on-unload", "connect-src", f"{T}/unload",
        script=f"addEventListener('pagehide',()=>navigator.sendBeacon('{T}/unload','x'))",
    ),
    _k(
        "anchor-ping", "connect-src", f"{T}/ping", body=f"<a id=go href='#x' ping={T}/ping>x</a>",
        script="document.getElementById('go').click()",
    ),
    _k("late-2s", "connect-src", f"{T}/late",
       script=f"setTimeout(()=>fetch('{T}/late').catch(()=>{{}}),2000)"),
    _k(
        "after-click", "connect-src", f"{T}/click", body="<button id=go>x</button>", click=True,
        script=f"document.getElementById('go').onclick=()=>fetch('{T}/click').catch(()=>{{}})",
    ),
    _k(
        "after-scroll-lazy", "img-src", f"{T}/lazy.png",
        body=f"<div class=tall></div><img loading=lazy width=9 height=9 src={T}/lazy.png>",
        head="<link rel=stylesheet href=/tall.css>", files={"/tall.css": ".tall{height:12000px}"},
    ),
    _k("preload-font", "font-src", f"{T}/p.woff2",
       head=f"<link rel=preload as=font crossorigin href={T}/p.woff2>"),
    _k("prefetch", "default-src", f"{T}/prefetch.js", head=f"<link rel=prefetch href={T}/prefetch.js>"),
    _k("modulepreload", "script-src-elem", f"{T}/mp.js", head=f"<link rel=modulepreload href={T}/mp.js>"),
    _k("manifest", "manifest-src", f"{T}/app.webmanifest",
       head=f"<link rel=manifest href={T}/app.webmanifest>"),
    _k("eval", "script-src", "eval", script="eval('1+1')"),
    _k("new-function", "script-src", "eval", script="new Function('return 1')()"),
    _k("settimeout-string", "script-src", "eval", script="setTimeout('1+1',1)"),
    _k(
        "wasm", "script-src", "wasm-eval",
        script="WebAssembly.compile(new Uint8Array([0,97,115,109,1,0,0,0])).catch(()=>{})",
    ),
    _k("tt-sink", "require-trusted-types-for", "trusted-types-sink", policy=POLICY + TRUSTED_TYPES,
       body="<p id=p></p>", script="document.getElementById('p').innerHTML='<b>x</b>'"),
    _k("tt-policy", "trusted-types", "trusted-types-policy", policy=POLICY + TRUSTED_TYPES,
       script="trustedTypes.createPolicy('another',{createHTML:x=>x})"),
    _k("iframe-third", "frame-src", FRAME, body=f"<iframe src={F}/plain></iframe>"),
    _k("iframe-self-inline", "script-src-elem", "inline", body="<iframe src=/inner></iframe>",
       files={"/inner": "<!doctype html><script>window.h=1</script>"}),
    _k("iframe-srcdoc-inline", "script-src-elem", "inline",
       body="<iframe srcdoc='<script>window.i=1</script>'></iframe>"),
    _k(
        "iframe-about-blank", "img-src", f"{T}/blank.png", body="<iframe id=f></iframe>",
        script="const d=document.getElementById('f').contentDocument;const i=d.createElement('img');"
        f"i.src='{T}/blank.png';d.body.append(i)",
    ),
    _k(
        "iframe-blob-inline", "script-src-elem", "inline",
        script="const f=document.createElement('iframe');f.src=URL.createObjectURL("
        "new Blob(['<script>window.j=1</scr'+'ipt>'],{type:'text/html'}));document.body.append(f)",
    ),
    _k("frame-ancestors", "frame-ancestors", "", body=f"<iframe src={F}/framing></iframe>"),
    _k("object", "object-src", f"{T}/o.svg", body=f"<object data={T}/o.svg type=image/svg+xml></object>"),
    _k("embed", "object-src", f"{T}/e.svg", body=f"<embed src={T}/e.svg type=image/svg+xml>"),
    _k(
        "form-action", "form-action", f"{T}/form",
        body=f"<iframe name=sink></iframe><form id=f action={T}/form method=post target=sink></form>",
        script="document.getElementById('f').submit()",
    ),
    _k(
        "form-redirect", "form-action", "/form",
        body=f"<iframe name=sink></iframe><form id=f action='/to?{T}/form' method=post target=sink></form>",
        script="document.getElementById('f').submit()",
    ),
    _k("base-uri", "base-uri", T, head=f"<base href={T}/>"),
    _k("worker-fetch", "connect-src", f"{T}/w", script="new Worker('/w-fetch.js')",
       files={"/w-fetch.js": f"fetch('{T}/w').catch(()=>{{}})"}),
    _k("worker-eval", "script-src", "eval", script="new Worker('/w-eval.js')",
       files={"/w-eval.js": "eval('1+1')"}),
    _k("worker-importscripts", "script-src-elem", f"{T}/x.js", script="new Worker('/w-import.js')",
       files={"/w-import.js": f"importScripts('{T}/x.js')"}),
    _k("worker-nested", "connect-src", f"{T}/nested", script="new Worker('/w-outer.js')",
       files={"/w-outer.js": "new Worker('/w-inner.js')",
              "/w-inner.js": f"fetch('{T}/nested').catch(()=>{{}})"}),
    _k("worker-blob", "worker-src", "blob", script=_WORKER_BLOB.format(code="1")),
    _k("worker-blob-fetch", "connect-src", f"{T}/wb",
       script=_WORKER_BLOB.format(code=f"fetch('{T}/wb').catch(()=>{{}})")),
    _k("worker-data", "worker-src", "data", script="new Worker('data:text/javascript,1')"),
    _k("sharedworker-fetch", "connect-src", f"{T}/sw", script="new SharedWorker('/shared.js')",
       files={"/shared.js": f"fetch('{T}/sw').catch(()=>{{}})"}),
    _k("serviceworker-fetch", "connect-src", f"{T}/service",
       script="navigator.serviceWorker.register('/service.js',{scope:'/nowhere/'})",
       files={"/service.js": f"fetch('{T}/service').catch(()=>{{}})"}),
    _k("worklet", "script-src-elem", f"{T}/worklet.js",
       script=f"CSS.paintWorklet.addModule('{T}/worklet.js').catch(()=>{{}})"),
    _k(
        "blob-script", "script-src-elem", "blob",
        script="const s=document.createElement('script');s.src=URL.createObjectURL("
        "new Blob(['1'],{type:'text/javascript'}));document.head.append(s)",
    ),
)  # fmt: skip

CLEAN: tuple[Kind, ...] = (
    _k("clean-self", None, head="<link rel=stylesheet href=/ok.css>", body="<img src=/pixel.png>",
       script="fetch('/data.json')", files={"/ok.css": "p{color:red}"}),
    _k("clean-cssom", None, body="<p id=p>x</p>", script="document.getElementById('p').style.color='red'"),
    _k("clean-redirect-self", None, body=f"<img src=/to?https://{APP}/pixel.png>"),
    _k("clean-links", None, body=f"<a href={T}/page>x</a><form action=/send></form>",
       head=f"<link rel=canonical href={T}/c><link rel=dns-prefetch href={T}><link rel=preconnect href={T}>"),
    _k("clean-data-block", None, body='<script type="application/json">{"a":1}</script>',
       script="new Worker('/w-ok.js')", files={"/w-ok.js": "fetch('/data.json')"}),
)  # fmt: skip


def document(kind: Kind) -> str:
    """The page of a kind."""
    code = f"<script src=/js/{kind.name}.js defer></script>" if kind.script else ""
    return f"<!doctype html><meta charset=utf-8><title>{kind.name}</title>{kind.head}<body>{kind.body}{code}"
