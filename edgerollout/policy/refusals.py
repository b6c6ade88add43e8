"""Policies that must not be published: they would break responses, or mean something else than is written.

In a source, a `;` starts another directive, a `,` another policy, a line end another header. Lint says
whether a policy is good; this module says whether browsers would read what was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy import header_rules as rules
from edgerollout.policy.csp import NONE, Csp, canonical_source, merge
from edgerollout.policy.headers import cased
from edgerollout.policy.render import RenderedResponse, render
from edgerollout.policy.severity import Severity
from edgerollout.policy.wording import did_you_mean, printable, spelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.policy.headers import Header
    from edgerollout.policy.policy import Policy

KeyPath = tuple[str | int, ...]
"""A place in policy.toml: `("csp", "script-src", 1)` is the second source of script-src."""

KNOWN_DIRECTIVES = (
    "base-uri",
    "block-all-mixed-content",
    "child-src",
    "connect-src",
    "default-src",
    "fenced-frame-src",
    "font-src",
    "form-action",
    "frame-ancestors",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "object-src",
    "report-to",
    "report-uri",
    "require-trusted-types-for",
    "sandbox",
    "script-src",
    "script-src-attr",
    "script-src-elem",
    "style-src",
    "style-src-attr",
    "style-src-elem",
    "trusted-types",
    "upgrade-insecure-requests",
    "webrtc",
    "worker-src",
)
"""Directives of CSP3 and related specifications. Browsers ignore a directive that they do not know."""

_ESCAPES = {";": "write %3B where a path needs one", ",": "write %2C where a path needs one"}


@dataclass(frozen=True)
class PolicyProblem:
    """A problem of a policy: where, what, and what would be right. A policy with warnings may be published.

    `of_value`: the problem is in the value, not in the key.
    """

    path: KeyPath
    message: str
    suggestion: str | None = None
    severity: Severity = Severity.ERROR
    of_value: bool = False


def check_policy(policy: Policy, events: Mapping[str, str]) -> tuple[PolicyProblem, ...]:
    """All problems of `policy`, for the environments of `events` (name → event type)."""
    problems = [*check_csp(policy.csp, ("csp",))]
    base_events = tuple(sorted(set(events.values())))
    for header in policy.headers:
        problems += check_header(header, ("headers", header.name), base_events)
    for name, overlay in policy.overlays.items():
        at: KeyPath = ("environments", name)
        event = (events[name],) if name in events else ()
        problems += check_csp(overlay.csp, (*at, "csp"))
        problems += _check_overlay(policy.csp, overlay.csp, (*at, "csp"))
        for header in overlay.headers:
            problems += check_header(header, (*at, "headers", header.name), event)
    return tuple(problems)


def check_csp(csp: Csp, at: KeyPath) -> Iterator[PolicyProblem]:
    """Problems of `csp`, at `at`, that would give the header another meaning than is written."""
    for name, sources in csp.directives:
        yield from _check_directive(name, (*at, name))
        for index, source in enumerate(sources):
            yield from _check_source(source, (*at, name, index))


def check_header(header: Header, at: KeyPath, events: Iterable[str] = ()) -> Iterator[PolicyProblem]:
    """Problems of a header that would break responses of functions that run at `events`."""
    problem = _check_name(header.name, events)
    if problem is not None:
        message, suggestion = problem
        yield PolicyProblem(at, message, suggestion)
    elif header.action != "remove":
        yield from _check_value(header.value, at)


def check_size(response: RenderedResponse, at: KeyPath = ()) -> Iterator[PolicyProblem]:
    """Whether a rendered response fits CloudFront (error) and the proxies behind it (warning)."""
    if response.total_bytes > rules.MAX_TOTAL_BYTES:
        largest = max(response.byte_counts().items(), key=lambda count: count[1])
        yield PolicyProblem(
            at,
            f"the headers take {response.total_bytes:,} bytes, CloudFront allows {rules.MAX_TOTAL_BYTES:,}",
            f"{cased(largest[0])} alone takes {largest[1]:,}",
        )
    for name in sorted(rules.CSP_HEADERS & response.set.keys()):
        key, value = response.set[name]
        if len(value) >= rules.CSP_WARNING_BYTES:
            yield PolicyProblem(
                at,
                f"the value of {key} takes {len(value):,} bytes; from {rules.CSP_WARNING_BYTES:,} on"
                " some proxies and CloudFront's own response headers policies refuse it",
                "shorten the source lists, for example with one wildcard host for several",
                severity=Severity.WARNING,
            )


def check_environments(policy: Policy, environments: Iterable[str]) -> Iterator[PolicyProblem]:
    """Problems of size, and empty policies, in each environment; the same problem is reported once.

    Only useful for a policy in which `check_policy` finds no error.
    """
    told: set[PolicyProblem] = set()
    for name in environments:
        own = policy.for_environment(name)
        at: KeyPath = ("environments", name) if name in policy.overlays else ("csp",)
        found = [*check_size(render(own.headers, None, own.csp), at)]
        if own.csp.effective.is_empty and not own.headers:
            found.append(
                PolicyProblem(
                    at if name in policy.overlays else (),
                    f"the policy of {name} is empty: no [csp] directive and no header",
                    "start with [csp] and default-src = [\"'self'\"]",
                )
            )
        yield from (problem for problem in found if problem not in told)
        told.update(found)


def _check_overlay(base: Csp, overlay: Csp, at: KeyPath) -> Iterator[PolicyProblem]:
    merged = merge(base, overlay)
    for name, sources in overlay:
        present = base.sources(name)
        if present and NONE not in [canonical_source(name, source) for source in merged.sources(name) or ()]:
            for index, source in enumerate(sources):
                if canonical_source(name, source) == NONE:
                    yield PolicyProblem(
                        (*at, name, index),
                        "an overlay only adds sources: 'none' does not empty the base policy's list",
                        f"make the base's {name} narrower, and add in each environment what it needs",
                    )


def _check_directive(name: str, at: KeyPath) -> Iterator[PolicyProblem]:
    # CSP3 §2.3: directive-name = 1*( ALPHA / DIGIT / "-" )
    if not name or not all(c.isascii() and (c.isalnum() or c == "-") for c in name):
        yield PolicyProblem(
            at, f"'{printable(name)}' cannot be a directive name", "letters, digits and - only"
        )
    elif name.lower() not in KNOWN_DIRECTIVES:
        near = did_you_mean(name, KNOWN_DIRECTIVES)
        message = f"no browser is known to support the directive {name}; browsers ignore unknown ones"
        # A misspelt name would publish a policy without the directive; a name like no other
        # may be newer than this list.
        yield PolicyProblem(at, message, near, severity=Severity.WARNING if near is None else Severity.ERROR)


def _check_source(source: str, at: KeyPath) -> Iterator[PolicyProblem]:
    if not source:
        yield PolicyProblem(at, "a source is empty", "an empty list or \"'none'\" allows nothing")
        return
    if source != source.strip(" ") or " " in source:
        words = ", ".join(f'"{word}"' for word in source.split())
        hint = f"one string for each source: {words}" if source.isprintable() else None
        yield PolicyProblem(at, f"the source '{printable(source)}' holds a space", hint)
        return
    for character in source:
        if character in _ESCAPES:
            starts = "directive" if character == ";" else "policy"
            yield PolicyProblem(
                at,
                f"the source '{printable(source)}' holds a '{character}', which would start another {starts}",
                _ESCAPES[character],
            )
            return
        if not "!" <= character <= "~":
            hint = None if character.isascii() else "write a host name in its punycode form (xn--…)"
            if character in "‘’“”":
                hint = "use the straight quote '"
            yield PolicyProblem(at, f"the source '{printable(source)}' holds {spelled(character)}", hint)
            return


def _check_name(name: str, events: Iterable[str]) -> tuple[str, str | None] | None:
    """The message and suggestion for a header that functions may not touch, or None."""
    if not rules.is_token(name):
        return f"'{printable(name)}' cannot be a header name", None
    if name in rules.CSP_HEADERS:
        return f"{name} is made from the policy and its stage", "write it under [csp]"
    if rules.is_disallowed(name):
        return (
            f"CloudFront does not let functions touch {name}: every response would be a 502",
            "leave it out",
        )
    held = [event for event in events if name in rules.READ_ONLY.get(event, frozenset())]
    if held:
        return f"{name} is read-only at {' and '.join(held)}: every response would be a 502", "leave it out"
    if name in rules.FRAMING:
        return f"{name} describes each body: one value for all would break responses", "leave it out"
    return None


def _check_value(value: str, at: KeyPath) -> Iterator[PolicyProblem]:
    if not value:
        yield PolicyProblem(
            at, "the value is empty", "{ remove = true } deletes the origin's header", of_value=True
        )
    elif (character := rules.bad_character(value)) is not None:
        yield PolicyProblem(
            at, f"the value holds {character}; a header takes visible ASCII only", of_value=True
        )
    elif value != value.strip():
        yield PolicyProblem(
            at,
            "the value begins or ends with a blank, which HTTP drops",
            f'"{value.strip()}"',
            of_value=True,
        )
