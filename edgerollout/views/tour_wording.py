"""Words for the causes and the advice of a tour, the same in every report for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, assert_never
from urllib.parse import urlsplit

from edgerollout.policy.source import Hash, Host, Keyword, Scheme, parse_source
from edgerollout.tour.cause import UNKNOWN_TARGET, without_query, words_without_queries
from edgerollout.tour.next_step import accepting
from edgerollout.tour.origin import origin_of
from edgerollout.tour.suggestion import Allow, Decide, Rework, Settled
from edgerollout.views.ink import fitted, visible
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.release.facts.evidence import Mode
    from edgerollout.tour.cause import Cause
    from edgerollout.tour.judgement import Suggestion, TourVerdict
    from edgerollout.tour.suggestion import CauseAdvice

Tone = Literal["good", "warn", "bad", "plain"]
"""The meaning of a text: good, to check, bad, neutral."""

_CODE = 200
"""Most characters of inline code that a tour keeps."""

_SAMPLE = 40
"""Most characters of inline code that browsers report (CSP3 §2.4.1)."""

_REQUESTS = {
    "connect-src": ("A request to {}", "{} requests to {}"),
    "child-src": ("A frame of {}", "{} frames of {}"),
    "fenced-frame-src": ("A fenced frame of {}", "{} fenced frames of {}"),
    "font-src": ("A font from {}", "{} fonts from {}"),
    "form-action": ("A form sent to {}", "{} forms sent to {}"),
    "frame-src": ("A frame of {}", "{} frames of {}"),
    "img-src": ("An image from {}", "{} images from {}"),
    "manifest-src": ("A web app manifest from {}", "{} web app manifests from {}"),
    "media-src": ("Audio or video from {}", "{} pieces of audio or video from {}"),
    "object-src": ("A plug-in from {}", "{} plug-ins from {}"),
    "script-src": ("A script from {}", "{} scripts from {}"),
    "script-src-elem": ("A script from {}", "{} scripts from {}"),
    "style-src": ("A stylesheet from {}", "{} stylesheets from {}"),
    "style-src-elem": ("A stylesheet from {}", "{} stylesheets from {}"),
    "worker-src": ("A worker from {}", "{} workers from {}"),
    "frame-ancestors": ("A frame around the page, of {},", "{} frames around the page, of {},"),
    "base-uri": ("A base address on {}", "{} base addresses on {}"),
}


def verdict_words(verdict: TourVerdict) -> tuple[Tone, str]:
    """The verdict in a sentence without a full stop, for a headline."""
    enforced = verdict.disposition == "enforce"
    if verdict.rows:
        things = count_words(len(verdict.rows), "thing")
        breaks = ("breaks" if len(verdict.rows) == 1 else "break") if enforced else "would break"
        touched = len({page for row in verdict.rows for page in row.cause.pages})
        return "bad", f"{things} {breaks} on {_pages_of(touched, len(verdict.pages))}"
    if verdict.breakages:
        names = tuple(dict.fromkeys(breakage.header for breakage in verdict.breakages))
        verb = "breaks" if len(names) == 1 else "break"
        if all(breakage.observed for breakage in verdict.breakages):
            names = tuple(name.removesuffix("-report-only") for name in names)
            verb = "would break"
        touched = len({page for breakage in verdict.breakages for page in breakage.pages})
        pages = _pages_of(touched, len(verdict.pages))
        return "bad", f"{visible(', '.join(names))} {verb} something on {pages}"
    if verdict.omitted:
        return "bad", f"{count_words(verdict.omitted, 'violation')}, too many to separate"
    if not verdict.pages:
        return "warn", "The tour saw no page, so nothing is known"
    nothing = "Nothing breaks" if enforced else "Nothing would break"
    if not verdict.complete:
        return "warn", f"{nothing} on what the tour saw, but it did not see everything"
    return "good", f"{nothing} on {count_words(len(verdict.pages), 'page')}"


def balance_words(verdict: TourVerdict, words: str, *, fixed_by: str) -> str:
    """The verdict's `words` and the balance: how much is fixed, and by what, and what is left to do."""
    parts = [words]
    kinds = Counter(type(row.advice) for row in verdict.rows)
    if fixed := kinds[Allow]:
        parts.append(f"{fixed:,} fixed {fixed_by}")
    if settled := kinds[Settled]:
        parts.append(f"{settled:,} already fixed, not yet published")
    if decisions := kinds[Decide]:
        needs = "needs" if decisions == 1 else "need"
        parts.append(f"{decisions:,} {needs} you: {' '.join(accepting(verdict))}")
    if reworks := kinds[Rework]:
        parts.append(f"{reworks:,} {'needs' if reworks == 1 else 'need'} a change of the page")
    if not verdict.complete:
        parts.append("not everything was seen")
    return " · ".join(parts)


def _pages_of(touched: int, toured: int) -> str:
    return count_words(touched, "page") if touched >= toured else f"{touched} of {toured} pages"


