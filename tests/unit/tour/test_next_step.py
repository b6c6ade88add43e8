"""What comes after a tour: by what was toured, what was found, and what this very run wrote."""

from __future__ import annotations

import pytest

from edgerollout.policy.csp import Csp
from edgerollout.tour.judgement import TourVerdict, judge
from edgerollout.tour.model import Breakage
from edgerollout.tour.next_step import Circumstances, accepting, next_step
from tests.spelling import said
from tests.unit.tour.sightings import PAGE, POLICY, gathered, record, visit

CLEAN = judge(gathered(visit()), POLICY)
ENFORCED = judge(gathered(visit()), POLICY, disposition="enforce")
DIRTY = judge(gathered(visit(record())), POLICY)
RISKY = judge(gathered(visit(record("script-src", "eval"))), POLICY)
SETTLED = judge(gathered(visit(record())), POLICY, before=Csp.parse("img-src *"))
BROKEN = judge(gathered(visit(breakages=(Breakage("coep", "require-corp", "an image", PAGE),))), POLICY)
PARTIAL = judge(gathered(visit(incomplete=("it timed out",))), POLICY)
LIVE = Circumstances("deployed", "testing", proven=True)
TRIED = Circumstances("candidate", "testing")
BUILT = Circumstances("preview", "testing", "dist")
REPORTED = Circumstances("reports", "testing", "reports.json")


@pytest.mark.parametrize(
    ("verdict", "now", "command"),
    [
        (CLEAN, LIVE, "promote -e testing --enforce"),
        (CLEAN, TRIED, "publish -e testing"),
        (CLEAN, BUILT, "publish -e testing"),
        (CLEAN, REPORTED, ""),
        (CLEAN, Circumstances("deployed"), ""),
        (CLEAN, Circumstances("deployed", "testing"), "for the evidence: tour -e testing"),
        (CLEAN, Circumstances("candidate", "prod", follows=True), "promote -e prod"),
        (
            CLEAN,
            Circumstances("candidate", "prod", proven=True, evidence="tried.json"),
            "publish -e prod --evidence tried.json",
        ),
        (ENFORCED, LIVE, ""),
        (DIRTY, LIVE, "tour -e testing --write"),
        (DIRTY, TRIED, "tour -e testing --candidate --write"),
        (DIRTY, BUILT, "tour -e testing --site dist --write"),
        (DIRTY, REPORTED, "tour -e testing --reports reports.json --write"),
        (DIRTY, Circumstances("deployed", "testing", written=True), "publish -e testing"),
        (DIRTY, Circumstances("deployed", "prod", written=True, follows=True), "promote -e prod"),
        (DIRTY, Circumstances("candidate", "testing", written=True), "tour -e testing --candidate"),
        (DIRTY, Circumstances("preview", "testing", "dist", written=True), "tour -e testing --site dist"),
        (SETTLED, LIVE, "publish -e testing"),
        (
            RISKY,
            LIVE,
            "change the page, then tour -e testing, or decide: tour -e testing --write --accept unsafe-eval",
        ),
        (BROKEN, LIVE, "change the header, or the page, then tour -e testing"),
        (PARTIAL, LIVE, "check what was not seen, then tour -e testing"),
    ],
)
def test_the_next_command_follows_from_what_was_toured_and_found(
    verdict: TourVerdict, now: Circumstances, command: str
) -> None:
    words = said(next_step(verdict, now)).replace("edgerollout ", "")
    assert words == command


def test_what_is_risky_is_accepted_by_words_without_quotes() -> None:
    assert accepting(RISKY) == ("--accept", "unsafe-eval")
    assert accepting(DIRTY) == ()
