"""The ledger line: a version's Description, at most 256 characters, immutable once published.

`edgerollout/1 env=testing release=… base=… enforced=… report-only=… previous=41 override=- commit=…`, or
`edgerollout/2 … deliver=response-headers-policy observed=…` where that is not Lambda@Edge, or where headers
are observed.

Digests are shortened to 16 hex digits; `-` stands for none. Listing a function's versions thus
lists its releases, without reading any code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edgerollout.errors import Refused
from edgerollout.release.facts.environment import LAMBDA_EDGE
from edgerollout.release.facts.release import SHORT, Release

_MARK = "edgerollout/"
_SCHEMA, _WITH_MORE = "1", "2"
"""The second schema is written for every means but Lambda@Edge, and for observed headers. An older
edgerollout must refuse such a line; else it would think that the release is attached nowhere, or would drop
its headers.
"""
_SHORT_MEANS = {"policy": "response-headers-policy"}
"""How a line with observed headers spells the means: there is no room for the whole word."""
_NONE = "-"

MAX_DESCRIPTION = 256
"""Lambda's limit on a Description."""

CHANGES = "+changes"
"""The end of a commit's name where configuration or handler had changes that were not committed."""

_COMMIT = 12


def short_commit(commit: str) -> str:
    """A commit's first 12 digits; the mark for uncommitted changes stays."""
    return commit.removesuffix(CHANGES)[:_COMMIT] + (CHANGES if commit.endswith(CHANGES) else "")


@dataclass(frozen=True)
class LedgerLine:
    """What a version's Description says about its release. Digests are 16 hex digits.

    The last of `overrides` is `+3` where there is no room for three more; release.json has them all.
    """

    environment: str
    release: str
    base: str | None = None
    enforced: str | None = None
    report_only: str | None = None
    previous: int | None = None
    overrides: tuple[str, ...] = ()
    commit: str | None = None
    deliver: str = LAMBDA_EDGE
    observed: str | None = None
    """The observed headers."""

    @property
    def observes(self) -> bool:
        """Whether there is anything that browsers only report on."""
        return self.report_only is not None or self.observed is not None

    def observes_all_of(self, other: LedgerLine) -> bool:
        """Whether it observes what `other` observes; it may observe more."""
        return other.report_only in (None, self.report_only) and other.observed in (None, self.observed)

    @classmethod
    def of(cls, release: Release) -> LedgerLine:
        """The line for a release about to be published."""
        line = cls(
            environment=release.environment,
            release=release.digest()[:SHORT],
            base=_short(release.base_digest),
            enforced=_short(release.enforced_digest),
            report_only=_short(release.report_only_digest),
            previous=release.previous,
            overrides=tuple(override.gate for override in release.overrides),
            commit=None if release.commit is None else short_commit(release.commit),
            deliver=release.deliver,
            observed=_short(release.observed_digest),
        )
        named, cut = line.overrides, 0
        while len(str(line)) > MAX_DESCRIPTION and cut < len(named):
            cut += 1
            line = replace(line, overrides=(*named[:-cut], f"+{cut}"))
        return line

    @classmethod
    def parse(cls, description: str) -> LedgerLine | None:
        """The line in a Description, or None when edgerollout did not write it.

        Raises Refused for a line of a later schema: a wrong guess could undo somebody's release.
        """
        if not description.startswith(_MARK):
            return None
        mark, *fields = description.split(" ")
        schema = mark.removeprefix(_MARK)
        if schema not in (_SCHEMA, _WITH_MORE):
            raise Refused(
                f"a version's ledger line has schema {schema}, this edgerollout knows {_WITH_MORE}",
                hint="A newer edgerollout published it: update this one.",
            )
        values = dict(field.partition("=")[::2] for field in fields)
        previous = _read(values.get("previous"))
        environment, release = _read(values.get("env")), _read(values.get("release"))
        if environment is None or release is None or not (previous is None or previous.isdecimal()):
            return None
        overrides = _read(values.get("override"))
        return cls(
            environment=environment,
            release=release,
            base=_read(values.get("base")),
            enforced=_read(values.get("enforced")),
            report_only=_read(values.get("report-only")),
            previous=None if previous is None else int(previous),
            overrides=() if overrides is None else tuple(overrides.split(",")),
            commit=_read(values.get("commit")),
            deliver=_SHORT_MEANS.get(values.get("deliver", ""), _read(values.get("deliver")) or LAMBDA_EDGE),
            observed=_read(values.get("observed")),
        )

    def __str__(self) -> str:
        other = self.deliver != LAMBDA_EDGE
        deliver = self.deliver
        if self.observed is not None:
            deliver = next((word for word, means in _SHORT_MEANS.items() if means == deliver), deliver)
        return " ".join(
            (
                f"{_MARK}{_WITH_MORE if other or self.observed else _SCHEMA}",
                f"env={self.environment}",
                f"release={self.release}",
                f"base={self.base or _NONE}",
                f"enforced={self.enforced or _NONE}",
                f"report-only={self.report_only or _NONE}",
                f"previous={_NONE if self.previous is None else self.previous}",
                f"override={','.join(self.overrides) or _NONE}",
                f"commit={self.commit or _NONE}",
                *((f"deliver={deliver}",) if other else ()),
                *((f"observed={self.observed}",) if self.observed else ()),
            )
        )


def _short(digest: str | None) -> str | None:
    return None if digest is None else digest[:SHORT]


def _read(value: str | None) -> str | None:
    return None if value in (None, "", _NONE) else value
