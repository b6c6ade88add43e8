"""A release: what one numbered Lambda version carries, and its `release.json`.

Lambda@Edge has no environment variables, so the whole release is inside the zip. The release.json of a live
version says exactly what runs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from edgerollout.policy.csp import LayeredCsp
from edgerollout.policy.headers import Header
from edgerollout.policy.render import RenderedResponse, render
from edgerollout.policy.staging import STAGED, promoted, with_twins
from edgerollout.release.facts.environment import LAMBDA_EDGE
from edgerollout.release.facts.headers_policies import CarriedPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from edgerollout.release.facts.fields import Fields

SCHEMA = 1
"""The schema of release.json. The handlers refuse any other."""

SHORT = 16
"""The number of hex digits of a digest in the ledger line and on screens; release.json has all 64."""


@dataclass(frozen=True)
class HandlerFacts:
    """The code and the settings that a release runs with. `files` maps a path in the bundle to its SHA-256
    (64 hex).
    """

    files: Mapping[str, str]
    runtime: str
    entry: str
    memory: int
    """MB."""
    timeout: int
    """Seconds."""
    role: str
    """The role's name."""

    def digest(self) -> str:
        """SHA-256 (64 hex) over all of it."""
        return _sha256(self.to_json())

    def changes_to(self, other: HandlerFacts) -> tuple[str, ...]:
        """What differs in `other`, in words: first files that are changed, new or gone, then settings."""
        changes = []
        for name in sorted({*self.files, *other.files}):
            before, after = self.files.get(name), other.files.get(name)
            if before != after:
                change = "new" if before is None else "gone" if after is None else "changed"
                changes.append(f"{name} {change}")
        ours, theirs = self.to_json(), other.to_json()
        changes += [
            f"{name} {ours[name]} to {theirs[name]}"
            for name in ("runtime", "entry", "memory", "timeout", "role")
            if ours[name] != theirs[name]
        ]
        return tuple(changes)

    def to_json(self) -> dict[str, Any]:
        return {
            "files": dict(sorted(self.files.items())),
            "runtime": self.runtime,
            "entry": self.entry,
            "memory": self.memory,
            "timeout": self.timeout,
            "role": self.role,
        }


@dataclass(frozen=True)
class Override:
    """A gate or a check that was set aside, and why."""

    gate: str
    reason: str


@dataclass(frozen=True)
class GateResult:
    """The result of a gate at the time when the release was published."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class ReplacedTrigger:
    """Somebody else's trigger whose slot a release took over. Rolling back the release restores it."""

    distribution: str
    path: str
    event: str
    arn: str
    include_body: bool = False


