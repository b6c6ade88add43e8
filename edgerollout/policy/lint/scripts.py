"""Weak points of a policy that let an attacker's script run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.csp import NONE
from edgerollout.policy.effective import in_force, is_inline_secret
from edgerollout.policy.fallback import effective_directive, effective_sources
from edgerollout.policy.lint.bypasses import flash_bypass, script_bypass
from edgerollout.policy.lint.code_lists import code_lists, counting
from edgerollout.policy.lint.finding import Found
from edgerollout.policy.lint.mistaken import is_bare_word
from edgerollout.policy.lint.sources import is_unquoted
from edgerollout.policy.source import Hash, Host, Keyword, Nonce, Scheme
from edgerollout.policy.stage import Stage
from edgerollout.policy.wording import listed, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import PolicySubject
    from edgerollout.policy.source import Source

_ANY_CODE = frozenset({"data", "http", "https"})
_OWN_CODE = frozenset({"blob", "filesystem"})


def inline_scripts(subject: PolicySubject) -> Iterator[Found]:
    for directive in subject.script_lists:
        sources = subject.csp.sources(directive) or ()
        if Keyword("'unsafe-inline'") in in_force(sources):
            message = "any script written into the page runs, an attacker's too: the policy does not stop XSS"
            fix = "move inline scripts into files, or list their hashes"
            yield Found(message, fix, directive, "'unsafe-inline'")


def hashed_handlers(subject: PolicySubject) -> Iterator[Found]:
    for directive in subject.script_lists:
        if subject.has(directive, "'unsafe-hashes'"):
            message = "an attacker may put the event handlers whose hashes are listed on any element"
            yield Found(message, "add the handlers in a script file", directive, "'unsafe-hashes'")


def evaluated_scripts(subject: PolicySubject) -> Iterator[Found]:
    for directive in subject.script_lists:
        if subject.has(directive, "'unsafe-eval'"):
            message = "text that reaches eval(), setTimeout(text) or new Function() runs as a script"
            fix = "replace what evaluates text; 'wasm-unsafe-eval' does for WebAssembly"
            yield Found(message, fix, directive, "'unsafe-eval'")


def inline_styles(subject: PolicySubject) -> Iterator[Found]:
    for directive in subject.deciding("style-src", "style-src-elem", "style-src-attr"):
        if directive in subject.script_lists:
            continue
        sources = subject.csp.sources(directive) or ()
        if Keyword("'unsafe-inline'") in in_force(sources, strict=False):
            message = (
                "injected styles can redraw the page and read attribute values, such as tokens, bit by bit"
            )
            yield Found(message, "move styles into files, or list their hashes", directive, "'unsafe-inline'")


def code_wildcards(subject: PolicySubject) -> Iterator[Found]:
    for directive in code_lists(subject):
        for text, source in counting(subject, directive):
            if isinstance(source, Host) and source.wildcard and not source.name:
                message = f"{text} allows every host: an attacker loads scripts from their own"
                if "*" in source.path:
                    # Browsers take the star literally, and an attacker can serve that path.
                    message = (
                        f"{text} allows the path {source.path} of every host: an attacker's, not the site's"
                    )
                yield Found(message, "name the hosts the site needs", directive, text)


def code_schemes(subject: PolicySubject) -> Iterator[Found]:
    for directive in code_lists(subject):
        for text, source in counting(subject, directive):
            if isinstance(source, Scheme) and source.name in _ANY_CODE:
                where = "any host" if source.name in ("http", "https") else "the page's own text"
                message = (
                    f"{text} allows code from {where}: whoever can write a URL into the page runs a script"
                )
                yield Found(message, "name the hosts the site needs", directive, text)


def own_schemes(subject: PolicySubject) -> Iterator[Found]:
    for directive in code_lists(subject):
        for text, source in counting(subject, directive):
            if isinstance(source, Scheme) and source.name in _OWN_CODE:
                message = (
                    f"{text} runs what a script of the page made: if one puts untrusted text into a"
                    " blob, that text runs too"
                )
                fix = "put the scripts into files; workers need it in worker-src only"
                yield Found(message, fix, directive, text)


def bypass_hosts(subject: PolicySubject) -> Iterator[Found]:
    for directive in subject.deciding("script-src", "script-src-elem"):
        with_eval = subject.has(directive, "'unsafe-eval'")
        for text, source in counting(subject, directive):
            if isinstance(source, Host) and (why := script_bypass(source, with_eval=with_eval)) is not None:
                message = f"{why}: an attacker runs any script through {text}"
                yield Found(message, "list full paths on that host, or use hashes", directive, text)


def flash_hosts(subject: PolicySubject) -> Iterator[Found]:
    directive = effective_directive(subject.csp, "object-src")
    for text, source in subject.parsed(directive):
        if isinstance(source, Host) and (host := flash_bypass(source)) is not None:
            message = f"{host} holds a Flash file that runs scripts in pages that embed it"
            yield Found(message, "object-src 'none'", directive, text)


def _is_trusted(text: str, source: Source) -> bool:
    """The page's own host, or one that is probably meant."""
    if isinstance(source, Host):
        return not is_unquoted(text) and not is_bare_word(source)
    return source == Keyword("'self'")


def trusted_hosts(subject: PolicySubject) -> Iterator[Found]:
    for directive in subject.deciding("script-src", "script-src-elem"):
        trusted = [text for text, source in counting(subject, directive) if _is_trusted(text, source)]
        if trusted:
            message = f"every file of {printable(listed(trusted))} may run as a script"
            yield Found(
                f"{message}: JSONP answers, old libraries and uploads there are a way in",
                "hashes name each script",
                directive,
            )


