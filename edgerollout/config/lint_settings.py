"""[lint] of edgerollout.toml: findings that the team knows and keeps, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.wording import did_you_mean, printable

if TYPE_CHECKING:
    from edgerollout.config.section import Section
    from edgerollout.errors import Place
    from edgerollout.policy.lint.finding import LintFinding

LINT_KEYS = ("ignore",)
IGNORE_KEYS = ("rule", "directive", "header", "source", "reason")


@dataclass(frozen=True)
class Ignore:
    """Ignore the findings of `rule`: all, or those on this directive, header or source."""

    rule: str
    reason: str
    directive: str | None
    header: str | None
    source: str | None
    place: Place

    def covers(self, finding: LintFinding) -> bool:
        """Whether it matches this finding."""
        subject = finding.directive or finding.header
        return (
            finding.rule == self.rule
            # Before `header` existed, `directive` accepted headers too.
            and (self.directive is None or self.directive.lower() == subject)
            and (self.header is None or self.header.lower() == finding.header)
            and (self.source is None or self.source == finding.source)
        )


def read_ignores(top: Section) -> tuple[Ignore, ...]:
    """The ignore list; problems are noted in its file."""
    section = top.table("lint")
    if section is None:
        return ()
    section.refuse_unknown(LINT_KEYS)
    found = (_read_ignore(ignore) for ignore in section.tables("ignore", lambda _: None) or ())
    return tuple(ignore for ignore in found if ignore is not None)


def _read_ignore(section: Section) -> Ignore | None:
    from edgerollout.policy.lint.registry import SEVERITIES

    section.refuse_unknown(IGNORE_KEYS)
    for key, hint in (("rule", "docs/lint.md lists the rules"), ("reason", "say why it may stay")):
        if key not in section:
            section.file.missing(section.at(key), hint)
    rule, reason = section.string("rule"), section.string("reason")
    directive, header = section.string("directive"), section.string("header")
    source = section.string("source")
    if rule is None or reason is None:
        return None
    if rule not in SEVERITIES:
        near = did_you_mean(rule, SEVERITIES) or "docs/lint.md lists the rules"
        section.note("rule", f"there is no rule {printable(rule)}", near)
        return None
    return Ignore(rule, reason, directive, header, source, section.file.place((*section.path, "rule")))