@dataclass(frozen=True)
class Release:
    """What one version carries. Its number is the version's number, which is not known inside the zip.

    `enforced` and `report_only` are independent: both are set while an environment enforces one policy and
    observes another. `previous` is the number of the release before. It is part of the bytes, so every new
    release has new bytes and Lambda's own deduplication never matters.
    """

    environment: str
    handler: HandlerFacts
    headers: tuple[Header, ...] = ()
    enforced: LayeredCsp | None = None
    report_only: LayeredCsp | None = None
    previous: int | None = None
    gates: tuple[GateResult, ...] = ()
    overrides: tuple[Override, ...] = ()
    replaced: tuple[ReplacedTrigger, ...] = ()
    repeats: int | None = None
    """The earlier release with the same content, which `--again` publishes again. It makes the bytes differ.
    """
    commit: str | None = None
    distributions: tuple[str, ...] | None = None
    """The ids of the distributions that it was made for. None: it was published before releases recorded
    this.
    """
    observed_since: datetime | None = None
    """Since when `report_only` is observed (UTC), where the release before observed it already."""
    deliver: str = LAMBDA_EDGE
    """The means by which it reaches visitors."""
    carried: tuple[CarriedPolicy, ...] = ()
    """The policies of others whose content goes along, where that means has their place."""
    observed: tuple[Header, ...] = ()
    """The headers that browsers only report on, by their -Report-Only twins: names and values as they are to
    be enforced.
    """

    def digest(self) -> str:
        """The release digest: SHA-256 (64 hex) over handler, policies and headers.

        It leaves out `previous`, gates, overrides, replaced ARNs, commit, distributions and `observed_since`:
        they say how the release was made, not what it does. It includes the reporting directives of the
        policies, which the *policy* digest leaves out: a new report endpoint is a new release of the same
        policy.
        """
        return _sha256(
            {
                **self._means_json(),
                **self._carried_digests(),
                **self._observed_json(),
                "environment": self.environment,
                "handler": self.handler.to_json(),
                "headers": _headers_json(self.headers),
                "enforced": None if self.enforced is None else self.enforced.effective.canonical(),
                "report_only": None if self.report_only is None else self.report_only.effective.canonical(),
            }
        )

    def headers_digest(self) -> str:
        """SHA-256 (64 hex) over the headers other than CSP."""
        return _sha256(_headers_json(self.headers))

    @property
    def enforced_digest(self) -> str | None:
        return None if self.enforced is None else self.enforced.digest

    @property
    def report_only_digest(self) -> str | None:
        return None if self.report_only is None else self.report_only.digest

    @property
    def observed_digest(self) -> str | None:
        """SHA-256 (64 hex) over the observed headers; None where there are none."""
        return observed_digest(self.observed)

    @property
    def base_digest(self) -> str | None:
        """The digest of the enforced policy's base; while nothing is enforced, of the report-only policy's
        base.
        """
        newest = self.enforced or self.report_only
        return None if newest is None else newest.base_digest

    def response(self) -> RenderedResponse:
        """The headers the handler sets, keeps and removes."""
        return render(with_twins(self.headers, self.observed), self.enforced, self.report_only)

    def in_force(self) -> Release:
        """The release with all that it observes enforced."""
        others = (header for header in self.headers if header.name not in STAGED)
        headers = (*others, *promoted(self.headers, self.observed))
        return replace(
            self, headers=headers, observed=(), enforced=self.report_only or self.enforced, report_only=None
        )

    def to_json(self) -> dict[str, Any]:
        """The content of release.json."""
        later: dict[str, Any] = {}
        if self.observed_since is not None:
            later["observed_since"] = self.observed_since.isoformat()
        if self.distributions is not None:
            later["distributions"] = list(self.distributions)
        if self.carried:
            later["carried"] = [_carried_json(policy) for policy in self.carried]
        return {
            **later,
            **self._means_json(),
            **self._observed_json(),
            "schema": SCHEMA,
            "environment": self.environment,
            "release": self.digest(),
            "previous": self.previous,
            "handler": self.handler.to_json(),
            "headers": _headers_json(self.headers),
            "enforced": None if self.enforced is None else self.enforced.to_json(),
            "report_only": None if self.report_only is None else self.report_only.to_json(),
            "gates": [{"name": g.name, "passed": g.passed, "detail": g.detail} for g in self.gates],
            "overrides": [{"gate": o.gate, "reason": o.reason} for o in self.overrides],
            "replaced": [
                {
                    "distribution": r.distribution,
                    "path": r.path,
                    "event": r.event,
                    "arn": r.arn,
                    "include_body": r.include_body,
                }
                for r in self.replaced
            ],
            "repeats": self.repeats,
            "commit": self.commit,
            "response": self.response().to_json(),
        }

    def to_bytes(self) -> bytes:
        """release.json as it is in the bundle: the same bytes on every machine."""
        return (json.dumps(self.to_json(), indent=1, ensure_ascii=True) + "\n").encode("ascii")

    @classmethod
    def from_json(cls, document: Fields) -> Release:
        """The release in a release.json of this schema. Raises ValueError for another shape.

        Unknown members are ignored. Digests are not computed again, because an older edgerollout may have
        computed them in another way (`bundle.unpack` compares the recorded digest with the ledger).
        """
        handler = document.object("handler")
        enforced, report_only = document.value("enforced"), document.value("report_only")
        return cls(
            environment=document.text("environment"),
            handler=HandlerFacts(
                files={
                    name: handler.object("files").digest(name) for name in handler.object("files").names()
                },
                runtime=handler.text("runtime"),
                entry=handler.text("entry"),
                memory=handler.count("memory"),
                timeout=handler.count("timeout"),
                role=handler.text("role"),
            ),
            headers=_headers(document.object("headers")),
            enforced=None if enforced is None else LayeredCsp.from_json(enforced),
            report_only=None if report_only is None else LayeredCsp.from_json(report_only),
            previous=document.count_or_none("previous"),
            gates=tuple(
                GateResult(gate.text("name"), gate.flag("passed"), gate.text("detail"))
                for gate in document.objects("gates")
            ),
            overrides=tuple(
                Override(override.text("gate"), override.text("reason"))
                for override in document.objects("overrides")
            ),
            replaced=tuple(_replaced(fields) for fields in document.objects("replaced")),
            repeats=document.count_or_none("repeats"),
            commit=document.text_or_none("commit"),
            distributions=document.texts("distributions") if document.has("distributions") else None,
            observed_since=document.moment("observed_since") if document.has("observed_since") else None,
            deliver=document.text("deliver") if document.has("deliver") else LAMBDA_EDGE,
            carried=(
                tuple(_carried(told) for told in document.objects("carried"))
                if document.has("carried")
                else ()
            ),
            observed=_headers(document.object("observed")) if document.has("observed") else (),
        )

    def _means_json(self) -> dict[str, str]:
        """Its means, where that is not Lambda@Edge: earlier releases do not name it."""
        return {} if self.deliver == LAMBDA_EDGE else {"deliver": self.deliver}

    def _carried_digests(self) -> dict[str, dict[str, str]]:
        """What goes along where. Which policy said it once does not count."""
        places = {
            f"{distribution} {path}": carried.variant
            for carried in self.carried
            for distribution, path in carried.places
        }
        return {"carried": places} if places else {}

    def _observed_json(self) -> dict[str, dict[str, dict[str, str]]]:
        return {"observed": _headers_json(self.observed)} if self.observed else {}