def mode_words(mode: Mode) -> str:
    """What was toured."""
    match mode:
        case "deployed":
            return "the deployed site"
        case "candidate":
            return "the site with the new policy added to its pages, nothing deployed"
        case "preview":
            return "a built folder, nothing deployed"
        case _:
            assert_never(mode)


def shown_url(url: str) -> str:
    """A URL for a report, without query and fragment: they may hold a secret (a token, an e-mail address)."""
    return without_query(url)


def shown_words(text: str) -> str:
    """A sentence for a report: each URL in it as `shown_url` gives it."""
    return words_without_queries(text)


def snippet_of(cause: Cause) -> str:
    """The blocked code, as much as is known: the element, an attribute, the start of its text."""
    # In a sample for Trusted Types the sink's name comes first (Trusted Types §4.2).
    text = cause.sample.partition("|")[2] if cause.kind == "trusted-types" else cause.sample
    if len(cause.sample) >= _SAMPLE:
        text = f"{text.rstrip()} …"
    if cause.code:
        text = cause.code if len(cause.code) < _CODE else f"{cause.code.rstrip()} …"
    if cause.element:
        told = cause.kind != "inline" or (cause.sample.strip() in cause.element and not cause.code)
        return cause.element if told else f"{cause.element}\n{text.strip()}"
    if cause.attribute is not None:
        return f'{cause.attribute[0]}="{cause.attribute[1]}"'
    return text


def happened(cause: Cause, count: int = 1) -> str:
    """What the policy does to the page, or would do, in a sentence without a full stop.

    `count` is the number of URLs of the same host.
    """
    enforced = cause.disposition == "enforce"
    does = "does" if enforced else "would"
    match cause.kind:
        case "url":
            return _request(cause, count)
        case "inline":
            if cause.directive.startswith("style"):
                return f"An inline style {does} not apply"
            return f"An inline script {does} not run"
        case "attribute":
            if cause.directive.startswith("style"):
                return f"A style attribute {does} not apply"
            name = cause.attribute[0] if cause.attribute else "inline"
            return f"{_an(name)} handler {does} not run"
        case "javascript-url":
            return f"A javascript: link {'does' if enforced else 'would do'} nothing"
        case "eval":
            return f"Text made into code by eval {does} not run"
        case "wasm":
            return f"WebAssembly {does} not compile"
        case "trusted-types":
            sink = cause.sample.partition("|")[0]
            given = f"Text given to {sink}" if sink else "Text given to the page"
            return f"{given} {'is' if enforced else 'would be'} refused (Trusted Types)"
        case _:
            assert_never(cause.kind)


def thing(cause: Cause, count: int = 1) -> str:
    """A name for the cause, without a verb: `3 images from images.example.net`. Inline code gets its first
    line."""
    code = first_line(cause)
    told = f": {code}" if code else ""
    match cause.kind:
        case "url":
            what = _requested(cause, count)
            small = f"{what[0].lower()}{what[1:]}".removeprefix("a ").removeprefix("an ").removesuffix(",")
            if cause.target == UNKNOWN_TARGET:
                return f"{small}, redirected to an unknown place"
            return f"{small}, redirected to {place_of(cause.target)}" if cause.target else small
        case "inline" | "javascript-url":
            return f"{cause.name}{told}"
        case "attribute":
            name = cause.attribute[0] if cause.attribute else "inline"
            noun = "attribute" if cause.directive.startswith("style") else "handler"
            return f"{name} {noun}{told}"
        case "eval" | "wasm":
            return cause.name
        case "trusted-types":
            return f"text for {cause.name}{told}"
        case _:
            assert_never(cause.kind)


def first_line(cause: Cause) -> str:
    """The first line of inline code that is not empty, as much as is known."""
    if cause.attribute is not None:
        return cause.attribute[1].strip()
    if cause.kind == "trusted-types":
        return cause.sample.partition("|")[2].strip()
    if cause.kind not in ("inline", "javascript-url"):
        return ""
    text = cause.code or (
        cause.sample if cause.sample.strip() else cause.element.partition(">")[2].partition("</")[0]
    )
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _requested(cause: Cause, count: int) -> str:
    single, many = _REQUESTS.get(
        cause.directive,
        (f"A request under {cause.directive} to {{}}", f"{{}} requests under {cause.directive} to {{}}"),
    )
    place = place_of(cause.blocked)
    return single.format(place) if count == 1 else many.format(count, place)


def _request(cause: Cause, count: int) -> str:
    what = _requested(cause, count)
    be = "is" if count == 1 else "are"
    blocked = "blocked" if cause.disposition == "enforce" else "would be blocked"
    if cause.target == UNKNOWN_TARGET:
        return f"{what} {be} redirected to an unknown place that {_is(blocked)}"
    if cause.target:
        return f"{what} {be} redirected to {place_of(cause.target)}, which {_is(blocked)}"
    return f"{what} {be} {blocked}" if blocked == "blocked" else f"{what} {blocked}"


def _is(blocked: str) -> str:
    return f"is {blocked}" if blocked == "blocked" else blocked