def object_sources(subject: PolicySubject) -> Iterator[Found]:
    for text in subject.csp.sources("object-src") or ():
        if text.lower() != NONE:
            message = f"{printable(text)} may be embedded as a plugin or document of the page"
            yield Found(message, "object-src 'none' unless the site embeds documents", "object-src", text)


def dynamic_alone(subject: PolicySubject) -> Iterator[Found]:
    for directive in subject.script_lists:
        if subject.has(directive, "'strict-dynamic'") and not subject.has_secret(directive):
            message = "'strict-dynamic' without a nonce or hash trusts no script: all scripts are blocked"
            yield Found(message, "list the hashes of the site's scripts", directive, "'strict-dynamic'")


def dynamic_workers(subject: PolicySubject) -> Iterator[Found]:
    for directive in ("worker-src", "child-src"):
        if subject.has(directive, "'strict-dynamic'"):
            message = (
                f"with 'strict-dynamic' in {directive} Chromium starts every worker of the page's own host;"
                " other browsers go by the list"
            )
            yield Found(message, "list hosts, or leave workers to script-src", directive, "'strict-dynamic'")


def neutralised(subject: PolicySubject) -> Iterator[Found]:
    for directive in dict.fromkeys((*subject.script_lists, *subject.deciding("style-src"))):
        in_use = in_force(subject.csp.sources(directive) or (), strict=directive in subject.script_lists)
        for text, source in subject.parsed(directive):
            if source not in in_use and source != Keyword(NONE):
                by = "'strict-dynamic'" if subject.has(directive, "'strict-dynamic'") else "a nonce or hash"
                message = f"{text} is switched off by {by} in the same list; only browsers before 2018 use it"
                yield Found(message, None, directive, text)


def old_browsers(subject: PolicySubject) -> Iterator[Found]:
    for directive in subject.script_lists:
        sources = [source for _, source in subject.parsed(directive)]
        if any(is_inline_secret(source) for source in sources) and Keyword("'unsafe-inline'") not in sources:
            message = "browsers without nonces and hashes block every inline script"
            yield Found(message, "add 'unsafe-inline' for those browsers; others ignore it", directive)
        dynamic = Keyword("'strict-dynamic'") in sources
        if dynamic and not any(isinstance(source, Host | Scheme) for source in sources):
            message = "browsers without 'strict-dynamic' block what trusted scripts load"
            yield Found(message, "add https: for those browsers; others ignore it", directive)


def untyped_sinks(subject: PolicySubject) -> Iterator[Found]:
    if subject.csp.sources("require-trusted-types-for") is None and subject.script_lists:
        message = "text may still reach innerHTML and similar sinks unchecked (DOM XSS)"
        yield Found(message, "require-trusted-types-for 'script', once the site's scripts are ready for it")


def missing_scripts(subject: PolicySubject) -> Iterator[Found]:
    if effective_directive(subject.csp, "script-src") is None:
        message = "neither script-src nor default-src: scripts from anywhere run, injected ones too"
        yield Found(message, "script-src 'self', or default-src 'self' for all kinds", "script-src")


def missing_objects(subject: PolicySubject) -> Iterator[Found]:
    if effective_sources(subject.csp, "object-src") is None:
        message = "neither object-src nor default-src: an injected <object> or <embed> can run code"
        yield Found(message, "object-src 'none'", "object-src")


def missing_base(subject: PolicySubject) -> Iterator[Found]:
    if subject.csp.sources("base-uri") is not None:
        return
    directive = effective_directive(subject.csp, "script-src")
    sources = [source for _, source in subject.parsed(directive)]
    hashed = any(isinstance(source, Hash) for source in sources) and Keyword("'strict-dynamic'") in sources
    if hashed or any(isinstance(source, Nonce) for source in sources):
        message = (
            "no base-uri: an injected <base> sends the trusted scripts' relative addresses to another host"
        )
        yield Found(message, "base-uri 'self' or 'none'", "base-uri")


def open_base(subject: PolicySubject) -> Iterator[Found]:
    if subject.csp.sources("base-uri") is None and next(missing_base(subject), None) is None:
        message = "no base-uri: an injected <base> redirects every relative address; it has no fallback"
        yield Found(message, "base-uri 'self'", "base-uri")


def open_forms(subject: PolicySubject) -> Iterator[Found]:
    flags = subject.csp.sources("sandbox") if subject.stage is Stage.ENFORCED else None
    submitted = flags is None or any(flag.lower() == "allow-forms" for flag in flags)
    if submitted and subject.csp.sources("form-action") is None:
        message = (
            "no form-action: an injected form sends what visitors type anywhere; default-src is not a"
            " fallback for it"
        )
        yield Found(message, "form-action 'self'", "form-action")


def open_frames(subject: PolicySubject) -> Iterator[Found]:
    if subject.csp.sources("frame-ancestors") is None and "x-frame-options" not in subject.headers:
        message = "no frame-ancestors: any site may frame the page and trick its visitors into clicks"
        yield Found(message, "frame-ancestors 'none', or the sites that may", "frame-ancestors")


def open_kinds(subject: PolicySubject) -> Iterator[Found]:
    if subject.csp.sources("default-src") is None and subject.script_lists:
        message = "no default-src: kinds of requests that are not listed go anywhere"
        yield Found(message, "default-src 'self', or 'none' with every kind listed", "default-src")
