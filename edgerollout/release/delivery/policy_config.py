"""A release as the configuration of a CloudFront response headers policy, and what does not fit. Pure.

The sources of members and limits: CloudFront API, ResponseHeadersPolicyConfig; Developer Guide, "Quotas".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgerollout.policy.header_rules import REFERRER_POLICIES
from edgerollout.policy.headers import cased
from edgerollout.policy.render import ENFORCED, REPORT_ONLY, render
from edgerollout.policy.staging import STAGED, with_twins
from edgerollout.policy.wording import listed
from edgerollout.release.facts.reads import ReadCspQuota

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.policy.headers import Header
    from edgerollout.policy.render import RenderedResponse
    from edgerollout.release.facts.reads import Read

Config = dict[str, object]
"""A ResponseHeadersPolicyConfig in the SDK's shape."""

CSP_QUOTA = "L-E9944CCE"
CSP_CHARACTERS = 1_783
"""The limit of the enforced CSP by default. AWS raises it on request."""
VALUE_CHARACTERS = 1_783
"""The limit of a custom header's value, which the report-only CSP is, too. It cannot be raised."""
NAME_CHARACTERS = 256
CUSTOM_HEADERS = 10
CUSTOM_CHARACTERS = 10_240
"""The limit of all custom headers' names and values together."""
REMOVED_HEADERS = 10

_MAX_AGE = re.compile(r"max-age=(\d{1,10})", re.IGNORECASE)


@dataclass(frozen=True)
class Misfit:
    """Something that a response headers policy cannot send. `header`: its name; None: several headers.

    `remedy` is what helps, besides the other means.
    """

    header: str | None
    message: str
    remedy: str

    @property
    def key(self) -> str:
        """Where it is written in policy.toml."""
        if self.header in (ENFORCED, REPORT_ONLY):
            return "[csp]"
        return "[headers]" if self.header is None else f"headers.{self.header.removesuffix('-report-only')}"


def policy_config(response: RenderedResponse) -> Config:
    """The policy that sends the same headers as the handler would; without Name and Comment.

    Call it only for a response without a misfit: it leaves out what does not fit.
    """
    security: Config = {}
    custom: list[Config] = []
    for override, lines in ((True, response.set), (False, response.keep)):
        for key, (written, value) in lines.items():
            member = MEMBERS.get(key)
            if member is None:
                custom.append({"Header": written, "Value": value, "Override": override})
            elif (fields := _fields(key, value)) is not None:
                security[member] = {"Override": override, **fields}
    config: Config = {}
    if security:
        config["SecurityHeadersConfig"] = security
    if custom:
        config["CustomHeadersConfig"] = {"Quantity": len(custom), "Items": custom}
    if response.remove:
        removed = [{"Header": cased(item)} for item in response.remove]
        config["RemoveHeadersConfig"] = {"Quantity": len(removed), "Items": removed}
    return config


def worst_stage(
    headers: Iterable[Header],
    enforced: LayeredCsp | None,
    report_only: LayeredCsp | None,
    observed: Iterable[Header] = (),
) -> RenderedResponse:
    """All that a release may come to send: while one policy is enforced and the next is observed, both; and
    each header that has stages, with its twin.
    """
    newest = report_only or enforced
    both = {header.name: header for header in (*headers, *observed)}
    staged = (header for header in both.values() if header.name in STAGED and header.action != "remove")
    return render(with_twins(both.values(), staged), enforced or newest, newest)


def misfits(
    headers: Iterable[Header],
    enforced: LayeredCsp | None,
    report_only: LayeredCsp | None,
    observed: Iterable[Header] = (),
    csp_characters: int = CSP_CHARACTERS,
) -> tuple[Misfit, ...]:
    """What of a release's headers no response headers policy can say. Judged for the worst stage.

    `csp_characters`: the account's limit of an enforced CSP.
    """
    response = worst_stage(headers, enforced, report_only, observed)
    found = (*_misfits(response, csp_characters), *too_many(policy_config(response)))
    if any(misfit.header == REPORT_ONLY for misfit in found):
        # The same policy, whose other limit could be raised: this one could not.
        return tuple(misfit for misfit in found if misfit.header != ENFORCED)
    return found


def quota_asked(
    headers: Iterable[Header], enforced: LayeredCsp | None, report_only: LayeredCsp | None
) -> frozenset[Read]:
    """The account's limit of a CSP, where what every account has is not enough."""
    _, value = worst_stage(headers, enforced, report_only).set.get(ENFORCED, ("", ""))
    return frozenset({ReadCspQuota()} if len(value) > CSP_CHARACTERS else ())


def _misfits(response: RenderedResponse, csp_characters: int) -> Iterator[Misfit]:
    lines = {**response.keep, **response.set}
    for key, (written, value) in lines.items():
        if key in MEMBERS:
            yield from _typed_misfits(key, written, value, csp_characters)
        elif key.startswith("access-control-"):
            yield Misfit(
                key,
                f"{written} cannot be a custom header: CloudFront sets it by rules of its own",
                "Put a policy of your own with CORS on the behavior: it goes along.",
            )
        elif len(value) > VALUE_CHARACTERS:
            yield Misfit(
                key,
                f"{written} has {len(value):,} characters, the limit is {VALUE_CHARACTERS:,} (AWS does not"
                " raise it)",
                _shorter(value) if key == REPORT_ONLY else "Shorten it.",
            )
        elif len(written) > NAME_CHARACTERS:
            yield Misfit(
                key,
                f"the name {written[:40]}… has {len(written)} characters, the limit is {NAME_CHARACTERS}",
                "Shorten it.",
            )


