"""Where the headers send reports: Reporting-Endpoints, Report-To, NEL, and who names an endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy import fields
from edgerollout.policy.fields import Malformed, Word
from edgerollout.policy.lint.finding import Found
from edgerollout.policy.url import Url
from edgerollout.policy.wording import did_you_mean, listed, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.policy.lint.subject import HeadersSubject

_QUOTED = ("cross-origin-opener-policy", "cross-origin-embedder-policy", "document-isolation-policy")
"""Headers with a string as report-to; in other headers report-to is a token."""
_REPORTING = (*_QUOTED, "permissions-policy", "document-policy", "connection-allowlist", "integrity-policy")
_TWIN = "-report-only"


def endpoints(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("reporting-endpoints")
    if value is None:
        return
    parsed = fields.dictionary(value)
    if isinstance(parsed, Malformed):
        message = f"browsers drop all of Reporting-Endpoints, which does not parse: {parsed.reason}"
        yield Found(message, 'csp="https://reports.example/csp"', source=value)
        return
    for name in fields.repeated_keys(value):
        yield Found(f"the endpoint {name} appears twice: the last one counts", "leave one out", source=name)
    for name, member in parsed.items():
        address = member.only
        if not isinstance(address, str):
            yield Found(
                f"the endpoint {name} is not an address in quotes", f'{name}="https://…"', source=name
            )
        elif (problem := _deaf(address)) is not None:
            yield Found(f"the endpoint {name} gets no reports: {problem}", f'{name}="https://…"', source=name)


def _deaf(address: str) -> str | None:
    if address.startswith("/") and not address.startswith("//"):
        return None
    url = Url.parse(address)
    if url is None:
        return "an address starts with https:// or with /"
    return None if url.scheme == "https" else "browsers report to https only"


def groups(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("report-to")
    if value is None:
        return
    found = _objects(value)
    if found is None:
        message = "browsers drop all of Report-To: it must be JSON objects, with commas between"
        yield Found(
            message, '{"group":"nel","max_age":86400,"endpoints":[{"url":"https://…"}]}', source=value
        )
        return
    for group in found:
        name = str(group.get("group", "default"))
        for problem, fix in _group_problems(group):
            yield Found(f"browsers drop the group {printable(name)}: {problem}", fix, source=name)


def _group_problems(group: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    if not isinstance(group.get("group", ""), str):
        yield "its name is not a string", '"group":"nel"'
    age = group.get("max_age")
    if not _is_count(age):
        yield "max_age is not a whole number of seconds", '"max_age":86400'
    if age == 0:
        return
    given = group.get("endpoints")
    addresses = (
        [endpoint.get("url") if isinstance(endpoint, dict) else None for endpoint in given]
        if isinstance(given, list)
        else []
    )
    if not addresses:
        yield "it has no endpoints", '"endpoints":[{"url":"https://…"}]'
    for address in addresses:
        if not isinstance(address, str) or (url := Url.parse(address)) is None or url.scheme != "https":
            yield f"{printable(str(address))} is not an https address", '{"url":"https://…"}'


def network_errors(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("nel")
    if value is None:
        return
    found = _objects(value)
    if not found or len(found) > 1:
        yield Found(
            "browsers drop NEL: it is not one JSON object",
            '{"report_to":"nel","max_age":86400}',
            source=value,
        )
        return
    (policy,) = found
    if not _is_count(policy.get("max_age")):
        yield Found(
            "browsers drop NEL: max_age is not a whole number of seconds", '"max_age":86400', source="max_age"
        )
    for key in ("success_fraction", "failure_fraction"):
        share = policy.get(key, 0)
        if not isinstance(share, int | float) or isinstance(share, bool) or not 0 <= share <= 1:
            yield Found(f"browsers drop NEL: {key} is not a number from 0 to 1", f'"{key}":0.5', source=key)
    group, known = policy.get("report_to"), _groups(subject.headers)
    if policy.get("max_age") != 0 and not (isinstance(group, str) and group in known):
        there = f"Report-To has {listed(sorted(known))}" if known else "there is no Report-To"
        message = f"NEL reports nowhere: it needs a group of Report-To, not of Reporting-Endpoints ({there})"
        yield Found(message, '{"group":"nel",…} in Report-To, "report_to":"nel" here', source="report_to")


@dataclass(frozen=True)
class _Reference:
    """`header` names an endpoint; `usable` is false if browsers cannot read the name there."""

    header: str
    name: str
    usable: bool = True


def references(subject: HeadersSubject) -> Iterator[Found]:
    known = endpoint_names(subject.headers)
    for reference in _references(subject):
        if not reference.usable:
            quotes = (
                f'"{reference.name}"' if reference.header.removesuffix(_TWIN) in _QUOTED else reference.name
            )
            message = (
                f"browsers cannot read the endpoint {printable(reference.name)} as it is written: nothing"
                " is reported"
            )
            yield Found(message, f"report-to={quotes}", source=reference.name, header=reference.header)
        elif reference.name not in known:
            there = f"it has {listed(sorted(known))}" if known else "there is none"
            endpoint = printable(reference.name)
            message = f"Reporting-Endpoints has no endpoint {endpoint} ({there}): nothing is reported"
            near = did_you_mean(reference.name, known) if known else None
            hint = near or f'send Reporting-Endpoints: {endpoint}="https://…"'
            yield Found(message, hint, source=reference.name, header=reference.header)


def _references(subject: HeadersSubject) -> Iterator[_Reference]:
    for header in _REPORTING:
        for name in (header, header + _TWIN):
            for member in _members(name, subject.headers.get(name, "")):
                given = member.parameters.get("report-to")
                if isinstance(given, str):
                    yield _Reference(name, given, usable=header in (*_QUOTED, "permissions-policy"))
                elif isinstance(given, Word):
                    yield _Reference(name, given.text, usable=header not in _QUOTED)
            if header == "integrity-policy":
                parsed = fields.dictionary(subject.headers.get(name, ""))
                named = None if isinstance(parsed, Malformed) else parsed.get("endpoints")
                yield from (_Reference(name, word) for word in (() if named is None else named.words))


def _members(header: str, value: str) -> tuple[fields.Member, ...]:
    match header.removesuffix(_TWIN):
        case "connection-allowlist":
            listed_items = fields.items(value)
            return () if isinstance(listed_items, Malformed) else listed_items[:1]
        case "permissions-policy" | "document-policy":
            parsed = fields.dictionary(value)
            return () if isinstance(parsed, Malformed) else tuple(parsed.values())
        case "integrity-policy":
            return ()
        case _:
            found = fields.item(value)
            return () if isinstance(found, Malformed) else (found,)


def endpoint_names(headers: Mapping[str, str]) -> frozenset[str]:
    """The endpoints that Reporting-Endpoints and the older Report-To name."""
    parsed = fields.dictionary(headers.get("reporting-endpoints", ""))
    names = frozenset() if isinstance(parsed, Malformed) else frozenset(parsed)
    return names | _groups(headers)


def _groups(headers: Mapping[str, str]) -> frozenset[str]:
    found = _objects(headers.get("report-to", "")) or ()
    return frozenset(str(group["group"]) for group in found if "group" in group)


def _objects(value: str) -> tuple[Mapping[str, object], ...] | None:
    """The JSON objects of a header, with commas between them; None for any other value."""
    import json

    try:
        found = json.loads(f"[{value}]")
    except (ValueError, RecursionError):
        return None
    return tuple(found) if all(isinstance(element, dict) for element in found) else None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
