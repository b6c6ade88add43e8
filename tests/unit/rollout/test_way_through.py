"""What a refusal says: every gate and every option that is missing, in one go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import UsageError
from edgerollout.policy.severity import Severity
from edgerollout.release.checks.gates import Gate
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.overrides import overrides_of
from edgerollout.rollout.next_step import way_through
from tests.spelling import said
from tests.unit.views.sample import NOTHING

PUBLISH = CommandLine("publish", "staging")
ENFORCE = CommandLine("promote", "staging", "--enforce")
TOUR = Gate(
    "tour", passed=False, detail="no evidence", remedy=advise("Tour: ", CommandLine("tour", "staging"))
)
SOAK = Gate("soak", passed=False, detail="too short", remedy="Come back tomorrow.")


def in_the_way(rule: str, *lifted_by: str, hint: str | None = None, override: str | None = None) -> Finding:
    return Finding(Severity.ERROR, rule, rule, hint, override=override, lifted_by=lifted_by)


FUNCTION, ROLE = in_the_way("function", "--create"), in_the_way("role", "--create")
HEADER = in_the_way("header", "--accept-header", "strict-transport-security")


def test_what_is_missing_is_one_option_and_one_command() -> None:
    plan = replace(NOTHING, findings=(FUNCTION, ROLE))

    assert said(way_through(plan, PUBLISH)) == "edgerollout publish -e staging --create"


def test_what_is_a_decision_is_asked_about() -> None:
    plan = replace(NOTHING, findings=(FUNCTION, HEADER))

    assert said(way_through(plan, PUBLISH)) == (
        "If that is meant: edgerollout publish -e staging --create --accept-header strict-transport-security"
    )


def test_all_gates_come_with_what_meets_them_and_one_command_that_sets_them_aside() -> None:
    plan = replace(NOTHING, gates=(SOAK, TOUR), findings=(in_the_way("lint", override="lint"),))

    assert said(way_through(plan, ENFORCE)) == (
        "Come back tomorrow.   Tour: edgerollout tour -e staging   Or set them aside, on record for good:"
        " edgerollout promote -e staging --enforce --override soak --override tour --override lint"
        " --reason WHY"
    )


def test_a_reason_that_was_given_is_kept() -> None:
    again = ENFORCE.plus("--reason", "by hand")

    assert said(way_through(replace(NOTHING, gates=(SOAK,)), again)).endswith(
        "--reason 'by hand' --override soak"
    )


def test_where_no_option_helps_none_is_offered() -> None:
    elsewhere = in_the_way("elsewhere", hint="Ask whoever owns it.")

    assert (
        said(way_through(replace(NOTHING, findings=(FUNCTION, elsewhere)), PUBLISH)) == "Ask whoever owns it."
    )


def test_what_was_set_aside_in_vain_is_not_offered_again() -> None:
    again = ENFORCE.plus("--override", "soak", "--reason", "by hand")

    assert said(way_through(replace(NOTHING, gates=(SOAK,)), again)) == "Come back tomorrow."


def test_the_word_that_stands_for_a_reason_is_no_reason() -> None:
    with pytest.raises(UsageError, match="WHY is only the placeholder"):
        overrides_of(("soak",), "WHY", ("soak",))
