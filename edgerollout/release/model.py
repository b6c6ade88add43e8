"""A release: what one numbered Lambda version carries, and its `release.json`.

Lambda@Edge has no environment variables, so everything a release is travels inside the zip.
Reading a live version's release.json tells the whole truth about what runs.
"""

from __future__ import annotations

import enum
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from edgerollout.errors import Refused
from edgerollout.policy.csp import LayeredCsp
from edgerollout.policy.headers import Header
from edgerollout.policy.render import RenderedResponse, render

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = 1
"""Of release.json. The handlers refuse any other."""

SHORT = 16
"""Hex digits of a digest in the ledger line and on screens; release.json has all 64."""


class Stage(enum.StrEnum):
    """Where a CSP policy stands in an environment."""

    REPORT_ONLY = "report-only"
    ENFORCED = "enforced"


@dataclass(frozen=True)
class HandlerFacts:
    """What the release runs on. `files` maps a path inside the bundle to its SHA-256 (64 hex)."""

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
        """What differs in `other`, in words: files that are another, new or gone, then settings."""
        changes = []
        for name in sorted({*self.files, *other.files}):
            before, after = self.files.get(name), other.files.get(name)
            if before != after:
                what = "new" if before is None else "gone" if after is None else "changed"
                changes.append(f"{name} {what}")
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
    """A gate as it stood when the release was published."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class ReplacedTrigger:
    """A foreign trigger whose slot a release took over; rolling back the release restores it."""

    distribution: str
    path: str
    event: str
    arn: str
    include_body: bool = False


@dataclass(frozen=True)
class Release:
    """What one version carries. Its number is the version's and is not known inside.

    `enforced` and `report_only` are independent: both at once while an environment enforces one
    policy and observes another. `previous` is the number of the release it follows; because it is
    among the bytes, every new release has new bytes and Lambda's own deduplication never matters.
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
    """The earlier release with the same content that `--again` publishes anew; makes its bytes its own."""
    commit: str | None = None
    distributions: tuple[str, ...] | None = None
    """The ids of the distributions it was made for. None: it was published before this was written down."""
    observed_since: datetime | None = None
    """Since when `report_only` was observed by then, where the release before observed it already (UTC)."""

    def digest(self) -> str:
        """The release digest: SHA-256 (64 hex) over handler, policies and headers.

        Not over `previous`, gates, overrides, replaced ARNs, commit, distributions or `observed_since`: those
        say how the release came to be, not what it does. Policies count with their reporting directives,
        which the *policy* digest leaves out: a new report endpoint is a new release of the same policy.
        """
        return _sha256(
            {
                "environment": self.environment,
                "handler": self.handler.to_json(),
                "headers": self._headers_json(),
                "enforced": None if self.enforced is None else self.enforced.effective.canonical(),
                "report_only": None if self.report_only is None else self.report_only.effective.canonical(),
            }
        )

    def headers_digest(self) -> str:
        """SHA-256 (64 hex) over the headers other than CSP."""
        return _sha256(self._headers_json())

    @property
    def enforced_digest(self) -> str | None:
        return None if self.enforced is None else self.enforced.digest

    @property
    def report_only_digest(self) -> str | None:
        return None if self.report_only is None else self.report_only.digest

    @property
    def base_digest(self) -> str | None:
        """Of the enforced policy's base; of the report-only one's while nothing is enforced."""
        newest = self.enforced or self.report_only
        return None if newest is None else newest.base_digest

    def response(self) -> RenderedResponse:
        """The headers the handler sets, keeps and removes."""
        return render(self.headers, self.enforced, self.report_only)

    def to_json(self) -> dict[str, Any]:
        """The content of release.json."""
        later: dict[str, Any] = {}
        if self.observed_since is not None:
            later["observed_since"] = self.observed_since.isoformat()
        if self.distributions is not None:
            later["distributions"] = list(self.distributions)
        return {
            **later,
            "schema": SCHEMA,
            "environment": self.environment,
            "release": self.digest(),
            "previous": self.previous,
            "handler": self.handler.to_json(),
            "headers": self._headers_json(),
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
        """release.json as it lies in the bundle: the same bytes on any machine."""
        return (json.dumps(self.to_json(), indent=1, ensure_ascii=True) + "\n").encode("ascii")

    @classmethod
    def from_bytes(cls, content: bytes) -> Release:
        """Read a release.json back.

        Raises Refused for one of a later schema, one that was altered (its digest does not match),
        and one that is no release.json at all.
        """
        try:
            document = json.loads(content)
            schema = document["schema"]
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(
                "the version's release.json cannot be read",
                why=f"{type(error).__name__}: {error}",
                hint="It was not written by edgerollout. Roll back to an earlier release, or publish anew.",
            ) from error
        if schema != SCHEMA:
            raise Refused(
                f"the version's release.json has schema {schema}, this edgerollout knows {SCHEMA}",
                hint="A newer edgerollout published it: update this one.",
            )
        try:
            release = cls._from_json(document)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Refused(
                "the version's release.json is damaged",
                why=f"{type(error).__name__}: {error}",
                hint="Roll back to an earlier release, or publish a new one.",
            ) from error
        if release.to_json() != document:
            raise Refused(
                "the version's release.json was altered",
                why="its content does not match its own digest",
                hint="The function was edited by hand. Roll back to an earlier release, or publish anew.",
            )
        return release

    @classmethod
    def _from_json(cls, document: Mapping[str, Any]) -> Release:
        handler = document["handler"]
        return cls(
            environment=document["environment"],
            handler=HandlerFacts(
                files=dict(handler["files"]),
                runtime=handler["runtime"],
                entry=handler["entry"],
                memory=handler["memory"],
                timeout=handler["timeout"],
                role=handler["role"],
            ),
            headers=tuple(
                Header(name=name, value=header["value"], action=header["action"])
                for name, header in document["headers"].items()
            ),
            enforced=_layered(document["enforced"]),
            report_only=_layered(document["report_only"]),
            previous=document["previous"],
            gates=tuple(GateResult(g["name"], g["passed"], g["detail"]) for g in document["gates"]),
            overrides=tuple(Override(o["gate"], o["reason"]) for o in document["overrides"]),
            replaced=tuple(
                ReplacedTrigger(r["distribution"], r["path"], r["event"], r["arn"], r["include_body"])
                for r in document["replaced"]
            ),
            repeats=document["repeats"],
            commit=document["commit"],
            distributions=_ids(document.get("distributions")),
            observed_since=_moment(document.get("observed_since")),
        )

    def _headers_json(self) -> dict[str, dict[str, str]]:
        return {
            header.name: {"value": header.value, "action": header.action}
            for header in sorted(self.headers, key=lambda header: header.name)
        }


def _layered(document: Mapping[str, Any] | None) -> LayeredCsp | None:
    return None if document is None else LayeredCsp.from_json(document)


def _ids(ids: list[Any] | None) -> tuple[str, ...] | None:
    return None if ids is None else tuple(map(str, ids))


def _moment(text: str | None) -> datetime | None:
    moment = None if text is None else datetime.fromisoformat(text)
    if moment is not None and moment.utcoffset() != timedelta(0):
        raise ValueError(f"{text} is no time in UTC")
    return moment


def _sha256(document: object) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
