"""The `init` document: the written files, and what was read from the site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.scaffold.starting_policy import CspOrigin
from edgerollout.views.findings import by_severity
from edgerollout.views.init_report import FileAction
from edgerollout.views.output.common import Directives, FindingJson
from edgerollout.views.output.encoder import DocumentJson, Output

if TYPE_CHECKING:
    from edgerollout.advice import Spell
    from edgerollout.scaffold.starting_policy import StartingPolicy
    from edgerollout.views.init_report import InitReport


class StartingPolicyJson(Output):
    """The policy that was written."""

    csp_from: CspOrigin
    """`default`, or from the site: `enforced` or `report-only`"""
    csp: Directives
    """directive → sources"""
    headers: Mapping[str, str]
    """name → value"""


class SurveyedDistributionJson(Output):
    """A distribution that `--from-live` read."""

    environment: str
    """its environment"""
    id: str
    """CloudFront's id"""
    alias: str
    """its name for people"""
    behaviors: Sequence[str]
    """path patterns"""
    origins: Sequence[str]
    """host names"""


class ScaffoldFileJson(Output):
    """A file."""

    path: str
    """where"""
    action: FileAction
    """`created`, `replaced`, `extended`, `unchanged` or `kept`"""


class InitJson(DocumentJson):
    """A new project: `init`."""

    environments: Sequence[str]
    """their names, in the order of promotion"""
    policy: StartingPolicyJson | None
    """the policy that was written; null with `--lock`"""
    distributions: Sequence[SurveyedDistributionJson]
    """the distributions that `--from-live` read"""
    findings: Sequence[FindingJson]
    """problems and notes"""
    files: Sequence[ScaffoldFileJson]
    """all files"""
    next: Sequence[str]
    """the next commands"""


def init_json(report: InitReport, spell: Spell) -> InitJson:
    """The document."""
    return InitJson.of(
        report,
        policy=None if report.policy is None else _policy(report.policy),
        distributions=[
            SurveyedDistributionJson(
                environment=survey.environment,
                id=found.distribution.id,
                alias=found.distribution.name,
                behaviors=[behavior.path for behavior in found.distribution.behaviors],
                origins=found.origins,
            )
            for survey in report.surveys
            for found in survey.found
        ],
        findings=[
            FindingJson.of(finding, hint=spelled(finding.hint, spell))
            for finding in by_severity(report.findings)
        ],
        files=[ScaffoldFileJson(path=path, action=action) for path, action in report.files],
    )


def _policy(policy: StartingPolicy) -> StartingPolicyJson:
    return StartingPolicyJson(
        csp_from=policy.csp_from,
        csp=policy.csp.to_json(),
        headers={header.header.name: header.header.value for header in policy.headers if not header.offered},
    )
