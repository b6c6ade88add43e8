from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.errors import Refused
from edgerollout.release.checks.gates import GATES
from edgerollout.release.facts.ledger import MAX_DESCRIPTION, LedgerLine
from edgerollout.release.facts.release import Override, Release
from tests.unit.release.builders import CAMERA, P1, P2, make_release
from tests.unit.release.policies import RELEASES

CHECKS = ("lint", "test")

SHORT_HEX = st.text("0123456789abcdef", min_size=16, max_size=16)
LINES = st.builds(
    LedgerLine,
    environment=st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True),
    release=SHORT_HEX,
    base=st.none() | SHORT_HEX,
    enforced=st.none() | SHORT_HEX,
    report_only=st.none() | SHORT_HEX,
    previous=st.none() | st.integers(1, 9_999_999),
    overrides=st.lists(st.sampled_from(GATES), unique=True, max_size=6).map(tuple),
    commit=st.none() | st.text("0123456789abcdef", min_size=7, max_size=12),
    deliver=st.sampled_from(("lambda-edge", "response-headers-policy")),
)


@given(LINES, st.none() | SHORT_HEX)
def test_a_line_reads_back_as_it_was_written(line: LedgerLine, observed: str | None) -> None:
    line = replace(line, observed=observed)
    assert LedgerLine.parse(str(line)) == line


@given(RELEASES)
def test_every_release_has_a_line_that_reads_back(release: Release) -> None:
    line = LedgerLine.of(release)
    assert LedgerLine.parse(str(line)) == line


@given(LINES)
def test_every_line_fits_lambdas_description(line: LedgerLine) -> None:
    assert len(str(line)) <= MAX_DESCRIPTION


@pytest.mark.parametrize("more", [{}, {"deliver": "response-headers-policy", "observed": (CAMERA,)}])
def test_the_longest_environment_name_with_every_gate_overridden_fits(more: dict[str, Any]) -> None:
    release = make_release(environment="e" * 32, enforced=P1, report_only=P2, previous=9_999_999)
    release = replace(release, **more)
    every = tuple(Override(name, "a reason") for name in (*CHECKS, *GATES))
    longest = LedgerLine.of(replace(release, overrides=every, commit="0123456789ab" * 4 + "+changes"))
    assert len(str(longest)) <= MAX_DESCRIPTION
    assert LedgerLine.parse(str(longest)) == longest
    assert longest.commit == "0123456789ab+changes"
    *named, more = longest.overrides
    assert tuple(named) == tuple(override.gate for override in every)[: len(named)]
    assert more == f"+{len(every) - len(named)}"


def test_few_overrides_are_all_named_beside_a_commit_with_changes() -> None:
    overrides = (Override("soak", "urgent"), Override("tour", "urgent"))
    release = replace(
        make_release(enforced=P1, previous=41), overrides=overrides, commit="ab" * 20 + "+changes"
    )
    line = LedgerLine.of(release)
    assert (line.overrides, line.commit) == (("soak", "tour"), "abababababab+changes")
    assert LedgerLine.parse(str(line)) == line


def test_the_line_of_a_release_says_what_design_asks_for() -> None:
    release = Release(
        environment="testing",
        handler=make_release().handler,
        enforced=P1,
        report_only=P2,
        previous=41,
        overrides=(Override("tour", "the tool's browser is down"),),
        commit="0123456789abcdef0123456789abcdef01234567",
    )
    assert str(LedgerLine.of(release)) == (
        f"edgerollout/1 env=testing release={release.digest()[:16]} base={P1.base_digest[:16]}"
        f" enforced={P1.digest[:16]} report-only={P2.digest[:16]} previous=41 override=tour"
        " commit=0123456789ab"
    )


def test_the_first_release_without_any_policy_has_dashes() -> None:
    line = str(LedgerLine.of(make_release()))
    assert line.endswith("base=- enforced=- report-only=- previous=- override=- commit=-")


def test_another_means_than_lambda_at_the_edge_is_named_in_a_line_of_the_second_schema() -> None:
    release = replace(make_release(report_only=P1, enforced=P2), deliver="response-headers-policy")
    assert str(LedgerLine.of(release)).startswith("edgerollout/2 ")
    assert str(LedgerLine.of(make_release())).startswith("edgerollout/1 ")
    longest = replace(
        LedgerLine.of(release),
        environment="e" * 32,
        previous=99_999_999,
        commit=f"{'c' * 12}+changes",
    )
    assert len(str(longest)) <= MAX_DESCRIPTION


@pytest.mark.parametrize("schema", ["3", "10", "1.1"])
def test_a_line_of_a_later_schema_is_refused(schema: str) -> None:
    with pytest.raises(Refused, match=f"schema {schema}"):
        LedgerLine.parse(f"edgerollout/{schema} env=testing release=0123456789abcdef")


@pytest.mark.parametrize(
    "description",
    [
        "",
        "Security headers",
        "about edgerollout/1 env=testing release=0123456789abcdef",
        "edgerollout 1 env=testing",
        "edgerollout/1 release=0123456789abcdef",
        "edgerollout/1 env=testing",
        "edgerollout/1 env=testing release=0123456789abcdef previous=latest",
    ],
)
def test_a_description_that_is_no_ledger_line_is_not_ours(description: str) -> None:
    assert LedgerLine.parse(description) is None


def test_observed_headers_write_a_line_that_an_older_edgerollout_refuses() -> None:
    assert str(LedgerLine.of(make_release(report_only=P1))).startswith("edgerollout/1 ")
    line = LedgerLine.of(make_release(report_only=P1, observed=(CAMERA,)))
    assert str(line).startswith("edgerollout/2 ")
    assert f" observed={line.observed}" in str(line)


def test_what_observes_more_observes_what_less_does() -> None:
    both = LedgerLine.of(make_release(report_only=P1, observed=(CAMERA,)))
    policy = LedgerLine.of(make_release(report_only=P1))
    headers = LedgerLine.of(make_release(observed=(CAMERA,)))
    nothing = LedgerLine.of(make_release(enforced=P1))
    assert both.observes_all_of(policy)
    assert both.observes_all_of(headers)
    assert not policy.observes_all_of(both)
    assert not headers.observes_all_of(policy)
    assert (both.observes, headers.observes, nothing.observes) == (True, True, False)
