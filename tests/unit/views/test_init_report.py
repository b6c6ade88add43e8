from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.csp import Csp
from edgerollout.policy.headers import Header
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, Behavior, Distribution
from edgerollout.scaffold.starting_policy import StartingHeader, StartingPolicy, from_scratch
from edgerollout.scaffold.survey import Survey, SurveyedDistribution
from edgerollout.views.init_report import InitReport, init_document
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.init import init_json
from tests.json_output import parsed
from tests.spelling import spell

from .drawing import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

ARN = "arn:aws:lambda:us-east-1:123456789012:function:old-headers"

SCRATCH = InitReport(
    environments=("testing",),
    policy=from_scratch(),
    surveys=(),
    findings=(),
    files=(("config/edgerollout.toml", "created"), (".gitignore", "extended")),
    next=("edgerollout doctor -e testing", "edgerollout publish -e testing --create"),
)
LIVE = InitReport(
    environments=("testing",),
    policy=StartingPolicy(
        (
            StartingHeader(Header("referrer-policy", "origin"), "as the site sends it today", today=True),
            StartingHeader(
                Header("x-frame-options", "DENY"), "not sent today, may break pages", offered=True
            ),
        ),
        Csp.parse("default-src 'self'"),
        "enforced",
        seen=True,
    ),
    surveys=(
        Survey(
            "testing",
            "123456789012",
            (
                SurveyedDistribution(
                    Distribution(
                        id="E1A2B3C4D5E6F7",
                        arn="arn:aws:cloudfront::123456789012:distribution/E1A2B3C4D5E6F7",
                        domain_name="d111111abcdef8.cloudfront.net",
                        aliases=("testing.example.com",),
                        status="Deployed",
                        last_modified=datetime(2026, 1, 1, tzinfo=UTC),
                        behaviors=(Behavior("/api/*"), Behavior(DEFAULT_BEHAVIOR)),
                    ),
                    ("bucket.s3.us-east-1.amazonaws.com",),
                ),
            ),
        ),
    ),
    findings=(
        Finding(
            Severity.NOTE, "function-beside", f"testing.example.com: {ARN}:7 is on viewer-request; it stays"
        ),
        Finding(Severity.ERROR, "slot-taken", f"{ARN}:4 is on origin-response", f"--replace {ARN}"),
    ),
    files=(("config/policy.toml", "replaced"), ("handler/python/index.py", "unchanged")),
    next=(f"edgerollout plan -e testing --create --replace {ARN}",),
)


def _text(report: InitReport, width: int) -> str:
    return text_of(init_document(report), width)


@pytest.mark.parametrize("width", [100, 40])
@pytest.mark.parametrize(("name", "report"), [("scratch", SCRATCH), ("live", LIVE)])
def test_what_init_did_is_text(
    name: str, report: InitReport, width: int, golden: Callable[[str, str], None]
) -> None:
    golden(f"init-{name}-{width}", _text(report, width))


def test_what_init_did_is_a_json_document(golden: Callable[[str, str], None]) -> None:
    golden("init-live-json", json_text(init_json(LIVE, spell)))


def test_a_header_that_is_only_offered_is_not_told_as_set() -> None:
    assert parsed(json_text(init_json(LIVE, spell)))["policy"]["headers"] == {"referrer-policy": "origin"}


def test_words_from_a_site_do_not_act_on_the_terminal() -> None:
    finding = Finding(Severity.WARNING, "csp-today", "img-src \x1b[31m\nx")
    odd = InitReport(("testing",), from_scratch(), (), (finding,), (("a\x1b", "created"),), ())

    assert "\x1b" not in _text(odd, 100)
