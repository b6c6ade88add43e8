"""A policy of others and a release in one response headers policy. Pure.

A variant does to a response what their policy and then the handler would do: of a header that both set,
ours wins; what only theirs says goes along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgerollout.policy.headers import cased
from edgerollout.policy.render import ENFORCED, REPORT_ONLY
from edgerollout.release.delivery.policy_config import MEMBERS, Config, policy_config, too_many, typed_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.policy.render import RenderedResponse

_OURS_ALONE = frozenset({ENFORCED, REPORT_ONLY})
"""A CSP that is not the release's would act beside it, unobserved."""


def variant_config(response: RenderedResponse, theirs: Mapping[str, object]) -> Config:
    """What the variant says; without Name and Comment. Only for a response without a misfit."""
    removed, custom, security = _removed(theirs), _custom(theirs), _security(theirs)
    there = {*custom, *security}
    # What theirs takes away is absent when the handler looks, what theirs sets is there.
    absent = removed - there
    ours = policy_config(
        type(response)(
            set={
                **response.set,
                **{name: line for name, line in response.keep.items() if name in absent},
            },
            keep={
                name: line
                for name, line in response.keep.items()
                if name not in absent and (name not in there or name in _OURS_ALONE)
            },
            remove=response.remove,
        )
    )
    decided = {*response.set, *response.remove, *_OURS_ALONE} | (absent & response.keep.keys())
    config: Config = {
        key: theirs[key] for key in ("CorsConfig", "ServerTimingHeadersConfig") if theirs.get(key)
    }
    members = {MEMBERS[name]: fields for name, fields in security.items() if name not in decided}
    members |= _part(ours, "SecurityHeadersConfig")
    if members:
        config["SecurityHeadersConfig"] = members
    lines = [item for name, item in custom.items() if name not in decided] + _items(
        ours, "CustomHeadersConfig"
    )
    if lines:
        config["CustomHeadersConfig"] = {"Quantity": len(lines), "Items": lines}
    gone = [{"Header": cased(name)} for name in sorted(removed - decided)]
    gone += _items(ours, "RemoveHeadersConfig")
    if gone:
        config["RemoveHeadersConfig"] = {"Quantity": len(gone), "Items": gone}
    return config


def csp_of(theirs: Mapping[str, object]) -> str | None:
    """The CSP that a policy enforces; None without one."""
    fields = _security(theirs).get(ENFORCED)
    return None if fields is None else str(fields["ContentSecurityPolicy"])


def goes_along(theirs: Mapping[str, object], response: RenderedResponse) -> tuple[str, ...]:
    """What of a policy goes along, in words."""
    decided = {*response.set, *response.remove, *_OURS_ALONE}
    words = [
        word
        for key, word in (("CorsConfig", "CORS"), ("ServerTimingHeadersConfig", "Server-Timing"))
        if theirs.get(key)
    ]
    words += [cased(name) for name in sorted({*_custom(theirs), *_security(theirs)} - decided)]
    words += [f"no {cased(name)}" for name in sorted(_removed(theirs) - decided)]
    return tuple(words)


def decided(theirs: Mapping[str, object]) -> dict[str, tuple[str, bool] | None]:
    """The headers that a policy names: value, and whether it wins over the origin's; None where it goes."""
    lines: dict[str, tuple[str, bool] | None] = dict.fromkeys(_removed(theirs))
    lines |= {
        name: (typed_value(name, fields), bool(fields["Override"]))
        for name, fields in _security(theirs).items()
    }
    return lines | {
        name: (str(item["Value"]), bool(item["Override"])) for name, item in _custom(theirs).items()
    }


def overruled(theirs: Mapping[str, object], response: RenderedResponse) -> Iterator[str]:
    """The headers of a policy that the release decides otherwise: what theirs says, what ours."""
    said = {name: line[0] for name, line in decided(theirs).items() if line is not None}
    for name, value in sorted(said.items()):
        if name in response.remove:
            yield f"{cased(name)}: {value} goes"
        elif name in response.set and response.set[name][1] != value:
            yield f"{cased(name)}: {value} becomes {response.set[name][1]}"
        elif name == REPORT_ONLY and name not in response.set:
            yield f"{cased(name)}: {value} goes"


def misfits_together(theirs: Mapping[str, object], worst: RenderedResponse) -> Iterator[str]:
    """What no policy can say of both together; `worst` is all that the release may come to send."""
    if theirs.get("CorsConfig") and any(name.startswith("access-control-") for name in worst.remove):
        yield "the release removes CORS headers, and it sets them"
    for misfit in too_many(variant_config(worst, theirs)):
        yield misfit.message


def _part(config: Mapping[str, Any], name: str) -> Config:
    return dict(config.get(name) or {})


def _items(config: Mapping[str, Any], name: str) -> list[Any]:
    return list((config.get(name) or {}).get("Items") or ())


def _custom(config: Mapping[str, object]) -> dict[str, Any]:
    return {item["Header"].lower(): item for item in _items(config, "CustomHeadersConfig")}


def _removed(config: Mapping[str, object]) -> set[str]:
    return {item["Header"].lower() for item in _items(config, "RemoveHeadersConfig")}


def _security(config: Mapping[str, object]) -> dict[str, Any]:
    said = _part(config, "SecurityHeadersConfig")
    return {name: said[member] for name, member in MEMBERS.items() if said.get(member)}