def observed_digest(observed: Iterable[Header]) -> str | None:
    """SHA-256 (64 hex) over headers that are observed, or were seen so; None where there are none."""
    told = _headers_json(observed)
    return _sha256(told) if told else None


def _headers_json(headers: Iterable[Header]) -> dict[str, dict[str, str]]:
    return {
        header.name: {"value": header.value, "action": header.action}
        for header in sorted(headers, key=lambda header: header.name)
    }


def _headers(told: Fields) -> tuple[Header, ...]:
    return tuple(_header(name, told.object(name)) for name in told.names())


def _header(name: str, told: Fields) -> Header:
    match told.one_of("action", "set", "keep", "remove"):
        case "set":
            return Header(name, told.text("value"), "set")
        case "keep":
            return Header(name, told.text("value"), "keep")
        case _:
            return Header(name, told.text("value"), "remove")


def _replaced(told: Fields) -> ReplacedTrigger:
    return ReplacedTrigger(
        told.text("distribution"),
        told.text("path"),
        told.text("event"),
        told.text("arn"),
        told.flag("include_body"),
    )


def _carried_json(policy: CarriedPolicy) -> dict[str, Any]:
    return {
        "id": policy.id,
        "name": policy.name,
        "comment": policy.comment,
        "config": policy.config,
        "managed": policy.managed,
        "places": [{"distribution": distribution, "path": path} for distribution, path in policy.places],
    }


def _carried(told: Fields) -> CarriedPolicy:
    return CarriedPolicy(
        told.text("id"),
        told.text("name"),
        told.text("comment"),
        told.mapping("config"),
        told.flag("managed"),
        tuple((place.text("distribution"), place.text("path")) for place in told.objects("places")),
    )


def _sha256(document: object) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
