"""What lint says about a policy or a header, and the edits that are safe to make automatically."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.finding import Finding

if TYPE_CHECKING:
    from edgerollout.policy.severity import Severity
    from edgerollout.policy.stage import Stage


@dataclass(frozen=True)
class Edit:
    """A change of one source list or header value: same effect in browsers, or what was clearly meant.

    `source` is replaced by `replacement`, or removed if that is None. If `source` is None, the replacement is
    added to an empty list, or replaces the whole value of a header.
    """

    source: str | None
    replacement: str | None


@dataclass(frozen=True)
class Found:
    """A finding of a rule, before it has the rule's name and severity.

    `directive` and `source` are None if it is about the whole policy. Rules about several headers set
    `header`.
    """

    message: str
    fix: str | None = None
    directive: str | None = None
    source: str | None = None
    edit: Edit | None = None
    header: str | None = None


@dataclass(frozen=True)
class LintFinding(Finding[str]):
    """A finding of lint. Its message says what an attacker or a visitor would see.

    `stage` is None if it is about a header, `header` is None if it is about a policy. `edit` is a change that
    `--fix` may make.
    """

    directive: str | None = None
    source: str | None = None
    header: str | None = None
    stage: Stage | None = None
    edit: Edit | None = None

    @classmethod
    def by_rule(
        cls,
        rule: str,
        severity: Severity,
        found: Found,
        *,
        header: str | None = None,
        stage: Stage | None = None,
    ) -> LintFinding:
        """The finding with the name of its rule."""
        return cls(
            severity,
            rule,
            found.message,
            found.fix,
            directive=found.directive,
            source=found.source,
            header=header,
            stage=stage,
            edit=found.edit,
        )
