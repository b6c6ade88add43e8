from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.advice import CommandLine, advise
from edgerollout.release.facts.events import (
    CspState,
    DistributionOutcome,
    DistributionResult,
    RunResult,
    TouredPages,
    VerifiedUrls,
)
from edgerollout.views.glyphs import TYPOGRAPHIC
from edgerollout.views.ink import wrapped
from edgerollout.views.outcome import outcome_lines
from tests.spelling import spell

from .sample import ASSETS, OUTCOME, WWW

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.release.facts.events import Outcome

_R = DistributionResult


def _text(outcome: Outcome, width: int | None = None) -> str:
    lines = outcome_lines(outcome, width or 100, TYPOGRAPHIC, spell)
    return "".join(f"{line.text}\n" for line in wrapped(lines, width))


def _ended(result: RunResult, first: DistributionResult, second: DistributionResult) -> Outcome:
    return replace(
        OUTCOME,
        result=result,
        distributions=(
            DistributionOutcome(WWW, "www.staging.example.com", first),
            DistributionOutcome(ASSETS, "assets.staging.example.com", second, "credentials expired"),
        ),
        error="credentials expired",
        undo=None,
        csp=None,
        verified=None,
        sandbox=False,
        endpoint=None,
    )


@pytest.mark.parametrize("width", [100, 40])
def test_success_says_what_is_true_now_and_what_comes_next(
    width: int, golden: Callable[[str, str], None]
) -> None:
    item = (DistributionOutcome(WWW, "www.staging.example.com", _R.COMPLETED),)
    first = replace(OUTCOME, release=1, previous=None, distributions=item)
    ends = (
        first,
        replace(
            first,
            release=2,
            previous=1,
            csp=CspState("9f2c51d07ab3e644", None, now_enforced=True),
            toured=TouredPages(5, 0, 0),
            next_step=advise(CommandLine("promote", "production")),
        ),
        replace(first, release=3, previous=2, csp=CspState("9f2c51d07ab3e644", "0b41c6e2aa517d93")),
        replace(
            first,
            csp=CspState(None, None),
            verified=VerifiedUrls(3, 2),
            next_step=advise(CommandLine("promote", "staging")),
        ),
        replace(
            first,
            result=RunResult.NOTHING_TO_DO,
            csp=CspState("9f2c51d07ab3e644", None),
            verified=None,
            next_step=None,
            undo=None,
        ),
        replace(
            first,
            release=None,
            previous=2,
            csp=None,
            verified=None,
            next_step=advise("Repair config/policy.toml, then: ", CommandLine("publish", "staging")),
            undo=None,
        ),
    )

    golden(
        f"outcome-success-{width}",
        "\n".join(_text(replace(end, sandbox=False, endpoint=None), width) for end in ends),
    )


@pytest.mark.parametrize("width", [100, 40])
def test_every_way_to_end_has_its_words(width: int, golden: Callable[[str, str], None]) -> None:
    ends = (
        OUTCOME,
        replace(_ended(RunResult.NOTHING_TO_DO, _R.NOTHING_TO_DO, _R.NOTHING_TO_DO), error=None),
        _ended(RunResult.IN_PROGRESS, _R.COMPLETED, _R.IN_PROGRESS),
        replace(
            _ended(RunResult.IN_PROGRESS, _R.COMPLETED, _R.COMPLETED),
            error="the site still shows the headers from before",
        ),
        _ended(RunResult.FAILED, _R.FAILED, _R.NOT_STARTED),
        _ended(RunResult.ROLLED_BACK, _R.ROLLED_BACK, _R.ROLLED_BACK),
        _ended(RunResult.NEEDS_PERSON, _R.FAILED, _R.COMPLETED),
        _ended(RunResult.INTERRUPTED, _R.IN_PROGRESS, _R.NOT_STARTED),
        _ended(RunResult.CONFLICT, _R.CONFLICT, _R.COMPLETED),
        replace(_ended(RunResult.NOT_RIGHT, _R.NOT_RIGHT, _R.COMPLETED), error="the live headers are wrong"),
        replace(_ended(RunResult.REFUSED, _R.NOT_STARTED, _R.NOT_STARTED), release=None, error="slot taken"),
        replace(_ended(RunResult.UNMET_GATES, _R.NOT_STARTED, _R.NOT_STARTED), release=None, error="soak"),
        replace(
            _ended(RunResult.FAILED, _R.NOT_STARTED, _R.NOT_STARTED), release=None, error="access denied"
        ),
    )

    golden(f"outcome-{width}", "\n".join(_text(end, width) for end in ends))


def test_a_run_that_never_began_claims_nothing_about_what_is_live() -> None:
    never = replace(OUTCOME, result=RunResult.FAILED, release=None, previous=None, distributions=())

    assert "\n✖ failed: nothing was rolled out in staging\n" in _text(never)


def test_triggers_that_were_coming_off_are_not_called_still_there() -> None:
    cut_off = replace(_ended(RunResult.FAILED, _R.FAILED, _R.NOT_STARTED), release=None, previous=7)

    assert "\n✖ failed: removing the release in staging was under way (before: release 7)\n" in _text(cut_off)


def test_of_many_distributions_those_that_went_well_are_counted() -> None:
    many = tuple(DistributionOutcome(f"E{n}", f"{n}.example.com", _R.COMPLETED) for n in range(19))
    bad = DistributionOutcome("E19", "19.example.com", _R.FAILED, "access denied")

    lines = _text(replace(OUTCOME, result=RunResult.FAILED, distributions=(*many, bad))).splitlines()

    assert lines[:2] == [
        "  ✖ 19.example.com    failed  access denied",
        "  ✔ 19 distributions  completed",
    ]
    assert len(lines) == 7
