"""Headers that isolate a page: COOP, COEP, CORP, Document-Isolation-Policy, Origin-Agent-Cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy import fields
from edgerollout.policy.fields import Malformed
from edgerollout.policy.lint.finding import Found
from edgerollout.policy.wording import did_you_mean, listed, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import HeadersSubject

COOP, COEP = "cross-origin-opener-policy", "cross-origin-embedder-policy"
CORP, DIP = "cross-origin-resource-policy", "document-isolation-policy"

_VALUES = {
    COEP: ("unsafe-none", "require-corp", "credentialless"),
    COOP: ("unsafe-none", "same-origin", "same-origin-allow-popups", "noopener-allow-popups"),
    DIP: ("none", "isolate-and-require-corp", "isolate-and-credentialless"),
}
"""Header → its valid tokens (HTML §7.1; Document Isolation Policy §2)."""

_CORP_VALUES = ("same-origin", "same-site", "cross-origin")
_LEFT_OPEN = {
    COEP: "the page is not isolated",
    COOP: "windows of other sites keep a handle on the page",
    DIP: "the page is not isolated",
}
_TWIN = "-report-only"


def isolation(subject: HeadersSubject) -> Iterator[Found]:
    for header, known in _VALUES.items():
        for name in (header, header + _TWIN):
            value = subject.headers.get(name)
            if value is not None and (fix := _problem(value, known)) is not None:
                then = _LEFT_OPEN[header] if name == header else "nothing is reported"
                message = f"browsers silently ignore {printable(value)!r}: {then}"
                yield Found(message, fix, header=name)
    value = subject.headers.get(CORP)
    # Fetch compares its text exactly: no parameters, no second value, no other case.
    if value is not None and value not in _CORP_VALUES:
        message = f"browsers silently ignore {printable(value)!r}: any site may load these files"
        near = did_you_mean(value.partition(";")[0].strip("'\" "), _CORP_VALUES)
        yield Found(message, near or f"it is {listed(_CORP_VALUES, 'or')}", header=CORP)


def _problem(value: str, known: tuple[str, ...]) -> str | None:
    """What to write instead of a value that browsers ignore; None for a value that they accept."""
    found = fields.item(value)
    if not isinstance(found, Malformed) and set(found.words) & set(known):
        return None
    if "," in value:
        return "send one value"
    bare = value.partition(";")[0].strip("'\" ")
    if bare.lower() in known:
        return f"write {bare.lower()}, and nothing else"
    return did_you_mean(bare, known) or f"it is {listed(known, 'or')}"


def combination(subject: HeadersSubject) -> Iterator[Found]:
    embedder, opener = token(subject, COEP), token(subject, COOP)
    if embedder not in ("require-corp", "credentialless"):
        return
    if opener != "same-origin":
        has = f"with {COOP}: {opener}" if opener else f"without {COOP}"
        message = (
            f"{embedder} {has} does not isolate the page: it blocks files but does not enable"
            " SharedArrayBuffer"
        )
        yield Found(message, f"{COOP}: same-origin, or leave this one out", header=COEP)
        return
    permissions = fields.dictionary(subject.headers.get("permissions-policy", ""))
    if not isinstance(permissions, Malformed) and "cross-origin-isolated" in permissions:
        given = permissions["cross-origin-isolated"]
        if not {"self", "*"} & set(given.words):
            message = "cross-origin-isolated in Permissions-Policy takes away what COOP and COEP give"
            yield Found(
                message,
                "cross-origin-isolated=(self)",
                source="cross-origin-isolated",
                header="permissions-policy",
            )


def agent_cluster(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("origin-agent-cluster")
    if value is None:
        return
    found = fields.item(value)
    if isinstance(found, Malformed) or not isinstance(found.only, bool):
        off = value.strip("'\" ").lower() in ("0", "false", "no", "off")
        message = f"browsers ignore {printable(value)!r}: the value is ?1 or ?0"
        yield Found(message, f"write {'?0' if off else '?1'}", source=value)


def token(subject: HeadersSubject, header: str) -> str | None:
    """The token of a header; None if it has none."""
    found = fields.item(subject.headers.get(header, ""))
    return None if isinstance(found, Malformed) or not found.words else found.words[0]