def place_of(url: str) -> str:
    """The host of a URL, with its port; for a scheme alone, words such as `a data: URL`."""
    if not origin_of(url):
        return f"a {url} URL" if url.endswith(":") else url
    return urlsplit(url.removeprefix("blob:")).netloc.rpartition("@")[2]


def _an(word: str) -> str:
    return f"An {word}" if word[:1].lower() in "aeiou" else f"A {word}"


def tone_of(advice: CauseAdvice) -> Tone:
    """Whether the advice is safe, needs a decision, or asks for nothing."""
    match advice:
        case Allow():
            return "good"
        case Decide() | Rework():
            return "warn"
        case Settled():
            return "plain"
        case _:
            assert_never(advice)


def advice_badge(advice: CauseAdvice) -> str:
    """The advice in two or three words."""
    match advice:
        case Allow():
            return "source suggested"
        case Decide():
            return "needs a decision"
        case Rework():
            return "change the page"
        case Settled():
            return "already allowed"
        case _:
            assert_never(advice)


def todo_words(advice: CauseAdvice, place: str) -> str:
    """What to do about it, in a few words."""
    match advice:
        case Allow(sources=sources):
            return f"{place} {sources_words(sources)}"
        case Decide(sources=sources):
            return f"decide: {place} {sources_words(sources)}"
        case Rework():
            return "change the page"
        case Settled():
            return "already allowed: publish"
        case _:
            assert_never(advice)


def brief_todo(advice: CauseAdvice, place: str, subject: str) -> str:
    """The same beside `subject`: without the hosts that it names, and hashes, which nobody reads, as such."""
    if not isinstance(advice, Allow):
        return todo_words(advice, place)
    left = [source for source in advice.sources if not _named(source, subject)]
    other = [source for source in left if not isinstance(parse_source(source), Hash)]
    hashed = ("by hash",) if len(other) < len(left) else ()
    return " ".join((place, *hashed, *other))


def _named(source: str, subject: str) -> bool:
    match parse_source(source):
        case Host(name=name, wildcard=False, path=path):
            return len(path) < 2 and name in subject
        case Scheme(name=name):
            return f"{name}:" in subject
        case _:
            return False


def sources_words(sources: Iterable[str]) -> str:
    """The sources on one line. Several hashes are only counted: nobody reads them."""
    every = tuple(sources)
    hashes = [source for source in every if isinstance(parse_source(source), Hash)]
    if not hashes:
        return " ".join(every)
    told = f"{hashes[0][:12]}…'" if len(hashes) == 1 else f"{len(hashes)} hashes"
    return " ".join((told, *(source for source in every if source not in hashes)))


def losses_words(*, pruned: bool) -> str:
    """The sentence above the sources that no page used."""
    if pruned:
        return "Removed from policy.toml, because no page used it:"
    return "No page used this. The tour does not see what only loads after a click; --prune removes it:"


def gain_place(table: str, environment: str | None, why: str) -> str:
    """The table of policy.toml to which a source is added, for which environment, and why."""
    whose = "for every environment" if environment is None else f"only for {environment}, {why}"
    return f"[{table}] {whose}"


def reason_in_policy(suggestion: Suggestion, *, private: bool) -> str:
    """The comment on a source in policy.toml: what needs it, on which page. `private` leaves code out."""
    if not suggestion.asked_by:
        return ""
    first = suggestion.asked_by[0]
    count = len(suggestion.asked_by) if first.kind == "url" else 1
    name = fitted(first.name if private and first.kind != "url" else thing(first, count), 60)
    pages = suggestion.pages
    more = f" and {count_words(len(pages) - 1, 'more page')}" if len(pages) > 1 else ""
    return f"{name}, on {shown_url(pages[0])}{more}" if pages else name


def advice_verb(advice: CauseAdvice) -> str:
    """What to do, as a heading."""
    match advice:
        case Allow():
            return "Allow it"
        case Decide():
            return "Decide: this would allow it, and also more than is safe"
        case Rework():
            return "No source is suggested"
        case Settled():
            return "Nothing to do"
        case _:
            assert_never(advice)


def advice_why(advice: CauseAdvice) -> tuple[str, ...]:
    """The reasons for this advice, and notes about it."""
    match advice:
        case Allow(sources=sources, notes=notes):
            return (*dict.fromkeys(why for source in sources if (why := _why(source))), *notes)
        case Decide(why=why) | Rework(why=why) | Settled(why=why):
            return (why,)
        case _:
            assert_never(advice)


def _why(source: str) -> str | None:
    """What a source allows, exactly; None if a note says it."""
    match parse_source(source):
        case Keyword(word="'self'"):
            return "'self' is the page's own origin"
        case Hash():
            return "the hash fits only this text: if you change the text, change the hash"
        case Host(wildcard=True):
            return "this wildcard allows every host under that domain"
        case Host(path=path) if len(path) > 1:
            return (
                "this allows everything in that folder" if path.endswith("/") else "this allows that one file"
            )
        case Host():
            return "this allows every file from that host, and no other host"
        case Scheme(name=name):
            return f"a request without a host has no narrower source than {name}"
        case _:
            return None
