"""From the snapshot to the plan: what is desired, whether it exists already, what the function needs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest

from edgerollout.errors import Conflict, EdgerolloutError, ExitCode, Refused
from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.steps import Action, Invalidate
from edgerollout.release.facts.bundle import code_sha256, unpack
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.live import live_release
from edgerollout.release.facts.reads import ReadRole
from edgerollout.release.facts.snapshot import Version
from edgerollout.release.facts.unreadable import Unreadable, UnreadableCause, UnreadableRelease
from edgerollout.release.plans.desired import desired_release, documents_needed
from edgerollout.release.plans.finishing import plan_wait
from edgerollout.release.plans.plan import (
    ConfigurationChange,
    CreateFunction,
    CreateRole,
    PublishVersion,
    UpdateCode,
    UpdateConfiguration,
)
from edgerollout.release.plans.publish import plan_publish
from tests.fakes.answers import planned
from tests.spelling import said
from tests.unit.release.builders import (
    FILES,
    NO_CSP,
    P1,
    P2,
    P3,
    ROLE,
    TRUSTED,
    at,
    make_behavior,
    make_distribution,
    make_environment,
    make_function,
    make_invalidation,
    make_release,
    make_request,
    make_settings,
    make_snapshot,
)

if TYPE_CHECKING:
    from edgerollout.release.facts.reads import Read
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Distribution, Snapshot
    from edgerollout.release.plans.desired import PublishRequest
    from edgerollout.release.plans.plan import FunctionStep

AFTER = make_environment(after="staging")


def on(version: int | None, distribution: str = "E1", *, minute: float = 0) -> Distribution:
    return make_distribution(distribution, make_behavior(version=version), minute=minute)


def live(release: Release, number: int = 1) -> Snapshot:
    """That release on every behavior, all done."""
    return make_snapshot(
        on(number, minute=10 * number + 1),
        releases={number: release},
        invalidations={"E1": make_invalidation(number)},
    )


# --- what is desired ---------------------------------------------------------------------------------


class Desired(NamedTuple):
    live: Release | None
    request: PublishRequest
    enforced: LayeredCsp | None
    report_only: LayeredCsp | None
    notes: tuple[str, ...] = ()


REPORTING = LayeredCsp(P1.base, Csp.of({"report-to": ["csp"]}))

DESIRED = {
    "nothing live: the policy is observed first": Desired(None, make_request(P1), None, P1),
    "nothing live and no policy: headers only": Desired(None, make_request(NO_CSP), None, None),
    "a policy observed, another configured: the new one is observed": Desired(
        make_release(report_only=P1), make_request(P2), None, P2
    ),
    "a policy observed, none configured any more: nothing is observed": Desired(
        make_release(report_only=P1), make_request(NO_CSP), None, None
    ),
    "the configured policy is enforced: nothing more to observe": Desired(
        make_release(enforced=P1), make_request(P1), P1, None
    ),
    "another policy is enforced: it stays, the configured one is observed beside it": Desired(
        make_release(enforced=P1), make_request(P2), P1, P2
    ),
    "both are live and the configured one is new: it takes the observed one's place": Desired(
        make_release(enforced=P1, report_only=P2), make_request(P3), P1, P3
    ),
    "both are live and the configured one is the enforced one: observing ends": Desired(
        make_release(enforced=P1, report_only=P2), make_request(P1), P1, None
    ),
    "a policy is enforced and none is configured: publish never weakens it": Desired(
        make_release(enforced=P1), make_request(NO_CSP), P1, None
    ),
    "the enforced policy with another place to report to is still that policy": Desired(
        make_release(enforced=P1), make_request(REPORTING), REPORTING, None
    ),
    "after another environment, nothing live: no policy until it is promoted": Desired(
        None, make_request(P1, environment=AFTER), None, None, ("no-policy-yet",)
    ),
    "after another environment, nothing live, --from-config: observed": Desired(
        None, make_request(P1, environment=AFTER, from_config=True), None, P1
    ),
    "after another environment, the live policies stay": Desired(
        make_release(enforced=P1, report_only=P2),
        make_request(P3, environment=AFTER),
        P1,
        P2,
        ("policy-waits",),
    ),
    "after another environment, an observed policy stays observed": Desired(
        make_release(report_only=P1), make_request(P2, environment=AFTER), None, P1, ("policy-waits",)
    ),
    "after another environment, the configuration is what is live: nothing to say": Desired(
        make_release(report_only=P1), make_request(P1, environment=AFTER), None, P1
    ),
    "after another environment, --from-config: observed beside what is enforced": Desired(
        make_release(enforced=P1), make_request(P2, environment=AFTER, from_config=True), P1, P2
    ),
}


@pytest.mark.parametrize("case", DESIRED.values(), ids=DESIRED.keys())
def test_publish_never_weakens_what_is_enforced(case: Desired) -> None:
    snapshot = make_snapshot() if case.live is None else live(case.live)
    release, notes = desired_release(case.request, live_release(snapshot), snapshot)
    assert release.enforced == case.enforced
    assert release.report_only == case.report_only
    assert tuple(note.rule for note in notes) == case.notes
    assert {note.severity for note in notes} <= {Severity.NOTE, Severity.WARNING}


@pytest.mark.parametrize(
    ("release", "request_", "refused"),
    [
        pytest.param(
            make_release(enforced=P1), make_request(P2), True, id="an enforced policy to carry over"
        ),
        pytest.param(make_release(enforced=P1), make_request(P1), True, id="even the configured one"),
        pytest.param(make_release(report_only=P1), make_request(P2), False, id="nothing to carry over"),
        pytest.param(
            make_release(report_only=P1),
            make_request(P2, environment=AFTER),
            True,
            id="an observed one that stays",
        ),
    ],
)
def test_a_live_document_that_cannot_be_read_refuses_only_the_plans_that_need_it(
    release: Release, request_: PublishRequest, refused: bool
) -> None:
    snapshot = replace(
        live(release), documents={1: UnreadableRelease("release 1", "AccessDenied", UnreadableCause.DENIED)}
    )
    if not refused:
        assert planned(plan_publish, request_, snapshot).target is None
        return
    with pytest.raises(Refused, match="cannot be read") as stopped:
        planned(plan_publish, request_, snapshot)
    assert stopped.value.why == "AccessDenied"


@pytest.mark.parametrize(
    ("snapshot", "request_", "needed"),
    [
        pytest.param(make_snapshot(no_function=True), make_request(P1), set(), id="no function yet"),
        pytest.param(make_snapshot(), make_request(P1), set(), id="nothing live"),
        pytest.param(
            live(make_release(report_only=P1)), make_request(P1), set(), id="the ledger tells it is the same"
        ),
        pytest.param(live(make_release(report_only=P1)), make_request(P2), {1}, id="a diff to show"),
        pytest.param(live(make_release(enforced=P1)), make_request(P1), {1}, id="a policy to carry over"),
        pytest.param(
            make_snapshot(
                on(1),
                releases={1: make_release(report_only=P1), 2: make_release(report_only=P2, previous=1)},
                withdrawn=[2],
            ),
            make_request(P1),
            {1, 2},
            id="a withdrawn release and the one it followed",
        ),
        pytest.param(
            make_snapshot(on(1), releases={1: None}),
            make_request(P1),
            set(),
            id="not published by edgerollout",
        ),
    ],
)
def test_documents_are_needed_only_where_the_ledger_says_too_little(
    snapshot: Snapshot, request_: PublishRequest, needed: set[int]
) -> None:
    assert documents_needed(request_, snapshot) == needed


# --- does it exist already? --------------------------------------------------------------------------

R1 = make_release(report_only=P1)
R2 = make_release(report_only=P2, previous=1)


class Target(NamedTuple):
    """The configuration asks for P2. `outcome`: the version attached, None for a new one, or an error."""

    snapshot: Snapshot
    outcome: int | type[EdgerolloutError] | None
    again: bool = False
    previous: int | None = 1


TARGETS = {
    "nothing at all: a new version": Target(make_snapshot(), None, previous=None),
    "another release is live: a new version": Target(make_snapshot(on(1), releases={1: R1}), None),
    "it is live: nothing is published": Target(make_snapshot(on(2, minute=25), releases={1: R1, 2: R2}), 2),
    "killed after publishing: the version is resumed": Target(
        make_snapshot(on(1, minute=15), releases={1: R1, 2: R2}), 2
    ),
    "killed after the first publish of all": Target(
        make_snapshot(on(None), releases={1: make_release(report_only=P2)}), 1, previous=None
    ),
    "killed half-way through the distributions: finished": Target(
        make_snapshot(on(2, minute=25), on(1, "E2", minute=15), releases={1: R1, 2: R2}), 2
    ),
    "half-way, the other one changed since: it counts as rolled back": Target(
        make_snapshot(on(2, minute=25), on(1, "E2", minute=30), releases={1: R1, 2: R2}), Refused
    ),
    "half-way and rolled back, --again: a new version": Target(
        make_snapshot(on(2, minute=25), on(1, "E2", minute=30), releases={1: R1, 2: R2}),
        None,
        again=True,
        previous=2,
    ),
    "half-way and rolled back, --again killed before its swap: that version is resumed": Target(
        make_snapshot(
            on(2, minute=25),
            on(1, "E2", minute=28),
            releases={1: R1, 2: R2, 3: make_release(report_only=P2, previous=2)},
        ),
        3,
        again=True,
        previous=2,
    ),
    "rolled back by hand: refused": Target(make_snapshot(on(1, minute=25), releases={1: R1, 2: R2}), Refused),
    "rolled back by hand, --again: a new version": Target(
        make_snapshot(on(1, minute=25), releases={1: R1, 2: R2}), None, again=True
    ),
    "rolled back, --again killed before its swap: that version is resumed": Target(
        make_snapshot(on(1, minute=25), releases={1: R1, 2: R2, 3: make_release(report_only=P2, previous=1)}),
        3,
        again=True,
    ),
    "half-way and rolled back, --again killed, then without --again: resumed all the same": Target(
        make_snapshot(
            on(2, minute=25),
            on(1, "E2", minute=28),
            releases={1: R1, 2: R2, 3: make_release(report_only=P2, previous=2)},
        ),
        3,
        previous=2,
    ),
    "withdrawn by rollback: refused": Target(
        make_snapshot(on(1, minute=15), releases={1: R1, 2: R2}, withdrawn=[2]), Refused
    ),
    "withdrawn by rollback, --again: a new version": Target(
        make_snapshot(on(1, minute=15), releases={1: R1, 2: R2}, withdrawn=[2]), None, again=True
    ),
    "a withdrawn policy comes again in another release: refused": Target(
        make_snapshot(
            on(3, minute=35),
            releases={1: R1, 2: R2, 3: make_release(report_only=P3, previous=1)},
            withdrawn=[2],
        ),
        Refused,
        previous=3,
    ),
    "mixed, and this would be a third release: conflict": Target(
        make_snapshot(
            on(1, minute=15),
            on(2, "E2", minute=25),
            releases={1: R1, 2: make_release(report_only=P3, previous=1)},
        ),
        Conflict,
    ),
    "mixed, and the third release asked for with --again: conflict all the same": Target(
        make_snapshot(
            on(1, minute=15),
            on(2, "E2", minute=25),
            releases={1: R1, 2: make_release(report_only=P3, previous=1)},
        ),
        Conflict,
        again=True,
    ),
}


@pytest.mark.parametrize("case", TARGETS.values(), ids=TARGETS.keys())
def test_a_release_that_exists_is_attached_and_never_published_twice(case: Target) -> None:
    ids = tuple(distribution.id for distribution in case.snapshot.distributions)
    request = make_request(P2, environment=make_environment(distributions=ids), again=case.again)
    if isinstance(case.outcome, type):
        with pytest.raises(case.outcome) as stopped:
            planned(plan_publish, request, case.snapshot)
        assert stopped.value.hint
        return
    asked: set[Read] = set()
    plan = planned(plan_publish, request, case.snapshot, asked=asked)
    assert plan.target == case.outcome
    assert plan.release is not None
    assert plan.release.previous == case.previous
    assert plan.publishes == (case.outcome is None) == (ReadRole() in asked)


def test_conflict_and_refusal_have_their_exit_codes() -> None:
    assert (Conflict.exit_code, Refused.exit_code) == (ExitCode.CONFLICT, ExitCode.REFUSED)


def test_the_conflict_of_a_mixed_environment_names_the_releases_and_the_commit_to_finish_from() -> None:
    half = make_release(report_only=P3, previous=1, commit="abc1234def567890")
    snapshot = make_snapshot(on(1, minute=15), on(2, "E2", minute=25), releases={1: R1, 2: half})
    with pytest.raises(Conflict, match=r"1 on 1, 1 on 2") as stopped:
        planned(
            plan_publish, make_request(P2, environment=make_environment(distributions=("E1", "E2"))), snapshot
        )
    assert "abc1234def56" in said(stopped.value.hint)


def test_a_plan_with_nothing_to_do_has_no_changes() -> None:
    plan = planned(plan_publish, make_request(P1), live(R1))
    assert not plan.changes
    assert plan.target == 1
    assert [row.action for row in plan.distributions[0].behaviors] == [Action.KEEP]


def test_a_live_version_that_edgerollout_did_not_publish_is_an_error() -> None:
    plan = planned(plan_publish, make_request(P1), make_snapshot(on(3), releases={3: None}))
    assert [finding.rule for finding in plan.errors] == ["live-unknown"]


# --- steps on the function ---------------------------------------------------------------------------


def steps(snapshot: Snapshot, request: PublishRequest | None = None) -> tuple[FunctionStep, ...]:
    return planned(plan_publish, request or make_request(P1, create=True), snapshot).function_steps


def kinds(found: tuple[FunctionStep, ...]) -> list[type[FunctionStep]]:
    return [type(step) for step in found]


def test_without_a_function_it_is_created_and_published() -> None:
    found = steps(make_snapshot(no_function=True))
    assert kinds(found) == [CreateFunction, PublishVersion]


def test_without_a_role_that_comes_first() -> None:
    found = steps(make_snapshot(no_function=True, role=None))
    assert kinds(found) == [CreateRole, CreateFunction, PublishVersion]
    assert found[0] == CreateRole(ROLE)


def test_an_unreadable_role_is_taken_to_be_there() -> None:
    found = steps(make_snapshot(no_function=True, role=Unreadable("role", "AccessDenied")))
    assert kinds(found) == [CreateFunction, PublishVersion]


def test_a_function_as_it_should_be_gets_code_and_a_version() -> None:
    assert kinds(steps(make_snapshot())) == [UpdateCode, PublishVersion]


def test_the_code_is_not_uploaded_again_when_it_is_there() -> None:
    """Killed between UpdateFunctionCode and PublishVersion: only the version is missing."""
    bundle = planned(plan_publish, make_request(P1), make_snapshot()).bundle
    snapshot = make_snapshot(function=make_function(code_sha256=code_sha256(bundle)))
    assert kinds(steps(snapshot, make_request(P1))) == [PublishVersion]


def test_configuration_changes_come_before_the_code_and_name_what_differs() -> None:
    function = replace(
        make_function(), runtime="python3.12", memory=256, role_arn="arn:aws:iam::123456789012:role/path/old"
    )
    found = steps(make_snapshot(function=function))
    assert kinds(found) == [UpdateConfiguration, UpdateCode, PublishVersion]
    assert found[0] == UpdateConfiguration(
        (
            ConfigurationChange("runtime", "python3.12", "python3.13"),
            ConfigurationChange("memory", "256", "128"),
            ConfigurationChange("role", "old", ROLE),
        )
    )


@pytest.mark.parametrize(
    ("change", "name"),
    [({"entry": "main.handler"}, "entry"), ({"timeout": 30}, "timeout"), ({"memory": 512}, "memory")],
)
def test_each_field_of_the_configuration_is_compared(change: dict[str, str | int], name: str) -> None:
    function = replace(make_function(), **change)  # type: ignore[arg-type]
    found = steps(make_snapshot(function=function))[0]
    assert isinstance(found, UpdateConfiguration)
    assert [item.name for item in found.changes] == [name]


def test_what_again_publishes_anew_has_bytes_of_its_own() -> None:
    """Lambda answers code it has seen with the version it made then."""
    snapshot = make_snapshot(on(1, minute=25), releases={1: R1, 2: R2})
    first = planned(plan_publish, make_request(P2), make_snapshot(on(1, minute=15), releases={1: R1}))
    again = planned(plan_publish, make_request(P2, again=True), snapshot)
    assert again.release is not None
    assert again.release.repeats == 2
    assert again.bundle != first.bundle
    assert first.release is not None
    assert again.release.digest() == first.release.digest()


def test_the_version_is_described_by_its_ledger_line_and_guarded_by_its_code() -> None:
    plan = planned(
        plan_publish, make_request(P1, commit="abc1234"), make_snapshot(on(1), releases={1: make_release()})
    )
    publish = plan.function_steps[-1]
    assert isinstance(publish, PublishVersion)
    assert plan.release is not None
    line = LedgerLine.parse(publish.description)
    assert line is not None
    assert line == LedgerLine.of(plan.release)
    assert (line.previous, line.commit) == (1, "abc1234")
    assert publish.code_sha256 == code_sha256(plan.bundle)
    version = Version(2, publish.description, publish.code_sha256, at(0))
    assert unpack(plan.bundle, version) == plan.release


def test_an_existing_target_needs_no_bundle() -> None:
    plan = planned(plan_publish, make_request(P1), live(R1))
    assert (plan.bundle, plan.function_steps) == (b"", ())


# --- the plan as a whole -----------------------------------------------------------------------------


def test_planning_twice_gives_the_same_plan_and_the_same_bytes() -> None:
    snapshot = make_snapshot(on(1), on(None, "E2"), releases={1: R1})
    request = make_request(P2, environment=make_environment(distributions=("E1", "E2")))
    first, second = planned(plan_publish, request, snapshot), planned(plan_publish, request, snapshot)
    assert first == second
    assert first.bundle == second.bundle


def test_the_second_distribution_missing_is_the_only_one_with_steps() -> None:
    snapshot = make_snapshot(
        on(1, minute=11), on(None, "E2"), releases={1: R1}, invalidations={"E1": make_invalidation(1)}
    )
    plan = planned(
        plan_publish, make_request(P1, environment=make_environment(distributions=("E1", "E2"))), snapshot
    )
    assert [bool(distribution.steps) for distribution in plan.distributions] == [False, True]
    assert plan.target == 1


def test_strays_are_listed_but_not_those_of_other_environments() -> None:
    snapshot = make_snapshot(on(1), others=(on(1, "E8"), on(1, "E9")), releases={1: R1})
    plan = planned(plan_publish, make_request(P1, known=frozenset({"E1", "E8"})), snapshot)
    assert [stray.distribution for stray in plan.strays] == ["E9"]


def test_a_missing_function_is_an_error_without_create() -> None:
    missing = make_snapshot(no_function=True)
    assert [error.rule for error in planned(plan_publish, make_request(P1), missing).errors] == [
        "function-missing"
    ]
    assert planned(plan_publish, make_request(P1, create=True), missing).errors == ()


def test_all_findings_are_reported_at_once() -> None:
    function = replace(make_function(), layers=("arn:layer",), environment_variables=("DEBUG",))
    snapshot = make_snapshot(
        make_distribution(
            "E1", make_behavior(version="arn:aws:lambda:us-east-1:123456789012:function:other:1")
        ),
        function=function,
        role=replace(TRUSTED, trusted_services=frozenset({"lambda.amazonaws.com"})),
    )
    request = make_request(P1, environment=make_environment(settings=make_settings()), files=FILES)
    assert sorted(finding.rule for finding in planned(plan_publish, request, snapshot).errors) == [
        "edge-function",
        "edge-function",
        "role-trust",
        "slot-taken",
    ]


# --- wait --------------------------------------------------------------------------------------------


def test_wait_finishes_the_invalidation_of_the_live_release() -> None:
    snapshot = make_snapshot(on(2, minute=25), releases={1: R1, 2: R2})
    plan = planned(plan_wait, make_environment(), snapshot)
    assert (plan.target, plan.function_steps) == (2, ())
    assert [type(step) for step in plan.distributions[0].steps] == [Invalidate]
    assert (plan.release, plan.before) == (R2, R1)


def test_wait_never_swaps_and_says_where_the_release_is_missing() -> None:
    snapshot = make_snapshot(
        on(2, minute=25),
        on(1, "E2", minute=15),
        releases={1: R1, 2: R2},
        invalidations={"E1": make_invalidation(2)},
    )
    plan = planned(plan_wait, make_environment(distributions=("E1", "E2")), snapshot)
    assert not plan.changes
    assert [(finding.rule, finding.distribution) for finding in plan.findings] == [("not-everywhere", "E2")]


def test_wait_is_refused_where_nothing_is_live() -> None:
    with pytest.raises(Refused, match="nothing of"):
        planned(plan_wait, make_environment(), make_snapshot())


def test_a_release_that_goes_on_observing_says_since_when_by_then() -> None:
    """AWS does not keep when a release went live: the first was published long before."""
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior(version=1), minute=9000),
        releases={1: make_release(report_only=P1)},
        invalidations={"E1": make_invalidation(1, minute=9001)},
        published={1: 10},
    )

    plan = planned(plan_publish, make_request(P1, files={"index.py": b"# another handler\n"}), snapshot)

    assert plan.release is not None
    assert plan.release.observed_since == at(9001)


def test_a_release_that_begins_to_observe_a_policy_says_nothing_of_the_one_before() -> None:
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior(version=1)), releases={1: make_release(report_only=P1)}
    )

    plan = planned(plan_publish, make_request(P2), snapshot)

    assert plan.release is not None
    assert plan.release.observed_since is None