def _shorter(csp: str) -> str:
    """What to shorten of a policy: its longest directives."""
    parts = sorted((part.strip() for part in csp.split(";")), key=len, reverse=True)
    longest = listed(f"{part.partition(' ')[0]} with {len(part):,} characters" for part in parts[:2])
    return f"Shorten it: its longest directives are {longest}."


def too_many(config: Mapping[str, Any]) -> Iterator[Misfit]:
    """The counts and sizes of a whole configuration that are above AWS's limits."""
    custom = (config.get("CustomHeadersConfig") or {}).get("Items") or ()
    removed = (config.get("RemoveHeadersConfig") or {}).get("Items") or ()
    if len(custom) > CUSTOM_HEADERS:
        yield Misfit(
            None,
            f"{len(custom)} custom headers, the limit is {CUSTOM_HEADERS} (by default; edgerollout"
            " cannot read a raised one)",
            f"Leave {len(custom) - CUSTOM_HEADERS} out.",
        )
    total = sum(len(item["Header"]) + len(item["Value"]) for item in custom)
    if total > CUSTOM_CHARACTERS:
        yield Misfit(
            None,
            f"the custom headers have {total:,} characters together, the limit is {CUSTOM_CHARACTERS:,}",
            "Shorten them.",
        )
    if len(removed) > REMOVED_HEADERS:
        yield Misfit(
            None,
            f"{len(removed)} headers to remove, the limit is {REMOVED_HEADERS} (by default; edgerollout"
            " cannot read a raised one)",
            f"Leave {len(removed) - REMOVED_HEADERS} to the origin.",
        )


def _typed_misfits(key: str, written: str, value: str, csp_characters: int) -> Iterator[Misfit]:
    if _fields(key, value) is None:
        yield Misfit(
            key,
            f"{written}: {value} is not among the values that CloudFront offers: {_OFFERED[key]}",
            "Write a value that it offers.",
        )
    elif key == ENFORCED and len(value) > csp_characters:
        yield Misfit(
            key,
            f"{written} has {len(value):,} characters, the limit is {csp_characters:,}",
            f"{_shorter(value)} Or ask for more: Service Quotas, Amazon CloudFront, {CSP_QUOTA}.",
        )


MEMBERS = {
    ENFORCED: "ContentSecurityPolicy",
    "referrer-policy": "ReferrerPolicy",
    "strict-transport-security": "StrictTransportSecurity",
    "x-content-type-options": "ContentTypeOptions",
    "x-frame-options": "FrameOptions",
    "x-xss-protection": "XSSProtection",
}
"""The headers that have members of their own in SecurityHeadersConfig."""

_OFFERED = {
    "referrer-policy": "one of " + ", ".join(sorted(REFERRER_POLICIES)),
    "strict-transport-security": "max-age, includeSubDomains and preload",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY or SAMEORIGIN",
    "x-xss-protection": "0, 1, 1; mode=block or 1; report=URL",
}


def _fields(key: str, value: str) -> Config | None:
    """The members that send `value`; None where CloudFront has none for it."""
    match key:
        case "content-security-policy":
            return {"ContentSecurityPolicy": value}
        case "referrer-policy":
            policy = value.strip().lower()
            return {"ReferrerPolicy": policy} if policy in REFERRER_POLICIES else None
        case "strict-transport-security":
            return _hsts(value)
        case "x-content-type-options":
            return {} if value.strip().lower() == "nosniff" else None
        case "x-frame-options":
            option = value.strip().upper()
            return {"FrameOption": option} if option in ("DENY", "SAMEORIGIN") else None
        case "x-xss-protection":
            return _xss(value)
        case _:
            return None


def _hsts(value: str) -> Config | None:
    fields: Config = {}
    for part in (item.strip() for item in value.split(";")):
        age = _MAX_AGE.fullmatch(part)
        if age is not None and "AccessControlMaxAgeSec" not in fields:
            fields["AccessControlMaxAgeSec"] = int(age[1])
        elif part.lower() == "includesubdomains" and "IncludeSubdomains" not in fields:
            fields["IncludeSubdomains"] = True
        elif part.lower() == "preload" and "Preload" not in fields:
            fields["Preload"] = True
        else:
            return None
    return fields if "AccessControlMaxAgeSec" in fields else None


def _xss(value: str) -> Config | None:
    first, _, rest = (item.strip() for item in value.partition(";"))
    if first == "0" and not rest:
        return {"Protection": False}
    if first != "1":
        return None
    name, _, argument = (item.strip() for item in rest.partition("="))
    if not rest:
        return {"Protection": True}
    if name.lower() == "mode" and argument.lower() == "block":
        return {"Protection": True, "ModeBlock": True}
    return {"Protection": True, "ReportUri": argument} if name.lower() == "report" and argument else None


def typed_value(name: str, fields: Mapping[str, Any]) -> str:
    """The header's value that a member of SecurityHeadersConfig says; `name` in lower case."""
    match name:
        case "content-security-policy":
            return str(fields["ContentSecurityPolicy"])
        case "referrer-policy":
            return str(fields["ReferrerPolicy"])
        case "x-frame-options":
            return str(fields["FrameOption"])
        case "strict-transport-security":
            flags = [("IncludeSubdomains", "includeSubDomains"), ("Preload", "preload")]
            said = [word for member, word in flags if fields.get(member)]
            return "; ".join([f"max-age={fields['AccessControlMaxAgeSec']}", *said])
        case "x-xss-protection":
            if not fields["Protection"]:
                return "0"
            report = f"; report={fields['ReportUri']}" if fields.get("ReportUri") else ""
            return "1; mode=block" if fields.get("ModeBlock") else f"1{report}"
        case _:
            return "nosniff"
