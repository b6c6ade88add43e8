from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy.stage import Stage
from edgerollout.release.facts.live import handed_over, live_release, pending
from edgerollout.release.facts.tfvars import TellingCommand, Tfvars

from .builders import P1, arn, make_behavior, make_distribution, make_release, make_snapshot

ARN = "arn:aws:lambda:us-east-1:123456789012:function:headers"


def test_the_file_has_the_variables_that_terraform_declares() -> None:
    assert json.loads(Tfvars(f"{ARN}:42", 42, Stage.REPORT_ONLY, TellingCommand.PROMOTE).text()) == {
        "edgerollout_attached": True,
        "edgerollout_function_qualified_arn": f"{ARN}:42",
        "edgerollout_release": 42,
        "edgerollout_stage": "report-only",
        "edgerollout_command": "promote",
    }


def test_somebody_elses_variables_stay_in_the_file() -> None:
    text = Tfvars(f"{ARN}:42", 42, None).text({"region": "eu-west-1", "edgerollout_release": 41})

    assert json.loads(text)["region"] == "eu-west-1"
    assert json.loads(text)["edgerollout_release"] == 42


@given(st.integers(1, 10**9), st.sampled_from([None, *Stage]), st.sampled_from([None, *TellingCommand]))
def test_what_was_written_is_read_again(
    number: int, stage: Stage | None, command: TellingCommand | None
) -> None:
    said = Tfvars(f"{ARN}:{number}", number, stage, command)

    read = Tfvars.parse(json.loads(said.text()))

    assert read == said
    assert read is not None
    assert read.command is command


def test_nothing_attached_is_said_and_wins_over_whatever_stands_beside_it() -> None:
    assert json.loads(Tfvars().text())["edgerollout_attached"] is False
    assert Tfvars.parse(json.loads(Tfvars().text())) == Tfvars()
    beside = json.loads(Tfvars(f"{ARN}:42", 42).text()) | {"edgerollout_attached": False}
    assert Tfvars.parse(beside) == Tfvars()


def test_a_file_of_an_earlier_version_is_understood_and_written_anew() -> None:
    before = {
        "edgerollout_function_qualified_arn": f"{ARN}:42",
        "edgerollout_release": 42,
        "edgerollout_stage": "enforced",
    }

    read = Tfvars.parse(before)

    assert read is not None
    assert (read.release, read.stage) == (42, Stage.ENFORCED)
    assert read != Tfvars(f"{ARN}:42", 42, Stage.ENFORCED)
    nothing = Tfvars.parse(dict.fromkeys(before))
    assert nothing is not None
    assert nothing.qualified_arn is None
    assert nothing != Tfvars()


def test_a_file_without_our_variables_says_nothing() -> None:
    assert Tfvars.parse({"region": "eu-west-1"}) is None


@pytest.mark.parametrize(
    ("arn", "release", "stage"),
    [
        (f"{ARN}:$LATEST", 1, "enforced"),
        (ARN, 1, "enforced"),
        (42, 42, "enforced"),
        (f"{ARN}:42", 41, "enforced"),
        (f"{ARN}:42", None, "enforced"),
        (f"{ARN}:42", 42, "live"),
        (None, 42, None),
    ],
)
def test_variables_that_contradict_each_other_or_name_no_version_are_refused(
    arn: object, release: object, stage: object
) -> None:
    with pytest.raises(ValueError, match=r"edgerollout_|Stage"):
        Tfvars.parse(
            {
                "edgerollout_function_qualified_arn": arn,
                "edgerollout_release": release,
                "edgerollout_stage": stage,
            }
        )


@pytest.mark.parametrize(
    "variables",
    [
        {"edgerollout_attached": True},
        {"edgerollout_attached": "yes"},
        {"edgerollout_attached": False, "edgerollout_command": "apply"},
    ],
)
def test_attached_without_a_version_or_words_that_are_none_of_ours_are_refused(
    variables: dict[str, object],
) -> None:
    with pytest.raises(ValueError, match=r"edgerollout_|Command"):
        Tfvars.parse(variables)


@pytest.mark.parametrize(
    ("told", "handed", "waits"),
    [
        (Tfvars(arn(3), 3), 3, 3),
        (Tfvars(arn(2), 2), 2, None),
        (Tfvars(arn(1), 1), 1, None),
        (Tfvars(f"{ARN}-of-others:3", 3), None, None),
        (Tfvars(), None, None),
        (None, None, None),
    ],
    ids=["newer", "live", "rolled back to", "another function", "none", "no file"],
)
def test_what_waits_for_terraform_is_a_newer_release_of_this_function(
    told: Tfvars | None, handed: int | None, waits: int | None
) -> None:
    releases = {number: make_release(report_only=P1) for number in (1, 2, 3)}
    snapshot = make_snapshot(make_distribution("E1", make_behavior(version=2)), releases=releases)
    snapshot = replace(snapshot, tfvars=told)
    assert handed_over(snapshot) == handed
    assert pending(snapshot, live_release(snapshot, frozenset())) == waits
